import type { Selectable } from "kysely";
import type { OrgUnitRow } from "../../database/tables.ts";
import type { Tx } from "../../database/transaction.ts";
import { newId } from "../../kernel/ids.ts";
import { fold } from "../../search/folding.ts";
import { type StagedUnit, type StagedUnits, unitPlace } from "./department.rows.ts";
import type { RowProblems } from "./row.problem.ts";
import { cyclesOf, topDown } from "./tree.order.ts";

export type StoredUnit = Selectable<OrgUnitRow>;

/** A department that will be: with its row in the database where there is one already. */
export interface PlannedUnit {
  id: string;
  staged: StagedUnit;
  stored: StoredUnit | undefined;
  parentId: string | null;
}

/** What a person's department can mean: a unit that stands in the file, or elsewhere in the directory. */
export interface UnitDirectory {
  planned: readonly PlannedUnit[];
  /** By code, else by name, without regard to case. */
  find(text: string): { id: string; name: string } | "AMBIGUOUS" | undefined;
  /** Whether a row that cannot be used has this as its code. */
  isUnusable(text: string): boolean;
}

/** Finds where every department will stand, parents first; rows for which there is no such place are problems and left out. */
export async function planUnits(tx: Tx, staged: StagedUnits, problems: RowProblems): Promise<UnitDirectory> {
  const all = await tx.sql.selectFrom("org_unit").selectAll().execute();
  const stored = new Map(all.map((unit) => [fold(unit.code), unit]));
  leaveOutHomeless(staged, stored, new Map(all.map((unit) => [unit.id, fold(unit.code)])), problems);
  const ids = new Map([...staged.rows.keys()].map((key) => [key, stored.get(key)?.id ?? newId()]));
  const idOf = (key: string): string => (ids.get(key) ?? stored.get(key)?.id) as string;
  const ordered = topDown(
    [...staged.rows.values()],
    ({ key }) => key,
    ({ parentKey }) => parentKey,
  );
  const planned = ordered.map((row) => ({
    id: idOf(row.key),
    staged: row,
    stored: stored.get(row.key),
    parentId: row.parentKey === null ? null : idOf(row.parentKey),
  }));
  return directoryOf(planned, all, staged);
}

/** Takes rows out until each of those that stay has a parent, or is a root, and none stands below itself. */
function leaveOutHomeless(
  staged: StagedUnits,
  stored: ReadonlyMap<string, StoredUnit>,
  keyOfId: ReadonlyMap<string, string>,
  problems: RowProblems,
): void {
  const { rows, unusable } = staged;
  const parentOf = (key: string): string | null | undefined => {
    const row = rows.get(key);
    return row ? row.parentKey : keyOfId.get(stored.get(key)?.parent_id ?? "");
  };
  const leaveOut = (row: StagedUnit, message: string, dependent: boolean) => {
    problems.add(unitPlace(staged, row.line, "parent_code"), message, { dependent });
    rows.delete(row.key);
    unusable.set(row.key, row.line);
  };
  for (let found = true; found; ) {
    found = false;
    for (const row of [...rows.values()]) {
      const { parentKey } = row;
      if (parentKey === null || rows.has(parentKey) || stored.has(parentKey)) continue;
      const line = unusable.get(parentKey);
      if (line === undefined)
        leaveOut(row, "must be empty, or the code of a department in the file or the directory.", false);
      else leaveOut(row, `the parent's row, on line ${line}, cannot be used.`, true);
      found = true;
    }
    for (const cycle of cyclesOf(rows.keys(), parentOf)) {
      const members = cycle.flatMap((key) => rows.get(key) ?? []);
      const lines = members.map(({ line }) => line).join(", ");
      for (const row of members) leaveOut(row, `the parents from here lead back here, by line ${lines}.`, false);
      found = true;
    }
  }
}

function directoryOf(planned: readonly PlannedUnit[], all: readonly StoredUnit[], staged: StagedUnits): UnitDirectory {
  const own = planned.map(({ id, staged: { key, name } }) => ({ id, key, name }));
  const ownIds = new Set(own.map(({ id }) => id));
  const others = all.filter(({ id }) => !ownIds.has(id)).map(({ id, code, name }) => ({ id, key: fold(code), name }));
  const byCode = new Map([...others, ...own].map((unit) => [unit.key, unit]));
  const ownByName = Map.groupBy(own, ({ name }) => fold(name));
  const otherByName = Map.groupBy(others, ({ name }) => fold(name));
  return {
    planned,
    find(text) {
      const key = fold(text);
      const unit = byCode.get(key);
      if (unit) return unit;
      const named = ownByName.get(key) ?? otherByName.get(key) ?? [];
      return named.length > 1 ? "AMBIGUOUS" : named[0];
    },
    isUnusable: (text) => staged.unusable.has(fold(text)),
  };
}
