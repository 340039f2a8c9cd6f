import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { Cluster, clusterPossible } from "../support/cluster.ts";
import { databaseKind, directoryForTest } from "../support/database.ts";
import { GatewayProcess, SECRET, serverEnvironment } from "../support/gateway-process.ts";
import { type Place, Subscriber, writer } from "../support/load.ts";
import { patience, rounds } from "../support/rounds.ts";

/* PostgreSQL goes down and comes back under load, while the gateway stays. */

const ROUNDS = rounds(1, 20);

it.runIf(databaseKind === "postgres" && clusterPossible())(
  `readiness tells of PostgreSQL's restart, and subscriptions go on without gap or repeat, ${ROUNDS} times`,
  async () => {
    const cluster = await Cluster.make();
    const directory = directoryForTest();
    const common = { PORT: "0", DEMO: "off", LOG_LEVEL: "fatal", BOOTSTRAP_TOKEN: SECRET };
    const gateway = await GatewayProcess.start({
      ...common,
      ...serverEnvironment(cluster.url, cluster.url, directory),
    });
    const place: Place = { url: gateway.url };
    const subscriber = new Subscriber(place);
    const status = async () => (await fetch(`${gateway.url}/readyz`)).status;
    await sleep(500);
    const writers = Array.from({ length: 4 }, () => writer(place));
    for (let round = 0; round < ROUNDS; round++) {
      const before = subscriber.told.length;
      await expect.poll(() => subscriber.told.length, { timeout: 30_000, interval: 10 }).toBeGreaterThan(before);
      await cluster.stop();
      await expect.poll(status, { timeout: 30_000 }).toBe(503);
      await cluster.start();
      await expect.poll(status, { timeout: 30_000 }).toBe(200);
    }
    const made = (await Promise.all(writers.map((stop) => stop()))).flat();
    await expect.poll(() => subscriber.told.length, { timeout: 30_000 }).toBeGreaterThanOrEqual(made.length);
    await sleep(500); // for one that came twice to come
    await subscriber.stop();
    expect(subscriber.told.toSorted()).toEqual(made.toSorted());
    expect(subscriber.connections).toBe(1);
  },
  patience(ROUNDS),
);
