import type { Tx } from "../../database/transaction.ts";
import { insertRows, updateRows } from "./bulk.write.ts";
import { type StagedUnits, unitPlace } from "./department.rows.ts";
import type { ImportCounts } from "./import.report.ts";
import type { RowProblems } from "./row.problem.ts";
import type { PlannedUnit } from "./unit.plan.ts";

/** Inserts the units that are new, still without their heads, who may be new as well. */
export async function createUnits(tx: Tx, planned: readonly PlannedUnit[]): Promise<void> {
  const added = planned.filter(({ stored }) => !stored);
  await insertRows(
    tx.sql,
    "org_unit",
    added.map(({ id, staged: { code, name, parentKey }, parentId }) => ({
      id,
      version: 1,
      code,
      name,
      kind: parentKey === null ? "COMPANY" : "DEPARTMENT",
      parent_id: parentId,
      head_id: null,
      created_at: tx.now,
      updated_at: tx.now,
    })),
  );
}

/** Whom each unit has as its head; a number that is nobody's is a problem, and leaves the unit without one. */
export function headsOf(
  planned: readonly PlannedUnit[],
  staged: StagedUnits,
  people: { idOf(key: string): string | undefined; isUnusable(key: string): boolean },
  problems: RowProblems,
): Map<PlannedUnit, string> {
  const heads = new Map<PlannedUnit, string>();
  for (const unit of planned) {
    const { headKey, line } = unit.staged;
    if (headKey === null) continue;
    const head = people.idOf(headKey);
    if (head !== undefined) {
      heads.set(unit, head);
      continue;
    }
    const dependent = people.isUnusable(headKey);
    const message = dependent
      ? "the manager's row cannot be used."
      : "must be the number of somebody in the employees' file or the directory.";
    problems.add(unitPlace(staged, line, "manager_employee_number"), message, { effect: "WITHOUT_HEAD", dependent });
  }
  return heads;
}

/** Gives new units their heads, and old ones whatever differs. */
export async function completeUnits(
  tx: Tx,
  planned: readonly PlannedUnit[],
  heads: ReadonlyMap<PlannedUnit, string>,
  counts: ImportCounts,
): Promise<void> {
  const headed: object[] = [];
  const changed: object[] = [];
  for (const unit of planned) {
    const { id, stored, staged, parentId } = unit;
    const head_id = heads.get(unit) ?? null;
    if (!stored) {
      counts.unitsCreated++;
      if (head_id) headed.push({ id, head_id });
    } else if (stored.name !== staged.name || stored.parent_id !== parentId || stored.head_id !== head_id) {
      counts.unitsUpdated++;
      changed.push({ id, name: staged.name, parent_id: parentId, head_id, updated_at: tx.now });
    } else counts.unitsUnchanged++;
  }
  await updateRows(tx.sql, "org_unit", ["head_id"], headed);
  await updateRows(tx.sql, "org_unit", ["name", "parent_id", "head_id", "version", "updated_at"], changed);
}
