import { sql } from "kysely";
import type { Tx } from "../../database/transaction.ts";
import { type Consequence, consequence } from "../../kernel/consequence.ts";
import { conflict } from "../../kernel/errors.ts";
import { publicId } from "../../kernel/ids.ts";
import { followDeletions } from "./user.deletions.ts";
import type { UserStatus } from "./user.entity.ts";
import {
  type CarriedOut,
  type Edge,
  edgeBetween,
  FOLLOWINGS,
  GUARDS,
  type LifecycleFollowing,
  type LifecycleGuard,
} from "./user.lifecycle.ts";
import { ofEach, type Restorations, type Restored, type Returned, restoreDeleted } from "./user.restorations.ts";
import { takenNames } from "./user.rules.ts";

/** Somebody's way along an edge of the lifecycle, taken in this transaction. */
export interface StatusMove {
  userId: string;
  from: UserStatus;
  to: UserStatus;
  /** When the new status is to end by itself. */
  until?: Date | null;
  /** The scheduled transition that is carried out by it. */
  scheduledId?: string | undefined;
}

/** What a feature does about the lifecycle, by the names that the table gives: as many statements for all the people as for one. */
export interface LifecyclePart {
  /** Refuses the steps. */
  guards?: { readonly [name in LifecycleGuard]?: (tx: Tx, moves: readonly StatusMove[]) => Promise<void> };
  /** Any failure rolls the steps back. */
  follows?: {
    readonly [name in LifecycleFollowing]?: (tx: Tx, moves: readonly StatusMove[]) => Promise<Consequence[]>;
  };
  restores?: Restorations;
  /**
   * Whom of these it has nothing to do for, in one statement, by what it follows. A receipt is each person's own, so what follows is asked person by person;
   * of those whom everything that follows spares, it is known together that theirs is empty.
   */
  spares?: {
    readonly [name in LifecycleFollowing]?: (tx: Tx, moves: readonly StatusMove[]) => Promise<ReadonlySet<string>>;
  };
}

/** What these parts carry out beside people's own, to be compared with the table. */
export function carriedOutBy(parts: readonly LifecyclePart[]): CarriedOut {
  const names = (of: "guards" | "follows" | "restores") =>
    new Set([userPart, ...parts].flatMap((part) => Object.keys(part[of] ?? {})));
  return { guards: names("guards"), follows: names("follows"), restores: names("restores") };
}

/**
 * Asks every guard of the edges that people have taken in this transaction, and does everything that follows from them, by the lifecycle's
 * table. Whoever writes statuses calls it behind writing them.
 */
export async function followStatuses(
  cascades: readonly LifecyclePart[],
  tx: Tx,
  moves: readonly StatusMove[],
): Promise<Consequence[]> {
  return (await followMoves(cascades, tx, moves)).consequences;
}

/** The same, with what restores could not bring back of each person. */
export async function followMoves(
  cascades: readonly LifecyclePart[],
  tx: Tx,
  moves: readonly StatusMove[],
): Promise<Returned> {
  const parts = [userPart, ...cascades];
  await passGuards(parts, tx, moves);
  const deleted = moves.filter(({ to }) => to === "DELETED");
  const consequences = await follow(
    parts,
    tx,
    moves.filter(({ to }) => to !== "DELETED"),
  );
  consequences.push(...(await followDeletions(tx, deleted, (some) => follow(parts, tx, some))));
  const returned = await restoreDeleted(parts, tx, moves);
  return { consequences: [...consequences, ...returned.consequences], notRestored: returned.notRestored };
}

/** Those of the people of whose steps nothing follows, and before which nothing stands: as many statements for thousands as for one. */
export async function unfollowed(
  parts: readonly LifecyclePart[],
  tx: Tx,
  moves: readonly StatusMove[],
): Promise<ReadonlySet<string>> {
  const known = new Map<LifecycleFollowing, ReadonlySet<string>>();
  const spared: string[] = [];
  for (const move of moves) {
    const found = edgeBetween(move.from, move.to);
    if (!found || found.edge.guards.length > 0 || found.transition.restores || move.to === "DELETED") continue;
    const { follows } = found.edge;
    for (const name of follows) if (!known.has(name)) known.set(name, await sparedBy(parts, tx, name, moves));
    if (follows.every((name) => known.get(name)?.has(move.userId))) spared.push(move.userId);
  }
  return new Set(spared);
}

async function sparedBy(
  parts: readonly LifecyclePart[],
  tx: Tx,
  name: LifecycleFollowing,
  moves: readonly StatusMove[],
): Promise<ReadonlySet<string>> {
  const concerned = [userPart, ...parts].filter((part) => part.follows?.[name]);
  const spared: ReadonlySet<string>[] = [];
  for (const part of concerned) {
    const asked = await part.spares?.[name]?.(tx, moves);
    if (!asked) return new Set();
    spared.push(asked);
  }
  return new Set(moves.map(({ userId }) => userId).filter((id) => spared.every((some) => some.has(id))));
}

const on = (moves: readonly StatusMove[], has: (edge: Edge) => boolean): StatusMove[] =>
  moves.filter(({ from, to }) => {
    const edge = edgeBetween(from, to)?.edge;
    return edge !== undefined && has(edge);
  });

async function passGuards(parts: readonly LifecyclePart[], tx: Tx, moves: readonly StatusMove[]): Promise<void> {
  for (const name of Object.keys(GUARDS) as LifecycleGuard[]) {
    const asked = on(moves, ({ guards }) => guards.includes(name));
    if (asked.length > 0) for (const part of parts) await part.guards?.[name]?.(tx, asked);
  }
}

async function follow(parts: readonly LifecyclePart[], tx: Tx, moves: readonly StatusMove[]): Promise<Consequence[]> {
  const receipt: Consequence[] = [];
  for (const name of Object.keys(FOLLOWINGS) as LifecycleFollowing[]) {
    const concerned = on(moves, ({ follows }) => follows.includes(name));
    if (concerned.length === 0) continue;
    const told: Consequence[] = [];
    for (const part of parts) told.push(...((await part.follows?.[name]?.(tx, concerned)) ?? []));
    receipt.push(...togetherByKind(told));
  }
  return receipt;
}

/** What several features did by one name is one consequence. */
const togetherByKind = (told: readonly Consequence[]): Consequence[] =>
  [...Map.groupBy(told, ({ kind }) => kind)].map(([kind, some]) => ({
    kind,
    count: some.reduce((sum, { count }) => sum + count, 0),
    subjectIds: [...new Set(some.flatMap(({ subjectIds }) => subjectIds))],
  }));

const people = (ids: readonly string[]): string[] => [...ids].sort().map((id) => publicId("User", id));

/** What the people themselves need of the lifecycle. */
const userPart: LifecyclePart = {
  guards: {
    async NAMES_ARE_FREE(tx, moves) {
      const accounts = await tx.sql
        .selectFrom("user_account")
        .select(["id", "username", "employee_number as employeeNumber"])
        .where("id", "=", anyOf(idsOf(moves)))
        .execute();
      const [taken] = (await takenNames(tx, accounts)).values();
      if (taken) throw taken;
    },
  },

  follows: {
    /** They keep the manager until given another. */
    REPORT_REPORTS: async (tx, moves) => consequence("REPORTS_ORPHANED", people(idsIn(await reportsTo(tx, moves)))),
    async REPORT_UNITS(tx, moves) {
      return consequence("UNITS_WITHOUT_HEAD", units(idsIn(await headedBy(tx, moves))));
    },
  },

  restores: {
    REPORTS: {
      of: "REPORTS_ORPHANED",
      async restore(tx, restored) {
        const managers = new Map((await reportsTo(tx, restored)).map(({ id, managerId }) => [id, managerId]));
        const isKept = (id: string, { userId }: Restored) => managers.get(id) === userId;
        return {
          consequences: consequence("REPORTS_RESTORED", people(keptByActive(restored, isKept))),
          notRestored: ofEach(restored, (one) =>
            consequence("REPORTS_REASSIGNED", people(one.ids.filter((id) => !isKept(id, one)))),
          ),
        };
      },
    },
    UNITS: {
      of: "UNITS_WITHOUT_HEAD",
      async restore(tx, restored) {
        const heads = new Map((await headedBy(tx, restored)).map(({ id, headId }) => [id, headId]));
        const isKept = (id: string, { userId }: Restored) => heads.get(id) === userId;
        return {
          consequences: consequence("HEADSHIPS_RESTORED", units(keptByActive(restored, isKept))),
          notRestored: ofEach(restored, (one) =>
            consequence("HEADSHIPS_LOST", units(one.ids.filter((id) => !isKept(id, one)))),
          ),
        };
      },
    },
    MANAGER: {
      of: null,
      async restore(tx, restored) {
        const left = await tx.sql
          .selectFrom("user_account as u")
          .innerJoin("user_account as m", "m.id", "u.manager_id")
          .select(["u.id", "m.id as managerId"])
          .where("u.id", "=", anyOf(idsOf(restored)))
          .where("m.status", "<>", "ACTIVE")
          .execute();
        const managers = new Map(left.map(({ id, managerId }) => [id, people([managerId])]));
        return {
          consequences: [],
          notRestored: ofEach(restored, ({ userId }) => consequence("MANAGER_LEFT", managers.get(userId) ?? [])),
        };
      },
    },
  },
};

/** What those who are active again have kept of what their deletions took from them. */
const keptByActive = (restored: readonly Restored[], isKept: (id: string, one: Restored) => boolean): string[] =>
  restored.filter(({ to }) => to === "ACTIVE").flatMap((one) => one.ids.filter((id) => isKept(id, one)));

const units = (ids: readonly string[]): string[] => ids.map((id) => publicId("OrgUnit", id));

interface Person {
  userId: string;
}

const idsOf = (some: readonly Person[]): string[] => some.map(({ userId }) => userId);
const idsIn = (rows: readonly { id: string }[]): string[] => rows.map(({ id }) => id);
const anyOf = (ids: readonly string[]) => sql<string>`ANY (${[...ids]}::uuid[])`;

const headedBy = (tx: Tx, heads: readonly Person[]) =>
  tx.sql
    .selectFrom("org_unit")
    .select(["id", "head_id as headId"])
    .where("head_id", "=", anyOf(idsOf(heads)))
    .orderBy("id")
    .execute();

const reportsTo = (tx: Tx, managers: readonly Person[]) =>
  tx.sql
    .selectFrom("user_account")
    .select(["id", "manager_id as managerId"])
    .where("manager_id", "=", anyOf(idsOf(managers)))
    .where("status", "<>", "DELETED")
    .execute();

/** Refuses a restore once the retention period has ended: from then on the person may be gone at any time. */
export const retentionPart = (days: number): LifecyclePart => ({
  guards: {
    async STILL_RESTORABLE(tx, moves) {
      const late = await tx.sql
        .selectFrom("user_deletion")
        .select("user_id")
        .where("user_id", "=", anyOf(idsOf(moves)))
        .where("created_at", "<=", new Date(tx.now.getTime() - days * DAY_MS))
        .executeTakeFirst();
      if (late)
        throw conflict(`People can be restored for ${days} days after they were deleted; that time is over.`, {
          inputPath: "input.id",
          field: "restorableUntil",
          limit: days,
        });
    },
  },
});

const DAY_MS = 86_400_000;

/** Until when somebody who was deleted at an instant can be restored, where deleted people are kept for so many days. */
export const restorableUntil = (deletedAt: Date, days: number): Date => new Date(deletedAt.getTime() + days * DAY_MS);
