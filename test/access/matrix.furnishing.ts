import { sql } from "kysely";
import { NAMED_ACCOUNTS } from "../../src/features/demo/demo.accounts.ts";
import { newId, publicId } from "../../src/kernel/ids.ts";
import { someCause } from "../support/database.ts";
import { tokenOf, uuid } from "../support/directory.ts";
import type { TestGateway } from "../support/gateway.ts";
import type { Person, Subjects } from "./matrix.world.ts";

/*
 * People and units whom the questions are about, and what the demo has none of. What it makes means nobody, changes nobody, or is about the
 * two people inside and outside of the division.
 */

/** By what the two people are known, the one inside first. */
export const KEYS = ["inside", "outside"].map((name) => ({
  email: `matrix-${name}@example.org`,
  employeeNumber: `M-${name}`,
  identity: { source: "OIDC", issuer: "https://matrix.example.org", externalId: name },
}));

/** The key of an attribute whose values not everybody reads. */
export const GUARDED = "matrix";

/** Chooses people and units, and makes what the demo has none of. */
export async function furnish(
  gateway: TestGateway,
  people: ReadonlyMap<string, Person>,
  units: ReadonlyMap<string, readonly string[]>,
): Promise<Subjects> {
  const before = (await gateway.run("{ users(first: 1) { position } }")).users.position;
  const ada = [...people.values()].find(({ username }) => username === "ada.admin") as Person;
  const administrator = await tokenOf(gateway, ada.id);
  const searchOf = async (input: object): Promise<string> => {
    const made = await gateway.run(
      "mutation ($input: CreateSavedSearchInput!) { createSavedSearch(input: $input) { savedSearch { id } position } }",
      { input: { visibility: "SHARED", ...input } },
      administrator,
    );
    return made.createSavedSearch.savedSearch.id;
  };
  const { createSignInPolicy } = await gateway.run(
    `mutation { createSignInPolicy(input: { name: "Nobody", filter: { id: { in: [] } }, require: MFA }) { policy { id } } }`,
  );
  const { createApprovalPolicy } = await gateway.run(
    `mutation { createApprovalPolicy(input: { name: "Nobody", filter: { id: { in: [] } },
      steps: [{ deciders: [{ by: MANAGER }, { by: ROLE, roleKey: "employee" }] }] }) { policy { id } } }`,
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
  // Of one, what a person has may be read with USER_READ_SECURITY alone; the others are the demo's.
  const { createAttributeDefinition } = await gateway.run(
    `mutation { createAttributeDefinition(input: { key: "${GUARDED}", name: "Matrix", type: CHOICE, readPermission: USER_READ_SECURITY,
      choices: [{ value: "a", label: "A" }, { value: "b", label: "B" }] }) { definition { id } } }`,
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
  const homeless = pick("without a unit", ({ unitPath, status }) => unitPath.length === 0 && status === "ACTIVE").id;
  const nobodys = await searchOf({ name: "Active", filter: { id: { in: [] } } });
  return {
    inside: inside.id,
    outside: outside.id,
    homeless,
    deletedInside: pick("deleted and in the division", (person) => deleted(person) && inDivision(person)).id,
    deletedOutside: pick("deleted and outside", (person) => deleted(person) && !inDivision(person)).id,
    division,
    insideUnit: unitOf(inside),
    outsideUnit: unitOf(outside),
    insideGrant: rich.get(inside.id) as string,
    outsideGrant: rich.get(outside.id) as string,
    role: roles.nodes.find(({ key }: { key: string }) => key === "division-admin").id,
    search: nobodys,
    peopleSearch: await searchOf({
      name: "Active three",
      filter: { id: { in: [inside.id, outside.id, homeless] } },
      watch: ["nickName", "email", "lastLoginCountry"],
    }),
    insideSession: await addCredentials(gateway, inside.id),
    outsideSession: await addCredentials(gateway, outside.id),
    policy: createSignInPolicy.policy.id,
    approvalPolicy: createApprovalPolicy.policy.id,
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
      search: nobodys,
    })),
    ...(await retainNobody(gateway)),
    ...(await planSomething(gateway, [inside.id, outside.id])),
    before,
    since: (await gateway.run("{ users(first: 1) { position } }")).users.position,
  };
}

/** Lets things happen to the two people that not everybody is told of, by somebody who may; gives the place in the log behind them. */
export async function happen(gateway: TestGateway, { inside, outside }: Subjects, token: string): Promise<string> {
  const update = "mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { attributes } position } }";
  const suspend = "mutation ($input: SuspendUserInput!) { suspendUser(input: $input) { position } }";
  const reinstate = "mutation ($input: ReinstateUserInput!) { reinstateUser(input: $input) { position } }";
  let position = "";
  for (const [place, id] of [inside, outside].entries()) {
    const { node } = await gateway.run(
      "query ($id: ID!) { node(id: $id) { ... on User { attributes } } }",
      { id },
      token,
    );
    const attributes = { ...node.attributes, [GUARDED]: place === 0 ? "a" : "b" };
    const { identity, ...keys } = KEYS[place] as (typeof KEYS)[0];
    await gateway.run(update, { input: { id, nickName: "Known", ...keys, identities: [identity], attributes } }, token);
    await tokenOf(gateway, id);
    await gateway.run(suspend, { input: { id, reason: "Matrix" } }, token);
    position = (await gateway.run(reinstate, { input: { id } }, token)).reinstateUser.position;
  }
  return position;
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
      VALUES (${id}, ${user}, 'password', '{PASSWORD}', ${tx.now}, ${tx.now}, ${tx.now}, ${tx.now}, 'SYSTEM', 'test', 'SIGNED_OUT'),
        (${newId()}, ${user}, 'password', '{PASSWORD}', ${tx.now}, ${tx.now}, ${tx.now}::timestamptz + interval '1 hour', NULL, NULL, NULL, NULL)`.execute(
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
