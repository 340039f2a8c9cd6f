import { sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import type { Author } from "../../access/author.ts";
import { type CommandOptions, carryOut } from "../../access/command.ts";
import { sightOf } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { Tx, Written } from "../../database/transaction.ts";
import { conflict } from "../../kernel/errors.ts";
import { newId } from "../../kernel/ids.ts";
import { and, not } from "../../search/filter.ts";
import { filterToSql } from "../../search/to-sql.ts";
import type { UserStatus } from "../users/user.entity.ts";
import { userCatalogue } from "../users/user.fields.ts";
import { DELETED } from "../users/user.queries.ts";
import type { GroupEntity } from "./group.entity.ts";
import { lockManaged } from "./group.place.ts";
import type { GroupHoldings } from "./group.service.ts";
import type { MemberOutcome } from "./group.types.ts";

export interface ChangeMembers extends CommandOptions {
  groupId: string;
  /** Each once. */
  userIds: readonly string[];
}

export interface MembersOutcome {
  groupId: string;
  outcomes: { userId: string; outcome: MemberOutcome }[];
}

type Answer = Promise<Written<MembersOutcome>>;

/** Decides who belongs to static groups; every command is one transaction and takes as many statements for one person as for thousands. */
export class GroupMembers {
  constructor(
    private readonly database: Database,
    private readonly holdings: GroupHoldings,
  ) {}

  /** Adds people whom the viewer may see and who are not archived. Whoever adds them gives them what the group was granted, and must hold it. */
  add(author: Author, command: ChangeMembers): Answer {
    const name = { mutation: "addGroupMembers", action: "group.members_added" };
    return carryOut(this.database, author, name, command, async (tx) => {
      const { viewer } = author;
      const { id } = await lockStatic(tx, viewer, command.groupId);
      const people = await lockSeen(tx, viewer, command.userIds, ["DELETED", "ARCHIVED"]);
      await this.holdings.requireNoLess(tx, viewer, id, "input.groupId");
      const { rows } = await sql<{ user_id: string }>`
        INSERT INTO group_member (id, group_id, user_id, joined_at)
        SELECT m.id, ${id}::uuid, m.user_id, ${tx.now}::timestamptz
        FROM unnest(${people.map(() => newId())}::uuid[], ${people}::uuid[]) m (id, user_id)
        ON CONFLICT (group_id, user_id) DO NOTHING RETURNING user_id`.execute(tx.sql);
      return outcomesOf(command, people, rows, "ADDED");
    });
  }

  /** Removes people whom the viewer may see; CONFLICT where nobody who is active would manage roles any more. */
  remove(author: Author, command: ChangeMembers): Answer {
    const name = { mutation: "removeGroupMembers", action: "group.members_removed" };
    return carryOut(this.database, author, name, command, async (tx) => {
      const { id } = await lockStatic(tx, author.viewer, command.groupId);
      const people = await lockSeen(tx, author.viewer, command.userIds, ["DELETED"]);
      await this.holdings.keepRoleManager(tx, id, people, "input.userIds");
      const { rows } = await sql<{ user_id: string }>`
        DELETE FROM group_member WHERE group_id = ${id}::uuid AND user_id = ANY(${people}::uuid[]) RETURNING user_id`.execute(
        tx.sql,
      );
      return outcomesOf(command, people, rows, "REMOVED");
    });
  }
}

/** The group, locked, where the viewer manages it; CONFLICT where its members are not kept by hand. */
export async function lockStatic(
  tx: Tx,
  viewer: Viewer,
  id: string,
  inputPath = "input.groupId",
): Promise<GroupEntity> {
  const group = await lockManaged(tx, viewer, id, inputPath);
  if (group.kind === "DYNAMIC")
    throw conflict("A saved search makes the members of this group: change the search, or the people.", {
      inputPath,
      field: "kind",
    });
  return group;
}

/** Those whom the viewer may see, as of the last commit, and who are in none of some statuses; they stay until this transaction ends. */
async function lockSeen(
  tx: Tx,
  viewer: Viewer,
  ids: readonly string[],
  without: readonly UserStatus[],
): Promise<string[]> {
  const today = viewer.narrowed?.today ?? "";
  const seen = filterToSql(and(sightOf(viewer), not(DELETED)), {
    catalogue: userCatalogue,
    alias: "u",
    now: viewer.now,
    today,
  });
  const { rows } = await sql<{ id: string }>`
    SELECT a.id FROM user_account a WHERE a.status <> ALL(${[...without]}::text[]) AND a.id IN (
      SELECT u.user_id FROM user_search u WHERE u.user_id = ANY(${[...ids]}::uuid[]) AND ${seen})
    ORDER BY a.id FOR KEY SHARE OF a`.execute(tx.sql);
  return rows.map(({ id }) => id);
}

function outcomesOf(
  { groupId, userIds }: ChangeMembers,
  people: readonly string[],
  changed: readonly { user_id: string }[],
  done: MemberOutcome,
): MembersOutcome {
  const [known, told] = [new Set(people), new Set(changed.map(({ user_id }) => user_id))];
  const of = (userId: string): MemberOutcome =>
    known.has(userId) ? (told.has(userId) ? done : "UNCHANGED") : "NOT_FOUND";
  return { groupId, outcomes: userIds.map((userId) => ({ userId, outcome: of(userId) })) };
}
