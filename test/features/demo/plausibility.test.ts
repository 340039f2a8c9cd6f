import { describe, expect, it } from "vitest";
import { type DemoRows, makeDemo } from "../../../src/features/demo/demo.organisation.ts";
import { nextStatuses } from "../../../src/features/users/user.lifecycle.ts";
import {
  attributesProblem,
  PROFILE_TEXTS,
  tagsProblem,
  textProblem,
} from "../../../src/features/users/user.profile.ts";
import { isEmailAddress } from "../../../src/graphql/scalars.ts";
import { shiftDate } from "../../../src/search/civil-date.ts";

/** An ordinary day, a leap day, the day behind a short February, both ends of a year, and days that began early and late on the globe. */
const MOMENTS = [
  ["2026-11-20", "2026-11-20T09:30:00.000Z"],
  ["2028-02-29", "2028-02-29T23:59:59.999Z"],
  ["2027-03-01", "2027-03-01T15:00:00.000Z"],
  ["2026-12-31", "2026-12-31T12:00:00.000Z"],
  ["2027-01-01", "2027-01-01T00:00:00.000Z"],
  ["2027-06-14", "2027-06-13T10:30:00.000Z"],
  ["2027-06-14", "2027-06-15T11:30:00.000Z"],
] as const;

const demoOn = (today: string, now = `${today}T09:30:00.000Z`): DemoRows => makeDemo(today, new Date(now));
const column = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

describe.each(MOMENTS)("The demo on %s, made at %s", (today, moment) => {
  const now = new Date(moment);
  const demo = demoOn(today, moment);
  const people = demo.user_account;
  const inDays = (days: number): string => shiftDate(today, 0, days);

  it("has people who began over twenty years, some of them today, and joiners of the next two weeks", () => {
    const begun = people
      .filter(({ status, hired_on: date }) => status !== "PENDING" && date !== null)
      .map(({ hired_on: date }) => date as string);
    expect(begun.filter((date) => date > today)).toEqual([]);
    expect(begun.filter((date) => date < shiftDate(today, -12 * 21, 0))).toEqual([]);
    expect(begun.some((date) => date < shiftDate(today, -12 * 17, 0))).toBe(true);
    expect(begun.filter((date) => date === today).length).toBeGreaterThan(0);
    expect(begun.filter((date) => date < today && date >= inDays(-7)).length).toBeGreaterThan(3);
    const joining = people.filter(({ status, hired_on: date }) => status === "PENDING" && date !== null);
    expect(joining.length).toBeGreaterThan(10);
    expect(joining.every(({ hired_on: date }) => (date as string) > today && (date as string) <= inDays(14))).toBe(
      true,
    );
  });

  it("has anniversaries today and this week", () => {
    const years = Array.from({ length: 20 }, (_, place) => place + 1);
    const anniversaries = (day: number) =>
      years.flatMap((year) =>
        people.filter((person) => person.status === "ACTIVE" && person.hired_on === shiftDate(today, -12 * year, day)),
      );
    expect(anniversaries(0).length).toBeGreaterThanOrEqual(10);
    expect([1, 2, 3, 4, 5, 6].flatMap(anniversaries).length).toBeGreaterThan(4);
    expect([-1, -2, -3, -4, -5, -6].flatMap(anniversaries).length).toBeGreaterThan(4);
  });

  it("lets people leave after they came, and leavers before today", () => {
    const odd = people.filter(({ hired_on: from, terminates_on: to }) => from !== null && to !== null && to < from);
    expect(odd).toEqual([]);
    const gone = people.filter(
      ({ status, terminates_on: to }) =>
        (status === "ARCHIVED" || status === "DELETED") && (to === null || to >= today),
    );
    expect(gone).toEqual([]);
    const working = people.filter(({ status }) => status === "ACTIVE");
    expect(working.some(({ terminates_on: to }) => to !== null && to > today)).toBe(true);
    expect(working.some(({ terminates_on: to }) => to !== null && to < today)).toBe(true);
  });

  it("tells of nothing that happened before its cause or after now", () => {
    const signIns = new Map(demo.user_security.map((row) => [row.user_id, row]));
    const odd = people.filter((person) => {
      const {
        created_at: made,
        status_changed_at: changed,
        updated_at: edited,
        deleted_at: deleted,
        status_until: until,
      } = person;
      const { last_login_at: seen = null, password_changed_at: password = null } = signIns.get(person.id) ?? {};
      const shutOut = !["ACTIVE", "PENDING"].includes(person.status);
      return (
        made > changed ||
        changed > edited ||
        edited > now ||
        (until !== null && until <= now) ||
        (deleted !== null && deleted > now) ||
        (seen !== null && (seen < made || seen > (shutOut ? changed : now))) ||
        (password !== null && (password < made || password > now))
      );
    });
    expect(odd).toEqual([]);
    expect(
      demo.role_grant.filter(
        ({ granted_at: at, revoked_at: end }) => at > now || (end !== null && (end < at || end > now)),
      ),
    ).toEqual([]);
    expect(demo.user_identity.filter(({ last_synced_at: at }) => at === null || at > now)).toEqual([]);
  });

  it("has roles everywhere and over units, in force, to come, about to end, ended, taken back and forgotten", () => {
    const grants = demo.role_grant;
    const live = grants.filter(({ revoked_at: revoked }) => revoked === null);
    const week = new Date(now.getTime() + 7 * 86_400_000);
    expect(grants.filter(({ expires_at: end, starts_at: start }) => end !== null && end <= start)).toEqual([]);
    expect(live.some(({ scope_id: scope }) => scope === null)).toBe(true);
    expect(live.some(({ scope_id: scope }) => scope !== null)).toBe(true);
    expect(live.filter(({ starts_at: start }) => start > now).length).toBeGreaterThan(20);
    expect(live.filter(({ expires_at: end }) => end !== null && end > now && end < week).length).toBeGreaterThan(5);
    expect(live.filter(({ expires_at: end }) => end !== null && end <= now).length).toBeGreaterThan(2);
    expect(grants.length - live.length).toBeGreaterThan(20);
    const gone = new Set(
      people.filter(({ status }) => status === "INACTIVE" || status === "ARCHIVED").map(({ id }) => id),
    );
    expect(live.some(({ user_id: user }) => user !== null && gone.has(user))).toBe(true);
  });
});

describe("The demo", () => {
  const demo = demoOn("2026-11-20");
  const people = demo.user_account;
  const byId = new Map(people.map((person) => [person.id, person]));

  it("gives everything the same id whatever the day, and one of version 7", () => {
    const ids = (rows: DemoRows) =>
      Object.values(rows).map((table) => table.map((row) => ("id" in row ? row.id : row.user_id)));
    const [sorted, other] = [ids(demo), ids(demoOn("2027-03-01"))].map((tables) =>
      tables.map((table) => table.toSorted()),
    );
    expect(other).toEqual(sorted);
    expect(
      ids(demo)
        .flat()
        .filter((id) => !/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)),
    ).toEqual([]);
  });

  it("is made of profiles that the gateway would accept", () => {
    const problems = people.flatMap((person) => [
      ...(Object.keys(PROFILE_TEXTS) as (keyof typeof PROFILE_TEXTS)[]).flatMap((name) => {
        const value = (person as unknown as Record<string, string | null>)[column(name)];
        return value === null || value === undefined ? [] : (textProblem(name, value) ?? []);
      }),
      ...(tagsProblem(person.tags) ?? []),
      ...(attributesProblem(person.attributes) ?? []),
    ]);
    expect(problems).toEqual([]);
    expect(demo.user_email.filter(({ value }) => !isEmailAddress(value))).toEqual([]);
    expect(demo.user_phone.filter(({ value }) => !/^\+[0-9][0-9 ]{5,20}[0-9]$/.test(value))).toEqual([]);
  });

  it("has country, locale and time zone agree with the place", () => {
    const places = new Map<string | null, Set<string>>();
    for (const { location, country, locale, timezone } of people)
      places.set(location, (places.get(location) ?? new Set()).add(JSON.stringify([country, locale, timezone])));
    expect([...places].filter(([, agreed]) => agreed.size > 1)).toEqual([]);
    expect(people.filter(({ country, locale }) => country !== null && locale?.slice(-2) !== country)).toEqual([]);
  });

  it("has one person at the top, whom every other person reports to at some distance", () => {
    const top = people.filter(({ manager_id: manager, employee_type: type }) => manager === null && type !== "SERVICE");
    expect(top.map(({ title }) => title)).toEqual(["Chief Executive Officer"]);
    const reaches = (id: string, steps = 0): boolean => {
      const manager = byId.get(id)?.manager_id;
      return (
        id === top[0]?.id || (manager !== null && manager !== undefined && steps < 10 && reaches(manager, steps + 1))
      );
    };
    expect(people.filter(({ employee_type: type, id }) => type !== "SERVICE" && !reaches(id))).toEqual([]);
  });

  it("has heads who belong to their units, and none where the head has left", () => {
    const headed = demo.org_unit.filter(({ head_id: head }) => head !== null);
    expect(headed.filter(({ id, head_id: head }) => byId.get(head as string)?.org_unit_id !== id)).toEqual([]);
    expect(
      headed.filter(({ head_id: head }) =>
        ["INACTIVE", "ARCHIVED", "DELETED"].includes(byId.get(head as string)?.status ?? ""),
      ),
    ).toEqual([]);
    expect(demo.org_unit.length - headed.length).toBe(3);
  });

  it("has people left waiting by a manager in every status", () => {
    const statuses = people
      .filter(({ status }) => status === "ACTIVE")
      .map(({ manager_id: manager }) => byId.get(manager ?? "")?.status);
    expect(new Set(statuses)).toEqual(
      new Set([undefined, "PENDING", "ACTIVE", "INACTIVE", "LOCKED", "SUSPENDED", "ARCHIVED", "DELETED"]),
    );
  });

  it("keeps of everybody deleted what they can be restored to", () => {
    const deleted = people.filter(({ status }) => status === "DELETED");
    expect(
      deleted.filter(({ status_before: before }) => nextStatuses("DELETED", before as "ARCHIVED").length !== 1),
    ).toEqual([]);
    expect(people.filter(({ status, status_before: before }) => status !== "DELETED" && before !== null)).toEqual([]);
  });

  it.each([
    ["ada.admin", "administrator", null],
    ["dana.division", "division-admin", "OPS"],
    ["harper.helpdesk", "help-desk", null],
    ["audrey.auditor", "auditor", null],
    ["evan.employee", "employee", null],
  ])("has %s, who is active and holds %s over %s", (username, role, scope) => {
    const person = people.find((one) => one.username === username);
    const unit = demo.org_unit.find(({ code }) => code === scope);
    const granted = demo.role.find(({ key }) => key === role);
    const held = demo.role_grant.filter(({ user_id: user, role_id: id }) => user === person?.id && id === granted?.id);
    expect(person?.status).toBe("ACTIVE");
    expect(held.map(({ scope_id: id, expires_at: end, revoked_at: revoked }) => [id, end, revoked])).toEqual([
      [unit?.id ?? null, null, null],
    ]);
    expect(
      demo.user_email.find(({ user_id: user, is_primary: primary }) => user === person?.id && primary)?.verified,
    ).toBe(true);
  });

  it("gives evan.employee nothing but the baseline", () => {
    const evan = people.find(({ username }) => username === "evan.employee");
    expect(demo.role_grant.filter(({ user_id: user }) => user === evan?.id)).toHaveLength(1);
  });

  it("has names of many scripts and letters", () => {
    const names = people.map(({ display_name: name, nick_name: nick }) => `${name} ${nick ?? ""}`).join("\n");
    for (const script of ["Han", "Arabic", "Devanagari", "Hangul", "Cyrillic", "Hiragana", "Hebrew", "Tamil", "Greek"])
      expect(names).toMatch(new RegExp(`\\p{Script=${script}}`, "u"));
    for (const letter of "ßøłñþıåęőțğ") expect(names.toLowerCase()).toContain(letter);
    expect(people.some(({ given_name: given, family_name: family }) => given !== null && family === null)).toBe(true);
  });

  it("has accounts of machines that nobody answers for", () => {
    const machines = people.filter(({ employee_type: type }) => type === "SERVICE");
    expect(machines.some(({ manager_id: manager }) => manager === null)).toBe(true);
    expect(machines.some(({ manager_id: manager }) => manager !== null)).toBe(true);
    expect(machines.filter(({ given_name: given, hired_on: date }) => given !== null || date !== null)).toEqual([]);
  });
});
