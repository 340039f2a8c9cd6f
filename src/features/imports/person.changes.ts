import type { Selectable } from "kysely";
import type { UserAccountRow } from "../../database/tables.ts";
import { isSameJson } from "../../kernel/same.ts";
import type { UserStatus } from "../users/user.entity.ts";
import { LIFECYCLE } from "../users/user.lifecycle.ts";
import type { EmployeeField } from "./employee.columns.ts";
import { clears } from "./employee.rows.ts";
import type { PlannedPerson } from "./person.plan.ts";

export type StoredPerson = Selectable<UserAccountRow>;

/** The instant of an import, and the civil date that it is in the organisation's time zone. */
export interface ImportDay {
  now: Date;
  today: string;
}

/** Fields of the file that are no column of the account. */
const ELSEWHERE: readonly EmployeeField[] = ["email", "managerEmployeeNumber", "department"];
const COLUMN_OF: Partial<Record<EmployeeField, keyof StoredPerson>> = {
  hiredOn: "hired_on",
  terminatesOn: "terminates_on",
};

const columnOf = (field: EmployeeField): keyof StoredPerson =>
  COLUMN_OF[field] ?? (field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) as keyof StoredPerson);

const spokenName = (given: string | null | undefined, family: string | null | undefined): string =>
  [given, family].filter(Boolean).join(" ");

/** The columns that the file decides, with their values. */
function decided({ staged, unit, managerId }: PlannedPerson): Partial<StoredPerson> {
  const values: Record<string, unknown> = {
    department: unit?.name ?? null,
    org_unit_id: unit?.id ?? null,
    manager_id: managerId,
  };
  for (const [field, value] of Object.entries(staged.fields) as [EmployeeField, string | null][])
    if (!ELSEWHERE.includes(field) && (value !== null || clears(field))) values[columnOf(field)] = value;
  return values as Partial<StoredPerson>;
}

const merge = (
  before: Readonly<Record<string, unknown>>,
  changes: Readonly<Record<string, unknown>>,
): Record<string, unknown> =>
  Object.fromEntries(Object.entries({ ...before, ...changes }).filter(([, value]) => value !== null));

/** The account of somebody new: INACTIVE where they have left, else ACTIVE. */
export function newAccount(person: PlannedPerson, { now, today }: ImportDay): StoredPerson {
  const values = decided(person);
  const hasLeft = values.terminates_on != null && values.terminates_on <= today;
  const names = { display_name: spokenName(values.given_name, values.family_name) || person.username };
  return {
    ...names,
    ...values,
    username: person.username,
    id: person.id,
    version: 1,
    status: hasLeft ? "INACTIVE" : "ACTIVE",
    status_changed_at: now,
    tags: [],
    attributes: merge({}, person.staged.attributes),
    source: "IMPORT",
    created_at: now,
    updated_at: now,
  } as Partial<StoredPerson> as StoredPerson;
}

/** The account as it will be; the same object where nothing about it differs. Versions and times are the writer's. */
export function changedAccount(before: StoredPerson, person: PlannedPerson, day: ImportDay): StoredPerson {
  const values: Partial<StoredPerson> = decided(person);
  if (!person.staged.fields.displayName && before.display_name === spokenName(before.given_name, before.family_name))
    values.display_name = spokenName(values.given_name ?? null, values.family_name ?? null) || before.username;
  const attributes = merge(before.attributes, person.staged.attributes);
  if (!isSameJson(attributes, before.attributes)) values.attributes = attributes;
  Object.assign(values, statusChange(before, values.terminates_on ?? null, day));
  const differs = (Object.keys(values) as (keyof StoredPerson)[]).some((column) => values[column] !== before[column]);
  return differs ? { ...before, ...values } : before;
}

/** Whoever has left becomes INACTIVE. Whose leaving the file has taken back since becomes ACTIVE again. */
function statusChange(
  before: StoredPerson,
  terminatesOn: string | null,
  { now, today }: ImportDay,
): Partial<StoredPerson> {
  const status = before.status as UserStatus;
  const hasLeft = terminatesOn !== null && terminatesOn <= today;
  const hadLeft = before.terminates_on !== null && before.terminates_on <= today;
  const changed = { status_reason: null, status_changed_at: now, status_until: null };
  if (hasLeft && LIFECYCLE.deactivate.from.includes(status)) return { ...changed, status: "INACTIVE" };
  if (!hasLeft && hadLeft && status === "INACTIVE") return { ...changed, status: "ACTIVE" };
  return {};
}
