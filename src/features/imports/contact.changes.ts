import { type Selectable, sql } from "kysely";
import type { UserEmailRow, UserIdentityRow } from "../../database/tables.ts";
import type { Tx } from "../../database/transaction.ts";
import { newId } from "../../kernel/ids.ts";
import { fold } from "../../search/folding.ts";
import { withPrimary } from "../users/user.contacts.ts";
import { insertRows, updateRows } from "./bulk.write.ts";
import type { PlannedPerson } from "./person.plan.ts";

type Email = Selectable<UserEmailRow>;
type Identity = Selectable<UserIdentityRow>;

/** What will differ among people's e-mail addresses and the identities by which imports know them. */
export interface ContactChanges {
  /** The ids of the people concerned. */
  changed: Set<string>;
  emails: { removed: string[]; changed: Email[]; added: Email[] };
  identities: { changed: Identity[]; added: Identity[] };
}

const newEmail = (userId: string, value: string): Email => ({
  id: newId(),
  user_id: userId,
  place: 0,
  value,
  type: null,
  is_primary: true,
  verified: false,
});

const newIdentity = ({ id, staged }: PlannedPerson, place: number, now: Date): Identity => ({
  id: newId(),
  user_id: id,
  place,
  source: "IMPORT",
  issuer: null,
  external_id: staged.fields.employeeNumber as string,
  last_synced_at: now,
});

/** The e-mail addresses and identities of people who are new. */
export const newContacts = (
  people: readonly PlannedPerson[],
  now: Date,
): { emails: Email[]; identities: Identity[] } => ({
  emails: people.flatMap(({ id, staged }) => (staged.fields.email ? [newEmail(id, staged.fields.email)] : [])),
  identities: people.map((person) => newIdentity(person, 0, now)),
});

/** Compares the addresses and identities of people whom the directory knows with their rows. */
export async function contactChanges(tx: Tx, people: readonly PlannedPerson[]): Promise<ContactChanges> {
  const ids = people.map(({ id }) => id);
  const of = sql<string>`ANY (${ids}::uuid[])`;
  const emails = await tx.sql.selectFrom("user_email").selectAll().where("user_id", "=", of).orderBy("place").execute();
  const identities = await tx.sql
    .selectFrom("user_identity")
    .selectAll()
    .where("user_id", "=", of)
    .orderBy("place")
    .execute();
  const emailsOf = Map.groupBy(emails, ({ user_id }) => user_id);
  const identitiesOf = Map.groupBy(identities, ({ user_id }) => user_id);
  const changes: ContactChanges = {
    changed: new Set(),
    emails: { removed: [], changed: [], added: [] },
    identities: { changed: [], added: [] },
  };
  for (const person of people) {
    compareEmails(changes, person, emailsOf.get(person.id) ?? []);
    compareIdentities(changes, person, identitiesOf.get(person.id) ?? [], tx.now);
  }
  return changes;
}

/** Writes them; what goes before what comes, so that the one primary address is free for its successor. */
export async function writeContactChanges(tx: Tx, { emails, identities }: ContactChanges): Promise<void> {
  if (emails.removed.length > 0)
    await tx.sql.deleteFrom("user_email").where("id", "=", sql<string>`ANY (${emails.removed}::uuid[])`).execute();
  await updateRows(tx.sql, "user_email", ["place", "is_primary"], emails.changed);
  await insertRows(tx.sql, "user_email", emails.added);
  await updateRows(tx.sql, "user_identity", ["external_id", "last_synced_at"], identities.changed);
  await insertRows(tx.sql, "user_identity", identities.added);
}

function compareEmails(
  { changed, emails }: ContactChanges,
  { id, staged }: PlannedPerson,
  stored: readonly Email[],
): void {
  const primary = stored.find(({ is_primary }) => is_primary);
  const wanted = staged.fields.email ?? null;
  if ((primary?.value ?? null) === wanted) return;
  changed.add(id);
  const list = withPrimary(
    stored.map((email) => ({ ...email, primary: email.is_primary })),
    wanted,
  );
  const kept = new Set<string>();
  list.forEach(({ value, type, primary: is_primary }, place) => {
    const before = stored.find((email) => email.value === value && email !== primary);
    const isAdded = !before || (is_primary && wanted !== null);
    if (isAdded)
      emails.added.push({ ...newEmail(id, value), type, place, is_primary, verified: before?.verified ?? false });
    else {
      kept.add(before.id);
      if (before.place !== place || before.is_primary !== is_primary)
        emails.changed.push({ ...before, place, is_primary });
    }
  });
  emails.removed.push(...stored.filter((email) => !kept.has(email.id)).map((email) => email.id));
}

function compareIdentities(
  { changed, identities }: ContactChanges,
  person: PlannedPerson,
  stored: readonly Identity[],
  now: Date,
): void {
  const own = stored.filter(({ source, issuer }) => source === "IMPORT" && issuer === null);
  const key = person.staged.key;
  if (own.some(({ external_id }) => fold(external_id) === key)) return;
  changed.add(person.id);
  const [first] = own;
  if (first)
    identities.changed.push({
      ...first,
      external_id: person.staged.fields.employeeNumber as string,
      last_synced_at: now,
    });
  else identities.added.push(newIdentity(person, (stored.at(-1)?.place ?? -1) + 1, now));
}
