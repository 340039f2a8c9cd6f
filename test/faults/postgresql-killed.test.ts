import { expect, it } from "vitest";
import { Cluster, clusterPossible } from "../support/cluster.ts";
import { databaseKind, directoryForTest } from "../support/database.ts";
import { Load } from "../support/fault-load.ts";
import { GatewayProcess, SECRET, serverEnvironment } from "../support/gateway-process.ts";
import { seeded } from "../support/random.ts";
import { tellRecoveries } from "../support/recoveries.ts";
import { patience, rounds } from "../support/rounds.ts";

const random = seeded("postgresql-killed");

/* PostgreSQL is killed under load and recovers from its log: in turn one session's process, upon which it restarts itself, and the first process. */

const ROUNDS = rounds(2, 100);

it.runIf(databaseKind === "postgres" && clusterPossible())(
  `no acknowledged write is lost and no event lost or doubled when PostgreSQL is killed, ${ROUNDS} times`,
  async () => {
    const cluster = await Cluster.make();
    const gateway = await GatewayProcess.start({
      PORT: "0",
      DEMO: "off",
      LOG_LEVEL: "fatal",
      BOOTSTRAP_TOKEN: SECRET,
      ...serverEnvironment(cluster.url, cluster.url, directoryForTest()),
    });
    const load = await Load.begin([{ url: gateway.url }]);
    const milliseconds: Record<"session" | "first", number[]> = { session: [], first: [] };
    for (let round = 0; round < ROUNDS; round++) {
      await load.further(1 + Math.floor(random() * 20));
      const began = performance.now();
      if (round % 2 === 0) await cluster.killSession(random);
      else {
        await cluster.kill();
        await cluster.start();
      }
      await load.recovered();
      milliseconds[round % 2 === 0 ? "session" : "first"].push(performance.now() - began);
    }
    const writes = load.acknowledged;
    await load.end();
    expect(cluster.runs).toBe(true);
    const from = "the kill, PostgreSQL's own recovery and start included";
    tellRecoveries({ fault: "a session of PostgreSQL killed", from, milliseconds: milliseconds.session, writes });
    tellRecoveries({ fault: "PostgreSQL killed and started again", from, milliseconds: milliseconds.first, writes });
  },
  patience(ROUNDS),
);
