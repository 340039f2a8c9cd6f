import { isDeepStrictEqual } from "node:util";
import { sql } from "kysely";
import type { Tx } from "../../database/transaction.ts";
import type { UserEntity } from "../users/user.entity.ts";
import type { ProfileValues } from "../users/user.profile.ts";
import type { NotedFill } from "./profile-template.fills.ts";
import {
  conditionRow,
  type Fill,
  fillsFor,
  fitting,
  holdTemplates,
  loadTemplates,
  type TemplateRecord,
  valueIn,
  type WantedGrant,
  type WantedGroup,
  wantedGrants,
  wantedGroups,
} from "./profile-template.matching.ts";
import { merged, profileOf, without } from "./profile-template.profile.ts";

/*
 * Templates for many people who are there: each is given what the templates that fit have and they lack. Nothing ends by it; a move does that
 * (profile-template.move.ts), by the same conditions.
 */

/** What is asked of templates about many people; loaded in as many statements for a thousand as for one. */
export interface TemplateFacts {
  /** The strongest first; they are there until the transaction ends. */
  templates: readonly { template: TemplateRecord; fits: ReturnType<typeof fitting> }[];
  /** What templates filled, by person. */
  noted: ReadonlyMap<string, readonly NotedFill[]>;
}

export async function loadTemplateFacts(
  tx: Tx,
  userIds: readonly string[],
  orgTimezone: string,
): Promise<TemplateFacts> {
  const templates = await holdTemplates(tx, await loadTemplates(tx.sql));
  const { rows } = await sql<NotedFill & { userId: string }>`
    SELECT user_id AS "userId", field, value, template_id AS "templateId" FROM profile_template_fill
    WHERE user_id = ANY (${[...userIds]}::uuid[]) ORDER BY user_id, field`.execute(tx.sql);
  return {
    templates: templates.map((template) => ({ template, fits: fitting(template, { now: tx.now, orgTimezone }) })),
    noted: Map.groupBy(rows, ({ userId }) => userId),
  };
}

/** Somebody whom templates are asked about. */
export interface Asked {
  user: UserEntity;
  /** What is changed beside it: it counts, and what it says stays. */
  changes: ProfileValues;
  /** Of the unit that they will belong to. */
  unitPath: readonly string[];
  /** Which templates; null: all. */
  templateIds: readonly string[] | null;
}

/** What templates have for somebody: fields that are empty, and all roles and groups, held already or not. */
export interface Offers {
  fills: Fill[];
  grants: WantedGrant[];
  groups: WantedGroup[];
}

/**
 * What the templates that fit have for somebody. Which fit is asked about what was said of them, without what templates filled and nobody changed
 * since: so what one fills makes no other fit, and asking again finds nothing more.
 */
export function offersFor(
  { templates, noted }: TemplateFacts,
  { user, changes, unitPath, templateIds }: Asked,
): Offers {
  const current = profileOf(user);
  const filled = (noted.get(user.id) ?? []).filter(({ field, value }) =>
    isDeepStrictEqual(valueIn(current, field), value),
  );
  const said = conditionRow(merged(without(current, new Set(filled.map(({ field }) => field))), changes), unitPath);
  const fits = templates
    .filter(({ template }) => templateIds === null || templateIds.includes(template.id))
    .filter((one) => one.fits(said))
    .map(({ template }) => template);
  const isEmpty = (field: string) => valueIn(current, field) == null && valueIn(changes, field) === undefined;
  return {
    fills: fillsFor(fits, isEmpty),
    grants: wantedGrants(fits, unitPath.at(-1) ?? null),
    groups: wantedGroups(fits),
  };
}

/** A grant or a membership that came of a template. */
export interface OfTemplate {
  id: string;
  userId: string;
  templateId: string | null;
}

/** Remembers which grants and memberships came of templates. */
export async function rememberGiven(
  tx: Tx,
  { grants, members }: { grants: readonly OfTemplate[]; members: readonly OfTemplate[] },
): Promise<void> {
  if (grants.length > 0)
    await sql`
      INSERT INTO profile_template_grant (grant_id, user_id, template_id) ${given(grants)}`.execute(tx.sql);
  if (members.length > 0)
    await sql`
      INSERT INTO profile_template_member (member_id, user_id, template_id) ${given(members)}`.execute(tx.sql);
}

const given = (list: readonly OfTemplate[]) => sql`
  SELECT g.id, g.user_id, t.id FROM unnest(${list.map(({ id }) => id)}::uuid[], ${list.map(({ userId }) => userId)}::uuid[],
    ${list.map(({ templateId }) => templateId)}::uuid[]) g (id, user_id, template_id) LEFT JOIN profile_template t ON t.id = g.template_id`;
