import type { Tx } from "../../database/transaction.ts";
import { personPlace, type StagedPeople } from "./employee.rows.ts";
import { managersAbove } from "./person.lookup.ts";
import type { RowProblems } from "./row.problem.ts";
import { cyclesOf } from "./tree.order.ts";

/**
 * Everybody's manager, as an id by folded employee number. Managers may stand anywhere in the file, or in the directory alone.
 * A number that leads nowhere, and every link of a cycle, is a problem; those people are cut loose, and keep everything else.
 */
export async function linkManagers(
  tx: Tx,
  staged: StagedPeople,
  idOf: (key: string) => string | undefined,
  problems: RowProblems,
): Promise<Map<string, string>> {
  const links = new Map<string, string>();
  const cutLoose = (line: number, message: string, dependent: boolean) =>
    problems.add(personPlace(staged, line, "managerEmployeeNumber"), message, { effect: "WITHOUT_MANAGER", dependent });
  for (const { key, managerKey, line } of staged.rows.values()) {
    if (managerKey === null) continue;
    const manager = idOf(managerKey);
    const unusable = staged.unusable.get(managerKey);
    if (manager !== undefined) links.set(key, manager);
    else if (unusable !== undefined) cutLoose(line, `the manager's row, on line ${unusable}, cannot be used.`, true);
    else cutLoose(line, "must be the number of somebody in the file or the directory.", false);
  }
  const rowOf = new Map([...staged.rows.values()].map((row) => [idOf(row.key) as string, row]));
  const beyond = await managersAbove(
    tx.sql,
    [...new Set(links.values())].filter((id) => !rowOf.has(id)),
  );
  const managerOf = (id: string): string | null | undefined => {
    const row = rowOf.get(id);
    return row ? links.get(row.key) : beyond.get(id);
  };
  for (const cycle of cyclesOf(rowOf.keys(), managerOf)) {
    const rows = cycle.flatMap((id) => rowOf.get(id) ?? []);
    const lines = rows.map(({ line }) => line).join(", ");
    for (const { key, line } of rows) {
      cutLoose(
        line,
        rows.length === 1 && cycle.length === 1
          ? "must be somebody else."
          : `the managers from here lead back here, by line ${lines}.`,
        false,
      );
      links.delete(key);
    }
  }
  return links;
}
