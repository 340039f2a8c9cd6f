import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { buildSchema, getOperationAST, type OperationDefinitionNode, parse } from "graphql";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Connections, type Statement } from "../../../src/database/connection.ts";
import { GraphContext } from "../../../src/graphql/context.ts";
import { type Form, PlanForms } from "../../../src/graphql/plan-forms.ts";
import { PlanRun } from "../../../src/graphql/plan-run.ts";
import { Planner } from "../../../src/graphql/planner.ts";
import { databaseKind } from "../../support/database.ts";
import { makeHolder, makeUnit, makeUser, tokenOf } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";

const file = gatewayForFile();

/** The statements that operations are planned into, as they are sent. */
function plannedStatements(): Statement[] {
  const sent: Statement[] = [];
  const { read } = Connections.prototype;
  vi.spyOn(Connections.prototype, "read").mockImplementation(function (this: Connections, statement) {
    if (/^SELECT '\{"/.test(statement.text)) sent.push(statement);
    return read.call(this, statement);
  });
  return sent;
}

afterEach(() => void vi.restoreAllMocks());

const operationOf = (text: string) => getOperationAST(parse(text)) as OperationDefinitionNode;

describe("A look-up", () => {
  const NODES = (selection: string) => `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on User { ${selection} } } }`;
  const USER = (selection: string) => `query ($id: ID!) { user(by: { id: $id }) { ${selection} } }`;
  const CHAIN = "managementChain { displayName }";

  it.each([
    [true, "somebody with what belongs to them", USER(`emails { value } roles { key } manager { id } ${CHAIN}`), 1],
    [true, "a few people", NODES("displayName manager { displayName }"), 10],
    [false, "more people", NODES("displayName"), 11],
    [false, "lists of a few people", NODES(CHAIN), 2],
    [false, "lists in lists", USER(`managementChain { ${CHAIN} }`), 1],
    [false, "many lists", USER(Array.from({ length: 12 }, (_, n) => `a${n}: ${CHAIN}`).join(" ")), 1],
    [false, "everybody in a unit", USER("orgUnit { memberCount(includeDescendants: true) }"), 1],
  ])("is (%s) %s", async (isLookUp, _what, query, people) => {
    const unit = await makeUnit(file.gateway);
    const { id } = await makeUser(file.gateway, { orgUnitId: unit.id });
    const sent = plannedStatements();
    await file.gateway.run(query, people === 1 && query.includes("$id:") ? { id } : { ids: Array(people).fill(id) });
    expect(sent.map((statement) => statement.isLookUp ?? false)).toEqual(
      query.includes("memberCount") && sent.length === 0 ? [] : [isLookUp],
    );
  });
});

describe("A look-up by long texts", () => {
  it.each([
    [true, 100_000],
    [false, 300_000],
  ])("is planned (%s) with %i characters, since others wait behind it", async (isPlanned, length) => {
    const sent = plannedStatements();
    const query = `query ($name: String!) { ${Array.from({ length: 5 }, (_, n) => `a${n}: user(by: { username: $name }) { id }`).join(" ")} }`;
    const found = await file.gateway.run(query, { name: "x".repeat(length / 5) });
    expect(Object.values(found)).toEqual(Array(5).fill(null));
    expect(sent).toHaveLength(isPlanned ? 1 : 0);
  });
});

describe("Runs that are refused", () => {
  const TWO = "query ($id: ID!, $ids: [ID!]!) { node(id: $id) { id } nodes(ids: $ids) { id } }";

  it.each([
    ["node", "x", undefined],
    ["nodes", undefined, ["x"]],
  ])("leave others their plan: %s", async (_field, badId, badIds) => {
    const { id } = await makeUser(file.gateway);
    const query = `${TWO} # ${_field}`;
    await file.gateway.ask(query, { id: badId ?? id, ids: badIds ?? [id] });
    const sent = plannedStatements();
    await file.gateway.ask(query, { id: badId ?? id, ids: badIds ?? [id] });
    expect(sent).toEqual([]);
    expect(await file.gateway.run(query, { id, ids: [id] })).toEqual({ node: { id }, nodes: [{ id }] });
    expect(sent).toHaveLength(1);
  });

  it("do not keep others from going ahead of finding out who asks", async (test) => {
    test.skip(databaseKind === "embedded", "the embedded database has one session");
    const { id } = await makeUser(file.gateway);
    const { token } = await makeHolder(file.gateway, ["USER_READ"]);
    const query = "query Ahead($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    const ask = (ids: string[]) => file.gateway.ask(query, { ids }, token);
    for (const ids of [["x"], [id], ["x"], [id]]) await ask(ids);
    const sent = plannedStatements();
    await ask([id]);
    expect(sent.map(({ follows }) => follows !== undefined)).toEqual([true]);
  });

  it("are refused where a condition is sent as null in spite of its default", async () => {
    const { id } = await makeUser(file.gateway);
    const query = "query ($s: Boolean = false) { viewer { user { id displayName @skip(if: $s) } } }";
    const token = await tokenOf(file.gateway, id);
    expect((await file.gateway.run(query, {}, token)).viewer.user.id).toBe(id);
    expect((await file.gateway.refusal(query, { s: null }, token)).message).toContain("must not be null");
  });
});

describe("What is kept of plans", () => {
  it("holds nothing of the runs that they were made for", async () => {
    const database = { readsFor: () => ({ read: async () => [["{}"]] }) };
    const failed = vi.fn();
    const planner = new Planner(buildSchema("type Query { a: Int }"), {}, database as never, failed);
    const asked = { document: parse("{ __typename }") };
    const run = async () => {
      const viewer = { userId: null, grants: new Map() } as never;
      const context = new GraphContext(viewer, "r", undefined, String, () => Promise.reject());
      expect(await planner.answer(asked, context)).toBe("{}");
      return new WeakRef(context);
    };
    const context = await run();
    setFlagsFromString("--expose-gc");
    await vi.waitFor(async () => {
      await sleep(20);
      runInNewContext("gc")();
      expect(context.deref() === undefined).toBe(true);
    });
    expect(await planner.answer(asked, { identified: true } as never)).toBe("{}");
    expect(failed).not.toHaveBeenCalled();
  });

  it("is bounded by what it takes, and what is not asked for any more goes first", () => {
    const forms = new PlanForms(1_000_000);
    const run = new PlanRun({} as never, {});
    const formOf = (characters: number): Form =>
      ({
        decisions: [{ answer: "x".repeat(characters / 2), holdsFor: () => true }],
        plan: { text: { characters: characters / 2, others: 0 } },
        goesAhead: false,
      }) as never;
    const operations = Array.from({ length: 50 }, (_, n) => operationOf(`{ a${n} }`));
    const [first] = operations as [OperationDefinitionNode];
    for (const operation of operations) {
      forms.add(operation, formOf(100_000));
      forms.find(first, run);
      expect(forms.bytes).toBeLessThanOrEqual(1_000_000);
    }
    const kept = operations.filter((operation) => forms.find(operation, run));
    expect(kept.length).toBe(4);
    expect(kept).toContain(first);
  });
});
