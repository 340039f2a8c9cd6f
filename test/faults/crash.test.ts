import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { ask, environmentForTest, GatewayProcess } from "../support/gateway-process.ts";
import { type Place, Subscriber, writer } from "../support/load.ts";
import { seeded } from "../support/random.ts";
import { patience, rounds } from "../support/rounds.ts";

const random = seeded("crash");

/* The gateway is killed under load, between commit and push wherever that falls. */

const ROUNDS = rounds(3, 100);
const WRITERS = 4;

it(
  `a client that resumes has each change exactly once, over ${ROUNDS} kills of the gateway under writes, and acknowledged writes are all there`,
  async () => {
    const environment = await environmentForTest();
    let gateway = await GatewayProcess.start(environment);
    const place: Place = { url: gateway.url };
    const subscriber = new Subscriber(place);
    await expect.poll(() => ask(gateway.url, "{ roles { totalCount } }"), { timeout: 20_000 }).toBeTruthy();
    const writers = Array.from({ length: WRITERS }, () => writer(place));
    for (let round = 0; round < ROUNDS; round++) {
      const before = subscriber.told.length;
      await expect
        .poll(() => subscriber.told.length, { timeout: 30_000, interval: 10 })
        .toBeGreaterThan(before + Math.floor(random() * 20));
      await gateway.kill();
      place.url = undefined;
      gateway = await GatewayProcess.start(environment);
      place.url = gateway.url;
    }
    const made = (await Promise.all(writers.map((stop) => stop()))).flat();
    await expect.poll(() => subscriber.told.length, { timeout: 30_000 }).toBeGreaterThanOrEqual(made.length);
    await sleep(500); // for one that came twice to come
    await subscriber.stop();
    expect(subscriber.told.toSorted()).toEqual(made.toSorted());
    const { users } = await ask<{ users: { totalCount: number } }>(gateway.url, "{ users(first: 1) { totalCount } }");
    expect(users.totalCount).toBe(made.length);
  },
  patience(ROUNDS),
);
