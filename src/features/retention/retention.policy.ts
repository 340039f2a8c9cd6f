import { type RawBuilder, type Selectable, type SqlBool, sql } from "kysely";
import { reachOf, type Viewer } from "../../access/actor.ts";
import type { RetentionAction, RetentionPolicyRow } from "../../database/retention-tables.ts";
import type { Permission } from "../../kernel/permissions.ts";
import { type Filter, TRUE } from "../../search/filter.ts";
import type { Moment } from "../../search/operator.ts";
import { filterToSql } from "../../search/to-sql.ts";
import type { UserStatus } from "../users/user.entity.ts";
import { userCatalogue } from "../users/user.fields.ts";
import { LIFECYCLE } from "../users/user.lifecycle.ts";

/** A policy as it is read. */
export type RetentionPolicyRecord = Selectable<RetentionPolicyRow>;

interface ActionRules {
  /** What must be held everywhere to do it by hand, and to make it a standing order. */
  permission: Permission;
  /** From which statuses it leads. */
  from: readonly UserStatus[];
  /** The status that people have after it. */
  to: UserStatus;
}

/** What a policy can do, with the rules of doing it by hand. */
export const ACTIONS: Readonly<Record<RetentionAction, ActionRules>> = {
  ARCHIVE: { permission: LIFECYCLE.archive.permission, from: LIFECYCLE.archive.from, to: "ARCHIVED" },
  DELETE: { permission: LIFECYCLE.delete.permission, from: LIFECYCLE.delete.from, to: "DELETED" },
  // Only who was deleted before, with everything that a deletion asks and brings about.
  ERASE: { permission: "USER_ERASE", from: ["DELETED"], to: "DELETED" },
};

export const ACTION_NAMES = Object.keys(ACTIONS) as RetentionAction[];

/** The actions whose policies and runs a viewer may see: all with SETTINGS_MANAGE everywhere, else those that they may do everywhere. */
export const actionsSeen = (viewer: Viewer): RetentionAction[] =>
  reachOf(viewer, "SETTINGS_MANAGE") === "everywhere"
    ? ACTION_NAMES
    : ACTION_NAMES.filter((action) => reachOf(viewer, ACTIONS[action].permission) === "everywhere");

type Agreed = Pick<RetentionPolicyRecord, "action" | "version" | "approved_version" | "approval_id">;

/** Whether a policy lacks the word of a second person that was asked for: its request waits, or came to another end than approval. */
export const lacksWord = ({ version, approved_version, approval_id }: Omit<Agreed, "action">): boolean =>
  approval_id !== null && approved_version !== version;

/** Whether a policy is carried out: it is turned on, and a second person has agreed to it as it is where it erases, or where that was asked for. */
export const isInForce = (policy: Agreed & Pick<RetentionPolicyRecord, "enabled">): boolean =>
  policy.enabled && (policy.action === "ERASE" ? policy.approved_version === policy.version : !lacksWord(policy));

type Limits = Pick<RetentionPolicyRecord, "max_people" | "max_percent">;

/** Whether a limit is raised or taken away: what a run had to wait for would no longer hold it up. */
export const loosens = (before: Limits, wanted: Limits): boolean =>
  (["max_people", "max_percent"] as const).some((limit) => {
    const [was, is] = [before[limit], wanted[limit]];
    return was !== null && (is === null || is > was);
  });

const DAY_MS = 86_400_000;

const daysBefore = (now: Date, days: number): Date => new Date(now.getTime() - days * DAY_MS);

/** The policy's filter. */
export const filterOf = ({ filter }: Pick<RetentionPolicyRecord, "filter">): Filter =>
  (filter as unknown as Filter | null) ?? TRUE;

/** Whom a policy concerns at a moment, of people `u` of user_search and `a` of user_account. */
export function isDue(policy: RetentionPolicyRecord, moment: Moment): RawBuilder<SqlBool> {
  const found = filterToSql(filterOf(policy), { catalogue: userCatalogue, alias: "u", ...moment });
  return sql<SqlBool>`(a.status = ${policy.status} AND a.erased_at IS NULL
    AND a.status_changed_at <= ${daysBefore(moment.now, policy.days)} AND ${found})`;
}

/** Why a policy passes somebody over, as one of the obstacles; null where nothing that is known stands in the way. */
export function obstacleOf(
  { action }: Pick<RetentionPolicyRecord, "action">,
  now: Date,
  restorableDays: number,
): RawBuilder<string | null> {
  const restorable =
    action === "ERASE" ? sql`WHEN a.deleted_at > ${daysBefore(now, restorableDays)} THEN 'STILL_RESTORABLE'` : sql``;
  return sql<string | null>`CASE
    WHEN EXISTS (SELECT FROM legal_hold h WHERE h.user_id = a.id AND h.released_at IS NULL) THEN 'LEGAL_HOLD' ${restorable} END`;
}

/** People as a policy looks at them. */
export const PEOPLE = sql`user_account a JOIN user_search u ON u.user_id = a.id`;
