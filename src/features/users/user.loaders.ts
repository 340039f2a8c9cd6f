import DataLoader from "dataloader";
import type { Kysely } from "kysely";
import type { Database } from "../../database/database.ts";
import type { Tables } from "../../database/tables.ts";
import type { GraphContext, LoaderKey } from "../../graphql/context.ts";
import type { UserStatus } from "./user.entity.ts";
import type { UserQueries } from "./user.queries.ts";
import type { ExternalIdentity, User, UserAddress, UserEmail, UserPhone } from "./user.types.ts";

export type UserLoader = LoaderKey<DataLoader<string, User | undefined>>;

/** Users by UUID, in one statement a tick; undefined for those whom the viewer may not see. */
export const userLoader = (queries: UserQueries): UserLoader => ({
  create: (context: GraphContext) => new DataLoader((ids) => queries.byIds(context, ids), { maxBatchSize: 5_000 }),
});

export type NameableLoader = LoaderKey<DataLoader<string, boolean>>;

/** Whether the viewer may know people by name, by UUID, in one statement a tick. */
export const nameableLoader = (queries: UserQueries): NameableLoader => ({
  create: (context: GraphContext) => new DataLoader((ids) => queries.nameable(context, ids)),
});

/** How many members units have, by UUID, in one statement a tick: in the units themselves, and with all units below. */
export interface MemberCountLoaders {
  direct: LoaderKey<DataLoader<string, number>>;
  below: LoaderKey<DataLoader<string, number>>;
}

export function memberCountLoaders(queries: UserQueries): MemberCountLoaders {
  const counting = (includeDescendants: boolean): MemberCountLoaders["direct"] => ({
    create: (context) => new DataLoader((units) => queries.countMembers(context, units, includeDescendants)),
  });
  return { direct: counting(false), below: counting(true) };
}

type ListLoader<T> = LoaderKey<DataLoader<string, T[]>>;

/** The lists of many users at once, by the users' UUIDs and in their own order. */
export interface ContactLoaders {
  emails: ListLoader<UserEmail>;
  phones: ListLoader<UserPhone>;
  addresses: ListLoader<UserAddress>;
  identities: ListLoader<ExternalIdentity>;
  /** Where a deleted user would be restored to. */
  statusBefore: LoaderKey<DataLoader<string, UserStatus | null>>;
}

type Reader = Kysely<Tables>;

/** Loaders of what belongs to a user and is not on the search row. Whoever loads has decided that the viewer may read it. */
export function contactLoaders(database: Database): ContactLoaders {
  const lists = <R extends { user_id: string }, T>(
    read: (db: Reader, ids: string[]) => Promise<R[]>,
    make: (row: R) => T,
  ): ListLoader<T> => ({
    create: () =>
      new DataLoader(async (ids) => {
        const byUser = Map.groupBy(await read(database.reader, [...ids]), (row) => row.user_id);
        return ids.map((id) => (byUser.get(id) ?? []).map(make));
      }),
  });
  return {
    emails: lists(
      (db, ids) => db.selectFrom("user_email").selectAll().where("user_id", "in", ids).orderBy("place").execute(),
      ({ value, type, is_primary, verified }) => ({ value, type, primary: is_primary, verified }),
    ),
    phones: lists(
      (db, ids) => db.selectFrom("user_phone").selectAll().where("user_id", "in", ids).orderBy("place").execute(),
      ({ value, type, is_primary }) => ({ value, type, primary: is_primary }),
    ),
    addresses: lists(
      (db, ids) => db.selectFrom("user_address").selectAll().where("user_id", "in", ids).orderBy("place").execute(),
      ({ is_primary, street_address, postal_code, type, locality, region, country }) => ({
        type,
        primary: is_primary,
        streetAddress: street_address,
        locality,
        region,
        postalCode: postal_code,
        country,
      }),
    ),
    identities: lists(
      (db, ids) => db.selectFrom("user_identity").selectAll().where("user_id", "in", ids).orderBy("place").execute(),
      ({ source, issuer, external_id, last_synced_at }) => ({
        source: source as ExternalIdentity["source"],
        issuer,
        externalId: external_id,
        lastSyncedAt: last_synced_at,
      }),
    ),
    statusBefore: {
      create: () =>
        new DataLoader(async (ids) => {
          const rows = await database.reader
            .selectFrom("user_account")
            .select(["id", "status_before"])
            .where("id", "in", [...ids])
            .execute();
          const before = new Map(rows.map((row) => [row.id, row.status_before as UserStatus | null]));
          return ids.map((id) => before.get(id) ?? null);
        }),
    },
  };
}
