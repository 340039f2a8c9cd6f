import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { freePort } from "../support/cluster.ts";
import { databaseKind } from "../support/database.ts";
import { Load } from "../support/fault-load.ts";
import { environmentForTest, GatewayProcess } from "../support/gateway-process.ts";
import { tellRecoveries } from "../support/recoveries.ts";
import { onlyLong, patience, rounds } from "../support/rounds.ts";

/* The Redis that counts budgets hangs or is gone: each gateway counts by itself meanwhile (schema/LIMITS.md, section 5), and nobody waits. */

const ROUNDS = rounds(2, 100);
const AWAY_MS = 1_000;
/** How long it is gone once, in the long form. */
const LONG_AWAY_MS = 600_000;

const program = (process.env.PATH ?? "")
  .split(":")
  .map((folder) => join(folder, "redis-server"))
  .find((path) => existsSync(path));
if (!program) console.log("There is no redis-server: the test of its absence is skipped.");

/** A Redis of the test's own. */
class Redis {
  #child: ChildProcess | undefined;
  constructor(readonly port: number) {
    onTestFinished(() => void this.#child?.kill("SIGKILL"));
  }

  start(): void {
    const options = ["--port", String(this.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    this.#child = spawn(program as string, options, { stdio: "ignore" });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }
}

it.runIf(databaseKind === "postgres" && program !== undefined)(
  `writes, subscribers and budgets go on while Redis hangs or is gone, ${ROUNDS} times`,
  async () => {
    const redis = new Redis(await freePort());
    redis.start();
    const gateway = await GatewayProcess.start({
      ...(await environmentForTest()),
      BUDGETS: "redis",
      REDIS_URL: `redis://127.0.0.1:${redis.port}`,
    });
    const load = await Load.begin([{ url: gateway.url }]);
    const away: Record<"hangs" | "gone", number[]> = { hangs: [], gone: [] };
    for (let round = 0; round < ROUNDS; round++) {
      const how = round % 2 === 0 ? "hangs" : "gone";
      redis.signal(how === "hangs" ? "SIGSTOP" : "SIGKILL");
      away[how].push(await load.recovered());
      expect(
        (
          await fetch(`${gateway.url}/graphql`, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: '{"query":"{ __typename }"}',
          })
        ).headers.get("ratelimit"),
      ).toContain("root-fields");
      await sleep(AWAY_MS);
      if (how === "hangs") redis.signal("SIGCONT");
      else redis.start();
      await load.recovered();
    }
    if (onlyLong(true)) {
      redis.signal("SIGSTOP");
      for (const until = performance.now() + LONG_AWAY_MS; performance.now() < until; ) await load.recovered();
      redis.signal("SIGCONT");
      await load.recovered();
    }
    const writes = load.acknowledged;
    await load.end();
    tellRecoveries({ fault: "Redis hangs", from: "the last answer", milliseconds: away.hangs, writes });
    tellRecoveries({ fault: "Redis killed", from: "the kill", milliseconds: away.gone, writes });
  },
  patience(ROUNDS) + rounds(0, 1) * 2 * LONG_AWAY_MS,
);
