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
/** How long it is gone once. */
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

/** A gateway whose budgets are counted by a Redis, with writers and subscribers. */
async function loaded(): Promise<{ redis: Redis; url: string; load: Load }> {
  const redis = new Redis(await freePort());
  redis.start();
  const { url } = await GatewayProcess.start({
    ...(await environmentForTest()),
    BUDGETS: "redis",
    REDIS_URL: `redis://127.0.0.1:${redis.port}`,
  });
  return { redis, url, load: await Load.begin([{ url }]) };
}

const possible = databaseKind === "postgres" && program !== undefined;

it.runIf(possible)(
  `writes, subscribers and budgets go on while Redis hangs or is gone, ${ROUNDS} times`,
  async () => {
    const { redis, url, load } = await loaded();
    const away: Record<"hangs" | "gone", number[]> = { hangs: [], gone: [] };
    for (let round = 0; round < ROUNDS; round++) {
      const how = round % 2 === 0 ? "hangs" : "gone";
      redis.signal(how === "hangs" ? "SIGSTOP" : "SIGKILL");
      away[how].push(await load.recovered());
      expect(
        (
          await fetch(`${url}/graphql`, {
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
    const writes = load.acknowledged;
    await load.end();
    tellRecoveries({ fault: "Redis hangs", from: "the last answer", milliseconds: away.hangs, writes });
    tellRecoveries({ fault: "Redis killed", from: "the kill", milliseconds: away.gone, writes });
  },
  patience(ROUNDS),
);

it.runIf(onlyLong(possible))(
  "writes and subscribers go on for ten minutes without Redis, and when it is back",
  async () => {
    const { redis, load } = await loaded();
    redis.signal("SIGKILL");
    const milliseconds: number[] = [];
    for (const until = performance.now() + LONG_AWAY_MS; performance.now() < until; await sleep(AWAY_MS))
      milliseconds.push(await load.recovered());
    redis.start();
    milliseconds.push(await load.recovered());
    const writes = load.acknowledged;
    await load.end();
    tellRecoveries({ fault: "Redis gone for ten minutes", from: "any moment of them", milliseconds, writes });
  },
  patience(0) + 2 * LONG_AWAY_MS,
);
