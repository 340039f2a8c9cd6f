import type { FilterInput } from "../dist/search/print.js";

/*
 * People and saved searches of a made-up organisation, the same ones for the same seed. Every search is asked about somebody who exists, as
 * people's searches are; the larger the organisation, the more units, titles and managers there are to ask about.
 */

/** A search row as the change log carries it. */
export type Person = Record<string, unknown> & { user_id: string };

/** Random numbers that are the same in every run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const DAY = 86_400_000;
export const NOW = new Date("2026-03-02T09:00:00.000Z");
const SYLLABLES =
  "an bel cor dan el fin gar hol in jor kel lu mar no ol per quin ros sam tor ul ven wil xan yor zim".split(" ");
const STATUSES = [
  "ACTIVE",
  "ACTIVE",
  "ACTIVE",
  "ACTIVE",
  "ACTIVE",
  "ACTIVE",
  "INACTIVE",
  "LOCKED",
  "SUSPENDED",
  "PENDING",
];
const TYPES = ["EMPLOYEE", "EMPLOYEE", "EMPLOYEE", "CONTRACTOR", "INTERN", "PARTNER"];
const GRADES = ["Junior", "Senior", "Staff", "Principal", "Lead"];

const uuid = (kind: number, n: number): string => `0193500${kind}-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
export const dayOf = (instant: number): string => new Date(instant).toISOString().slice(0, 10);

/** An organisation in which so many searches are kept; the smaller it is beside them, the more of them a change concerns. */
export class Organisation {
  readonly #random: () => number;
  readonly #scale: number;

  constructor(searches: number, crowding = 1, seed = 1) {
    this.#random = seeded(seed);
    this.#scale = searches / (5_000 * crowding);
  }

  below(n: number): number {
    return Math.floor(this.#random() * n);
  }

  one<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }

  chance(share: number): boolean {
    return this.#random() < share;
  }

  tag(): string {
    return `tag-${this.below(Math.round(10 * this.#scale))}`;
  }

  role(): string {
    return `role-${this.below(Math.round(6 * this.#scale))}`;
  }

  person(n: number): Person {
    const name = `${this.#word()} ${this.#word()}`;
    return {
      user_id: uuid(1, n),
      username: `${name.replace(" ", ".").toLowerCase()}${n}`,
      display_name: name,
      email_domain: `${this.below(8)}.example`,
      status: this.one(STATUSES),
      employee_type: this.one(TYPES),
      country: `C${this.below(25)}`,
      location: `Site ${this.below(Math.round(20 * this.#scale))}`,
      cost_center: `${1000 + this.below(Math.round(60 * this.#scale))}`,
      tags: Array.from({ length: this.below(4) }, () => this.tag()),
      role_keys: Array.from({ length: 1 + this.below(3) }, () => this.role()),
      mfa_enrolled: this.chance(0.7),
      risk_score: this.below(101),
      hired_on: dayOf(NOW.getTime() - this.below(6_000) * DAY),
      last_login_at: this.chance(0.05) ? null : new Date(NOW.getTime() - this.below(400 * DAY)).toISOString(),
      ...this.place(),
    };
  }

  /** Where somebody stands, and what follows from it. */
  place(): Record<string, unknown> {
    const team = this.below(Math.round(40 * this.#scale));
    const [department, division] = [team >> 3, team >> 6];
    const leads = [100_000 + team, 200_000 + department, 300_000 + division, 400_000];
    return {
      title: `${this.one(GRADES)} ${SYLLABLES[department % SYLLABLES.length]} engineer ${department % 97}`,
      department: `Department ${department}`,
      org_unit_id: uuid(2, 100_000 + team),
      unit_path: [uuid(2, 1), uuid(2, 10 + division), uuid(2, 10_000 + department), uuid(2, 100_000 + team)],
      manager_id: uuid(1, leads[0] as number),
      manager_chain: leads.map((n) => uuid(1, n)),
    };
  }

  /** The same person after one of the changes that an organisation makes. */
  changed(person: Person): Person {
    const kind = this.#random();
    if (kind < 0.35) return { ...person, ...this.place() };
    if (kind < 0.55) return { ...person, status: this.one(STATUSES), mfa_enrolled: this.chance(0.7) };
    if (kind < 0.75) return { ...person, last_login_at: NOW.toISOString(), risk_score: this.below(101) };
    if (kind < 0.9) return { ...person, role_keys: [...(person.role_keys as string[]), this.role()] };
    return { ...person, tags: [this.tag()], location: `Site ${this.below(Math.round(20 * this.#scale))}` };
  }

  #word(): string {
    const word = this.one(SYLLABLES) + this.one(SYLLABLES);
    return word.charAt(0).toUpperCase() + word.slice(1);
  }
}

/** What criteria the searches of a mix have: those found by values alone, or comparisons, parts of texts and ages among them. */
export type Mix = "values" | "values, ranges, substrings and ages";

type Criterion = (person: Person, organisation: Organisation) => FilterInput;

const list = (value: unknown): readonly string[] => value as string[];

const BY_VALUE: readonly Criterion[] = [
  ({ status }, org) => ({ status: org.chance(0.5) ? { eq: status } : { in: [status, "LOCKED"] } }),
  (_, org) => ({ not: { status: { in: [org.one(["DELETED", "ARCHIVED", "PENDING"])] } } }),
  ({ title }, org) => ({ title: org.chance(0.6) ? { eq: title } : { in: [title, `${title} II`, "Intern"] } }),
  ({ department }) => ({ department: { eq: department } }),
  ({ location }, org) => ({ location: org.chance(0.5) ? { eq: location } : { in: [location, "Remote"] } }),
  ({ country }, org) => ({ country: { in: [country, `C${org.below(25)}`] } }),
  ({ cost_center }) => ({ costCenter: { eq: cost_center } }),
  ({ employee_type }, org) => ({ employeeType: org.chance(0.7) ? { eq: employee_type } : { ne: "PARTNER" } }),
  ({ mfa_enrolled }) => ({ mfaEnrolled: { eq: mfa_enrolled } }),
  ({ tags }, org) => ({ tags: { any: [...list(tags).slice(0, 1), org.tag()] } }),
  ({ role_keys }) => ({ roles: { any: [list(role_keys)[0]] } }),
  ({ unit_path }, org) => ({ orgUnit: { within: unitId(list(unit_path)[1 + org.below(3)] as string) } }),
  ({ unit_path }) => ({ orgUnit: { within: unitId(list(unit_path)[3] as string) } }),
  ({ manager_chain }, org) => ({ manager: { reportsTo: userId(list(manager_chain)[org.below(3)] as string) } }),
];

const BY_RANGE: readonly Criterion[] = [
  ({ risk_score }, org) => ({ riskScore: org.chance(0.5) ? { gte: risk_score } : { lt: 1 + Number(risk_score) } }),
  ({ hired_on }, org) => ({ hiredOn: org.chance(0.5) ? { gte: hired_on } : { lte: hired_on } }),
  ({ last_login_at }) => ({ lastLoginAt: last_login_at === null ? { isNull: true } : { lte: last_login_at } }),
  (_, org) => ({
    lastLoginAt: org.chance(0.6) ? { olderThan: `P${1 + org.below(365)}D` } : { withinLast: `P${1 + org.below(90)}D` },
  }),
  ({ display_name }, org) => ({ displayName: { contains: part(String(display_name), org) } }),
  ({ title }, org) => ({ title: { contains: part(String(title), org) } }),
  ({ username }) => ({ username: { startsWith: String(username).slice(0, 3) } }),
];

const part = (text: string, org: Organisation): string => {
  const from = org.below(Math.max(1, text.length - 5));
  return text.slice(from, from + 3 + org.below(4));
};

let unitId: (uuid: string) => string = (id) => id;
let userId: (uuid: string) => string = (id) => id;

/** Filters name units and people by their public ids. */
export function namedBy(unit: (uuid: string) => string, user: (uuid: string) => string): void {
  unitId = unit;
  userId = user;
}

/** Most searches are about a part of the organisation: each has one of these. */
const NARROW = BY_VALUE.filter((_, place) => [2, 3, 4, 6, 9, 10, 11, 12, 13].includes(place));

/** A filter of 2 to 6 criteria, some of them under `or` or `not`, that this person satisfies, or nearly. */
export function searchAbout(person: Person, org: Organisation, mix: Mix): FilterInput {
  const kinds = mix === "values" ? BY_VALUE : [...BY_VALUE, ...BY_RANGE];
  const wanted = 2 + org.below(5);
  const taken = new Set<Criterion>([org.one(NARROW)]);
  while (taken.size < wanted) taken.add(org.one(kinds));
  const criteria = [...taken].map((kind) => kind(person, org));
  if (wanted > 2 && org.chance(0.2))
    criteria.push({ or: [criteria.pop() as FilterInput, criteria.pop() as FilterInput] });
  return { and: criteria };
}
