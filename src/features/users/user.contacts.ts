import type { Tx } from "../../database/transaction.ts";
import { conflict, invalidInput } from "../../kernel/errors.ts";
import { newId } from "../../kernel/ids.ts";
import { fold } from "../../search/folding.ts";
import {
  type IdentitySource,
  UserAddressEntity,
  UserEmailEntity,
  UserIdentityEntity,
  UserPhoneEntity,
} from "./user.entity.ts";

export interface EmailValue {
  value: string;
  type: string | null;
  primary: boolean;
}

export interface AddressValue {
  type: string | null;
  primary: boolean;
  streetAddress: string | null;
  locality: string | null;
  region: string | null;
  postalCode: string | null;
  country: string | null;
}

export interface IdentityValue {
  source: IdentitySource;
  issuer: string | null;
  externalId: string;
}

/** The lists of a profile. An absent list is left as it is, a list replaces the list; `email` and `phone` are the primary value alone. */
export interface ContactLists {
  email?: string | null | undefined;
  phone?: string | null | undefined;
  emails?: readonly EmailValue[] | undefined;
  phones?: readonly EmailValue[] | undefined;
  addresses?: readonly AddressValue[] | undefined;
  identities?: readonly IdentityValue[] | undefined;
}

export const LIST_LIMIT = 50;

/** Exactly one of a list that is not empty is primary: the one that says so, else the first; INVALID_INPUT where several do. */
export function withOnePrimary<T extends { primary: boolean }>(list: readonly T[], path: string): T[] {
  const chosen = list.filter((item) => item.primary).length;
  if (chosen > 1) throw invalidInput([{ path, message: "must have one primary entry at the most." }]);
  return list.map((item, place) => ({ ...item, primary: chosen === 1 ? item.primary : place === 0 }));
}

/** The list that results from setting the primary value alone: it takes the place of the former one; null removes that one. */
export function withPrimary(current: readonly EmailValue[], value: string | null): EmailValue[] {
  const primary = current.find((item) => item.primary);
  const rest = current.filter((item) => item !== primary && item.value !== value);
  if (value === null) return withOnePrimary(rest, "input");
  return [{ value, type: primary?.type ?? null, primary: true }, ...rest];
}

/** Writes the lists that were given; gives whether anything differs from what was there. */
export async function writeContacts(tx: Tx, userId: string, lists: ContactLists): Promise<boolean> {
  const emails = await tx.em.find(UserEmailEntity, { userId }, { orderBy: { place: "asc" } });
  const wantedEmails = wanted(emails, lists.emails, lists.email, "emails", "email");
  const changes = [
    wantedEmails && (await refuseTakenEmail(tx, userId, wantedEmails)),
    wantedEmails &&
      (await replace(
        tx,
        UserEmailEntity,
        userId,
        emails,
        wantedEmails,
        (email) => email.value,
        (item, old) => ({
          value: item.value,
          type: item.type,
          isPrimary: item.primary,
          verified: old?.verified ?? false,
        }),
      )),
  ];
  if (lists.phones !== undefined || lists.phone !== undefined) {
    const phones = await tx.em.find(UserPhoneEntity, { userId }, { orderBy: { place: "asc" } });
    const list = wanted(phones, lists.phones, lists.phone, "phones", "phone") ?? [];
    changes.push(
      await replace(
        tx,
        UserPhoneEntity,
        userId,
        phones,
        list,
        (phone) => phone.value,
        ({ primary, ...item }) => ({ ...item, isPrimary: primary }),
      ),
    );
  }
  if (lists.addresses !== undefined) {
    const old = await tx.em.find(UserAddressEntity, { userId }, { orderBy: { place: "asc" } });
    const list = withOnePrimary(lists.addresses, "input.addresses");
    const key = (address: object) =>
      JSON.stringify({ ...address, id: "", userId: "", place: 0, isPrimary: false, primary: false });
    changes.push(
      await replace(tx, UserAddressEntity, userId, old, list, key, ({ primary, ...item }) => ({
        ...item,
        isPrimary: primary,
      })),
    );
  }
  if (lists.identities !== undefined) changes.push(await writeIdentities(tx, userId, lists.identities));
  return changes.some(Boolean);
}

async function writeIdentities(tx: Tx, userId: string, list: readonly IdentityValue[]): Promise<boolean> {
  const old = await tx.em.find(UserIdentityEntity, { userId }, { orderBy: { place: "asc" } });
  const key = ({ source, issuer, externalId }: IdentityValue) =>
    JSON.stringify([source, issuer && fold(issuer), fold(externalId)]);
  if (new Set(list.map(key)).size < list.length)
    throw invalidInput([{ path: "input.identities", message: "must not name an identity twice." }]);
  return replace(tx, UserIdentityEntity, userId, old, list, key, (item, before) => ({
    ...item,
    lastSyncedAt: before?.lastSyncedAt ?? null,
  }));
}

type Valued = { value: string; type: string | null; isPrimary: boolean };

/** The list to be, from a whole list, a primary value, or both, which must then agree; undefined where neither was given. */
export function wanted(
  current: readonly Valued[],
  list: readonly EmailValue[] | undefined,
  primary: string | null | undefined,
  listName: string,
  name: string,
): EmailValue[] | undefined {
  if (list === undefined && primary === undefined) return undefined;
  const before = current.map(({ value, type, isPrimary }) => ({ value, type, primary: isPrimary }));
  if (list === undefined) return withPrimary(before, primary ?? null);
  const whole = withOnePrimary(list, `input.${listName}`);
  if (new Set(whole.map(({ value }) => fold(value))).size < whole.length)
    throw invalidInput([{ path: `input.${listName}`, message: "must not hold a value twice." }]);
  if (primary != null && whole.find((item) => item.primary)?.value !== primary)
    throw invalidInput([
      { path: `input.${name}`, message: `must be the primary entry of ${listName}, or be left out.` },
    ]);
  return whole;
}

type Listed = UserEmailEntity | UserPhoneEntity | UserAddressEntity | UserIdentityEntity;

/**
 * Makes a list of rows what it should be, keeping the rows whose key stays. What goes is written first, so that the one
 * primary entry is free for its successor.
 */
async function replace<E extends Listed, W>(
  tx: Tx,
  entity: new () => E,
  userId: string,
  old: readonly E[],
  list: readonly W[],
  key: (item: E | W) => string,
  columns: (item: W, old: E | undefined) => Partial<E>,
): Promise<boolean> {
  const byKey = new Map(old.map((row) => [key(row), row]));
  const kept = new Set<E>();
  const plans = list.map((item, place) => {
    const before = byKey.get(key(item));
    if (before) kept.add(before);
    return { before, values: { ...columns(item, before), place } as Partial<E> };
  });
  let changed = false;
  for (const row of old) {
    if (!kept.has(row)) {
      tx.em.remove(row);
      changed = true;
    }
  }
  const demoted = plans.filter(
    ({ before, values }) =>
      before && "isPrimary" in before && before.isPrimary && !(values as { isPrimary?: boolean }).isPrimary,
  );
  for (const { before } of demoted) Object.assign(before as object, { isPrimary: false });
  if (changed || demoted.length > 0) await tx.flush();
  for (const { before, values } of plans) {
    if (!before) tx.em.persist(tx.em.create(entity, { id: newId(), userId, ...values } as never));
    else if (Object.entries(values).some(([name, value]) => before[name as keyof E] !== value))
      Object.assign(before, values);
    else continue;
    changed = true;
  }
  return changed || demoted.length > 0;
}

/** The commit asserts this too; here the answer names the input. */
async function refuseTakenEmail(tx: Tx, userId: string, emails: readonly EmailValue[]): Promise<false> {
  const primary = emails.find((email) => email.primary);
  if (!primary) return false;
  const taken = await tx.sql
    .selectFrom("user_email as e")
    .innerJoin("user_account as u", "u.id", "e.user_id")
    .select("e.user_id")
    .where((eb) => eb(eb.fn("fold", ["e.value"]), "=", eb.fn("fold", [eb.val(primary.value)])))
    .where("e.is_primary", "=", true)
    .where("u.status", "<>", "DELETED")
    .where("e.user_id", "<>", userId)
    .executeTakeFirst();
  if (taken)
    throw conflict("This e-mail address is another user's primary address.", {
      inputPath: "input.email",
      field: "email",
    });
  return false;
}
