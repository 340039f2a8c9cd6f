import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { SILENT_MS } from "../../src/database/transaction.ts";
import { CuttingProxy } from "../support/cutting-proxy.ts";
import { databaseKind } from "../support/database.ts";
import { Load } from "../support/fault-load.ts";
import { ask, environmentForTest, GatewayProcess, SECRET } from "../support/gateway-process.ts";
import { seeded } from "../support/random.ts";
import { tellRecoveries } from "../support/recoveries.ts";
import { patience, rounds } from "../support/rounds.ts";

const random = seeded("connection-cut");

/* Connections between the gateway and PostgreSQL are cut where it hurts: within a message, before a COMMIT arrives, before its answer does, or go silent there. */

const ROUNDS = rounds(5, 100);
const CREATE = "mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } position } }";

interface Made {
  createUser: { user: { id: string }; position: string };
}

/** A gateway that reaches its database by way of what cuts. */
async function gatewayBehind(): Promise<{ url: string; proxy: CuttingProxy }> {
  const environment = await environmentForTest();
  const proxy = await CuttingProxy.before(environment.DATABASE_URL as string);
  const through = { DATABASE_URL: proxy.through(environment.DATABASE_URL as string) };
  return { url: (await GatewayProcess.start({ ...environment, ...through })).url, proxy };
}

/** The code that a mutation fails with; undefined where it does not. */
async function failureOf(url: string, variables: object): Promise<string | undefined> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${SECRET}` },
    body: JSON.stringify({ query: CREATE, variables }),
  });
  return ((await response.json()) as { errors?: { extensions: { code: string } }[] }).errors?.[0]?.extensions.code;
}

describe.runIf(databaseKind === "postgres")("A connection to PostgreSQL that is cut", () => {
  it("while its COMMIT is under way leaves the client without an answer, and repeating under the same key has one effect", async () => {
    const { url, proxy } = await gatewayBehind();
    const count = async () =>
      (await ask<{ users: { totalCount: number } }>(url, "{ users(first: 1) { totalCount } }")).users.totalCount;
    let people = 0;
    for (const commit of ["unseen", "unanswered"] as const) {
      const input = { username: randomUUID(), status: "ACTIVE", idempotencyKey: randomUUID() };
      const cut = proxy.cutOne({ commit });
      expect(await failureOf(url, { input })).toBe("INTERNAL");
      await cut;
      expect(await count()).toBe(commit === "unseen" ? people : people + 1);
      const { createUser: first } = await ask<Made>(url, CREATE, { input });
      const { createUser: again } = await ask<Made>(url, CREATE, { input });
      expect(again).toEqual(first);
      people += 1;
      expect(await count()).toBe(people);
      // Under another key the name is taken: by whom, the client could not tell.
      expect(await failureOf(url, { input: { ...input, idempotencyKey: randomUUID() } })).toBe("CONFLICT");
    }
  });

  it(
    `loses no acknowledged write and no event, and doubles none, ${ROUNDS} times at random places`,
    async () => {
      const { url, proxy } = await gatewayBehind();
      const load = await Load.begin([{ url }]);
      const milliseconds: Record<"cut" | "silent", number[]> = { cut: [], silent: [] };
      for (let round = 0; round < ROUNDS; round++) {
        await load.further(1 + Math.floor(random() * 10));
        if (round % 5 === 0) await proxy.cutOne({ commit: "unseen" });
        else if (round % 5 === 1) await proxy.cutOne({ commit: "unanswered" });
        else if (round % 5 === 2) await proxy.cutOne({ bytes: 1 + Math.floor(random() * 20_000) });
        else if (round % 5 === 3) proxy.cutAll();
        else await proxy.cutOne({ commit: "silent" });
        milliseconds[round % 5 === 4 ? "silent" : "cut"].push(await load.recovered());
      }
      const writes = load.acknowledged;
      await load.end();
      const { cut, silent } = milliseconds;
      // Who holds a commit's number is given up long before others that are silent.
      expect(Math.max(...silent)).toBeLessThan(SILENT_MS / 2);
      tellRecoveries({ fault: "connections to PostgreSQL cut", from: "the cut", milliseconds: cut, writes });
      const fault = "connection to PostgreSQL silent before COMMIT";
      tellRecoveries({ fault, from: "the last byte", milliseconds: silent, writes });
    },
    patience(ROUNDS),
  );
});
