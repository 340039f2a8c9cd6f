import { type RawBuilder, sql } from "kysely";
import { reachOf, type Viewer } from "../../access/actor.ts";
import type { Asking } from "../../access/asking.ts";
import { attributeField } from "../../access/attribute-policy.ts";
import { sightOf } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import { cutPage, type Page, type PageRequest } from "../../graphql/paging.ts";
import type { Permission } from "../../kernel/permissions.ts";
import { fieldOf } from "../../search/catalogue.ts";
import { todayOf } from "../../search/civil-date.ts";
import type { Field } from "../../search/field.ts";
import { and, type Filter, not } from "../../search/filter.ts";
import { keysetOf } from "../../search/order.ts";
import { filterToSql } from "../../search/to-sql.ts";
import { requireAskableFilter } from "../saved-searches/search.askable.ts";
import { userCatalogue } from "../users/user.fields.ts";
import type { UserQueries } from "../users/user.queries.ts";
import {
  DEFAULT_FIELDS,
  type TemplateGroup,
  type TemplateRecord,
  type TemplateRole,
} from "./profile-template.matching.ts";
import type { ProfileTemplateEffect } from "./profile-template.types.ts";

const ATTRIBUTES = fieldOf(userCatalogue, "attributes");
const GONE: Filter = { kind: "criterion", field: "status", operator: "in", operand: ["DELETED", "ARCHIVED"] };

interface EffectRow {
  user_id: string;
  fields: string[];
  role_keys: string[];
  group_keys: string[];
}

/** Whom templates would change, of those whom the viewer may see. */
export class ProfileTemplatePreviews {
  constructor(
    private readonly database: Database,
    private readonly users: UserQueries,
    /** Of people who have no time zone of their own. */
    private readonly orgTimezone: string,
  ) {}

  /** The template as far as the viewer may be told whom it would change in what; refuses whoever may not ask by its condition. */
  async shownTo(viewer: Viewer, template: TemplateRecord): Promise<TemplateRecord> {
    await requireAskableFilter(this.users, viewer, template.filter);
    const reads = (permissions: readonly Permission[]) =>
      permissions.every((one) => reachOf(viewer, one) === "everywhere");
    const { attributes = {}, ...fields } = template.defaults;
    const told = <T>(record: Record<string, T>, fieldOfKey: (key: string) => Field | undefined) =>
      Object.fromEntries(Object.entries(record).filter(([key]) => reads(fieldOfKey(key)?.read ?? [])));
    const seesRoles = reads(["ROLE_READ"]);
    return {
      ...template,
      defaults: {
        ...told(fields, (name) => userCatalogue.fields.get(name)),
        attributes: told(attributes, (key) => attributeField(viewer, ATTRIBUTES, key)),
      },
      roles: seesRoles ? template.roles : [],
      groups: seesRoles ? template.groups : [],
    };
  }

  /** How many the template fits, changed by it or not. */
  async matching(asking: Asking, template: TemplateRecord): Promise<number> {
    const { rows } = await sql<{ count: bigint }>`
      SELECT count(*) FROM user_search u WHERE ${await this.#fits(asking, template)}`.execute(this.database.reader);
    return Number(rows[0]?.count ?? 0);
  }

  /** Those of them who lack something that it has, by id. */
  async page(asking: Asking, template: TemplateRecord, request: PageRequest): Promise<Page<ProfileTemplateEffect>> {
    const keyset = keysetOf([], { expression: sql`e.user_id`, column: "user_id" });
    const beyond = request.cursor === undefined ? sql`true` : keyset.beyond(request.cursor, request.backward);
    const effects = sql`(
      SELECT u.user_id, ${missingFields(template)} AS fields, ${missingRoles(asking, template)} AS role_keys,
        ${missingGroups(template)} AS group_keys
      FROM user_search u WHERE ${await this.#fits(asking, template)}) e`;
    const lacking = sql`(cardinality(e.fields) + cardinality(e.role_keys) + cardinality(e.group_keys) > 0)`;
    const { rows } = await sql<EffectRow>`
      SELECT e.* FROM ${effects} WHERE ${lacking} AND ${beyond}
      ORDER BY ${keyset.orderBy(request.backward)} LIMIT ${request.size + 1}`.execute(this.database.reader);
    const total = async () => {
      const counted = await sql<{ count: bigint }>`SELECT count(*) FROM ${effects} WHERE ${lacking}`.execute(
        this.database.reader,
      );
      return Number(counted.rows[0]?.count ?? 0);
    };
    return cutPage(rows, request, await this.database.head(), total, (row) => ({
      cursor: keyset.cursor({ user_id: row.user_id }),
      node: { userId: row.user_id, fields: row.fields, roleKeys: row.role_keys, groupKeys: row.group_keys },
    }));
  }

  /** Of whom the viewer sees those whom the condition fits, on the day that it is where each of them is. */
  async #fits(asking: Asking, { filter }: TemplateRecord): Promise<RawBuilder<unknown>> {
    const { now } = asking;
    const on = (today: string) => sql`(${filterToSql(filter, { catalogue: userCatalogue, alias: "u", now, today })})`;
    const days = await this.#days(now);
    const [only] = days.keys();
    if (days.size === 1 || !only) return sql`(${seen(asking)} AND ${on(only ?? asking.today)})`;
    const each = [...days].map(
      ([day, zones]) => sql`(coalesce(u.timezone, ${this.orgTimezone}) = ANY (${zones}::text[]) AND ${on(day)})`,
    );
    return sql`(${seen(asking)} AND (${sql.join(each, sql` OR `)}))`;
  }

  /** The days that it is where people are, two at the most but near the date line, each with its time zones. */
  async #days(now: Date): Promise<ReadonlyMap<string, string[]>> {
    const { rows } = await sql<{ timezone: string }>`
      SELECT DISTINCT coalesce(timezone, ${this.orgTimezone}) AS timezone FROM user_account`.execute(
      this.database.reader,
    );
    return Map.groupBy(
      rows.map(({ timezone }) => timezone),
      (timezone) => todayOf(now, timezone, this.orgTimezone),
    );
  }
}

const seen = ({ viewer, now, today }: Asking): RawBuilder<unknown> =>
  sql`(${filterToSql(and(sightOf(viewer), not(GONE)), { catalogue: userCatalogue, alias: "u", now, today })})`;

/** The names of fields and attributes that are empty and have a default. */
function missingFields({ defaults }: TemplateRecord): RawBuilder<unknown> {
  const fields = DEFAULT_FIELDS.filter((field) => defaults[field] !== undefined).map((field) => {
    const column = userCatalogue.fields.get(field)?.column ?? field;
    return sql`CASE WHEN u.${sql.ref(column)} IS NULL THEN ${field}::text END`;
  });
  const attributes = Object.keys(defaults.attributes ?? {}).map(
    (key) => sql`CASE WHEN NOT jsonb_exists(u.attributes, ${key}) THEN ${`attributes.${key}`}::text END`,
  );
  return named([...fields, ...attributes]);
}

function missingRoles({ now }: Asking, { roles }: TemplateRecord): RawBuilder<unknown> {
  const scope = ({ reach, unitId }: TemplateRole): RawBuilder<unknown> =>
    reach === "OWN_UNIT" ? sql`u.org_unit_id` : reach === "UNIT" ? sql`${unitId}::uuid` : sql`NULL::uuid`;
  const lacks = (
    role: TemplateRole,
  ) => sql`CASE WHEN ${role.reach === "OWN_UNIT" ? sql`u.org_unit_id IS NOT NULL` : sql`true`}
    AND NOT EXISTS (SELECT FROM role_grant g WHERE g.user_id = u.user_id AND g.role_id = ${role.roleId}::uuid
      AND g.scope_id IS NOT DISTINCT FROM ${scope(role)} AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > ${now}))
    THEN ${role.roleKey}::text END`;
  return named(roles.map(lacks));
}

function missingGroups({ groups }: TemplateRecord): RawBuilder<unknown> {
  const lacks = ({ groupId, key }: TemplateGroup) => sql`CASE WHEN NOT EXISTS (
    SELECT FROM group_member m WHERE m.user_id = u.user_id AND m.group_id = ${groupId}::uuid) THEN ${key}::text END`;
  return named(groups.map(lacks));
}

/** A list without its holes. */
const named = (items: readonly RawBuilder<unknown>[]): RawBuilder<unknown> =>
  items.length === 0 ? sql`'{}'::text[]` : sql`array_remove(ARRAY[${sql.join(items)}], NULL)`;
