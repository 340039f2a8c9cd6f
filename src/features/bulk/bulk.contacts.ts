import { type Selectable, sql } from "kysely";
import type { Tables, UserEmailRow, UserIdentityRow, UserPhoneRow } from "../../database/tables.ts";
import type { Tx } from "../../database/transaction.ts";
import { newId } from "../../kernel/ids.ts";
import { fold } from "../../search/folding.ts";
import { insertRows, updateRows } from "../imports/bulk.write.ts";
import { type EmailValue, type IdentityValue, wanted } from "../users/user.contacts.ts";
import type { ContactChange } from "./bulk.change.ts";

/** How a person is reached and known elsewhere, as it is stored. */
export interface HeldContacts {
  emails: Selectable<UserEmailRow>[];
  phones: Selectable<UserPhoneRow>[];
  identities: Selectable<UserIdentityRow>[];
}

type List = keyof HeldContacts;
type Entry = Record<string, unknown> & { id: string; user_id: string; place: number; is_primary?: boolean };

/** What of one list of a person is to be written. */
interface ListDecision {
  list: List;
  removed: readonly string[];
  changed: readonly Entry[];
  added: readonly Entry[];
}

/** What a change of contacts comes to; undefined lists stay as they are. */
export interface ContactDecision {
  lists: readonly ListDecision[];
  /** By the catalogue's names. */
  before: Record<string, unknown>;
  after: Record<string, unknown>;
  /** What puts it back. */
  undo: ContactChange;
}

const TABLES = { emails: "user_email", phones: "user_phone", identities: "user_identity" } as const satisfies Record<
  List,
  keyof Tables
>;
/** What may differ in an entry that stays. */
const WRITTEN: Readonly<Record<List, readonly string[]>> = {
  emails: ["place", "value", "type", "is_primary"],
  phones: ["place", "value", "type", "is_primary"],
  identities: ["place", "external_id"],
};

export const NO_CONTACTS: HeldContacts = { emails: [], phones: [], identities: [] };

/** The contacts of these people, by their ids. */
export async function loadContacts(tx: Tx, ids: readonly string[]): Promise<ReadonlyMap<string, HeldContacts>> {
  const of = sql<string>`ANY (${[...ids]}::uuid[])`;
  const read = async (table: "user_email" | "user_phone" | "user_identity") =>
    Map.groupBy(
      await tx.sql.selectFrom(table).selectAll().where("user_id", "=", of).orderBy("place").execute(),
      ({ user_id }) => user_id,
    );
  const [emails, phones, identities] = [
    await read("user_email"),
    await read("user_phone"),
    await read("user_identity"),
  ];
  return new Map(
    ids.map((id) => [
      id,
      {
        emails: emails.get(id) ?? [],
        phones: phones.get(id) ?? [],
        identities: identities.get(id) ?? [],
      } as HeldContacts,
    ]),
  );
}

/** Decides what lists come to, by the rules of the single mutations; undefined where nothing of them differs. */
export function decideContacts(
  userId: string,
  held: HeldContacts,
  change: ContactChange,
  now: Date,
): ContactDecision | undefined {
  const lists = [
    valuesOf("emails", userId, held, wanted(valued(held.emails), change.emails, change.email, "emails", "email"), {
      verified: change.verifiedEmails ?? [],
    }),
    valuesOf("phones", userId, held, wanted(valued(held.phones), change.phones, change.phone, "phones", "phone")),
    identitiesOf(userId, held, change, now),
  ].filter((list) => list !== undefined);
  if (lists.length === 0) return undefined;
  const names = lists.map(({ list }) => list);
  const after = Object.fromEntries(lists.flatMap(({ list, value }) => shown(list, value)));
  return {
    lists,
    before: Object.fromEntries(names.flatMap((list) => shown(list, firstOf(list, held[list] as readonly Entry[])))),
    after,
    undo: {
      ...(names.includes("emails") ? { emails: valued(held.emails).map(asValue), ...verifiedIn(held) } : {}),
      ...(names.includes("phones") ? { phones: valued(held.phones).map(asValue) } : {}),
      ...(names.includes("identities") ? { identities: held.identities.map(asIdentity) } : {}),
    },
  };
}

const verifiedIn = ({ emails }: HeldContacts): Pick<ContactChange, "verifiedEmails"> => {
  const verifiedEmails = emails.filter(({ verified }) => verified).map(({ value }) => value);
  return verifiedEmails.length > 0 ? { verifiedEmails } : {};
};

type Shown = string | null;

const valued = (rows: readonly { value: string; type: string | null; is_primary: boolean }[]) =>
  rows.map(({ value, type, is_primary: isPrimary }) => ({ value, type, isPrimary }));
const asValue = ({ value, type, isPrimary }: ReturnType<typeof valued>[number]): EmailValue => ({
  value,
  type,
  primary: isPrimary,
});
const asIdentity = ({ source, issuer, external_id }: Selectable<UserIdentityRow>): IdentityValue => ({
  source: source as IdentityValue["source"],
  issuer,
  externalId: external_id,
});

/** What the catalogue shows of a list: its first or primary entry. */
const shown = (list: List, value: Shown): [string, Shown][] => [
  [{ emails: "email", phones: "phone", identities: "externalId" }[list], value],
];
const firstOf = (list: List, rows: readonly Entry[]): Shown =>
  list === "identities"
    ? ((rows[0]?.external_id as string | undefined) ?? null)
    : ((rows.find(({ is_primary }) => is_primary)?.value as string | undefined) ?? null);

type Decided = ListDecision & { value: Shown };

function valuesOf(
  list: "emails" | "phones",
  userId: string,
  held: HeldContacts,
  values: readonly EmailValue[] | undefined,
  known?: { verified: readonly string[] },
): Decided | undefined {
  if (values === undefined) return undefined;
  const entries = values.map(({ value, type, primary }) => ({ value, type, is_primary: primary }));
  const more = ({ value }: Record<string, unknown>) =>
    known ? { verified: known.verified.includes(String(value)) } : {};
  return compared(list, userId, held[list] as readonly Entry[], entries, { key: ({ value }) => String(value), more });
}

function identitiesOf(userId: string, held: HeldContacts, change: ContactChange, now: Date): Decided | undefined {
  const { identity } = change;
  const before = held.identities.map(asIdentity);
  const isSame = (one: IdentityValue) => one.source === identity?.source && one.issuer === identity.issuer;
  const list = identity
    ? before.some(isSame)
      ? before.map((one) => (isSame(one) ? identity : one))
      : [...before, identity]
    : change.identities;
  if (list === undefined) return undefined;
  const entries = list.map(({ source, issuer, externalId }) => ({ source, issuer, external_id: externalId }));
  const key = ({ source, issuer, external_id }: Record<string, unknown>) =>
    JSON.stringify([source, issuer && fold(String(issuer)), fold(String(external_id))]);
  const more = () => ({ last_synced_at: now });
  return compared("identities", userId, held.identities as unknown as readonly Entry[], entries, { key, more });
}

interface Kind {
  /** By what an entry is the same. */
  key: (entry: Record<string, unknown>) => string;
  /** What is written of one that is new beside what is given. */
  more: (entry: Record<string, unknown>) => Record<string, unknown>;
}

/** What of a list is to be written so that it becomes another one: entries whose key stays are kept. Undefined where nothing differs. */
function compared(
  list: List,
  userId: string,
  held: readonly Entry[],
  entries: readonly Record<string, unknown>[],
  { key, more }: Kind,
): Decided | undefined {
  const byKey = new Map(held.map((row) => [key(row), row]));
  const kept = new Set<Entry>();
  const changed: Entry[] = [];
  const added: Entry[] = [];
  for (const [place, entry] of entries.entries()) {
    const before = byKey.get(key(entry));
    if (before) kept.add(before);
    if (!before) added.push({ ...more(entry), ...entry, id: newId(), user_id: userId, place });
    else {
      const after: Entry = { ...before, ...entry, place };
      if (WRITTEN[list].some((column) => after[column] !== before[column])) changed.push(after);
    }
  }
  const removed = held.filter((row) => !kept.has(row)).map(({ id }) => id);
  if (removed.length + changed.length + added.length === 0) return undefined;
  const first = entries.map((entry) => entry as Entry);
  return { list, removed, changed, added, value: firstOf(list, first) };
}

/** Writes what was decided for many people: what goes before what comes, so that the one primary entry is free for its successor. */
export async function writeContactDecisions(tx: Tx, decisions: readonly ContactDecision[]): Promise<void> {
  const byList = Map.groupBy(
    decisions.flatMap(({ lists }) => lists),
    ({ list }) => list,
  );
  for (const [list, some] of byList) {
    const table = TABLES[list];
    const removed = some.flatMap((one) => one.removed);
    const changed = some.flatMap((one) => one.changed);
    const added = some.flatMap((one) => one.added);
    if (removed.length > 0)
      await tx.sql.deleteFrom(table).where("id", "=", sql<string>`ANY (${removed}::uuid[])`).execute();
    const demoted = changed.filter(({ is_primary }) => is_primary === false);
    await updateRows(tx.sql, table, WRITTEN[list], demoted);
    await updateRows(
      tx.sql,
      table,
      WRITTEN[list],
      changed.filter((row) => !demoted.includes(row)),
    );
    await insertRows(tx.sql, table, added);
  }
}
