import { describe, expect, it } from "vitest";
import { find, machineToken, makeHolder, makeUnit, makeUser, unique } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { apply, byPerson, CANCEL, makePeople, PLAN, type Plan, planOf, tagged } from "../bulk/support.ts";
import { row, textCell, workbook } from "../tables/workbooks.ts";
import { csv, importOf, type send, upload, XLSX } from "./support.ts";

/* A file of people as the target of one change. */

const file = gatewayForFile();
const TITLE = { set: { title: "Named" } };

/** Plans a change of whoever an upload names, to the end of planning. */
async function planFor(
  content: string | Buffer,
  reading: object,
  { change = TITLE as object, ...as }: Parameters<typeof send>[2] & { change?: object } = {},
): Promise<Plan> {
  const { gateway } = file;
  const uploadId = await upload(gateway, content, as);
  const input = { target: { file: { uploadId, ...reading } }, change };
  const { planBulk } = await gateway.run(PLAN, { input }, as.token);
  expect(await planOf(gateway, planBulk.plan.id, as.token)).toMatchObject({ state: "PLANNING", kind: "CHANGE" });
  await gateway.imports.planner.run();
  return importOf(gateway, planBulk.plan.id, as.token);
}

const problemsOf = (found: Plan): [string, string][] =>
  found.problems.nodes.map(({ address, message }: { address: string; message: string }) => [address, message]);

describe("A plan for the people of a file", () => {
  it("is for whom its rows name, by each key, and lists rows that name nobody or somebody again", async () => {
    const { gateway } = file;
    const [number, mail, external] = [unique("N"), `${unique("mail")}@example.com`, unique("x")];
    const one = await makeUser(gateway, {
      employeeNumber: number,
      email: mail,
      identities: [{ source: "IMPORT", externalId: external }],
    });
    const by = { EMPLOYEE_NUMBER: number, EMAIL: mail, USERNAME: one.username, EXTERNAL_ID: external, ID: one.id };
    const headers = {
      EMPLOYEE_NUMBER: "Personnel number",
      EMAIL: "E-Mail",
      USERNAME: "Username",
      EXTERNAL_ID: "External ID",
      ID: "user_id",
    };
    for (const [matchBy, key] of Object.entries(by)) {
      const header = headers[matchBy as keyof typeof headers];
      const content = csv(
        ["Note", header],
        ["first", key],
        ["nobody", matchBy === "ID" ? "nobody" : "none@example.com"],
        ["again", key],
        ["empty", ""],
      );
      const found = await planFor(content, { matchBy });
      expect(found, matchBy).toMatchObject({ state: "PLANNED", peopleCount: 1, changingCount: 1, problemCount: 3 });
      expect(found.people).toEqual([{ userId: one.id, row: 2, user: { id: one.id } }]);
      expect(problemsOf(found)).toEqual([
        ["B3", expect.stringMatching(/^must be /)],
        ["B4", "names somebody whom a row above names already."],
        ["B5", "must not be empty: it says whom the row means."],
      ]);
      expect(found.target).toMatchObject({ file: "people.csv", column: header, reading: { matchBy } });
    }
  });

  it("is applied and taken back like any other, and its own outcomes name its people", async () => {
    const { gateway } = file;
    const tag = await makePeople(gateway, 30);
    const usernames = await find(gateway, tagged(tag));
    const lines = usernames.slice(0, 20).map((name, place) => [`n${place}`, name.toUpperCase()]);
    const rows = [["Note", "Login"], ...lines].map((cells) => row(...cells.map((cell) => textCell(cell)))).join("");
    const found = await planFor(
      await workbook({ rows }),
      { matchBy: "USERNAME", column: "login" },
      { type: XLSX, name: "people.xlsx" },
    );
    expect(found).toMatchObject({
      changingCount: 20,
      problemCount: 0,
      target: { sheet: "Staff 2026", column: "Login" },
    });
    expect(await apply(gateway, found.id)).toMatchObject({ state: "DONE", progress: { changed: 20 } });
    const { bulkPlan } = await gateway.run("query ($id: ID!) { bulkPlan(id: $id) { csv { text } } }", { id: found.id });
    const again = await planFor(bulkPlan.csv.text, { matchBy: "ID" }, { change: { add: { tags: ["again"] } } });
    expect(again).toMatchObject({ changingCount: 20, problemCount: 0 });
  });

  it("names several people only where deleted ones count, and says so", async () => {
    const { gateway } = file;
    const username = unique("twin");
    const first = await makeUser(gateway, { username });
    const remove = "mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { position } }";
    await gateway.run(remove, { input: { id: first.id } });
    const second = await makeUser(gateway, { username });
    await gateway.run(remove, { input: { id: second.id } });
    const content = csv(["username"], [username]);
    const restore = { change: { status: { operation: "RESTORE" } } };
    const found = await planFor(content, { matchBy: "USERNAME" }, restore);
    expect(found).toMatchObject({ peopleCount: 0, problemCount: 1 });
    expect(problemsOf(found)).toEqual([["A2", "means several people: name them by their ids."]]);
    const named = await planFor(csv(["id"], [second.id]), { matchBy: "ID" }, restore);
    expect(named).toMatchObject({ changingCount: 1 });
    expect(await planFor(content, { matchBy: "USERNAME" })).toMatchObject({ peopleCount: 0, problemCount: 1 });
  });

  it("tells nobody of people out of sight, or by what they may not read", async () => {
    const { gateway } = file;
    const unit = await makeUnit(gateway);
    const mail = `${unique("mail")}@example.com`;
    const near = await makeUser(gateway, { orgUnitId: unit.id, email: mail });
    const far = await makeUser(gateway);
    const { token } = await makeHolder(gateway, ["IMPORT_RUN", "BULK_RUN", "USER_READ", "USER_UPDATE"], unit.id);
    const found = await planFor(csv(["username"], [near.username], [far.username]), { matchBy: "USERNAME" }, { token });
    expect(found).toMatchObject({ peopleCount: 1, problemCount: 1 });
    expect(problemsOf(found)).toEqual([["A3", "must be the username of somebody in the directory."]]);
    expect(await planFor(csv(["email"], [mail]), { matchBy: "EMAIL" }, { token })).toMatchObject({
      peopleCount: 0,
      problemCount: 1,
    });
  });

  it("fails where the file cannot be read by its key, and is refused without the right or the file", async () => {
    const { gateway } = file;
    const somebody = await makeUser(gateway);
    const content = csv(["Login", "Other login"], [somebody.username, "x"]);
    expect(await planFor(content, { matchBy: "USERNAME" })).toMatchObject({
      state: "FAILED",
      problem: "1:1: there must be one column whose header says username, by which people are found; there is none.",
    });
    expect(await planFor(content, { matchBy: "USERNAME", column: "Nothing" })).toMatchObject({ state: "FAILED" });
    expect(await planFor("not a workbook", { matchBy: "USERNAME" }, { type: XLSX })).toMatchObject({ state: "FAILED" });
    expect(await planFor(csv(["username"]), { matchBy: "USERNAME" })).toMatchObject({ state: "FAILED" });
    const uploadId = await upload(gateway, content);
    const asked = (more: object = {}) => ({
      input: { target: { file: { uploadId, matchBy: "USERNAME", ...more } }, change: TITLE },
    });
    const other = await machineToken(gateway, ["IMPORT_RUN", "BULK_RUN", "USER_READ", "USER_UPDATE"]);
    expect((await gateway.refusal(PLAN, asked(), other)).extensions).toMatchObject({
      code: "NOT_FOUND",
      inputPath: "input.target.file.uploadId",
    });
    const without = await machineToken(gateway, ["BULK_RUN", "USER_READ", "USER_UPDATE"]);
    expect((await gateway.refusal(PLAN, asked(), without)).extensions).toMatchObject({ permission: "IMPORT_RUN" });
    expect((await gateway.refusal(PLAN, asked({ encoding: "latin-9" }))).extensions).toMatchObject({
      code: "INVALID_INPUT",
      inputPath: "input.target.file.encoding",
    });
  });

  it("can be cancelled before it is made, and gives back its file with what is wrong beside the rows", async () => {
    const { gateway } = file;
    const uploadId = await upload(gateway, csv(["username"], [unique("nobody")]));
    const input = { target: { file: { uploadId, matchBy: "USERNAME" } }, change: TITLE };
    const { id } = (await gateway.run(PLAN, { input })).planBulk.plan;
    await gateway.run(CANCEL, { input: { id } });
    await gateway.imports.planner.run();
    expect(await planOf(gateway, id)).toMatchObject({ state: "CANCELLED" });
    const nobody = unique("nobody");
    const found = await planFor(csv(["username"], [nobody]), { matchBy: "USERNAME" });
    const { createImportCorrection } = await gateway.run(
      "mutation ($input: CreateImportCorrectionInput!) { createImportCorrection(input: $input) { path } }",
      { input: { planId: found.id, format: "CSV" } },
    );
    const { body } = await gateway.server.inject({ url: createImportCorrection.path });
    expect(body).toContain(`${nobody},A2: must be the username of somebody in the directory.`);
    expect(byPerson(found).size).toBe(0);
  });
});
