import type { Selectable } from "kysely";
import type { UserAccountRow } from "../../database/tables.ts";
import { shiftDate } from "../../search/civil-date.ts";
import type { IdentitySource } from "../users/user.entity.ts";
import type { Calendar } from "./demo.calendar.ts";
import { CRAFTS } from "./demo.crafts.ts";
import { inAscii } from "./demo.names.ts";
import type { DemoPerson } from "./demo.roster.ts";
import { DEMO_UNITS, type DemoUnit } from "./demo.units.ts";

type Profile = Selectable<UserAccountRow>;

/** The account rows of everybody, each behind that of their manager. HR numbers people in the order in which they came. */
export function profileRows(people: readonly DemoPerson[], calendar: Calendar): Profile[] {
  const employed = people.filter(
    ({ career, type }) => career.hiredOn !== null && (type === "EMPLOYEE" || type === "INTERN"),
  );
  const byTenure = employed.toSorted((a, b) => b.career.years - a.career.years);
  const numbers = new Map(byTenure.map((person, place) => [person, `TT-${String(10_014 + place * 3)}`]));
  return people.map((person) => rowOf(person, numbers.get(person) ?? null, calendar));
}

function rowOf(person: DemoPerson, employeeNumber: string | null, calendar: Calendar): Profile {
  const { career, name, site, type, machine } = person;
  return {
    id: person.id,
    version: versionOf(person),
    username: person.username,
    display_name: name.display,
    status: career.status,
    status_reason: career.statusReason,
    status_changed_at: career.statusChangedAt,
    status_until: career.statusUntil,
    status_before: career.statusBefore,
    deleted_at: career.deletedAt,
    erased_at: null,
    given_name: name.given,
    middle_name: name.middle,
    family_name: name.family,
    nick_name: name.nick,
    honorific_prefix: name.prefix,
    honorific_suffix: name.suffix,
    employee_number: employeeNumber,
    title: person.title,
    employee_type: type,
    ...placeOf(person),
    location: site?.location ?? null,
    country: site?.country ?? null,
    locale: site?.locale ?? null,
    timezone: site?.timezone ?? null,
    preferred_language: site && languagesOf(name.language, site.locale),
    tags: machine ? ["machine"] : tagsOf(person),
    attributes: machine ? {} : attributesOf(person, calendar),
    source: sourceOf(person),
    hired_on: career.hiredOn,
    terminates_on: career.terminatesOn,
    org_unit_id: person.unit?.id ?? null,
    manager_id: person.manager?.id ?? null,
    created_at: career.createdAt,
    updated_at: career.updatedAt,
  };
}

/** One for its making, one for a status that changed since, and one for what HR edited last. */
const versionOf = ({ career }: DemoPerson): number =>
  1 + Number(career.status !== "PENDING") + Number(career.updatedAt > career.statusChangedAt);

const DEPARTMENTS = DEMO_UNITS.filter(({ kind }) => kind === "DEPARTMENT");

const nearest = (unit: DemoUnit, kind: DemoUnit["kind"]): DemoUnit | undefined =>
  unit.path.findLast((above) => above.kind === kind);

/** What HR writes beside the place in the hierarchy. */
function placeOf({ unit, type }: DemoPerson): Pick<Profile, "department" | "division" | "cost_center"> {
  const department = unit && nearest(unit, "DEPARTMENT");
  const paid = department && type !== "PARTNER" && type !== null;
  return {
    department: department?.name ?? null,
    division: (unit && nearest(unit, "DIVISION")?.name) ?? null,
    cost_center: paid ? `CC-${2_000 + 10 * DEPARTMENTS.indexOf(department)}` : null,
  };
}

/** As in HTTP's Accept-Language: home, the office, English. */
function languagesOf(home: string, locale: string): string {
  const languages = [home, locale, locale.slice(0, 2), "en"];
  const wanted = languages.filter((language, place) => languages.indexOf(language) === place);
  return wanted
    .map((language, place) => (place === 0 ? language : `${language};q=${(1 - place * 0.2).toFixed(1)}`))
    .join(", ");
}

function tagsOf({ unit, fate, heads, career, chance, account }: DemoPerson): string[] {
  const tags = unit && !account ? chance.some(CRAFTS[unit.craft].tags, chance.of([0, 0, 0, 1, 1, 2, 3])) : [];
  if (unit?.path.length === 1 && heads) tags.push("board");
  if (fate.kind === "ends" && fate.day > 0) tags.push("offboarding");
  if (career.years < 0.25 && career.status !== "DELETED" && chance.odds(60)) tags.push("onboarding");
  return tags;
}

const SIZES = ["XS", "S", "M", "M", "L", "L", "XL", "XXL"];
const PROBATION_MONTHS = 6;

/** One attribute of each type, on those of whom somebody asked; their keys in order, as the gateway keeps them. */
function attributesOf({ unit, site, type, career, chance }: DemoPerson, calendar: Calendar): Record<string, unknown> {
  if (!unit || !site || type === null) return {};
  const { certifications } = CRAFTS[unit.craft];
  const onProbation = career.hiredOn !== null && career.years < 1.5 && type === "EMPLOYEE";
  const given: Record<string, unknown> = {
    badgeNumber: chance.odds(85)
      ? `${inAscii(site.location).slice(0, 3).toUpperCase()}-${chance.digits(5)}`
      : undefined,
    certifications: chance.odds(45) ? chance.some(certifications, chance.between(0, certifications.length)) : undefined,
    probationEnds: onProbation ? shiftDate(career.hiredOn ?? calendar.today, PROBATION_MONTHS, 0) : undefined,
    remote: chance.odds(80) ? chance.odds(35) : undefined,
    shirtSize: chance.odds(70) ? chance.of(SIZES) : undefined,
    startedProjects: chance.odds(60) ? Math.floor(chance.number() * (2 + career.years * 1.5)) : undefined,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** Those who came before the HR system were imported; a few were made by hand. */
function sourceOf({ type, machine, career, chance, account }: DemoPerson): IdentitySource {
  if (machine || account) return "LOCAL";
  if (type === "PARTNER") return "OIDC";
  if (type === "CONTRACTOR") return chance.odds(50) ? "LDAP" : "SCIM";
  if (type === null || career.years > 9) return "IMPORT";
  return "HRIS";
}
