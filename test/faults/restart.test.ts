import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { Cluster, clusterPossible } from "../support/cluster.ts";
import { databaseKind, directoryForTest } from "../support/database.ts";
import { GatewayProcess, SECRET, serverEnvironment } from "../support/gateway-process.ts";
import { type Place, Subscriber, writer } from "../support/load.ts";
import { tellRecoveries } from "../support/recoveries.ts";
import { onlyLong, patience, rounds } from "../support/rounds.ts";

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
    const subscribers = [new Subscriber(place), new Subscriber(place)];
    const told = () => Math.min(...subscribers.map((subscriber) => subscriber.told.length));
    const status = async () => (await fetch(`${gateway.url}/readyz`)).status;
    await sleep(500);
    const writers = Array.from({ length: 4 }, () => writer(place));
    const milliseconds: Record<"unready" | "ready", number[]> = { unready: [], ready: [] };
    /** How long it takes until readiness says so: at most so long where nothing else is tested beside. */
    const until = async (wanted: number, most: number): Promise<number> => {
      const since = performance.now();
      await expect.poll(status, { timeout: onlyLong(true) ? most : 30_000, interval: 20 }).toBe(wanted);
      return performance.now() - since;
    };
    for (let round = 0; round < ROUNDS; round++) {
      const before = told();
      await expect.poll(told, { timeout: 30_000, interval: 10 }).toBeGreaterThan(before);
      await cluster.stop();
      milliseconds.unready.push(await until(503, 5_000));
      await cluster.start();
      milliseconds.ready.push(await until(200, 10_000));
    }
    const made = (await Promise.all(writers.map((stop) => stop()))).flat();
    await expect.poll(told, { timeout: 30_000 }).toBeGreaterThanOrEqual(made.length);
    await sleep(500); // for one that came twice to come
    for (const subscriber of subscribers) {
      await subscriber.stop();
      expect(subscriber.told.toSorted()).toEqual(made.toSorted());
      expect(subscriber.connections).toBe(1);
    }
    const writes = made.length;
    const { unready, ready } = milliseconds;
    tellRecoveries({
      fault: "PostgreSQL stopped, until /readyz says 503",
      from: "its end",
      milliseconds: unready,
      writes,
    });
    tellRecoveries({
      fault: "PostgreSQL is back, until /readyz says 200",
      from: "its first answer",
      milliseconds: ready,
      writes,
    });
  },
  patience(ROUNDS),
);
