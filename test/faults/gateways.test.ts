import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { databaseKind } from "../support/database.ts";
import { ask, environmentForTest, GatewayProcess } from "../support/gateway-process.ts";
import { type Place, Subscriber, writer } from "../support/load.ts";
import { tellRecoveries } from "../support/recoveries.ts";
import { onlyLong, patience, rounds } from "../support/rounds.ts";

/* Two gateways on one database, under load at both. In every round the one that seals is killed, and later replaced. */

const ROUNDS = rounds(1, 20);
const SUBSCRIBERS = 3;
/** Another gateway seals within 5 s, which is held to where nothing else is tested beside. */
const TAKEN_OVER = { timeout: onlyLong(true) ? 5_000 : 30_000, interval: 50 };
const PATIENCE = { timeout: 30_000, interval: 20 };

interface Gateway {
  process: GatewayProcess;
  place: Place;
  subscribers: Subscriber[];
}

async function begin(environment: Readonly<Record<string, string>>): Promise<Gateway> {
  const process = await GatewayProcess.start(environment);
  const place = { url: process.url };
  return { process, place, subscribers: Array.from({ length: SUBSCRIBERS }, () => new Subscriber(place)) };
}

/** How many commits wait to be sealed, as the gateway says that seals; undefined of any other. */
const unsealed = ({ process }: Gateway): Promise<number | undefined> => process.metric("audit_sealer_lag_commits");

/** The one that seals, and the other. */
async function bySealing([one, other]: readonly [Gateway, Gateway]): Promise<[Gateway, Gateway]> {
  let seals = false;
  await expect
    .poll(async () => {
      seals = (await unsealed(one)) !== undefined;
      return seals || (await unsealed(other)) !== undefined;
    }, TAKEN_OVER)
    .toBe(true);
  return seals ? [one, other] : [other, one];
}

const told = (subscribers: readonly Subscriber[]): number => Math.min(...subscribers.map((one) => one.told.length));

it.runIf(databaseKind === "postgres")(
  `subscribers of a gateway that is killed resume at the other one, whose own notice nothing, and the other seals: ${ROUNDS} times`,
  async () => {
    const environment = await environmentForTest();
    const gateways = [await begin(environment), await begin(environment)] as const;
    const subscribers = gateways.flatMap((gateway) => gateway.subscribers);
    await expect.poll(() => subscribers.every(({ connections }) => connections === 1), PATIENCE).toBe(true);
    await sleep(500); // until all subscriptions are under way
    const writers = gateways.flatMap(({ place }) => [writer(place), writer(place)]);
    const milliseconds: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const [killed, other] = await bySealing(gateways);
      const before = told(subscribers);
      await expect.poll(() => told(subscribers), PATIENCE).toBeGreaterThan(before + 20);
      const connections = other.subscribers.map((one) => one.connections);
      await killed.process.kill();
      const gone = performance.now();
      killed.place.url = other.process.url;
      await expect.poll(() => unsealed(other), TAKEN_OVER).toBeDefined();
      milliseconds.push(performance.now() - gone);
      const after = told(subscribers);
      await expect.poll(() => told(subscribers), PATIENCE).toBeGreaterThan(after + 20);
      expect(other.subscribers.map((one) => one.connections)).toEqual(connections);
      killed.process = await GatewayProcess.start(environment);
      killed.place.url = killed.process.url;
      for (const subscriber of killed.subscribers) subscriber.reconnect();
    }
    const made = (await Promise.all(writers.map((stop) => stop()))).flat().toSorted();
    await expect.poll(() => told(subscribers), PATIENCE).toBeGreaterThanOrEqual(made.length);
    await sleep(500); // for one that came twice to come
    for (const subscriber of subscribers) {
      await subscriber.stop();
      expect(subscriber.told.toSorted()).toEqual(made);
    }
    const fault = "the gateway that seals is killed, until the other seals";
    tellRecoveries({ fault, from: "the kill", milliseconds, writes: made.length });
    const [sealer] = await bySealing(gateways);
    await expect.poll(() => unsealed(sealer), PATIENCE).toBe(0);
    const audit = await ask<{ verifyAudit: object }>(
      sealer.process.url,
      "{ verifyAudit { verified firstBrokenPosition } }",
    );
    expect(audit.verifyAudit).toMatchObject({ verified: true });
  },
  patience(ROUNDS),
);
