/*
 * A directory of any size, the same for the same size: every value follows from a row's number by PostgreSQL's own hash. It is written in bulk, with
 * the triggers of the log put aside and the indexes of the widest tables made last; what is derived is derived by the project's own functions.
 */
import { TypeID } from "typeid-js";

/** How much there is of what. */
export interface Size {
  people: number;
  units: number;
  roles: number;
}

/** A million people have 5,000 units and 60 roles; fewer have as many to a unit, and no fewer roles. */
export const sizeOf = (people: number): Size => ({
  people,
  units: Math.max(30, Math.round(people / 200)),
  roles: 60,
});

export const AUDIT_EVENTS_EACH = 3;
/** How many units stand directly below each. */
export const UNIT_BRANCHES = 6;
const TEAM = 8;

export const DEPARTMENTS = 40;
export const LOCATIONS = 60;
export const TITLES = 120;
export const COUNTRIES = ["DE", "FR", "US", "GB", "IN", "BR", "JP", "PL", "ES", "SE"];
export const STATUSES = ["ACTIVE", "PENDING", "INACTIVE", "LOCKED", "SUSPENDED", "ARCHIVED", "DELETED"];
export const EMPLOYEE_TYPES = ["EMPLOYEE", "CONTRACTOR", "PARTNER", "INTERN", "SERVICE"];

const GIVEN = ["an", "be", "ca", "do", "el", "fi", "ga", "hu", "il", "jo", "ka", "lu", "mi", "no", "ol", "pa"];
const FAMILY = [
  "bar",
  "cor",
  "den",
  "fal",
  "gor",
  "hel",
  "kin",
  "lar",
  "mor",
  "nes",
  "por",
  "ras",
  "sol",
  "tam",
  "vel",
];

/** The kinds of rows, as digits of their ids. */
export const KIND = { unit: 1, user: 2, role: 3, grant: 4, email: 5, token: 6 } as const;
export type RowKind = keyof typeof KIND;

/** The UUID, of version 7, of the so-many-th row of a kind. */
export const uuidAt = (kind: RowKind, place: number): string =>
  `018cc251-f400-7${KIND[kind].toString(16).padStart(3, "0")}-8000-${place.toString(16).padStart(12, "0")}`;

/** The same as clients know it. */
export const publicUser = (place: number): string => TypeID.fromUUID("user", uuidAt("user", place)).toString();
export const publicUnit = (place: number): string => TypeID.fromUUID("unit", uuidAt("unit", place)).toString();

/** Ten thousandths that are alike are spread over the whole word, so the words are looked for by their place alone. */
export const word = (stem: string, place: number): string => `${stem} ${String(place).padStart(3, "0")}`;

const FUNCTIONS = `
CREATE SCHEMA bench;
CREATE FUNCTION bench.id(kind integer, place bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT ('018cc251-f400-7' || lpad(to_hex(kind), 3, '0') || '-8000-' || lpad(to_hex(place), 12, '0'))::uuid $$;
-- From 0 to below n, the same for the same row and question.
CREATE FUNCTION bench.pick(place bigint, question integer, n bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (hashint8extended(place, question) & 9223372036854775807) % n $$;
-- The same, the lower the likelier: the first tenth takes a third.
CREATE FUNCTION bench.skew(place bigint, question integer, n bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT floor(n * power((hashint8extended(place, question) & 1048575) / 1048576.0::float8, 2))::bigint $$;
`;

const EPOCH = "timestamptz '2026-01-01 00:00Z'";
const pickOf = (values: readonly string[], place: string): string =>
  `(ARRAY[${values.map((value) => `'${value}'`).join(",")}])[1 + ${place}]`;
const syllable = (values: readonly string[], question: number): string =>
  pickOf(values, `bench.pick(i, ${question}, ${values.length})::integer`);
const numbered = (stem: string, place: string): string => `'${stem} ' || lpad((${place})::text, 3, '0')`;

/** What is written before anything is derived. */
export function baseRows({ people, units, roles }: Size): string[] {
  const each = (count: number) => `generate_series(0::bigint, ${count - 1}) i`;
  const id = (kind: RowKind, place: string) => `bench.id(${KIND[kind]}, ${place})`;
  return [
    FUNCTIONS,
    `INSERT INTO org_unit (id, version, code, name, kind, parent_id, created_at, updated_at)
     SELECT ${id("unit", "i")}, 1, 'U' || i, 'Unit ' || i, CASE WHEN i = 0 THEN 'COMPANY' WHEN i <= ${UNIT_BRANCHES} THEN 'DIVISION' ELSE 'DEPARTMENT' END,
       CASE WHEN i > 0 THEN ${id("unit", `(i - 1) / ${UNIT_BRANCHES}`)} END, ${EPOCH}, ${EPOCH} FROM ${each(units)}`,
    `INSERT INTO role (id, version, key, name, privileged, permissions, created_at, updated_at)
     SELECT ${id("role", "i")}, 1, 'role-' || lpad(i::text, 2, '0'), 'Role ' || i, i % 10 = 9,
       CASE i % 3 WHEN 0 THEN '{USER_READ}' WHEN 1 THEN '{USER_READ,ORG_READ}' ELSE '{USER_READ,ROLE_READ,AUDIT_READ}' END::text[], ${EPOCH}, ${EPOCH} FROM ${each(roles)}`,
    `INSERT INTO user_account (id, version, username, display_name, status, status_changed_at, given_name, family_name, employee_number, title,
       department, division, cost_center, employee_type, location, country, locale, timezone, tags, attributes, source, hired_on, terminates_on, org_unit_id, manager_id, created_at, updated_at, deleted_at)
     SELECT ${id("user", "i")}, 1, 'user.' || i, given || ' ' || family, status, ${EPOCH} - make_interval(hours => bench.pick(i, 20, 17520)::integer), given, family, 'E' || i,
       ${numbered("Title", `bench.skew(i, 1, ${TITLES})`)}, ${numbered("Department", `bench.skew(i, 2, ${DEPARTMENTS})`)}, ${numbered("Division", "bench.pick(i, 3, 8)")},
       ${numbered("Centre", "bench.pick(i, 4, 400)")}, ${pickOf(EMPLOYEE_TYPES, `least(4, bench.skew(i, 5, 7))::integer`)},
       ${numbered("Location", `bench.skew(i, 6, ${LOCATIONS})`)}, ${pickOf(COUNTRIES, `bench.skew(i, 7, ${COUNTRIES.length})::integer`)},
       'en', 'Europe/Berlin', ARRAY(SELECT 'tag-' || bench.skew(i, 30 + t, 30) FROM generate_series(1, bench.pick(i, 8, 3)::integer) t GROUP BY 1),
       jsonb_build_object('badge', 'B' || bench.pick(i, 9, 100000), 'floor', bench.pick(i, 10, 12)), ${pickOf(["IMPORT", "HRIS", "LOCAL", "SCIM"], "bench.skew(i, 11, 4)::integer")},
       date '2005-01-01' + bench.pick(i, 12, 7600)::integer, CASE WHEN bench.pick(i, 13, 50) = 0 THEN date '2026-06-01' + bench.pick(i, 14, 700)::integer END,
       ${id("unit", `bench.pick(i, 15, ${units})`)}, CASE WHEN i > 0 THEN ${id("user", `(i - 1) / ${TEAM}`)} END,
       ${EPOCH} - make_interval(mins => bench.pick(i, 16, 1000000)::integer), ${EPOCH} + make_interval(mins => bench.pick(i, 17, 400000)::integer),
       CASE WHEN status = 'DELETED' THEN ${EPOCH} END
     FROM (SELECT i, initcap(${syllable(GIVEN, 21)} || ${syllable(GIVEN, 22)}) AS given, initcap(${syllable(FAMILY, 23)} || ${syllable(FAMILY, 24)} || ${syllable(FAMILY, 25)}) AS family,
       ${pickOf(STATUSES, "CASE bench.pick(i, 26, 50) WHEN 0 THEN 1 WHEN 1 THEN 2 WHEN 2 THEN 2 WHEN 3 THEN 3 WHEN 4 THEN 4 WHEN 5 THEN 5 WHEN 6 THEN 6 ELSE 0 END")} AS status
       FROM ${each(people)} OFFSET 0) person`,
    `INSERT INTO user_email (id, user_id, place, value, is_primary, verified)
     SELECT ${id("email", "i")}, ${id("user", "i")}, 0, 'user.' || i || '@' || ${pickOf(["one", "two", "three"], "bench.skew(i, 40, 3)::integer")} || '.example', true, bench.pick(i, 41, 10) > 0 FROM ${each(people)}`,
    `INSERT INTO user_security (user_id, last_login_at, last_login_country, failed_login_count, password_changed_at, mfa_methods, active_session_count, risk_score)
     SELECT ${id("user", "i")}, CASE WHEN bench.pick(i, 50, 10) > 0 THEN timestamptz '2026-11-01 00:00Z' - make_interval(secs => bench.skew(i, 51, 63072000)) END,
       ${pickOf(COUNTRIES, `bench.skew(i, 52, ${COUNTRIES.length})::integer`)}, greatest(0, bench.pick(i, 53, 12) - 8)::integer, ${EPOCH} - make_interval(mins => bench.pick(i, 54, 700000)::integer),
       CASE bench.pick(i, 55, 5) WHEN 0 THEN '{}' WHEN 1 THEN '{TOTP}' WHEN 2 THEN '{PASSKEY}' WHEN 3 THEN '{PASSKEY,TOTP}' ELSE '{TOTP}' END::text[], bench.pick(i, 56, 4)::integer,
       CASE WHEN bench.pick(i, 57, 2) = 0 THEN bench.skew(i, 58, 101)::integer END FROM ${each(people)}`,
    // Two and a half each, of different roles, a third of them over a unit.
    `INSERT INTO role_grant (id, user_id, role_id, scope_id, starts_at, expires_at, granted_by_kind, granted_by_name, granted_at)
     SELECT ${id("grant", "i * 4 + nth")}, ${id("user", "i")}, ${id("role", `(bench.skew(i, 60, ${roles}) + nth * 17) % ${roles}`)},
       CASE WHEN bench.pick(i * 4 + nth, 61, 3) = 0 THEN ${id("unit", `bench.pick(i, 62, ${units})`)} END, ${EPOCH},
       CASE WHEN bench.pick(i * 4 + nth, 63, 20) = 0 THEN timestamptz '2036-01-01 00:00Z' END, 'SYSTEM', 'bench', ${EPOCH}
     FROM ${each(people)} CROSS JOIN LATERAL generate_series(0, bench.pick(i, 64, 4)::integer) nth`,
    "SELECT refresh_org_unit_path(ARRAY(SELECT id FROM org_unit))",
  ];
}

/** Search rows of people from one number to below another, by the function that every commit derives them with. */
export const searchRows = (from: number, to: number): string =>
  `INSERT INTO user_search SELECT fresh.* FROM user_search_of(ARRAY(SELECT bench.id(${KIND.user}, i) FROM generate_series(${from}::bigint, ${to - 1}) i), ${EPOCH}) fresh`;

/** How many of a sample of search rows are not what that function gives. */
export const WRONG_SEARCH_ROWS = `SELECT count(*)::integer AS wrong
  FROM user_search_of(ARRAY(SELECT user_id FROM user_search TABLESAMPLE BERNOULLI (0.5) REPEATABLE (1)), ${EPOCH}) fresh
  JOIN user_search kept ON kept.user_id = fresh.user_id WHERE (kept *<> fresh) IS NOT FALSE`;

const ACTIONS = ["user.updated", "user.activated", "role.granted", "role.revoked", "user.sign_in", "user.suspended"];

/**
 * Audit events, one a commit, as if the log behind them were long pruned. Their encrypted parts are bytes of the usual length under keys that do not
 * exist, as those of people who were erased: no operation that is measured opens one.
 */
export function auditRows({ people }: Size): string[] {
  const events = people * AUDIT_EVENTS_EACH;
  return [
    `SELECT begin_audit_partition(date '2025-11-01', 1, 0, (SELECT hash FROM audit_head))`,
    `INSERT INTO audit_log (commit_number, ordinal, at, action, outcome, kind, actor_kind, actor_id, table_name, row_id, operation, subject_kind, subject_id,
       unit_id, unit_path, fields, sealed, sealed_actor, hash)
     SELECT i + 1, 1, timestamptz '2025-11-01 00:00Z' + make_interval(secs => i * (31536000.0 / ${events})), ${pickOf(ACTIONS, `bench.pick(i, 70, ${ACTIONS.length})::integer`)},
       'SUCCESS', 'MUTATION', 'USER', bench.id(${KIND.user}, bench.pick(i, 71, greatest(1, ${people} / 200))), 'user_account', person.user_id, 'UPDATE', 'User', person.user_id,
       person.org_unit_id, person.unit_path, '{title}', sha256(i::text::bytea) || sha256((i + 1)::text::bytea) || sha256((i + 2)::text::bytea), sha256((i + 3)::text::bytea) || sha256((i + 4)::text::bytea), sha256((i + 5)::text::bytea)
     FROM generate_series(0::bigint, ${events - 1}) i JOIN user_search person ON person.user_id = bench.id(${KIND.user}, bench.pick(i, 72, ${people}))`,
    `UPDATE audit_head SET events = ${events}, hash = (SELECT hash FROM audit_log WHERE commit_number = ${events})`,
    `UPDATE feed_head SET number = ${events}`,
    `UPDATE feed_consumer SET commit_number = ${events}, ordinal = 2147483647`,
  ];
}
