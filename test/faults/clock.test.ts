import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { expect, it } from "vitest";
import { databaseKind } from "../support/database.ts";
import { Load } from "../support/fault-load.ts";
import { ask, environmentForTest, GatewayProcess } from "../support/gateway-process.ts";
import type { Place } from "../support/load.ts";
import { seeded } from "../support/random.ts";
import { tellRecoveries } from "../support/recoveries.ts";
import { patience, rounds } from "../support/rounds.ts";

const random = seeded("clock");

/* The database's clock jumps under load, and gateways' clocks are wrong: the one clock that counts is the database's. */

const JUMPS = rounds(2, 100);
const SWAPS = rounds(0, 100);
const HOUR_MS = 3_600_000;

/** The owner of the tables, beside the gateway. */
async function ownerOf(environment: Readonly<Record<string, string>>): Promise<pg.Client> {
  const host = () => readFileSync(join(environment.DATA_DIR as string, "host"), "utf8");
  const url = environment.MIGRATION_DATABASE_URL;
  const client = new pg.Client(
    url ? { connectionString: url } : { host: host(), user: "postgres", database: "postgres" },
  );
  await client.connect();
  return client;
}

const clockOff = (hours: number) => `
  CREATE OR REPLACE FUNCTION rollcall_now() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE AS
  $$ SELECT date_trunc('milliseconds', clock_timestamp() + interval '${hours} hours') $$`;

it(
  `no acknowledged write is lost, no event lost or doubled, and the log's instants never go back when the database's clock jumps by an hour, ${JUMPS} times`,
  async () => {
    const environment = await environmentForTest();
    const gateway = await GatewayProcess.start(environment);
    const load = await Load.begin([{ url: gateway.url }]);
    const owner = await ownerOf(environment);
    const milliseconds: number[] = [];
    for (let round = 0; round < JUMPS; round++) {
      await load.further(1 + Math.floor(random() * 10));
      await owner.query(clockOff(round % 2 === 0 ? 1 : 0));
      milliseconds.push(await load.recovered());
    }
    const writes = load.acknowledged;
    await load.end();
    const { rows } = await owner.query<{ back: string; ahead: boolean }>(`
      SELECT count(*) FILTER (WHERE at < before) AS back, max(at) > clock_timestamp() + interval '50 minutes' AS ahead
      FROM (SELECT at, lag(at) OVER (ORDER BY number) AS before FROM commit) AS told`);
    await owner.end();
    expect(rows).toEqual([{ back: "0", ahead: true }]);
    tellRecoveries({ fault: "database's clock jumped by an hour", from: "the jump", milliseconds, writes });
  },
  patience(JUMPS),
);

it.runIf(databaseKind === "postgres")(
  `two gateways whose clocks are two hours apart agree about who may still ask, and lose and double nothing, also when their clocks are exchanged (${SWAPS} times)`,
  async () => {
    const environment = await environmentForTest();
    let [fast, slow] = [
      await GatewayProcess.start(environment, HOUR_MS),
      await GatewayProcess.start(environment, -HOUR_MS),
    ];
    const places: [Place, Place] = [{ url: fast.url }, { url: slow.url }];
    const owner = await ownerOf(environment);
    const load = await Load.begin(places, { writers: 2, subscribers: 2 });
    const milliseconds: number[] = [];
    for (const { url } of [fast, slow]) {
      const token = await issued(url);
      expect(await goodAt(token, [fast, slow])).toEqual([true, true]);
      await owner.query(clockOff(1));
      expect(await goodAt(token, [fast, slow])).toEqual([false, false]);
      await owner.query(clockOff(0));
      expect(await (await fetch(`${url}/readyz`)).text()).toContain("clocks");
    }
    for (let round = 0; round < SWAPS; round++) {
      await load.further(1 + Math.floor(random() * 10));
      const began = performance.now();
      await Promise.all([fast.kill(), slow.kill()]);
      [slow, fast] = [
        await GatewayProcess.start(environment, -HOUR_MS),
        await GatewayProcess.start(environment, HOUR_MS),
      ];
      [places[0].url, places[1].url] = round % 2 === 0 ? [slow.url, fast.url] : [fast.url, slow.url];
      await load.recovered();
      milliseconds.push(performance.now() - began);
    }
    const writes = load.acknowledged;
    await load.end();
    await owner.end();
    const fault = "two gateways two hours apart killed, their clocks exchanged";
    tellRecoveries({ fault, from: "the kill, two starts included", milliseconds, writes });
  },
  patience(2 * SWAPS),
);

/** A token that one gateway issues, and that ends in half an hour by the database's clock. */
async function issued(url: string): Promise<string> {
  const expiresAt = new Date(Date.now() + HOUR_MS / 2).toISOString();
  const input = { kind: "ORGANISATION", name: randomUUID(), permissions: ["ROLE_READ"], expiresAt };
  const query = "mutation ($input: CreateServiceTokenInput!) { createServiceToken(input: $input) { secret } }";
  return (await ask<{ createServiceToken: { secret: string } }>(url, query, { input })).createServiceToken.secret;
}

/** Whether a token is good at each of these. */
const goodAt = async (token: string, gateways: readonly GatewayProcess[]): Promise<boolean[]> =>
  await Promise.all(
    gateways.map(async ({ url }) =>
      ask(url, "{ roles { totalCount } }", {}, token).then(
        () => true,
        () => false,
      ),
    ),
  );
