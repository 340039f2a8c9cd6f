import { sql } from "kysely";
import type { Conditioned, Reach, Refusal, Viewer } from "../../access/actor.ts";
import type { Permission } from "../../kernel/permissions.ts";
import type { Row } from "../../search/field.ts";
import { and, type Filter } from "../../search/filter.ts";
import type { Moment } from "../../search/operator.ts";
import { compile } from "../../search/to-predicate.ts";
import { userCatalogue } from "../users/user.fields.ts";
import { type Hours, isWithin } from "./access-rule.hours.ts";
import { isInside } from "./access-rule.networks.ts";

/** A rule, as deciding by it needs it. */
export interface Rule {
  id: string;
  name: string;
  permissions: readonly Permission[];
  actor: Filter | null;
  object: Filter | null;
  hours: readonly Hours[] | null;
  timezone: string;
  networks: readonly string[] | null;
}

/** All rules, and the search row of whoever acts where a rule asks about it. */
export interface Ruled {
  rules: readonly Rule[];
  actor: Row | null;
}

/** A viewer as they were looked up, with what is still to be asked. */
export interface RuledViewer extends Viewer {
  ruled?: Ruled | undefined;
}

/** The rules beside a `token`, as a column of the statement that looks a viewer up; null where there are none. */
export const RULED = sql`(
  SELECT jsonb_build_object('rules', jsonb_agg(to_jsonb(r) ORDER BY r.id), 'actor', CASE WHEN bool_or(r.actor IS NOT NULL) THEN
    (SELECT to_jsonb(own) FROM user_search own WHERE own.user_id = token.user_id) END)
  FROM access_rule r HAVING count(*) > 0)`;

/** Whom alone a rule lets those see whom it concerns; null where it does not bound sight. */
export const sightLeftBy = ({ permissions, object }: Pick<Rule, "permissions" | "object">): Filter | null =>
  permissions.includes("USER_READ") ? object : null;

/** By what time may change what a rule on the object leaves: whom it concerns, and whom it leaves in sight. */
export const followedBy = (rule: Pick<Rule, "permissions" | "actor" | "object">): Filter =>
  and(...(rule.object ? [rule.actor, sightLeftBy(rule)] : []).filter((one) => one !== null));

/** The same rules, whatever the hour and wherever from: those on the object alone. */
export const onObject = (rules: readonly Rule[]): Rule[] =>
  rules.filter(({ object }) => object !== null).map((rule) => ({ ...rule, hours: null, networks: null }));

/** Where an operation comes from, and the civil date of an instant. */
export interface Circumstances {
  ip: string | undefined;
  dateOf: (instant: Date) => string;
}

/**
 * The viewer with what access rules leave of their permissions (schema/ACCESS-RULES.md): one whose hours or network are not given is not held
 * at all, one with a condition on its object is held over those people only.
 */
export function narrow({ ruled, ...viewer }: RuledViewer, { ip, dateOf }: Circumstances): Viewer {
  if (!ruled) return viewer;
  const today = dateOf(viewer.now);
  const grants = new Map<Permission, Reach>(viewer.grants);
  const conditioned = new Map<Permission, Conditioned>();
  const refusals: Refusal[] = [];
  for (const rule of ruled.rules.filter((one) => concerns(one, ruled.actor, { now: viewer.now, today }))) {
    const obstacle = obstacleOf(rule, viewer.now, ip);
    for (const permission of rule.permissions) {
      if (!viewer.grants.has(permission)) continue;
      if (obstacle) refusals.push({ permission, obstacle, rule: rule.name });
      const { reach, over } = conditioned.get(permission) ?? { reach: grants.get(permission), over: undefined };
      if (reach === undefined) continue;
      grants.delete(permission);
      conditioned.delete(permission);
      if (obstacle) continue;
      const conditions = [over, rule.object].filter((one) => one != null);
      if (conditions.length === 0) grants.set(permission, reach);
      else conditioned.set(permission, { reach, over: and(...conditions) });
    }
  }
  const passing = ruled.rules.some(({ actor, hours }) => actor !== null || hours !== null);
  return { ...viewer, grants, narrowed: { conditioned, refusals, passing, today } };
}

/** Whether a rule is about whoever acts. */
const concerns = ({ actor }: Rule, row: Row | null, moment: Moment): boolean =>
  actor === null || (row !== null && compile(actor, userCatalogue)(row, moment));

/** What of a rule's circumstances is not given now; its object aside, which is asked about person by person. */
function obstacleOf(
  { hours, timezone, networks }: Rule,
  now: Date,
  ip: string | undefined,
): Refusal["obstacle"] | undefined {
  if (networks && !isInside(networks, ip)) return "NETWORK";
  return hours && !isWithin(hours, timezone, now) ? "HOURS" : undefined;
}
