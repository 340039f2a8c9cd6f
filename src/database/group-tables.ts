import type { Generated } from "kysely";

/*
 * The tables of groups: schema/GROUPS.md. How values arrive: see tables.ts.
 */

/** A named set of people. */
export interface UserGroupRow {
  id: string;
  version: Generated<number>;
  key: string;
  name: string;
  description: string | null;
  kind: "STATIC" | "DYNAMIC";
  /** The search that makes the members of a dynamic group; null of a static one. */
  saved_search_id: string | null;
  owner_id: string | null;
  org_unit_id: string | null;
  created_at: Date;
  updated_at: Date;
}

/** A person belongs to a group. */
export interface GroupMemberRow {
  id: string;
  group_id: string;
  user_id: string;
  joined_at: Date;
}

/** One row: the commit up to which the matcher's findings have been followed into groups. */
export interface GroupHeadRow {
  one: Generated<boolean>;
  followed: bigint;
}

/** A dynamic group whose members were made equal to a search as of a commit. */
export interface GroupBuiltRow {
  group_id: string;
  search_id: string;
  built: bigint;
}

/** These tables, by name. */
export interface GroupTables {
  user_group: UserGroupRow;
  group_member: GroupMemberRow;
  group_head: GroupHeadRow;
  group_built: GroupBuiltRow;
}
