import { sql } from "kysely";
import type { Tx } from "../../database/transaction.ts";
import { newId } from "../../kernel/ids.ts";
import { fold } from "../../search/folding.ts";
import type { AttributeChecks, CheckedPerson } from "../attributes/attribute.checks.ts";
import type { StagedPeople, StagedPerson } from "./employee.rows.ts";
import type { KnownPerson } from "./person.lookup.ts";
import type { RowPlace, RowProblems } from "./row.problem.ts";

/** People whose attributes are checked in one statement. */
const BATCH = 1_000;

/** Takes out whoever's attributes would not fit their definitions: each problem stands at its cell. Whoever is in the file already keeps what must be unique. */
export async function leaveOutUnfit(
  tx: Tx,
  staged: StagedPeople,
  known: ReadonlyMap<string, KnownPerson>,
  checks: AttributeChecks,
  problems: RowProblems,
): Promise<void> {
  await checks.share(tx);
  const definitions = await tx.sql.selectFrom("attribute_definition").select(["key", "unique"]).execute();
  if (definitions.length === 0 && checks.acceptsUndefined) return;
  const rows = [...staged.rows.values()];
  for (let from = 0; from < rows.length; from += BATCH) {
    const batch = rows.slice(from, from + BATCH);
    const people = await peopleOf(tx, batch, known);
    for (const { place, key, message } of await checks.problemsOf(tx, people)) {
      const row = batch[place] as StagedPerson;
      problems.add(cellOf(staged, row, key), message);
      leaveOut(staged, row);
    }
  }
  leaveOutTwins(
    staged,
    definitions.filter(({ unique }) => unique).map(({ key }) => key),
    problems,
  );
}

async function peopleOf(
  tx: Tx,
  batch: readonly StagedPerson[],
  known: ReadonlyMap<string, KnownPerson>,
): Promise<CheckedPerson[]> {
  const ids = batch.flatMap(({ key }) => known.get(key)?.id ?? []);
  const { rows } = await sql<{ id: string; attributes: Record<string, unknown> }>`
    SELECT id, attributes FROM user_account WHERE id = ANY (${ids}::uuid[])`.execute(tx.sql);
  const attributes = new Map(rows.map((row) => [row.id, row.attributes]));
  return batch.map((row) => {
    const id = known.get(row.key)?.id;
    const before = (id === undefined ? undefined : attributes.get(id)) ?? {};
    const after = Object.entries({ ...before, ...row.attributes }).filter(([, value]) => value !== null);
    return { id: id ?? newId(), before, after: Object.fromEntries(after), isNew: id === undefined };
  });
}

function leaveOutTwins(staged: StagedPeople, unique: readonly string[], problems: RowProblems): void {
  const first = new Map<string, number>();
  for (const row of [...staged.rows.values()])
    for (const key of unique) {
      const value = row.attributes[key];
      if (value === undefined || value === null || !staged.rows.has(row.key)) continue;
      const holder = `${key} ${typeof value} ${fold(String(value))}`;
      const twin = first.get(holder);
      if (twin === undefined) first.set(holder, row.line);
      else {
        const message = `must be unique in the file, without regard to case; it stands on line ${twin} as well.`;
        problems.add(cellOf(staged, row, key), message);
        leaveOut(staged, row);
      }
    }
}

/** Where the cell of an attribute stands; of one without a column, where the row begins. */
function cellOf({ file, columns }: StagedPeople, { line }: StagedPerson, key: string): RowPlace {
  const own = columns.find(({ target }) => "attribute" in target && target.attribute === key);
  return { file, line, column: own?.header ?? `attribute ${key}` };
}

function leaveOut(staged: StagedPeople, row: StagedPerson): void {
  staged.rows.delete(row.key);
  staged.unusable.set(row.key, row.line);
}
