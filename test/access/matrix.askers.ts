import type { Permission } from "../../src/kernel/permissions.ts";
import { grant, makeRole, makeUser } from "../support/directory.ts";
import type { TestGateway } from "../support/gateway.ts";
import type { Held, Subjects } from "./matrix.world.ts";

/*
 * Askers whom the demo has none of: one to whom everything beyond a division is out of sight, and one whom access rules narrow in each of the
 * ways in which they can. The demo's own accounts all see everybody, as employees.
 */

/** Holds what a division's administrator and an auditor do, over the division, and nothing elsewhere. */
export const SCOPED = "sven.scoped";

/** Holds much everywhere, and is narrowed. */
export const NARROWED = "nadia.narrowed";

const PERMISSIONS: readonly Permission[] = [
  "AUDIT_READ",
  "BULK_RUN",
  "ORG_READ",
  "ROLE_READ",
  "USER_READ",
  "USER_READ_CONTACT",
  "USER_READ_SECURITY",
  "USER_UPDATE",
];

/** A weekday that is neither today, nor yesterday, nor tomorrow, in whatever zone. */
const anotherDay = (): string =>
  ["SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"][
    (new Date().getUTCDay() + 3) % 7
  ] as string;

/** The rules about the narrowed one: over one person alone, over everybody but one, from elsewhere, on another day. */
const RULES: readonly {
  permissions: readonly Permission[];
  circumstance(on: Subjects): object;
  /** Over whom they leave the permissions; absent: over nobody, now and from here. */
  over?(userId: string, on: Subjects): boolean;
}[] = [
  {
    permissions: ["USER_READ_CONTACT", "USER_UPDATE"],
    circumstance: ({ inside }) => ({ object: { id: { in: [inside] } } }),
    over: (userId, { inside }) => userId === inside,
  },
  {
    permissions: ["USER_READ"],
    circumstance: ({ outside }) => ({ object: { not: { id: { in: [outside] } } } }),
    over: (userId, { outside }) => userId !== outside,
  },
  { permissions: ["ROLE_READ"], circumstance: () => ({ networks: ["203.0.113.0/24", "2001:db8::/32"] }) },
  { permissions: ["USER_READ_SECURITY"], circumstance: () => ({ hours: [{ days: [anotherDay()] }] }) },
  // Satisfied: it takes nothing away.
  { permissions: ["BULK_RUN"], circumstance: () => ({ networks: ["127.0.0.0/8", "::1/128"] }), over: () => true },
];

/** What shuts somebody out of a permission that they were granted. */
export const SHUT: Readonly<Record<string, Readonly<Partial<Record<Permission, string>>>>> = {
  [NARROWED]: { ROLE_READ: "NETWORK", USER_READ_SECURITY: "HOURS" },
};

/** Adds them to the directory, and the rules. */
export async function addAskers(gateway: TestGateway, on: Subjects): Promise<void> {
  const scoped = await makeUser(gateway, { username: SCOPED, orgUnitId: on.division });
  for (const role of ["division-admin", "auditor"]) await grant(gateway, scoped.id, role, { scopeId: on.division });
  const narrow = await makeUser(gateway, { username: NARROWED, orgUnitId: on.outsideUnit });
  await grant(gateway, narrow.id, (await makeRole(gateway, PERMISSIONS)).key);
  for (const [place, { permissions, circumstance }] of RULES.entries())
    await gateway.run("mutation ($input: CreateAccessRuleInput!) { createAccessRule(input: $input) { position } }", {
      input: { name: `Narrow ${place}`, permissions, actor: { username: { eq: NARROWED } }, ...circumstance(on) },
    });
}

/** What the rules leave of something that the narrowed one was granted. */
export function narrowed([permission, unit]: Held, on: Subjects): Held[] {
  const rule = RULES.find(({ permissions }) => permissions.includes(permission));
  if (!rule) return [[permission, unit]];
  const { over } = rule;
  if (!over) return [];
  return [permission === "BULK_RUN" ? [permission, unit] : [permission, unit, (userId) => over(userId, on)]];
}
