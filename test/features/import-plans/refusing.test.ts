import { sql } from "kysely";
import { expect, it } from "vitest";
import { unique } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { seeded } from "../../support/random.ts";
import { rounds } from "../../support/rounds.ts";
import { define } from "../attributes/support.ts";
import { csv, planFile, XLSX } from "./support.ts";

/* Files that are not what they should be: each is told what is wrong with it, and nothing of it is applied. */

const file = gatewayForFile();
const FILES = rounds(40, 500);

const people = async () =>
  (
    await sql<{ count: number }>`SELECT count(*)::integer AS count FROM user_account`.execute(
      file.gateway.database.reader,
    )
  ).rows[0]?.count;

it(`${FILES} malformed files each have a clear error, and nothing of them is applied`, async () => {
  const { gateway } = file;
  const next = seeded("malformed files");
  const integer = (from: number, to: number) => from + Math.floor(next() * (to - from + 1));
  const before = await people();
  const any = <T>(list: readonly T[]): T => list[integer(0, list.length - 1)] as T;
  const word = () => unique(any(["Ärger", "x", "名", "a b"]));
  const kinds: (() => string | Buffer)[] = [
    () => csv(["employeeNumber", "email"], [word(), "nobody@"]),
    () => csv(["email", "title"], [`${word()}@x.example`, "T"]),
    () => csv(["employeeNumber", "employee number"], [word(), word()]),
    () => csv(["employeeNumber", "title"], [word(), "a", "b"]),
    () => `employeeNumber,title\r\n${word()},"open`,
    () => Buffer.concat([Buffer.from("employeeNumber\r\n"), Buffer.from([0xc3, 0x28, 0xff])]),
    () => csv(["employeeNumber", "manager"], [word(), word()]),
    () => csv(["employeeNumber", "hiredOn"], [word(), any(["2020-02-30", "30.2.2020", "soon"])]),
    () => csv(["employeeNumber", "country"], [word(), any(["de", "Germany", "1"])]),
    () => csv(["employeeNumber", "username"], [word(), "with space"]),
    () => "employeeNumber",
    () => `employeeNumber\r\n\r\n\r\n`,
    () => csv(["employeeNumber"], ["same"], ["SAME"]),
    () => Buffer.from(Array.from({ length: integer(1, 400) }, () => integer(0, 255))),
    () => csv(["employeeNumber", "orgUnit"], [word(), word()]),
    () => csv(["employeeNumber", "employeeType"], [word(), "BOSS"]),
    () => csv(["employeeNumber", "tags"], [word(), "x".repeat(65)]),
    () => Buffer.concat([Buffer.from("PK\u0003\u0004", "latin1"), Buffer.from(word())]),
  ];
  for (let count = 0; count < FILES; count++) {
    const make = kinds[count % kinds.length] as () => string | Buffer;
    const content = make();
    const type = integer(0, 9) === 0 ? XLSX : "text/csv";
    const plan = await planFile(gateway, content, {}, { type, name: `${count}.csv` });
    expect([count, plan.state]).toEqual([count, "FAILED"]);
    expect(plan.problem.length).toBeGreaterThan(20);
    expect(plan.problem).not.toContain("undefined");
  }
  expect(await people()).toBe(before);
  const { rows } = await sql`SELECT 1 FROM import_row`.execute(gateway.database.reader);
  expect(rows).toEqual([]);
});

it("What may be one person's only is refused in both rows that have it, at their cells", async () => {
  const { gateway } = file;
  const plate = unique("plate");
  await define(gateway, { key: plate, type: "STRING", unique: true });
  const [n, id, value] = [unique("n"), unique("x"), unique("v")];
  const header = ["employeeNumber", "externalId", `attributes.${plate}`];
  const plan = await planFile(
    gateway,
    csv(header, [`${n}a`, id, value], [`${n}b`, id.toUpperCase(), value], [n, "", ""]),
  );
  const { nodes } = plan.problems;
  expect(nodes.map(({ address }: { address: string }) => address)).toEqual(["B2", "C2", "B3", "C3"]);
  for (const [at, row] of [3, 3, 2, 2].entries())
    expect(nodes[at].message).toBe(
      `must be unique in the file, without regard to case; it stands in row ${row} as well.`,
    );
});

it("Whom a file makes counts for safety limits, those of a search and those of everybody", async () => {
  const { gateway } = file;
  const n = unique("n");
  const { createSavedSearch } = await gateway.run(
    "mutation ($input: CreateSavedSearchInput!) { createSavedSearch(input: $input) { savedSearch { id } } }",
    { input: { name: n, filter: { title: { eq: n } } } },
  );
  const bounds = [{ maxPeople: 2 }, { maxPeople: 1, savedSearchId: createSavedSearch.savedSearch.id }];
  const rows = (...titles: string[]) =>
    csv(["employeeNumber", "title"], ...titles.map((title, at) => [`${n}${at}`, title]));
  for (const [at, limit] of bounds.entries()) {
    const { createSafetyLimit } = await gateway.run(
      "mutation ($input: CreateSafetyLimitInput!) { createSafetyLimit(input: $input) { limit { id } } }",
      { input: { name: `${n}-${at}`, ...limit } },
    );
    const found = async (...titles: string[]) => (await planFile(gateway, rows(...titles))).needsApproval;
    expect([await found(n, "other"), await found(n, n, "other")]).toEqual([false, true]);
    await gateway.run("mutation ($input: DeleteSafetyLimitInput!) { deleteSafetyLimit(input: $input) { deletedId } }", {
      input: { id: createSafetyLimit.limit.id },
    });
  }
});
