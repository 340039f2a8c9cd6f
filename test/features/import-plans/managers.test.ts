import { sql } from "kysely";
import { describe, expect, it, onTestFinished } from "vitest";
import { type InOrder, nextTogether } from "../../../src/features/bulk/bulk.order.ts";
import { makeUser, unique, uuid } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { asOwner } from "../../support/owner.ts";
import { APPLY, apply, batches, planOf, REVERT } from "../bulk/support.ts";
import { csv, planFile } from "./support.ts";

/* Whom a file makes with whom: managers in one commit with those who report to them, and what becomes of these where a manager cannot be made. */

describe("Who is changed together", () => {
  const made = (id: string, step: number, managerId: string | null = null): InOrder => ({
    id,
    step,
    isMade: true,
    managerId,
  });
  const ids = (people: InOrder[], size: number) => nextTogether(people, size, (one) => one).map(({ id }) => id);

  it("is of one step, with those who are made to report to somebody made among them", () => {
    const people = [made("a", 0), made("a1", 1, "a"), made("b", 0), made("b1", 1, "b"), made("c", 1, "elsewhere")];
    expect(ids(people, 10)).toEqual(["a", "a1", "b", "b1"]);
    expect(ids(people.slice(1), 10)).toEqual(["a1"]);
    expect(ids([], 10)).toEqual([]);
  });

  it("is nobody of another step than the first who is changed, or whose manager is", () => {
    const changed = { ...made("a", 0), isMade: false };
    expect(ids([changed, made("a1", 1, "a")], 10)).toEqual(["a"]);
    expect(ids([made("a", 0), { ...made("a1", 1, "a"), isMade: false }], 10)).toEqual(["a"]);
    expect(ids([made("a", 0), { ...changed, id: "b" }, made("a1", 1, "a")], 10)).toEqual(["a", "b"]);
  });

  it("leaves a manager at the end for later who would be parted from reports, where there is anybody else", () => {
    const team = (name: string, size: number) => [
      made(name, 0),
      ...Array.from({ length: size }, (_, n) => made(`${name}${n}`, 1, name)),
    ];
    const people = [...team("a", 2), ...team("b", 3)];
    expect(ids(people, 6)).toEqual(["a", "a0", "a1"]);
    expect(ids(people, 7)).toHaveLength(7);
    expect(ids(team("a", 9), 4)).toEqual(["a", "a0", "a1", "a2"]);
    // Whoever stands further up has others behind them who need nobody of them.
    expect(ids([...team("a", 1), made("b", 0), made("c", 0), made("d", 1, "a")], 4)).toHaveLength(4);
  });
});

describe("An import", () => {
  const file = gatewayForFile();
  const HEAD = ["employeeNumber", "givenName", "familyName", "username", "manager"];

  /** Two managers under one, each with three reports who stand before them in the file. */
  function people(n: string, usernames: Record<string, string> = {}): string {
    const row = (id: string, manager: string) => [
      `${n}-${id}`,
      n,
      "Muster",
      usernames[id] ?? `${n}.${id}`,
      manager && `${n}-${manager}`,
    ];
    const reports = ["a", "b"].flatMap((manager) => [1, 2, 3].map((one) => row(`${manager}${one}`, manager)));
    return csv(HEAD, ...reports, row("a", "top"), row("b", "top"), row("top", ""));
  }

  /** How often each person's search row was written, by username. */
  async function writes(n: string): Promise<Record<string, number>> {
    const { rows } = await sql<{ name: string; writes: number }>`
      SELECT u.username AS name, count(*)::integer AS writes FROM user_account u JOIN change c ON c.row_id = u.id AND c.table_name = 'user_search'
      WHERE u.given_name = ${n} GROUP BY 1`.execute(file.gateway.database.reader);
    return Object.fromEntries(rows.map(({ name, writes }) => [name.replace(`${n}.`, ""), writes]));
  }

  /** How many report to each, by username. */
  async function reportsOf(n: string): Promise<Record<string, number>> {
    const { rows } = await sql<{ name: string; reports: number }>`
      SELECT username AS name, direct_report_count AS reports FROM user_search WHERE given_name = ${n} AND status <> 'DELETED'`.execute(
      file.gateway.database.reader,
    );
    return Object.fromEntries(rows.map(({ name, reports }) => [name.replace(`${n}.`, ""), reports]));
  }

  it("makes managers with those who report to them, and writes their search rows once", async () => {
    const { gateway } = file;
    const n = unique("n");
    const { id, creatingCount, items } = await planFile(gateway, people(n));
    expect(creatingCount).toBe(9);
    expect(items.totalCount).toBe(9);
    // Gateways of the version before take people of one step by their places, one step after the other.
    const { rows } = await sql<{
      step: number;
    }>`SELECT step FROM bulk_item WHERE plan_id = ${uuid(id)} ORDER BY place`.execute(gateway.database.reader);
    expect(rows.map(({ step }) => step)).toEqual([1, 2, 2, 3, 3, 3, 3, 3, 3]);
    await gateway.run(APPLY, { input: { id } });
    // The one on top, then a manager with three reports a commit: with five, one of another manager would be parted from the others.
    await batches(gateway, 5, 1_000);
    expect(await planOf(gateway, id)).toMatchObject({ state: "DONE", progress: { changed: 9 } });
    const { top, ...others } = await writes(n);
    expect(others).toEqual({ a: 1, a1: 1, a2: 1, a3: 1, b: 1, b1: 1, b2: 1, b3: 1 });
    expect(top).toBeGreaterThan(1);
    expect(await reportsOf(n)).toMatchObject({ top: 2, a: 3, b: 3, a1: 0 });
    const { planRevert } = await gateway.run(REVERT, { input: { id } });
    expect(await apply(gateway, planRevert.plan.id)).toMatchObject({ state: "DONE", progress: { changed: 9 } });
    const again = await gateway.run(REVERT, { input: { id: planRevert.plan.id } });
    expect(await apply(gateway, again.planRevert.plan.id)).toMatchObject({ state: "DONE", progress: { changed: 9 } });
    expect(await reportsOf(n)).toMatchObject({ top: 2, a: 3, b: 3, a1: 0 });
  });

  it("goes on where it was interrupted within those who report to one manager", async () => {
    const { gateway } = file;
    const n = unique("n");
    const { id } = await planFile(gateway, people(n));
    await gateway.run(APPLY, { input: { id } });
    for (const size of [2, 1, 3]) await batches(gateway, size, 1);
    expect((await planOf(gateway, id)).state).toBe("APPLYING");
    await batches(gateway, 4, 1_000);
    expect(await planOf(gateway, id)).toMatchObject({ state: "DONE", progress: { changed: 9, refused: 0, failed: 0 } });
    expect(await reportsOf(n)).toMatchObject({ top: 2, a: 3, b: 3 });
  });

  it.each([1, 1_000])("gives whoever is made what somebody further down gives up, in batches of %s", async (size) => {
    const { gateway } = file;
    const n = unique("n");
    await makeUser(gateway, { employeeNumber: `${n}-k`, username: `${n}.old` });
    const row = (id: string, username: string, manager = "") => [`${n}-${id}`, n, "Muster", username, manager];
    const rows = [row("m", `${n}.m`), row("k", `${n}.new`), row("r", `${n}.old`, `${n}-m`)];
    const { id, state } = await planFile(gateway, csv(HEAD, ...rows));
    expect(state).toBe("PLANNED");
    await gateway.run(APPLY, { input: { id } });
    await batches(gateway, size, 1_000);
    expect(await planOf(gateway, id)).toMatchObject({ state: "DONE", progress: { changed: 3 } });
    expect(await reportsOf(n)).toMatchObject({ m: 1, new: 0, old: 0 });
  });

  it("refuses who reports to somebody whom it finds that it cannot make, and makes everybody else", async () => {
    const { gateway } = file;
    const [n, taken] = [unique("n"), unique("taken")];
    const { id } = await planFile(gateway, people(n, { a: taken }));
    await makeUser(gateway, { username: taken });
    const applied = await apply(gateway, id);
    expect(applied).toMatchObject({ state: "DONE", progress: { changed: 5, refused: 4, failed: 0 } });
    const codes = applied.items.nodes.flatMap(
      (item: { outcomeProblem?: { code: string } }) => item.outcomeProblem?.code ?? [],
    );
    expect(codes.sort()).toEqual(["CONFLICT", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND"]);
    expect(await reportsOf(n)).toEqual({ top: 1, b: 3, b1: 0, b2: 0, b3: 0 });
  });

  it("refuses who reports, through others, to somebody whom the database refuses", async () => {
    const { gateway } = file;
    const [n, others] = [unique("n"), unique("n")];
    const [{ id }, { id: beside }] = [await planFile(gateway, people(n)), await planFile(gateway, people(others))];
    const { owner } = gateway.database.connectionConfig;
    const refused = [`${n}.top`, `${others}.b`].map((name) => `'${name}'`).join();
    await asOwner(owner, `ALTER TABLE user_account ADD CONSTRAINT nobody_makes CHECK (username NOT IN (${refused}))`);
    onTestFinished(() => asOwner(owner, "ALTER TABLE user_account DROP CONSTRAINT nobody_makes"));
    expect(await apply(gateway, id)).toMatchObject({ state: "DONE", progress: { changed: 0, refused: 8, failed: 1 } });
    expect(await apply(gateway, beside)).toMatchObject({
      state: "DONE",
      progress: { changed: 5, refused: 3, failed: 1 },
    });
    expect(await reportsOf(others)).toEqual({ top: 1, a: 3, a1: 0, a2: 0, a3: 0 });
  });
});
