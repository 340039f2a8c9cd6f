import { sql } from "kysely";
import type { Tx } from "../../database/transaction.ts";
import { todayOf } from "../../search/civil-date.ts";
import type { Filter } from "../../search/filter.ts";
import { compile } from "../../search/to-predicate.ts";
import type { RequiredFactor } from "../auth/sign-in-policy.entity.ts";
import { pathOfUnit } from "../org/org-unit.path.ts";
import { userCatalogue } from "../users/user.fields.ts";
import type { ProfileValues } from "../users/user.profile.ts";

/** Fields that a template's condition may ask about: what a profile says of somebody before they are anybody's search result. */
export const CONDITION_FIELDS = [
  "title",
  "department",
  "division",
  "costCenter",
  "employeeType",
  "location",
  "country",
  "locale",
  "timezone",
  "tags",
  "attributes",
  "orgUnit",
] as const;

/** Fields that a template may fill beside attributes. */
export const DEFAULT_FIELDS = [
  "title",
  "department",
  "division",
  "costCenter",
  "location",
  "country",
  "locale",
  "preferredLanguage",
  "timezone",
  "employeeType",
] as const;

export type DefaultField = (typeof DEFAULT_FIELDS)[number];

/** What a template fills where it is empty. */
export type Defaults = Partial<Record<DefaultField, string>> & { attributes?: Readonly<Record<string, unknown>> };

/** Over what a template's role is granted. */
export type TemplateReach = "EVERYWHERE" | "OWN_UNIT" | "UNIT";

export interface TemplateRole {
  roleId: string;
  roleKey: string;
  reach: TemplateReach;
  unitId: string | null;
}

/** A static group that a template puts people into. */
export interface TemplateGroup {
  groupId: string;
  key: string;
}

/** A template as it is kept. */
export interface TemplateRecord {
  id: string;
  version: number;
  name: string;
  filter: Filter;
  priority: number;
  defaults: Defaults;
  roles: TemplateRole[];
  groups: TemplateGroup[];
  /** The second factor that it demands of whom it fits. */
  require: RequiredFactor | null;
  /** For how many days they may go on without it. */
  graceDays: number;
  createdAt: Date;
  updatedAt: Date;
}

/** A role over a scope, and the template that it comes of. */
export interface WantedGrant {
  templateId: string;
  roleId: string;
  roleKey: string;
  scopeId: string | null;
}

/** A group, and the template that it comes of. */
export interface WantedGroup extends TemplateGroup {
  templateId: string;
}

/** A value for a field, or for an attribute as attributes.<key>, and the template that it comes of. */
export interface Fill {
  field: string;
  value: unknown;
  templateId: string;
}

/** All templates, the strongest first: by priority, then the older one. Those of one id where it is given. */
export async function loadTemplates(db: Tx["sql"], id?: string): Promise<TemplateRecord[]> {
  const { rows } = await sql<TemplateRecord>`
    SELECT t.id, t.version, t.name, t.filter, t.priority, t.defaults, t.require, t.grace_days AS "graceDays", t.created_at AS "createdAt", t.updated_at AS "updatedAt",
      (SELECT coalesce(jsonb_agg(jsonb_build_object('roleId', x.role_id, 'roleKey', r.key, 'reach', x.reach, 'unitId', x.unit_id)
        ORDER BY r.key COLLATE "C", x.id), '[]') FROM profile_template_role x JOIN role r ON r.id = x.role_id WHERE x.template_id = t.id) AS roles,
      (SELECT coalesce(jsonb_agg(jsonb_build_object('groupId', y.group_id, 'key', g.key) ORDER BY g.key COLLATE "C"), '[]')
        FROM profile_template_group y JOIN user_group g ON g.id = y.group_id WHERE y.template_id = t.id) AS groups
    FROM profile_template t ${id === undefined ? sql`` : sql`WHERE t.id = ${id}`} ORDER BY t.priority DESC, t.id`.execute(
    db,
  );
  return rows;
}

/** What a profile says of somebody, by the columns that conditions ask about; the path is that of the profile's unit. */
export const conditionRow = (profile: ProfileValues, unitPath: readonly string[]): Record<string, unknown> => ({
  title: profile.title ?? null,
  department: profile.department ?? null,
  division: profile.division ?? null,
  cost_center: profile.costCenter ?? null,
  employee_type: profile.employeeType ?? null,
  location: profile.location ?? null,
  country: profile.country ?? null,
  locale: profile.locale ?? null,
  timezone: profile.timezone ?? null,
  tags: [...(profile.tags ?? [])],
  attributes: Object.fromEntries(Object.entries(profile.attributes ?? {}).filter(([, value]) => value !== null)),
  org_unit_id: profile.orgUnitId ?? null,
  unit_path: [...unitPath],
});

/** The instant at which templates are asked, and the time zone of whoever has none. */
export interface TemplateMoment {
  now: Date;
  orgTimezone: string;
}

/** Whether a template's condition fits a profile, as `conditionRow` has it. Dates relative to now are reckoned from the day that it is where the person is. */
export function fitting(
  { filter }: Pick<TemplateRecord, "filter">,
  { now, orgTimezone }: TemplateMoment,
): (row: Record<string, unknown>) => boolean {
  const holds = compile(filter, userCatalogue);
  return (row) => holds(row as never, { now, today: todayOf(now, row.timezone, orgTimezone) });
}

/** Those of the templates that are there, until this transaction ends. */
export async function holdTemplates(tx: Tx, templates: readonly TemplateRecord[]): Promise<TemplateRecord[]> {
  if (templates.length === 0) return [];
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM profile_template WHERE id = ANY (${templates.map(({ id }) => id)}::uuid[]) ORDER BY id FOR KEY SHARE`.execute(
    tx.sql,
  );
  const held = new Set(rows.map(({ id }) => id));
  return templates.filter(({ id }) => held.has(id));
}

/** Those of the templates, in their order, whose condition a profile meets; they are there until this transaction ends. */
export async function applying(
  tx: Tx,
  templates: readonly TemplateRecord[],
  profile: ProfileValues,
  orgTimezone: string,
): Promise<TemplateRecord[]> {
  if (templates.length === 0) return [];
  const row = conditionRow(profile, profile.orgUnitId ? await pathOfUnit(tx.sql, profile.orgUnitId) : []);
  return holdTemplates(
    tx,
    templates.filter((template) => fitting(template, { now: tx.now, orgTimezone })(row)),
  );
}

/** How an attribute is named beside fields. */
export const attributeName = (key: string): string => `attributes.${key}`;

/** The key of an attribute that is named beside fields; undefined of a field. */
export const attributeKey = (field: string): string | undefined =>
  field.startsWith("attributes.") ? field.slice("attributes.".length) : undefined;

/** What these templates fill: field by field the strongest that has a value, and only where `isEmpty` says so. */
export function fillsFor(templates: readonly TemplateRecord[], isEmpty: (field: string) => boolean): Fill[] {
  const fills = new Map<string, Fill>();
  for (const { id: templateId, defaults } of templates) {
    const { attributes, ...texts } = defaults;
    const named = Object.entries(attributes ?? {}).map(([key, value]) => [attributeName(key), value] as const);
    for (const [field, value] of [...Object.entries(texts), ...named])
      if (!fills.has(field) && isEmpty(field)) fills.set(field, { field, value, templateId });
  }
  return [...fills.values()];
}

/** Values by field as a profile has them. */
export function profileWith(values: readonly Pick<Fill, "field" | "value">[]): ProfileValues {
  const profile: Record<string, unknown> = {};
  const attributes: Record<string, unknown> = {};
  for (const { field, value } of values) {
    const key = attributeKey(field);
    if (key === undefined) profile[field] = value;
    else attributes[key] = value;
  }
  return { ...profile, ...(Object.keys(attributes).length > 0 ? { attributes } : {}) };
}

/** The value that a profile has in a field, or in an attribute; undefined where it says nothing of it. */
export function valueIn(profile: ProfileValues, field: string): unknown {
  const key = attributeKey(field);
  if (key === undefined) return profile[field as keyof ProfileValues];
  return Object.hasOwn(profile.attributes ?? {}, key) ? profile.attributes?.[key] : undefined;
}

/** The grants that these templates want for somebody in a unit, each once. A role over the own unit is none where there is no unit. */
export function wantedGrants(templates: readonly TemplateRecord[], unitId: string | null): WantedGrant[] {
  const wanted = new Map<string, WantedGrant>();
  for (const { id: templateId, roles } of templates)
    for (const { roleId, roleKey, reach, unitId: fixed } of roles) {
      const scopeId = reach === "UNIT" ? fixed : reach === "OWN_UNIT" ? unitId : null;
      if (reach === "OWN_UNIT" && scopeId === null) continue;
      const key = `${roleId} ${scopeId}`;
      if (!wanted.has(key)) wanted.set(key, { templateId, roleId, roleKey, scopeId });
    }
  return [...wanted.values()];
}

/** The groups that these templates put people into, each once. */
export function wantedGroups(templates: readonly TemplateRecord[]): WantedGroup[] {
  const wanted = new Map<string, WantedGroup>();
  for (const { id: templateId, groups } of templates)
    for (const group of groups) if (!wanted.has(group.groupId)) wanted.set(group.groupId, { ...group, templateId });
  return [...wanted.values()];
}
