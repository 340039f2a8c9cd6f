import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { databaseKind } from "../support/database.ts";
import { ask, environmentForTest, GatewayProcess, SECRET } from "../support/gateway-process.ts";
import { patience, rounds } from "../support/rounds.ts";

/* One mutation that is sent again and again at once, as by a client that hears nothing, to every gateway there is: it happens once, and everybody who is answered is told the same. */

const REPEATS = rounds(100, 1_000);
/** Of these, one in so many does not wait for its answer. */
const LEAVES = 10;
const GATEWAYS = databaseKind === "embedded" ? 1 : 2;
const CREATE =
  "mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id username version createdAt } position } }";
const FIND = `query ($username: String!) { users(filter: { username: { eq: $username } }) { nodes { id version } }
  auditEvents(filter: { action: { eq: "user.created" } }, first: 100) { nodes { subjectId } } }`;

it(
  `${REPEATS} repeats at once of one mutation under one key, at ${GATEWAYS === 1 ? "a gateway" : "two gateways"}, have one effect and one answer`,
  async () => {
    const environment = { ...(await environmentForTest()), BUDGETS: "off" };
    const gateways: GatewayProcess[] = [];
    for (let made = 0; made < GATEWAYS; made++) gateways.push(await GatewayProcess.start(environment));
    const username = `once-${randomUUID()}`;
    const input = { username, status: "ACTIVE", idempotencyKey: randomUUID() };
    const repeat = async (place: number): Promise<string> => {
      const leaving = new AbortController();
      if (place % LEAVES === 0) void sleep(place / 10).then(() => leaving.abort());
      const response = await fetch(`${gateways[place % GATEWAYS]?.url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${SECRET}` },
        body: JSON.stringify({ query: CREATE, variables: { input } }),
        signal: leaving.signal,
      });
      return await response.text();
    };
    const settled = await Promise.allSettled(Array.from({ length: REPEATS }, (_, place) => repeat(place)));
    const answers = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    expect(answers.length).toBeGreaterThanOrEqual(REPEATS - REPEATS / LEAVES);
    const [answer] = new Set(answers);
    expect(new Set(answers).size).toBe(1);
    const { id } = JSON.parse(answer as string).data.createUser.user;
    for (const { url } of gateways) {
      const { users, auditEvents } = await ask<{
        users: { nodes: object[] };
        auditEvents: { nodes: { subjectId: string }[] };
      }>(url, FIND, { username });
      expect(users.nodes).toEqual([{ id, version: 1 }]);
      await expect.poll(() => auditEvents.nodes.filter(({ subjectId }) => subjectId === id).length).toBeLessThan(2);
    }
  },
  patience(REPEATS / 100),
);
