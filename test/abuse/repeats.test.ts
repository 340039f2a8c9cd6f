import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { databaseKind } from "../support/database.ts";
import { gatewayForFile, TestGateway } from "../support/gateway.ts";
import { patience, rounds } from "../support/rounds.ts";

/* One mutation that is sent again and again at once, as by a client that hears nothing, to every gateway there is: it happens once, and everybody who is answered is told the same. */

const REPEATS = rounds(100, 1_000);
/** Of these, one in so many does not wait for its answer. */
const LEAVES = 10;
const PLACES = databaseKind === "embedded" ? "a gateway" : "two gateways";
const file = gatewayForFile({});
const CREATE =
  "mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id username version createdAt } position } }";
const FIND = `query ($username: String!) { users(filter: { username: { eq: $username } }) { nodes { id version } }
  auditEvents(filter: { action: { eq: "user.created" } }, first: 100) { nodes { subjectId } } }`;

it(
  `${REPEATS} repeats at once of one mutation under one key, at ${PLACES}, have one effect and one answer`,
  async () => {
    const gateways = [file.gateway];
    if (databaseKind === "postgres") gateways.push(await TestGateway.over(file.gateway.database, {}));
    onTestFinished(() => gateways[1]?.close());
    const username = `once-${randomUUID()}`;
    const input = { username, status: "ACTIVE", idempotencyKey: randomUUID() };
    const repeat = async (place: number): Promise<string> => {
      const leaving = new AbortController();
      if (place % LEAVES === 0) void sleep(place / 10).then(() => leaving.abort());
      const response = await fetch(`${gateways[place % gateways.length]?.url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${file.gateway.admin}` },
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
    for (const gateway of gateways) {
      const { users, auditEvents } = await gateway.run(FIND, { username });
      expect(users.nodes).toEqual([{ id, version: 1 }]);
      expect(auditEvents.nodes.filter(({ subjectId }: { subjectId: string }) => subjectId === id)).toHaveLength(1);
    }
  },
  patience(REPEATS / 100),
);
