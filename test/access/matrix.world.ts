import { setTimeout as sleep } from "node:timers/promises";
import type { GraphQLSchema } from "graphql";
import { sql } from "kysely";
import { pino } from "pino";
import { entities } from "../../src/assembly.ts";
import { NAMED_ACCOUNTS } from "../../src/features/demo/demo.accounts.ts";
import { loadDemo } from "../../src/features/demo/demo.load.ts";
import { gatewayOver } from "../../src/gateway.ts";
import { newId, publicId } from "../../src/kernel/ids.ts";
import type { Permission } from "../../src/kernel/permissions.ts";
import { freshDatabase, someCause } from "../support/database.ts";
import { tokenOf, uuid } from "../support/directory.ts";
import { TestGateway, WIDE_LIMITS } from "../support/gateway.ts";

/*
 * The demo, its five accounts, and what the base tables say of everybody, read without the gateway's own code.
 */

export interface Person {
  id: string;
  username: string;
  displayName: string;
  status: string;
  unitPath: readonly string[];
}

/** Whoever asks: nobody, or one of the demo's accounts with what the tables say that they were granted. */
export interface Asker {
  name: string;
  token: string | null;
  userId: string | null;
  /** Permission and the unit it was granted over; null: everywhere. */
  held: readonly [Permission, string | null][];
}

/** People and units whom the questions are about; ids are public. */
export interface Subjects {
  /** In the division of the delegated administrator. */
  inside: string;
  outside: string;
  homeless: string;
  deletedInside: string;
  deletedOutside: string;
  division: string;
  insideUnit: string;
  outsideUnit: string;
  insideGrant: string;
  outsideGrant: string;
  role: string;
  search: string;
  insideSession: string;
  outsideSession: string;
  policy: string;
  template: string;
  rule: string;
  /** About the two people: one that failed, one that is pending; whoever updates the person decides them. */
  insideApproval: string;
  outsideApproval: string;
  attribute: string;
  insideSchedule: string;
  outsideSchedule: string;
  plan: string;
  limit: string;
  importTemplate: string;
  /** One that archives, in force, and its run; it means nobody. */
  retention: string;
  retentionRun: string;
  /** Of the division, kept by hand: the two people and an employee belong to it, and it was granted a role. */
  insideGroup: string;
  /** Outside of it, kept by the saved search, which finds nobody. */
  outsideGroup: string;
  groupGrant: string;
  /** A position behind which somebody changed the two people. */
  since: string;
}

export interface World {
  gateway: TestGateway;
  schema: GraphQLSchema;
  people: ReadonlyMap<string, Person>;
  units: ReadonlyMap<string, readonly string[]>;
  /** Whose each grant is, a person's or a group's. */
  grants: ReadonlyMap<string, string>;
  /** Who belongs to each group. */
  members: ReadonlyMap<string, readonly string[]>;
  /** Whose each session is. */
  sessions: ReadonlyMap<string, string>;
  /** For whom each step is scheduled. */
  schedules: ReadonlyMap<string, string>;
  /** Whose each token is, and over which units a machine's holds; null: everywhere. */
  tokens: ReadonlyMap<string, { userId: string | null; scopes: readonly string[] | null }>;
  askers: readonly Asker[];
  subjects: Subjects;
  close(): Promise<void>;
}

/** The demo's accounts, one of each kind. */
export const NAMES = ["ada.admin", "dana.division", "harper.helpdesk", "audrey.auditor", "evan.employee"];

/** One of the accounts. */
export const askerCalled = ({ askers }: World, name: string): Asker =>
  askers.find((asker) => asker.name === name) as Asker;

/** A value as a line of a failure shows it. */
export const short = (value: unknown) => (JSON.stringify(value) ?? "nothing").slice(0, 120);

const NOBODY: Asker = { name: "nobody", token: null, userId: null, held: [] };

/** Starts it. One gateway and one demo serve the whole matrix. */
export async function startWorld(): Promise<World> {
  // On a busy machine the demo's one large transaction takes longer than a request's statement should.
  const fresh = await freshDatabase({ entities, statementTimeoutMs: 120_000 });
  const gateway = await TestGateway.over(fresh.database, {
    times: { checkpointMs: 300 },
    operations: { limits: WIDE_LIMITS },
  });
  const { database } = gateway;
  await gateway.searches.matching.start();
  await loadDemo(database, { today: new Date().toISOString().slice(0, 10) });
  const units = await readUnits(gateway);
  const people = await readPeople(gateway, units);
  const named = new Map([...people.values()].map((person) => [person.username, person]));
  const askers = [NOBODY];
  for (const { username } of NAMED_ACCOUNTS) {
    const { id } = named.get(username) as Person;
    askers.push({ name: username, token: await tokenOf(gateway, id), userId: id, held: await readGrants(gateway, id) });
  }
  const ada = askers.find(({ name }) => name === "ada.admin") as Asker;
  const subjects = await chooseSubjects(gateway, people, units, ada.token as string);
  const touch = 'mutation ($id: ID!) { updateUser(input: { id: $id, nickName: "Known" }) { position } }';
  for (const id of [subjects.inside, subjects.outside]) await gateway.run(touch, { id }, ada.token as string);
  await untilMatched(gateway, subjects);
  // The rules are declared on the schema that runs.
  const { schema } = await gatewayOver(database, "UTC", pino({ level: "silent" }));
  return {
    gateway,
    schema,
    grants: await readGrantees(gateway),
    members: await readMembers(gateway),
    tokens: await readTokens(gateway),
    sessions: await readSessions(gateway),
    schedules: await readSchedules(gateway),
    people,
    units,
    askers,
    subjects,
    close: () => gateway.close().then(fresh.close),
  };
}

/** Waits until the saved search has been matched, which happens behind the commits. */
async function untilMatched(gateway: TestGateway, { search, since }: Subjects): Promise<void> {
  const query =
    "query ($id: ID!, $after: Position!) { savedSearch(id: $id) { changes(after: $after) { hasNextPage } } }";
  for (let attempt = 1; ; attempt++) {
    const { errors } = await gateway.ask(query, { id: search, after: since });
    if (!errors) return;
    if (attempt === 100) throw new Error(`The saved search is not matched: ${JSON.stringify(errors[0])}`);
    await sleep(100);
  }
}

async function readUnits({ database }: TestGateway): Promise<Map<string, string[]>> {
  const { rows } = await sql<{ id: string; parent_id: string | null }>`SELECT id, parent_id FROM org_unit`.execute(
    database.reader,
  );
  const parents = new Map(rows.map(({ id, parent_id }) => [id, parent_id]));
  const pathOf = (id: string | null): string[] => (id === null ? [] : [...pathOf(parents.get(id) ?? null), id]);
  return new Map(rows.map(({ id }) => [publicId("OrgUnit", id), pathOf(id).map((one) => publicId("OrgUnit", one))]));
}

async function readPeople({ database }: TestGateway, units: Map<string, string[]>): Promise<Map<string, Person>> {
  const { rows } = await sql<{
    id: string;
    username: string;
    display_name: string;
    status: string;
    org_unit_id: string | null;
  }>`
    SELECT id, username, display_name, status, org_unit_id FROM user_account`.execute(database.reader);
  return new Map(
    rows.map(({ id, username, display_name: displayName, status, org_unit_id }) => {
      const unitPath = org_unit_id ? (units.get(publicId("OrgUnit", org_unit_id)) ?? []) : [];
      return [publicId("User", id), { id: publicId("User", id), username, displayName, status, unitPath }];
    }),
  );
}

async function readGrantees({ database }: TestGateway): Promise<Map<string, string>> {
  const rows = await database.reader.selectFrom("role_grant").select(["id", "user_id", "group_id"]).execute();
  return new Map(
    rows.map(({ id, user_id, group_id }) => [
      publicId("RoleGrant", id),
      user_id ? publicId("User", user_id) : publicId("Group", group_id as string),
    ]),
  );
}

async function readMembers({ database }: TestGateway): Promise<Map<string, string[]>> {
  const rows = await database.reader.selectFrom("group_member").select(["group_id", "user_id"]).execute();
  const byGroup = Map.groupBy(rows, ({ group_id }) => publicId("Group", group_id));
  return new Map([...byGroup].map(([id, members]) => [id, members.map(({ user_id }) => publicId("User", user_id))]));
}

async function readSessions({ database }: TestGateway): Promise<Map<string, string>> {
  const { rows } = await sql<{ id: string; user_id: string }>`SELECT id, user_id FROM session`.execute(database.reader);
  return new Map(rows.map(({ id, user_id }) => [publicId("Session", id), publicId("User", user_id)]));
}

async function readSchedules({ database }: TestGateway): Promise<Map<string, string>> {
  const rows = await database.reader.selectFrom("scheduled_transition").select(["id", "user_id"]).execute();
  return new Map(rows.map(({ id, user_id }) => [publicId("ScheduledTransition", id), publicId("User", user_id)]));
}

async function readTokens({ database }: TestGateway): Promise<World["tokens"]> {
  const { rows } = await sql<{ id: string; user_id: string | null; scope_ids: string[] | null }>`
    SELECT id, user_id, scope_ids FROM service_token`.execute(database.reader);
  return new Map(
    rows.map(({ id, user_id, scope_ids }) => [
      publicId("ServiceToken", id),
      {
        userId: user_id && publicId("User", user_id),
        scopes: scope_ids?.map((one) => publicId("OrgUnit", one)) ?? null,
      },
    ]),
  );
}

/** What a person's grants in force allow, with everything that their roles inherit, by the tables alone. */
async function readGrants({ database }: TestGateway, id: string): Promise<[Permission, string | null][]> {
  const roles = await sql<{ id: string; permissions: Permission[] }>`SELECT id, permissions FROM role`.execute(
    database.reader,
  );
  const inherits = await sql<{ role_id: string; inherits_id: string }>`SELECT * FROM role_inheritance`.execute(
    database.reader,
  );
  const grants = await sql<{ role_id: string; scope_id: string | null; user_id: string }>`
    SELECT role_id, scope_id, user_id FROM role_grant
    WHERE revoked_at IS NULL AND starts_at <= now() AND (expires_at IS NULL OR expires_at > now())`.execute(
    database.reader,
  );
  const permissions = new Map(roles.rows.map((role) => [role.id, role.permissions]));
  const allows = (role: string): Permission[] => [
    ...(permissions.get(role) ?? []),
    ...inherits.rows.filter(({ role_id }) => role_id === role).flatMap(({ inherits_id }) => allows(inherits_id)),
  ];
  return grants.rows
    .filter(({ user_id }) => publicId("User", user_id) === id)
    .flatMap(({ role_id, scope_id }) =>
      allows(role_id).map((one): [Permission, string | null] => [one, scope_id && publicId("OrgUnit", scope_id)]),
    );
}

async function chooseSubjects(
  gateway: TestGateway,
  people: ReadonlyMap<string, Person>,
  units: ReadonlyMap<string, readonly string[]>,
  administrator: string,
): Promise<Subjects> {
  const { createSavedSearch } = await gateway.run(
    `mutation { createSavedSearch(input: { name: "Active", visibility: SHARED, filter: { id: { in: [] } } }) { savedSearch { id } position } }`,
    {},
    administrator,
  );
  const { createSignInPolicy } = await gateway.run(
    `mutation { createSignInPolicy(input: { name: "Nobody", filter: { id: { in: [] } }, require: MFA }) { policy { id } } }`,
  );
  // One that fits nobody.
  const { createProfileTemplate } = await gateway.run(
    `mutation { createProfileTemplate(input: { name: "Nobody", filter: { title: { eq: "nobody at all" } },
      roles: [{ roleKey: "employee" }] }) { template { id } } }`,
  );
  // One that narrows nothing: always, and from anywhere.
  const { createAccessRule } = await gateway.run(
    `mutation { createAccessRule(input: { name: "Always", permissions: [SETTINGS_MANAGE], networks: ["0.0.0.0/0", "::/0"],
      hours: [{ days: [MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY] }] }) { rule { id } } }`,
  );
  // One that nobody has a value of.
  const { createAttributeDefinition } = await gateway.run(
    'mutation { createAttributeDefinition(input: { key: "matrix", name: "Matrix", type: CHOICE, choices: [{ value: "a", label: "A" }] }) { definition { id } } }',
  );
  const { orgUnit, roles } = await gateway.run(
    '{ orgUnit(by: { code: "OPS" }) { id } roles(search: "division-admin") { nodes { id key } } }',
  );
  const division = orgUnit.id as string;
  const rich = await richPeople(gateway);
  const all = [...people.values()];
  const pick = (what: string, wanted: (person: Person) => boolean): Person => {
    const found = all.find(wanted);
    if (!found) throw new Error(`The demo has nobody who is ${what}: choose another subject for the matrix.`);
    return found;
  };
  const inDivision = ({ unitPath }: Person) => unitPath.includes(division);
  const plain = (person: Person) =>
    rich.has(person.id) && !NAMED_ACCOUNTS.some(({ username }) => username === person.username);
  const inside = pick("rich in values and in the division", (person) => plain(person) && inDivision(person));
  const outside = pick("rich in values and outside", (person) => plain(person) && !inDivision(person));
  const employee = pick("the employee who signs in", ({ username }) => username === "evan.employee");
  const deleted = (person: Person) => person.status === "DELETED" && person.unitPath.length > 0;
  const unitOf = (person: Person) => person.unitPath.at(-1) as string;
  if (!units.has(unitOf(inside))) throw new Error("A person stands in a unit that is not there.");
  return {
    inside: inside.id,
    outside: outside.id,
    homeless: pick("without a unit", ({ unitPath, status }) => unitPath.length === 0 && status === "ACTIVE").id,
    deletedInside: pick("deleted and in the division", (person) => deleted(person) && inDivision(person)).id,
    deletedOutside: pick("deleted and outside", (person) => deleted(person) && !inDivision(person)).id,
    division,
    insideUnit: unitOf(inside),
    outsideUnit: unitOf(outside),
    insideGrant: rich.get(inside.id) as string,
    outsideGrant: rich.get(outside.id) as string,
    role: roles.nodes.find(({ key }: { key: string }) => key === "division-admin").id,
    search: createSavedSearch.savedSearch.id,
    insideSession: await addCredentials(gateway, inside.id),
    outsideSession: await addCredentials(gateway, outside.id),
    policy: createSignInPolicy.policy.id,
    template: createProfileTemplate.template.id,
    rule: createAccessRule.rule.id,
    insideApproval: await addApproval(gateway, inside.id, "FAILED"),
    outsideApproval: await addApproval(gateway, outside.id, "PENDING"),
    attribute: createAttributeDefinition.definition.id,
    insideSchedule: await schedule(gateway, inside.id),
    outsideSchedule: await schedule(gateway, outside.id),
    ...(await makeGroups(gateway, {
      userIds: [inside.id, outside.id, employee.id],
      units: [division, unitOf(outside)],
      search: createSavedSearch.savedSearch.id,
    })),
    ...(await retainNobody(gateway)),
    ...(await planSomething(gateway, [inside.id, outside.id])),
    since: createSavedSearch.position,
  };
}

/** Lets a person be suspended a year from now, which nobody lives to see; gives the id of what is scheduled. */
async function schedule(gateway: TestGateway, id: string): Promise<string> {
  const year = (years: number) => new Date(Date.now() + years * 366 * 86_400_000).toISOString();
  const input = { id, operation: "SUSPEND", effectiveOn: year(1).slice(0, 10), until: year(2), reason: "Leave" };
  const { scheduleTransition } = await gateway.run(
    "mutation ($input: ScheduleTransitionInput!) { scheduleTransition(input: $input) { transition { id } } }",
    { input },
  );
  return scheduleTransition.transition.id;
}

/** A group of these people, granted a role that gives nothing, and one of whomever a search finds: one a unit. */
async function makeGroups(
  gateway: TestGateway,
  { userIds, units, search }: { userIds: string[]; units: [string, string]; search: string },
): Promise<Pick<Subjects, "insideGroup" | "outsideGroup" | "groupGrant">> {
  const create = async (input: object): Promise<string> => {
    const query = "mutation ($input: CreateGroupInput!) { createGroup(input: $input) { group { id } } }";
    return (await gateway.run(query, { input })).createGroup.group.id;
  };
  const [inside, outside] = units;
  const insideGroup = await create({ key: "matrix-inside", name: "Inside", orgUnitId: inside, ownerId: userIds[0] });
  const outsideGroup = await create({
    key: "matrix-outside",
    name: "Outside",
    orgUnitId: outside,
    savedSearchId: search,
  });
  await gateway.run("mutation ($input: GroupMembersInput!) { addGroupMembers(input: $input) { position } }", {
    input: { groupId: insideGroup, userIds },
  });
  const { grantRole } = await gateway.run(
    'mutation ($id: ID!) { grantRole(input: { granteeId: $id, roleKey: "employee" }) { grant { id } } }',
    { id: insideGroup },
  );
  return { insideGroup, outsideGroup, groupGrant: grantRole.grant.id };
}

/** A policy that means nobody, and what it did. */
async function retainNobody(gateway: TestGateway): Promise<{ retention: string; retentionRun: string }> {
  const { createRetentionPolicy } = await gateway.run(
    `mutation { createRetentionPolicy(input: { name: "Nobody", status: INACTIVE, days: 180, action: ARCHIVE, enabled: true,
      maxPeople: 1000000, filter: { id: { in: [] } } }) { policy { id } } }`,
  );
  const retention = createRetentionPolicy.policy.id;
  const { runRetention } = await gateway.run(
    "mutation ($policyId: ID!) { runRetention(input: { policyId: $policyId }) { run { id } } }",
    { policyId: retention },
  );
  return { retention, retentionRun: runRetention.run.id };
}

/** A limit, and a plan over these people that it concerns, which nobody applies. */
async function planSomething(
  gateway: TestGateway,
  userIds: string[],
): Promise<{ plan: string; limit: string; importTemplate: string }> {
  const { createSafetyLimit } = await gateway.run(
    'mutation { createSafetyLimit(input: { name: "Many", maxPeople: 1000000 }) { limit { id } } }',
  );
  const { planBulk } = await gateway.run(
    "mutation ($input: PlanBulkInput!) { planBulk(input: $input) { plan { id } } }",
    { input: { target: { userIds }, change: { status: { operation: "SUSPEND" }, set: { nickName: "Planned" } } } },
  );
  const { createImportTemplate } = await gateway.run(
    'mutation { createImportTemplate(input: { name: "Matrix", reading: { matchBy: EMAIL, columns: [{ header: "Mail", target: "email" }] } }) { template { id } } }',
  );
  const importTemplate = createImportTemplate.template.id;
  return { plan: planBulk.plan.id, limit: createSafetyLimit.limit.id, importTemplate };
}

/** Lets a person have a factor, and a session that has ended, which no sign-in of the demo does; gives the session's id. */
async function addCredentials({ database }: TestGateway, userId: string): Promise<string> {
  const [id, factor, user] = [newId(), newId(), uuid(userId)];
  await database.write(someCause, async (tx) => {
    await sql`INSERT INTO user_factor (id, user_id, kind, name, secret, created_at, confirmed_at)
      VALUES (${factor}, ${user}, 'TOTP', 'Phone', '\\x00', ${tx.now}, ${tx.now})`.execute(tx.sql);
    await sql`INSERT INTO factor_use (factor_id) VALUES (${factor})`.execute(tx.sql);
    await sql`INSERT INTO session (id, user_id, method, factors, created_at, authenticated_at, expires_at, ended_at, ended_by_kind, ended_by_name, end_reason)
      VALUES (${id}, ${user}, 'password', '{PASSWORD}', ${tx.now}, ${tx.now}, ${tx.now}, ${tx.now}, 'SYSTEM', 'test', 'SIGNED_OUT')`.execute(
      tx.sql,
    );
  });
  return publicId("Session", id);
}

/** What the matrix's requests for approval would change. */
export const APPROVAL_CHANGE = { field: "nickName", before: null, after: "Ace" };

/** Asks for approval of a change to a person, as the gateway itself; gives the request's id. */
async function addApproval({ database }: TestGateway, userId: string, state: "FAILED" | "PENDING"): Promise<string> {
  const [id, user] = [newId(), uuid(userId)];
  const deciders = [{ by: "PERMISSION", permission: "USER_UPDATE", over: "SUBJECT" }];
  const decided = { decision: "APPROVED", at: "2026-01-05T08:00:00.000Z", by: user, for: user, comment: "Fine." };
  const steps = [{ deciders, ...(state === "FAILED" ? decided : {}) }];
  const failed = state === "FAILED";
  await database.write(someCause, async (tx) => {
    await sql`INSERT INTO approval_request (id, kind, state, user_id, subject_id, requester_kind, requester_name, reason, payload, steps, step,
        expires_at, failure_code, failure_message, created_at, updated_at, closed_at)
      VALUES (${id}, 'PROFILE_CHANGE', ${state}, ${user}, ${userId}, 'SYSTEM', 'test', 'Why not', ${JSON.stringify({ changes: [APPROVAL_CHANGE] })}::jsonb,
        ${JSON.stringify(steps)}::jsonb, 1, ${tx.now}::timestamptz + interval '9 days', ${failed ? "CONFLICT" : null}, ${failed ? "Taken." : null},
        ${tx.now}, ${tx.now}, ${failed ? tx.now : null})`.execute(tx.sql);
  });
  return publicId("ApprovalRequest", id);
}

/** Active people who have a value wherever one could be hidden, and one of their grants. */
async function richPeople({ database }: TestGateway): Promise<Map<string, string>> {
  const { rows } = await sql<{ user_id: string; grant_id: string }>`
    SELECT u.user_id, (SELECT g.id FROM role_grant g WHERE g.user_id = u.user_id AND g.revoked_at IS NULL AND g.expires_at IS NULL LIMIT 1) AS grant_id
    FROM user_search u
    WHERE u.status = 'ACTIVE' AND u.email IS NOT NULL AND u.phone IS NOT NULL AND u.last_login_at IS NOT NULL
      AND u.password_changed_at IS NOT NULL AND u.risk_score IS NOT NULL AND u.last_login_country IS NOT NULL AND u.manager_id IS NOT NULL
      AND cardinality(u.mfa_methods) > 0 AND EXISTS (SELECT FROM user_address a WHERE a.user_id = u.user_id)
      AND u.direct_report_count > 0 ORDER BY u.username`.execute(database.reader);
  return new Map(
    rows.flatMap(({ user_id, grant_id }) =>
      grant_id ? [[publicId("User", user_id), publicId("RoleGrant", grant_id)] as const] : [],
    ),
  );
}
