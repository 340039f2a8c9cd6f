import type { EmployeeType } from "../users/user.entity.ts";
import { MACHINE_ACCOUNTS, type MachineAccount, NAMED_ACCOUNTS, type NamedAccount } from "./demo.accounts.ts";
import type { Calendar } from "./demo.calendar.ts";
import { type Career, careerOf, machineCareer } from "./demo.careers.ts";
import { Chance, demoId } from "./demo.chance.ts";
import { CRAFTS } from "./demo.crafts.ts";
import { type Fate, fateOfHead, fatesOfLeavers, fatesOfMembers } from "./demo.fates.ts";
import { nameOf, type PersonName, Usernames } from "./demo.names.ts";
import { SITES, type Site } from "./demo.sites.ts";
import { DEMO_UNITS, type DemoUnit, demoUnit } from "./demo.units.ts";

/** Somebody, or some machine, of the demo; everything that is written about them is made of this. */
export interface DemoPerson {
  id: string;
  username: string;
  name: PersonName;
  type: EmployeeType | null;
  /** Null for those who stand in no unit. */
  unit: DemoUnit | null;
  /** Whether they head their unit. */
  heads: boolean;
  manager: DemoPerson | null;
  /** Null for machines. */
  site: Site | null;
  title: string | null;
  career: Career;
  fate: Fate;
  account: NamedAccount | null;
  machine: MachineAccount | null;
  /** Decides whatever else there is to say about this person; used in the order in which their rows are made. */
  chance: Chance;
}

/** Everybody of the demo, each behind their manager: as many as the units say, those who have left, and the machines. */
export function makeRoster(calendar: Calendar): DemoPerson[] {
  const roster = new Roster(calendar);
  const fates = new Chance("fates");
  const seats = DEMO_UNITS.flatMap((unit) => Array.from({ length: unit.people }, (_, place) => ({ unit, place })));
  const accounts = [...NAMED_ACCOUNTS];
  const ordinary = fatesOfMembers(seats.filter(({ place }) => place > 0).length - accounts.length, fates);
  for (const { unit, place } of seats) {
    const known = place === 0 ? -1 : accounts.findIndex(({ unitCode }) => unitCode === unit.code);
    const account = accounts.splice(known < 0 ? accounts.length : known, 1)[0] ?? null;
    if (account) roster.addAccount(unit, account);
    else roster.add(unit, place, place === 0 ? fateOfHead(unit.code) : (ordinary.pop() ?? { kind: "steady" }));
  }
  const teams = DEMO_UNITS.filter(({ people }) => people > 5);
  for (const [count, fate] of fatesOfLeavers(fates).entries()) roster.add(fates.of(teams), LEAVERS + count, fate);
  for (const machine of MACHINE_ACCOUNTS) roster.addMachine(machine);
  return roster.people;
}

/** The places of those who have left are counted from here. */
const LEAVERS = 100;
/** Some people share a name, but not many. */
const NEW_NAME_PERCENT = 93;

class Roster {
  readonly people: DemoPerson[] = [];
  readonly #heads = new Map<DemoUnit, DemoPerson>();
  readonly #usernames = new Usernames();
  readonly #calendar: Calendar;

  constructor(calendar: Calendar) {
    this.#calendar = calendar;
  }

  add(unit: DemoUnit, place: number, fate: Fate): void {
    const chance = new Chance(`${unit.code}/${place}`);
    const site: Site = SITES[chance.of(unit.sites)];
    let name = nameOf(chance, site.cultures);
    while (this.#usernames.has(name) && chance.odds(NEW_NAME_PERCENT)) name = nameOf(chance, site.cultures);
    const heads = place === 0;
    const type = typeOf(chance, unit, heads || fate.kind === "began");
    const career = careerOf(chance, this.#calendar, { fate, type, rank: rankOf(unit, heads) });
    const title = titleOf(chance, unit, place, type, career.years);
    const username = this.#usernames.take(name);
    this.#seat({
      ...NOBODY,
      id: demoId("user", username),
      username,
      name,
      type,
      unit,
      heads,
      site,
      title,
      career,
      fate,
      chance,
    });
  }

  addAccount(unit: DemoUnit, account: NamedAccount): void {
    const { username, name, title, years } = account;
    const chance = new Chance(username);
    const fate: Fate = { kind: "began", years, day: -chance.between(30, 300) };
    const career = careerOf(chance, this.#calendar, { fate, type: "EMPLOYEE", rank: 0 });
    const person = { username, name, title, unit, account, career, fate, chance, heads: false };
    this.#seat({ ...NOBODY, ...person, id: demoId("user", username), type: "EMPLOYEE", site: SITES[account.site] });
  }

  addMachine(machine: MachineAccount): void {
    const { username, display, unitCode } = machine;
    const chance = new Chance(username);
    const name = { ...NAMELESS, display };
    const unit = unitCode === null ? null : demoUnit(unitCode);
    const career = machineCareer(chance, this.#calendar);
    this.#seat({
      ...NOBODY,
      id: demoId("user", username),
      username,
      name,
      type: "SERVICE",
      unit,
      career,
      machine,
      chance,
    });
  }

  /** Members report to the head of their unit, and heads to the head of the unit above it. */
  #seat(person: DemoPerson): void {
    const above = person.heads ? person.unit?.parent : person.unit;
    const seated = { ...person, manager: (above && this.#heads.get(above)) ?? null };
    if (seated.heads && seated.unit) this.#heads.set(seated.unit, seated);
    this.people.push(seated);
  }
}

const NAMELESS = { given: null, middle: null, family: null, nick: null, prefix: null, suffix: null, language: "en" };
const NOBODY = {
  heads: false,
  manager: null,
  site: null,
  title: null,
  fate: { kind: "steady" } as Fate,
  account: null,
  machine: null,
};

/** How far up somebody stands: 4 at the top of the company, 0 where nobody reports to them. */
const rankOf = (unit: DemoUnit, heads: boolean): number => (heads ? Math.max(1, 5 - unit.path.length) : 0);

function typeOf(chance: Chance, unit: DemoUnit, employed: boolean): EmployeeType | null {
  if (unit.kind === "PARTNER" && unit.path.length > 2) return "PARTNER";
  if (employed) return "EMPLOYEE";
  const lot = chance.number() * 100;
  return lot < 9 ? "CONTRACTOR" : lot < 14 ? "INTERN" : lot < 15.5 ? null : "EMPLOYEE";
}

/** What people beside the head do in a unit that is made of other units. */
const STAFF: Readonly<Record<DemoUnit["kind"], readonly string[]>> = {
  COMPANY: ["Chief of Staff", "Executive Assistant"],
  DIVISION: ["Chief of Staff", "Executive Assistant"],
  DEPARTMENT: ["Programme Manager"],
  LOCATION: ["Site Administrator", "Safety Adviser"],
  PARTNER: ["Partner Manager"],
  TEAM: ["Delivery Manager"],
};
const STAFF_AT_MOST = 4;

function titleOf(
  chance: Chance,
  unit: DemoUnit,
  place: number,
  type: EmployeeType | null,
  years: number,
): string | null {
  const craft = CRAFTS[unit.craft];
  if (place === 0) return unit.head ?? (unit.kind === "TEAM" ? craft.lead : craft.director);
  const work = chance.of(craft.work);
  if (type === "INTERN") return `${work} Intern`;
  if (type === "CONTRACTOR") return `${work} (Contract)`;
  if (type === null) return null;
  const staff = STAFF[unit.kind];
  if (unit.people <= STAFF_AT_MOST) return staff[(place - 1) % staff.length] ?? work;
  const step = Math.min(craft.ladder.length - 1, Math.floor(years / 2.5 + chance.number() * 2));
  return (craft.ladder[step] ?? "*").replace("*", work);
}
