import type { Selectable } from "kysely";
import type { RoleGrantRow } from "../../database/tables.ts";
import { beginningOf, type Calendar } from "./demo.calendar.ts";
import { endOfAccess } from "./demo.careers.ts";
import { demoId } from "./demo.chance.ts";
import { demoRoleId } from "./demo.roles.ts";
import type { DemoPerson } from "./demo.roster.ts";
import { type DemoUnit, demoUnit } from "./demo.units.ts";

/** A role given to somebody; where nothing is said, everywhere, since they came and for as long as they stay. */
interface Given {
  role: string;
  scope?: DemoUnit | null;
  /** Days from now. */
  starts?: number;
  expires?: number;
  revoked?: number;
  reason?: string;
}

/** Everything that was ever given to the people of the demo, as rows: in force, to come, about to end, ended and taken back. */
export const grantRows = (people: readonly DemoPerson[], calendar: Calendar): Selectable<RoleGrantRow>[] => {
  const crews = new Map<DemoUnit, number>();
  return people.flatMap((person) => {
    const { unit, type } = person;
    const place = unit && type === "EMPLOYEE" ? (crews.get(unit) ?? 0) : NOT_EMPLOYED;
    if (unit && place !== NOT_EMPLOYED) crews.set(unit, place + 1);
    return givenTo(person, place).flatMap((given, count) => rowOf(person, given, calendar, count) ?? []);
  });
};

/** The place of those who are here for a time only. */
const NOT_EMPLOYED = -1;

/** What somebody was given; `place` counts the employees of their unit, the head being the first. */
function givenTo(person: DemoPerson, place: number): Given[] {
  const { account, machine, type, fate } = person;
  if (machine) return machine.role ? [{ role: machine.role, reason: "What this account is for." }] : [];
  if (type === "PARTNER") return person.heads && person.unit ? [{ role: "employee", scope: person.unit }] : [];
  const own: Given[] = [{ role: "employee" }];
  if (account && account.role !== "employee")
    own.push({ role: account.role, scope: scopeOf(person, account.scopeCode) });
  if (person.heads && person.unit) own.push({ role: "people-manager", scope: person.unit });
  if (!account) own.push(...(AT_WORK[departmentOf(person)]?.(person, place) ?? []));
  if (!account && place !== NOT_EMPLOYED) own.push(...(BY_UNIT[person.unit?.code ?? ""]?.(person, place) ?? []));
  if (fate.kind === "left") return own.filter(({ revoked, starts }) => revoked === undefined && (starts ?? 0) <= 0);
  return own;
}

const departmentOf = ({ unit }: DemoPerson): string => unit?.path[2]?.code ?? "";
const divisionOf = ({ unit }: DemoPerson): DemoUnit | null => unit?.path[1] ?? null;
const scopeOf = ({ unit }: DemoPerson, code: string | null): DemoUnit | null =>
  unit?.path.find((above) => above.code === code) ?? null;

type Rule = (person: DemoPerson, place: number) => Given[];

/** Engineers belong to their department; five of every unit are on the rota: two now, one next week, two who are done. */
const engineering: Rule = (person, place) => {
  const scope = person.unit?.path[2] ?? null;
  const role = person.career.years > 5 ? "senior-engineer" : "engineer";
  const shift = { role: "on-call-engineer", scope, reason: "On-call rota." };
  const shifts = [
    { starts: -4, expires: 3 },
    { starts: -2, expires: 5 },
    { starts: 3, expires: 10 },
    { starts: -11, expires: -4 },
    { starts: -18, expires: -11 },
  ];
  const now = person.fate.kind === "steady" && place % 2 === 1 ? shifts[(place - 1) / 2] : undefined;
  return [{ role, scope }, ...(now ? [{ ...shift, ...now }] : [])];
};

/** By the code of the department, to everybody in it. */
const AT_WORK: Readonly<Record<string, Rule>> = {
  "TEC-PLT": engineering,
  "TEC-APP": engineering,
  "TEC-DAT": engineering,
  "TRB-ELC": engineering,
  "TRB-MEC": (person) => [{ role: "engineer", scope: divisionOf(person) }],
  "TEC-SEC": (_, place) =>
    place === NOT_EMPLOYED ? [] : [{ role: "security-analyst", ...(place === 3 ? { expires: 12 } : {}) }],
};

const DIVISIONS = ["TEC", "TRB", "OPS", "COM", "PPL", "FIN"];

/** By the code of the unit, to those who are employed. */
const BY_UNIT: Readonly<Record<string, Rule>> = {
  "TEC-IT-HD-EMEA": () => [{ role: "help-desk" }],
  "TEC-IT-HD-AMER": (_, place) => [
    { role: "help-desk", ...(place === 2 ? { expires: 20, reason: "Seconded for a quarter." } : {}) },
  ],
  "TEC-IT-HD-APAC": () => [{ role: "help-desk" }],
  "TEC-IT-IAM": (_, place) =>
    ({
      0: [{ role: "administrator" }],
      2: [{ role: "administrator", starts: -0.2, expires: 0.2, reason: "Break-glass access during an incident." }],
      3: [{ role: "administrator", starts: -400, expires: -330, reason: "Migration of the directory." }],
      4: [{ role: "administrator", starts: -300, revoked: -45, reason: "Stand-in for the team lead." }],
      5: [{ role: "help-desk" }],
    })[place] ?? [],
  "FIN-AUD-IT": () => [{ role: "auditor" }],
  "FIN-LEG-IPR": (_, place) => (place < 2 ? [{ role: "data-protection" }] : []),
  "PPL-TAL-ACQ": () => [{ role: "recruiter" }],
  "PPL-OPS-PRT": (_, place) => {
    const scope = demoUnit(DIVISIONS[place % DIVISIONS.length] as string);
    return [{ role: "hr-partner", scope, ...(place === 4 ? { starts: 9, reason: "After the hand-over." } : {}) }];
  },
  TEC: (person, place) => (place === 1 ? [{ role: "division-admin", scope: divisionOf(person) }] : []),
  TRB: (person, place) =>
    place === 1
      ? [{ role: "division-admin", scope: divisionOf(person), expires: 3, reason: "Cover during a holiday." }]
      : [],
  COM: (person, place) =>
    place === 1 ? [{ role: "division-admin", scope: divisionOf(person), starts: 6, expires: 96 }] : [],
  PPL: (person, place) =>
    place === 1 ? [{ role: "division-admin", scope: divisionOf(person), starts: -700, revoked: -90 }] : [],
  FIN: (person, place) =>
    place === 1 ? [{ role: "division-admin", scope: divisionOf(person), starts: -500, expires: -135 }] : [],
};

/** Of those who left, one in so many still holds what was not the baseline: an access review would find it. */
const FORGOTTEN = 5;

/** Undefined where it would have ended before its holder came. */
function rowOf(
  person: DemoPerson,
  given: Given,
  calendar: Calendar,
  count: number,
): Selectable<RoleGrantRow> | undefined {
  const { career, fate } = person;
  const { role, scope = null, reason = null } = given;
  const first = fate.kind === "joins" && career.hiredOn ? beginningOf(career.hiredOn) : career.createdAt;
  const starts = given.starts === undefined ? first : later(calendar.in(given.starts), career.createdAt);
  const ends = given.expires === undefined ? endOfAccess(calendar, career) : calendar.in(given.expires);
  if (ends && ends <= starts) return undefined;
  const forgotten = role !== "employee" && person.chance.between(1, FORGOTTEN) === 1;
  const gone = fate.kind === "left" && !forgotten ? career.statusChangedAt : null;
  const revoked = given.revoked === undefined ? gone : calendar.in(given.revoked);
  const granted = calendar.past(starts < calendar.now ? starts : later(career.createdAt, calendar.in(-3)));
  return {
    id: demoId("grant", `${person.username}/${role}/${count}`),
    user_id: person.id,
    group_id: null,
    role_id: demoRoleId(role),
    scope_id: scope?.id ?? null,
    starts_at: starts,
    expires_at: ends,
    granted_by_kind: "SYSTEM",
    granted_by_id: null,
    granted_by_name: "demo",
    granted_at: granted,
    reason,
    revoked_at: revoked && later(revoked, granted),
  };
}

const later = (one: Date, other: Date): Date => (one > other ? one : other);
