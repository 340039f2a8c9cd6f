import { sql } from "kysely";
import type { Tx } from "../../database/transaction.ts";
import type { Consequence } from "../../kernel/consequence.ts";
import { RollcallError } from "../../kernel/errors.ts";
import type { UserStatus } from "../users/user.entity.ts";
import { followStatuses } from "../users/user.following.ts";
import type { UserCascade } from "../users/user.service.ts";
import { inBatches, insertRows, updateRows } from "./bulk.write.ts";
import { contactChanges, newContacts, writeContactChanges } from "./contact.changes.ts";
import type { ImportCounts, ImportProgress } from "./import.report.ts";
import { changedAccount, type ImportDay, newAccount, type StoredPerson } from "./person.changes.ts";
import type { PlannedPerson } from "./person.plan.ts";

/** The columns that an import may change; those of the profile by mapping. */
const WRITTEN = [
  "version",
  "updated_at",
  "username",
  "display_name",
  "status",
  "status_reason",
  "status_changed_at",
  "status_until",
  "given_name",
  "middle_name",
  "family_name",
  "honorific_prefix",
  "honorific_suffix",
  "nick_name",
  "employee_number",
  "title",
  "department",
  "division",
  "cost_center",
  "employee_type",
  "location",
  "country",
  "locale",
  "preferred_language",
  "timezone",
  "attributes",
  "hired_on",
  "terminates_on",
  "org_unit_id",
  "manager_id",
] as const satisfies readonly (keyof StoredPerson)[];

export interface PeopleWriter {
  tx: Tx;
  day: ImportDay;
  counts: ImportCounts;
  onProgress: (progress: ImportProgress) => void;
  /** Where the row says that somebody has left, or has not. */
  locate(id: string): string;
}

/** Adds everybody who is new; managers must stand before whoever reports to them. */
export async function createPeople(
  { tx, day, counts, onProgress }: PeopleWriter,
  planned: readonly PlannedPerson[],
): Promise<void> {
  const added = planned.filter(({ isNew }) => isNew);
  for (const batch of inBatches(added)) {
    const accounts = batch.map((person) => newAccount(person, day));
    await insertRows(tx.sql, "user_account", accounts);
    const { emails, identities } = newContacts(batch, day.now);
    await insertRows(tx.sql, "user_email", emails);
    await insertRows(tx.sql, "user_identity", identities);
    counts.peopleCreated += batch.length;
    counts.createdInactive += accounts.filter(({ status }) => status === "INACTIVE").length;
    onProgress({ stage: "WRITING", done: counts.peopleCreated, total: added.length });
  }
}

/** Whoever of those known already differs from their row. They are not locked yet. */
export async function findChanged(
  { tx, day, counts, onProgress }: PeopleWriter,
  planned: readonly PlannedPerson[],
): Promise<PlannedPerson[]> {
  const known = planned.filter(({ isNew }) => !isNew);
  const changed: PlannedPerson[] = [];
  let done = 0;
  for (const batch of inBatches(known)) {
    const ids = batch.map(({ id }) => id);
    const accounts = await accountsOf(tx, ids, false);
    const contacts = await contactChanges(tx, batch);
    for (const person of batch) {
      const account = accounts.get(person.id);
      const differs = account && (changedAccount(account, person, day) !== account || contacts.changed.has(person.id));
      if (differs) changed.push(person);
      else counts.peopleUnchanged++;
    }
    done += batch.length;
    onProgress({ stage: "COMPARING", done, total: known.length });
  }
  return changed;
}

/** Changes what differs about these people, and brings about what follows from it. */
export async function updatePeople(
  writer: PeopleWriter,
  people: readonly PlannedPerson[],
  cascades: readonly UserCascade[],
): Promise<Consequence[]> {
  const { tx, day, counts, onProgress } = writer;
  const consequences: Consequence[] = [];
  let done = 0;
  for (const batch of inBatches(people)) {
    const accounts = await accountsOf(
      tx,
      batch.map(({ id }) => id),
      true,
    );
    const contacts = await contactChanges(tx, batch);
    const present = batch.flatMap((person) => {
      const before = accounts.get(person.id);
      return before ? [{ before, after: changedAccount(before, person, day) }] : [];
    });
    const changed = present.filter(({ before, after }) => after !== before || contacts.changed.has(before.id));
    counts.peopleUnchanged += batch.length - changed.length;
    await updateRows(
      tx.sql,
      "user_account",
      WRITTEN,
      changed.map(({ after }) => ({ ...after, updated_at: day.now })),
    );
    await writeContactChanges(tx, contacts);
    for (const { before, after } of changed) {
      countChange(counts, before.status, after.status);
      if (before.status !== after.status) consequences.push(...(await cascaded(writer, cascades, before, after)));
    }
    done += batch.length;
    onProgress({ stage: "WRITING", done, total: people.length });
  }
  return consequences;
}

function countChange(counts: ImportCounts, from: string, to: string): void {
  if (from === to) counts.peopleUpdated++;
  else if (to === "ACTIVE") counts.peopleReactivated++;
  else counts.peopleDeactivated++;
}

/** What follows from a new status; a refusal names the row. */
async function cascaded(
  { tx, locate }: PeopleWriter,
  cascades: readonly UserCascade[],
  before: StoredPerson,
  after: StoredPerson,
): Promise<Consequence[]> {
  try {
    const move = { userId: before.id, from: before.status as UserStatus, to: after.status as UserStatus };
    return await followStatuses(cascades, tx, [move]);
  } catch (error) {
    throw error instanceof RollcallError
      ? new RollcallError(error.code, `${locate(before.id)}: ${error.message}`)
      : error;
  }
}

async function accountsOf(tx: Tx, ids: readonly string[], locked: boolean): Promise<Map<string, StoredPerson>> {
  const query = tx.sql
    .selectFrom("user_account")
    .selectAll()
    .where("id", "=", sql<string>`ANY (${ids}::uuid[])`)
    .where("status", "<>", "DELETED")
    .orderBy("id");
  const accounts = await (locked ? query.forUpdate() : query).execute();
  return new Map(accounts.map((account) => [account.id, account]));
}
