import { chmodSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Cluster, clusterPossible } from "../support/cluster.ts";
import { fillDataDirectory } from "../support/data-directory.ts";
import { databaseKind, directoryForTest } from "../support/database.ts";
import { Load, until } from "../support/fault-load.ts";
import { ask, GatewayProcess, SECRET, serverEnvironment } from "../support/gateway-process.ts";
import { seeded } from "../support/random.ts";
import { tellRecoveries } from "../support/recoveries.ts";
import { patience, rounds } from "../support/rounds.ts";
import { noSmallDisk, SmallDisk } from "../support/small-disk.ts";

const random = seeded("disk-full");

/* The database's disk is filled to its last byte under load, by something else, and given back. */

const ROUNDS = rounds(1, 100);
const PROBE =
  "mutation ($key: String!) { createRole(input: { key: $key, name: $key, permissions: [] }) { role { id } } }";
/** What a database with its log needs, and some room. */
const MEBIBYTES = 400;
const reason = noSmallDisk();
if (reason) console.log(`There is no disk to fill: ${reason}. The test of a full disk is skipped.`);

/** Whether a gateway takes a write of a few kilobytes. */
const writes = async (url: string): Promise<boolean> =>
  await ask(url, PROBE, { key: `probe-${Math.floor(random() * 1e12)}` }).then(
    () => true,
    () => false,
  );

it.runIf(reason === undefined && (databaseKind === "embedded" || clusterPossible()))(
  `no acknowledged write is lost and no event lost or doubled when the database's disk is full, and writes go on when it is not, ${ROUNDS} times`,
  async () => {
    const disk = SmallDisk.forTest(MEBIBYTES);
    const folder = disk.folder("database");
    const cluster = databaseKind === "postgres" ? await Cluster.make(folder) : undefined;
    if (!cluster) {
      chmodSync(folder, 0o700);
      await fillDataDirectory(join(folder, "data"));
    }
    const gateway = await GatewayProcess.start({
      PORT: "0",
      DEMO: "off",
      LOG_LEVEL: "fatal",
      BOOTSTRAP_TOKEN: SECRET,
      ...(cluster
        ? serverEnvironment(cluster.url, cluster.url, directoryForTest())
        : { DATA_DIR: join(folder, "data") }),
    });
    const load = await Load.begin([{ url: gateway.url }]);
    const milliseconds: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await load.further(1 + Math.floor(random() * 20));
      disk.fill();
      // Space within what is allocated already lasts for a while.
      await until(async () => !(await writes(gateway.url)));
      if (cluster?.runs) await ask(gateway.url, "{ users(first: 1) { nodes { id } } }"); // Reads go on where the server does.
      disk.free();
      const began = performance.now();
      if (cluster && !cluster.runs) await cluster.start();
      await load.recovered();
      milliseconds.push(performance.now() - began);
    }
    const acknowledged = load.acknowledged;
    await load.end();
    expect(acknowledged).toBeGreaterThan(ROUNDS);
    tellRecoveries({
      fault: "disk full",
      from: "the moment at which there is space again",
      milliseconds,
      writes: acknowledged,
    });
  },
  patience(ROUNDS),
);
