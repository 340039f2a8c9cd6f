/*
 * An organisation of any size, the same for the same size: units five levels deep, managers, roles, and people whose values
 * are spread as widely as those of a real one. Rows are those of the tables, by table, in the order in which they are filled.
 */

type Row = Readonly<Record<string, unknown>>;

export interface Directory {
  tables: ReadonlyArray<readonly [table: string, rows: readonly Row[]]>;
  /** Public ids are made of these. */
  userIds: readonly string[];
  units: number;
  grants: number;
}

export const DEPARTMENTS = words("Department", 20);
export const LOCATIONS = words("Location", 15);
export const ROLES = words("role-", 12);
const TITLES = words("Title", 40);
const GIVEN = words("Given", 200);
const FAMILY = words("Family", 800);
const STATUSES = [...Array<string>(17).fill("ACTIVE"), "LOCKED", "INACTIVE", "SUSPENDED"];

const EPOCH = "2024-01-01T00:00:00.000Z";
const PEOPLE_PER_UNIT = 40;
const BRANCHES = 5;
const TEAM = 8;
const DAY_MS = 86_400_000;

function words(stem: string, count: number): string[] {
  return Array.from({ length: count }, (_, place) => `${stem}${place + 1}`);
}

/** A sequence that looks random and is the same for the same seed: Mulberry32. */
function chanceFrom(seed: number): <T>(list: readonly T[]) => T {
  let state = seed;
  return <T>(list: readonly T[]): T => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return list[((mixed ^ (mixed >>> 14)) >>> 0) % list.length] as T;
  };
}

/** The UUID, of version 7, of the so-many-th thing of a kind. */
const idOf = (kind: number, place: number): string =>
  `018cc251-f400-7${kind.toString(16).padStart(3, "0")}-8000-${place.toString(16).padStart(12, "0")}`;
const [UNIT, USER, ROLE, GRANT, EMAIL] = [1, 2, 3, 4, 5] as const;

/** So many people and all that belongs to them. */
export function directoryOf(people: number): Directory {
  const chance = chanceFrom(people);
  const userIds = Array.from({ length: people }, (_, place) => idOf(USER, place));
  const unitCount = Math.max(6, Math.round(people / PEOPLE_PER_UNIT));
  const users = userIds.map((id, place) => userRow(id, place, unitCount, chance));
  const grants = userIds.flatMap((user, place) => grantRows(user, place, chance));
  return {
    userIds,
    units: unitCount,
    grants: grants.length,
    tables: [
      ["org_unit", Array.from({ length: unitCount }, (_, place) => unitRow(place))],
      ["user_account", users],
      ["user_email", users.map((user, place) => emailRow(user, place))],
      ["user_security", userIds.map((id) => securityRow(id, chance))],
      ["role", ROLES.map(roleRow)],
      ["role_grant", grants],
    ],
  };
}

const unitRow = (place: number): Row => ({
  id: idOf(UNIT, place),
  version: 1,
  code: `U${place}`,
  name: `Unit ${place}`,
  kind: place === 0 ? "COMPANY" : place <= BRANCHES ? "DIVISION" : "DEPARTMENT",
  parent_id: place === 0 ? null : idOf(UNIT, Math.floor((place - 1) / BRANCHES)),
  created_at: EPOCH,
  updated_at: EPOCH,
});

function userRow(id: string, place: number, units: number, chance: <T>(list: readonly T[]) => T): Row {
  const [given, family] = [chance(GIVEN), chance(FAMILY)];
  const hired = new Date(Date.parse("2005-01-01") + (place % 7_000) * DAY_MS);
  return {
    id,
    version: 1,
    username: `user.${place}`,
    display_name: `${given} ${family}`,
    status: chance(STATUSES),
    status_changed_at: EPOCH,
    given_name: given,
    family_name: family,
    employee_number: `E${place}`,
    title: chance(TITLES),
    department: chance(DEPARTMENTS),
    employee_type: "EMPLOYEE",
    location: chance(LOCATIONS),
    country: "DE",
    tags: [],
    attributes: {},
    source: "IMPORT",
    hired_on: hired.toISOString().slice(0, 10),
    org_unit_id: idOf(UNIT, place % units),
    manager_id: place === 0 ? null : idOf(USER, Math.floor((place - 1) / TEAM)),
    created_at: EPOCH,
    updated_at: EPOCH,
  };
}

const emailRow = ({ id, username }: Row, place: number): Row => ({
  id: idOf(EMAIL, place),
  user_id: id,
  place: 0,
  value: `${username}@bench.example`,
  is_primary: true,
  verified: true,
});

const securityRow = (id: string, chance: <T>(list: readonly T[]) => T): Row => ({
  user_id: id,
  failed_login_count: 0,
  mfa_methods: chance([[], ["TOTP"], ["TOTP", "PASSKEY"]]),
  active_session_count: 0,
});

const roleRow = (key: string, place: number): Row => ({
  id: idOf(ROLE, place),
  version: 1,
  key,
  name: `Role ${place}`,
  privileged: false,
  permissions: ["USER_READ"],
  created_at: EPOCH,
  updated_at: EPOCH,
});

/** One to three roles, everywhere and for good. */
const grantRows = (user: string, place: number, chance: <T>(list: readonly T[]) => T): Row[] =>
  [...new Set(Array.from({ length: 1 + (place % 3) }, () => chance(ROLES)))].map((role, count) => ({
    id: idOf(GRANT, place * 3 + count),
    user_id: user,
    role_id: idOf(ROLE, ROLES.indexOf(role)),
    starts_at: EPOCH,
    granted_by_kind: "SYSTEM",
    granted_by_name: "bench",
    granted_at: EPOCH,
  }));
