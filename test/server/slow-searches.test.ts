import { PassThrough } from "node:stream";
import { buildSchema, parse } from "graphql";
import { pino } from "pino";
import { expect, it } from "vitest";
import { currentTurn, inTurn, Turn } from "../../src/database/turn.ts";
import { SlowSearches } from "../../src/server/slow-searches.ts";
import { TestGateway } from "../support/gateway.ts";

const SECRET_NAME = "zebedee-hunter2";

it("a slow search is logged with its shape, what it took and its plan, and without a value; not every one has its plan, and what does not search is not logged", async () => {
  const lines: string[] = [];
  const out = new PassThrough().on("data", (chunk: Buffer) => lines.push(chunk.toString()));
  const log = pino({ level: "warn" }, out);
  const gateway = await TestGateway.start({ slow: { limitMs: 0, log, planEveryMs: 60_000 } });
  await gateway.ask(
    `query Slow($name: String) { users(filter: { and: [{ username: { eq: $name } }, { location: { in: ["Porto", "Oslo", "Lima", "Rome"] } }] }) { nodes { id } } }`,
    {
      name: SECRET_NAME,
    },
  );
  await expect.poll(() => lines.length).toBe(1);
  await gateway.ask("{ users { nodes { id } } }");
  await expect.poll(() => lines.length).toBe(2);
  await gateway.ask("{ roles { nodes { id } } }");
  await gateway.close();
  const line = JSON.parse(lines[0] ?? "");
  expect(line.search).toMatchObject({
    operation: "Slow",
    shapes: ["users(filter: {and: [{username: {eq: ?}}, {location: {in: [? × 4]}}]})"],
    rows: 0,
    plan: { node: expect.any(String), cost: expect.any(Number) },
  });
  expect(lines.map((text) => "plan" in JSON.parse(text).search)).toEqual([true, false]);
  expect(lines[0]).not.toMatch(/Porto|hunter2/);
});

it("a slow search whose time was over is logged with its plan as well", async () => {
  const lines: string[] = [];
  const log = pino(
    {},
    new PassThrough().on("data", (chunk: Buffer) => lines.push(chunk.toString())),
  );
  const planOf = async () => {
    currentTurn()?.requireOpen();
    return { node: "Seq Scan" };
  };
  const schema = buildSchema("type Query { users(filter: F): Int } input F { name: String }");
  const slow = new SlowSearches({ schema, log, limitMs: 0, planOf });
  const slowest = { text: "SELECT", values: [], ms: 15_000, rows: 0 };
  const turn = new Turn();
  turn.end(new Error("It took too long."));
  inTurn(turn, () =>
    slow.note({
      ...{ document: parse("{ users(filter: {}) }"), name: undefined, variables: {}, requestId: "r", ms: 15_000 },
      ...{ statements: { slowest, count: 1 }, data: () => null },
    }),
  );
  await expect.poll(() => lines.length).toBe(1);
  expect(JSON.parse(lines[0] ?? "").search).toMatchObject({ plan: { node: "Seq Scan" }, statementMs: 15_000 });
});
