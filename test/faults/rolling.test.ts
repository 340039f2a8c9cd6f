import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { databaseKind } from "../support/database.ts";
import { ask, environmentForTest, GatewayProcess } from "../support/gateway-process.ts";
import { type Place, Subscriber, writer } from "../support/load.ts";
import { patience, rounds } from "../support/rounds.ts";

/* A rolling restart: two gateways on one database, each replaced in turn under writes at both, as a deployment does it. */

const ROUNDS = rounds(1, 10);
const SUBSCRIBERS = 3;
const PATIENCE = { timeout: 30_000, interval: 20 };

it.runIf(databaseKind === "postgres")(
  `every subscriber has each change exactly once, and every acknowledged write is there, over ${ROUNDS} rolling restarts of two gateways`,
  async () => {
    const environment = await environmentForTest();
    const gateways = [await GatewayProcess.start(environment), await GatewayProcess.start(environment)];
    const places: Place[] = gateways.map(({ url }) => ({ url }));
    const subscribers = places.flatMap((place) => Array.from({ length: SUBSCRIBERS }, () => new Subscriber(place)));
    const told = () => Math.min(...subscribers.map((one) => one.told.length));
    await expect.poll(() => subscribers.every(({ connections }) => connections === 1), PATIENCE).toBe(true);
    await sleep(500); // until all subscriptions are under way
    const writers = places.flatMap((place) => [writer(place), writer(place)]);
    for (let round = 0; round < ROUNDS; round++)
      for (const [index, place] of places.entries()) {
        const before = told();
        await expect.poll(told, PATIENCE).toBeGreaterThan(before + 10);
        const leaving = gateways[index] as GatewayProcess;
        place.url = places[1 - index]?.url; // whoever routes requests sends them to the other one
        expect(await leaving.stop()).toBe(0);
        const fresh = await GatewayProcess.start(environment);
        gateways[index] = fresh;
        place.url = fresh.url;
        for (const subscriber of subscribers.slice(index * SUBSCRIBERS, (index + 1) * SUBSCRIBERS))
          subscriber.reconnect();
      }
    const made = (await Promise.all(writers.map((stop) => stop()))).flat().toSorted();
    await expect.poll(told, PATIENCE).toBeGreaterThanOrEqual(made.length);
    await sleep(500); // for one that came twice to come
    for (const subscriber of subscribers) {
      await subscriber.stop();
      expect(subscriber.told.toSorted()).toEqual(made);
      expect(subscriber.connections).toBeGreaterThan(1);
    }
    const url = places[0]?.url as string;
    const { users } = await ask<{ users: { totalCount: number } }>(url, "{ users(first: 1) { totalCount } }");
    expect(users.totalCount).toBe(made.length);
  },
  patience(ROUNDS),
);
