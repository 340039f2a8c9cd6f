import { expect, it } from "vitest";
import { userCascades } from "../../../src/assembly.ts";
import { LIFECYCLE, STATUSES } from "../../../src/features/users/user.lifecycle.ts";
import { someCause } from "../../support/database.ts";
import { departments, employees, emptyDirectory, importFiles, peopleIn } from "./support.ts";

const LEFT = "2020-01-01";

/** Where an import leads from a status, by whether the file's person has left, and had left by the file before. */
const PATHS = [
  { name: "has left", before: "", now: LEFT, by: "deactivate" },
  { name: "had left and is back", before: LEFT, now: "", by: "activate" },
  { name: "stays", before: "", now: "", by: undefined },
] as const;

it("an import takes the steps that the lifecycle's table allows, from every status, and leaves everybody else where they are", async () => {
  const database = await emptyDirectory();
  // One person for each pair of a status and a path, beside somebody who stays.
  const pairs = STATUSES.flatMap((status) => PATHS.map((path) => ({ status, path }))).map((pair, n) => ({
    ...pair,
    number: `${n + 1}`,
  }));
  const files = (which: "before" | "now") => ({
    departments: departments(),
    employees: employees(...pairs.map(({ number, path }) => `${number},P${number},P,,,,,,${path[which]}`)),
  });
  await importFiles(database, files("before"), { cascades: userCascades });
  for (const { status, number } of pairs)
    await database.write(someCause, async (tx) =>
      tx.sql
        .updateTable("user_account")
        .set({
          status,
          deleted_at: status === "DELETED" ? tx.now : null,
          status_before: status === "DELETED" ? "ACTIVE" : null,
        })
        .where("employee_number", "=", number)
        .execute(),
    );
  await importFiles(database, files("now"), { cascades: userCascades });
  const { rows } = {
    rows: await database.reader
      .selectFrom("user_account")
      .select(["employee_number", "status"])
      .where("status", "=", "DELETED")
      .execute(),
  };
  const deleted = new Set(rows.map(({ employee_number }) => employee_number));
  const people = await peopleIn(database);
  for (const { status, path, number } of pairs) {
    if (status === "DELETED") {
      expect([path.name, deleted.has(number)]).toEqual([path.name, true]);
      continue;
    }
    const step = path.by === undefined ? undefined : LIFECYCLE[path.by];
    // A return is taken back from INACTIVE alone: whoever was archived or has not begun did not leave by the file.
    const taken = step?.from.includes(status) && (path.by === "deactivate" || status === "INACTIVE");
    expect([status, path.name, people.get(number)?.status]).toEqual([status, path.name, taken ? step?.to : status]);
  }
});
