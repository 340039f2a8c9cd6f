import { describe, expect, it } from "vitest";
import { keepRowProblems } from "../../../src/features/import-plans/import.problems.ts";
import { someCause } from "../../support/database.ts";
import { find, makeUnit, makeUser, unique, uuid } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { apply, REVERT } from "../bulk/support.ts";
import { csv, importOf, planFile, XLSX } from "./support.ts";

const file = gatewayForFile();
const NUMBER = { reading: { matchBy: "EMPLOYEE_NUMBER" } };

describe("A file of people", () => {
  it("that turns a reporting line round and gives addresses is taken back, with who was known by which address", async () => {
    const { gateway } = file;
    const n = unique("n");
    const boss = await makeUser(gateway, { employeeNumber: `${n}-1`, email: `${n}@old.example` });
    const report = await makeUser(gateway, { employeeNumber: `${n}-2`, managerId: boss.id });
    await gateway.database.write(someCause, (tx) =>
      tx.sql.updateTable("user_email").set({ verified: true }).where("user_id", "=", uuid(boss.id)).execute(),
    );
    const content = csv(
      ["Employee Number", "Email", "Manager"],
      [`${n}-1`, `${n}@new.example`, `${n}-2`],
      [`${n}-2`, "", ""],
    );
    const clearing = { reading: { matchBy: "EMPLOYEE_NUMBER", clearEmpty: true } };
    const done = await apply(gateway, (await planFile(gateway, content, clearing)).id);
    expect(done).toMatchObject({ state: "DONE", progress: { changed: 2 } });
    const { planRevert } = await gateway.run(REVERT, { input: { id: done.id } });
    expect(planRevert.plan).toMatchObject({ changingCount: 2, errorCount: 0 });
    expect(await apply(gateway, planRevert.plan.id)).toMatchObject({ progress: { changed: 2 } });
    expect(await find(gateway, { manager: { eq: boss.id } })).toEqual([report.username]);
    expect(
      await find(gateway, { and: [{ email: { eq: `${n}@old.example` } }, { emailVerified: { eq: true } }] }),
    ).toEqual([boss.username]);
  });

  it("keeps so many problems that the rehearsal finds, and counts all", async () => {
    const { gateway } = file;
    const n = unique("n");
    for (const number of [1, 2, 3]) await makeUser(gateway, { username: `${n}.${number}` });
    const line = (number: number) => [`${n}-${number}`, `${n}.${number}`, "Somebody"];
    const plan = await planFile(
      gateway,
      csv(["Employee Number", "Username", "Family name"], line(1), line(2), line(3)),
    );
    expect(plan).toMatchObject({ state: "FAILED", problemCount: 3, problems: { totalCount: 3 } });
    await gateway.database.write(someCause, async (tx) => {
      await tx.sql.deleteFrom("import_problem").where("plan_id", "=", uuid(plan.id)).execute();
      expect(await keepRowProblems(tx, uuid(plan.id), [], 2)).toBe(3);
    });
    expect(await importOf(gateway, plan.id)).toMatchObject({ problems: { totalCount: 2 } });
  });

  it("is planned, applied, found unchanged the second time, and taken back", async () => {
    const { gateway } = file;
    const code = unique("CODE");
    const unit = await makeUnit(gateway, { code });
    const n = unique("n");
    const known = await makeUser(gateway, {
      employeeNumber: `${n}-1`,
      title: "Old",
      givenName: "Ada",
      email: `${n}@old.example`,
    });
    const content = csv(
      ["Employee Number", "Given name", "Family name", "Email", "Title", "Org unit", "Manager", "Shoe size"],
      [`${n}-3`, "Cleo", "Third", `${n}-3@x.example`, "Dev", code.toLowerCase(), `${n}-2`, 40],
      [`${n}-1`, "Ada", "First", `${n}-1@x.example`, "New", code, "", 41],
      [`${n}-2`, "Bea", "Second", `${n}-2@x.example`, "Lead", unit.id, `${n}-1`, 42],
    );
    const { createSavedSearch } = await gateway.run(
      "mutation ($input: CreateSavedSearchInput!) { createSavedSearch(input: $input) { savedSearch { id } } }",
      { input: { name: "Its people", visibility: "SHARED", filter: { orgUnit: { within: unit.id } } } },
    );
    const plan = await planFile(gateway, content, NUMBER);
    expect(plan).toMatchObject({
      state: "PLANNED",
      kind: "IMPORT",
      peopleCount: 3,
      changingCount: 3,
      creatingCount: 2,
      errorCount: 0,
    });
    expect(plan.target).toMatchObject({ file: "people.csv", ignoredColumns: ["Shoe size"] });
    // Who is made would join searches too, by the id that they are to have.
    const { bulkPlan } = await gateway.run(
      "query ($id: ID!) { bulkPlan(id: $id) { searchEffects { joining joiningNew newUserIds savedSearch { id } } } }",
      { id: plan.id },
    );
    const made = plan.items.nodes.filter(({ finding }: { finding: string }) => finding === "CREATE");
    expect(bulkPlan.searchEffects).toContainEqual({
      joining: 1,
      joiningNew: 2,
      newUserIds: expect.arrayContaining(made.map(({ userId }: { userId: string }) => userId)),
      savedSearch: createSavedSearch.savedSearch,
    });
    expect(await find(gateway, { employeeNumber: { startsWith: `${n}-` } })).toHaveLength(1);
    const done = await apply(gateway, plan.id);
    expect(done).toMatchObject({ state: "DONE", progress: { total: 3, changed: 3 } });
    const of = (number: number) => find(gateway, { employeeNumber: { eq: `${n}-${number}` } });
    const [first] = await of(1);
    const idOf = async (employeeNumber: string) =>
      (
        await gateway.run("query ($f: UserFilter) { users(filter: $f) { nodes { id } } }", {
          f: { employeeNumber: { eq: employeeNumber } },
        })
      ).users.nodes[0]?.id;
    const second = await idOf(`${n}-2`);
    expect(first).toBe(known.username);
    expect(
      await find(gateway, {
        and: [{ manager: { eq: second } }, { orgUnit: { eq: unit.id } }, { email: { eq: `${n}-3@x.example` } }],
      }),
    ).toEqual(await of(3));

    const again = await planFile(gateway, content, NUMBER);
    expect(again).toMatchObject({ state: "PLANNED", changingCount: 0, unchangedCount: 3 });

    const { planRevert } = await gateway.run(
      "mutation ($input: PlanRevertInput!) { planRevert(input: $input) { plan { id changingCount errorCount } } }",
      { input: { id: plan.id } },
    );
    expect(planRevert.plan).toMatchObject({ changingCount: 3, errorCount: 0 });
    expect(await apply(gateway, planRevert.plan.id)).toMatchObject({ state: "DONE", progress: { changed: 3 } });
    expect(await find(gateway, { employeeNumber: { startsWith: `${n}-` } })).toEqual([known.username]);
    expect(await find(gateway, { and: [{ title: { eq: "Old" } }, { email: { eq: `${n}@old.example` } }] })).toEqual([
      known.username,
    ]);
  });

  it("says of every bad cell where it stands and what was expected, and applies nothing", async () => {
    const { gateway } = file;
    const n = unique("n");
    const plan = await planFile(
      gateway,
      csv(
        ["employeeNumber", "givenName", "email", "country", "hiredOn", "orgUnit", "manager"],
        [`${n}-1`, "Ada", "no address", "de", "soon", "nowhere", ""],
        [`${n}-2`, "Bea", "", "", "", "", "nobody"],
        ["", "Cleo", "", "", "", "", ""],
        [`${n}-4`, "Dora", "", "", "", "", `${n}-5`],
        [`${n}-5`, "Edda", "", "", "", "", `${n}-4`],
        [`${n}-6`, "Finn", "", "", "", "", `${n}-1`],
        [`${n}-7`, "Gil", "", "", "", "", ""],
        [`${n}-7`, "Gil", "", "", "", "", ""],
        [`${n}-8`, "Hal", "", "", "", "", ""],
      ),
      NUMBER,
    );
    expect(plan.state).toBe("FAILED");
    expect(plan.problem).toContain("8 people of the file cannot be used");
    expect(
      plan.problems.nodes.map(({ address, message }: { address: string; message: string }) => `${address} ${message}`),
    ).toEqual([
      "C2 must be an e-mail address of at most 254 characters.",
      "D2 must be a country code of two capital letters (ISO 3166-1 alpha-2).",
      "E2 expected a date that exists, as YYYY-MM-DD; it holds a text of 4 characters.",
      "G3 must be the employeeNumber of somebody in the file or the directory.",
      "A4 must not be empty: it says whom the row means.",
      "G5 the managers from here lead round in a circle and never to an end.",
      "G6 the managers from here lead round in a circle and never to an end.",
      "G7 the manager's row, 2, cannot be used.",
      "A8 must be unique in the file, without regard to case; it stands in row 9 as well.",
      "A9 must be unique in the file, without regard to case; it stands in row 8 as well.",
    ]);
    expect(await find(gateway, { employeeNumber: { startsWith: n } })).toEqual([]);
  });

  it("with 30 % of the people missing applies nothing without a second person", async () => {
    const { gateway } = file;
    const n = unique("n");
    const unit = await makeUnit(gateway);
    const numbers = Array.from({ length: 10 }, (_, place) => `${n}-${place}`);
    for (const employeeNumber of numbers)
      await makeUser(gateway, { employeeNumber, orgUnitId: unit.id, status: "ACTIVE" });
    const missing = { action: "DEACTIVATE", scope: { orgUnit: { within: unit.id } } };
    const few = csv(["employeeNumber"], ...numbers.slice(3).map((number) => [number]));
    const plan = await planFile(gateway, few, { ...NUMBER, mode: "UPDATE", missing });
    expect(plan).toMatchObject({
      state: "PLANNED",
      changingCount: 3,
      missingCount: 3,
      unchangedCount: 7,
      needsApproval: true,
    });
    expect(plan.limits).toContainEqual({ name: "People missing from a file", exceeded: true, people: 3, of: 10 });
    expect(await apply(gateway, plan.id)).toMatchObject({ state: "WAITING_APPROVAL", progress: { changed: 0 } });
    const nearly = csv(["employeeNumber"], ...numbers.slice(1).map((number) => [number]));
    const one = await planFile(gateway, nearly, { ...NUMBER, mode: "UPDATE", missing });
    expect(one).toMatchObject({ missingCount: 1, needsApproval: false });
    expect(await apply(gateway, one.id)).toMatchObject({ state: "DONE", progress: { changed: 1 } });
    expect(await find(gateway, { and: [{ orgUnit: { eq: unit.id } }, { status: { eq: "INACTIVE" } }] })).toHaveLength(
      1,
    );
  });

  it("may be a workbook that was exported: nothing changes, and a bad cell has the address of its sheet", async () => {
    const { gateway } = file;
    const n = unique("n");
    for (const place of [1, 2])
      await makeUser(gateway, { employeeNumber: `${n}-${place}`, hiredOn: "2020-02-29", title: "T" });
    const CREATE = "mutation ($input: CreateExportInput!) { createExport(input: $input) { path } }";
    const input = {
      filter: { employeeNumber: { startsWith: n } },
      columns: ["employeeNumber", "hiredOn", "title"],
      format: "XLSX",
    };
    const { path } = (await gateway.run(CREATE, { input })).createExport;
    const workbook = (await gateway.server.inject({ method: "GET", url: path })).rawPayload;
    const plan = await planFile(gateway, workbook, NUMBER, { type: XLSX, name: "people.xlsx" });
    expect(plan).toMatchObject({ state: "PLANNED", unchangedCount: 2, changingCount: 0 });
    const reading = {
      matchBy: "EMPLOYEE_NUMBER",
      columns: [
        { header: "employeeNumber", target: "employeeNumber" },
        { header: "hiredOn", target: "country" },
      ],
    };
    const bad = await planFile(gateway, workbook, { reading }, { type: XLSX, name: "people.xlsx" });
    expect(bad.problems.nodes[0].address).toMatch(/^\w+!B2$/);
  });
});
