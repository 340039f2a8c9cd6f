/*
 * Random nested filters, each said in the three languages that it is asked in. Under a negation stand only values that are never missing, since SQL's
 * three-valued NOT would ask another question than the gateway's.
 */
import {
  COUNTRIES,
  DEPARTMENTS,
  EMPLOYEE_TYPES,
  LOCATIONS,
  publicUnit,
  type Size,
  STATUSES,
  TITLES,
  UNIT_BRANCHES,
  uuidAt,
  word,
} from "./reads-directory.ts";

/** One question about people. */
export interface Asked {
  rollcall: object;
  peer: object;
  /** A condition with its values written into it: they are the benchmark's own. */
  sql: string;
}

type Chance = (below: number) => number;

/** A sequence that looks random and is the same for the same seed: Mulberry32. */
export function chanceFrom(seed: number): Chance {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const quoted = (values: readonly string[]): string => values.map((value) => `'${value}'`).join(",");

type Column = { field: string; column: string; value: (chance: Chance) => string };

const WORDS: readonly Column[] = [
  { field: "status", column: "status", value: (chance) => STATUSES[chance(6)] as string },
  { field: "employeeType", column: "employee_type", value: (chance) => EMPLOYEE_TYPES[chance(5)] as string },
  { field: "department", column: "department", value: (chance) => word("Department", chance(DEPARTMENTS)) },
  { field: "location", column: "location", value: (chance) => word("Location", chance(LOCATIONS)) },
  { field: "title", column: "title", value: (chance) => word("Title", chance(TITLES)) },
  { field: "country", column: "country", value: (chance) => COUNTRIES[chance(COUNTRIES.length)] as string },
  { field: "division", column: "division", value: (chance) => word("Division", chance(8)) },
];

function ofWord(chance: Chance): Asked {
  const { field, column, value } = WORDS[chance(WORDS.length)] as Column;
  const one = value(chance);
  const several = [...new Set([one, value(chance), value(chance)])];
  switch (chance(4)) {
    case 0:
      return {
        rollcall: { [field]: { ne: one } },
        peer: { [field]: { notEqualTo: one } },
        sql: `${column} <> '${one}'`,
      };
    case 1:
      return { rollcall: { [field]: { eq: one } }, peer: { [field]: { equalTo: one } }, sql: `${column} = '${one}'` };
    default:
      return {
        rollcall: { [field]: { in: several } },
        peer: { [field]: { in: several } },
        sql: `${column} IN (${quoted(several)})`,
      };
  }
}

function ofSet(chance: Chance): Asked {
  const [field, peer, column, prefix, count] =
    chance(3) === 0
      ? (["tags", "tags", "tags", "tag-", 30] as const)
      : (["roles", "roleKeys", "role_keys", "role-", 60] as const);
  const member = () => prefix + String(chance(count)).padStart(field === "roles" ? 2 : 1, "0");
  const members = [...new Set([member(), member()])];
  return chance(2) === 0
    ? {
        rollcall: { [field]: { any: members } },
        peer: { [peer]: { overlaps: members } },
        sql: `${column} && ARRAY[${quoted(members)}]`,
      }
    : {
        rollcall: { [field]: { all: [members[0]] } },
        peer: { [peer]: { contains: [members[0]] } },
        sql: `${column} @> ARRAY['${members[0]}']`,
      };
}

function ofTime(chance: Chance): Asked {
  const year = 2006 + chance(19);
  const day = `${year}-0${1 + chance(9)}-1${chance(10)}`;
  return chance(2) === 0
    ? { rollcall: { hiredOn: { gt: day } }, peer: { hiredOn: { greaterThan: day } }, sql: `hired_on > '${day}'` }
    : {
        rollcall: { hiredOn: { lte: day } },
        peer: { hiredOn: { lessThanOrEqualTo: day } },
        sql: `hired_on <= '${day}'`,
      };
}

const ofFactor = (chance: Chance): Asked => {
  const enrolled = chance(2) === 0;
  return {
    rollcall: { mfaEnrolled: { eq: enrolled } },
    peer: { mfaEnrolled: { equalTo: enrolled } },
    sql: `mfa_enrolled = ${enrolled}`,
  };
};

/** What may be missing. */
function ofMissing(chance: Chance, { units }: Size): Asked {
  const unit = 1 + chance(Math.min(units - 1, UNIT_BRANCHES + UNIT_BRANCHES ** 2));
  const instant = `202${5 + chance(2)}-0${1 + chance(9)}-15T12:00:00.000Z`;
  const risk = 20 + chance(70);
  switch (chance(4)) {
    case 0:
      return {
        rollcall: { orgUnit: { within: publicUnit(unit) } },
        peer: { unitPath: { contains: [uuidAt("unit", unit)] } },
        sql: `unit_path @> ARRAY['${uuidAt("unit", unit)}'::uuid]`,
      };
    case 1:
      return {
        rollcall: { lastLoginAt: { lt: instant } },
        peer: { lastLoginAt: { lessThan: instant } },
        sql: `last_login_at < '${instant}'`,
      };
    case 2:
      return {
        rollcall: { riskScore: { gte: risk } },
        peer: { riskScore: { greaterThanOrEqualTo: risk } },
        sql: `risk_score >= ${risk}`,
      };
    default:
      return {
        rollcall: { manager: { status: { in: ["LOCKED", "SUSPENDED"] } } },
        peer: { managerStatus: { in: ["LOCKED", "SUSPENDED"] } },
        sql: "manager_status IN ('LOCKED','SUSPENDED')",
      };
  }
}

/** One in twenty asks for part of a name. */
function ofName(chance: Chance): Asked {
  const part = ["Barcor", "Helkin", "Solvel", "denfal"][chance(4)] as string;
  return {
    rollcall: { displayName: { contains: part } },
    peer: { displayName: { includesInsensitive: part } },
    sql: `display_name ILIKE '%${part}%'`,
  };
}

function leaf(chance: Chance, size: Size, complete: boolean): Asked {
  const die = chance(20);
  if (die === 0) return ofName(chance);
  if (die < 5 && !complete) return ofMissing(chance, size);
  if (die < 9) return ofSet(chance);
  if (die < 11) return ofTime(chance);
  return die < 13 ? ofFactor(chance) : ofWord(chance);
}

function nested(chance: Chance, size: Size, depth: number, complete: boolean): Asked {
  if (depth === 0 || chance(3) === 0) return leaf(chance, size, complete);
  if (chance(6) === 0) {
    const inner = nested(chance, size, depth - 1, true);
    return { rollcall: { not: inner.rollcall }, peer: { not: inner.peer }, sql: `NOT (${inner.sql})` };
  }
  const parts = Array.from({ length: 2 + chance(2) }, () => nested(chance, size, depth - 1, complete));
  const [word, sign] = chance(3) === 0 ? (["or", " OR "] as const) : (["and", " AND "] as const);
  return {
    rollcall: { [word]: parts.map((part) => part.rollcall) },
    peer: { [word]: parts.map((part) => part.peer) },
    sql: `(${parts.map((part) => part.sql).join(sign)})`,
  };
}

/** So many filters, the same each time, of people who are not deleted: two to a dozen criteria, three deep. */
export function randomFilters(count: number, size: Size): Asked[] {
  const chance = chanceFrom(7);
  return Array.from({ length: count }, () => {
    const parts = [nested(chance, size, 2, false), nested(chance, size, 2, false)];
    return {
      rollcall: { and: parts.map((part) => part.rollcall) },
      peer: { and: [...parts.map((part) => part.peer), { status: { notEqualTo: "DELETED" } }] },
      sql: `${parts.map((part) => part.sql).join(" AND ")} AND status <> 'DELETED'`,
    };
  });
}
