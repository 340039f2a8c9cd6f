import { setTimeout as sleep } from "node:timers/promises";
import type { GraphQLSchema } from "graphql";
import { entities } from "../../src/assembly.ts";
import { NAMED_ACCOUNTS } from "../../src/features/demo/demo.accounts.ts";
import { loadDemo } from "../../src/features/demo/demo.load.ts";
import type { Permission } from "../../src/kernel/permissions.ts";
import { freshDatabase } from "../support/database.ts";
import { tokenOf } from "../support/directory.ts";
import { TestGateway, WIDE_LIMITS } from "../support/gateway.ts";
import { addAskers, NARROWED, narrowed, SCOPED } from "./matrix.askers.ts";
import { furnish, happen } from "./matrix.furnishing.ts";
import {
  readAttributes,
  readGrantees,
  readGrants,
  readMembers,
  readPeople,
  readSchedules,
  readSessions,
  readTokens,
  readUnits,
} from "./matrix.tables.ts";

/*
 * The demo with what it lacks, its five accounts with two more, and what the base tables say of everybody.
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
  held: readonly Held[];
}

/** A permission, the unit it was granted over (null: everywhere), and over whom an access rule leaves it; absent: over everybody there. */
export type Held = readonly [permission: Permission, unit: string | null, over?: (userId: string) => boolean];

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
  approvalPolicy: string;
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
  /** One that finds the two people and one without a unit, and watches what they are called. */
  peopleSearch: string;
  /** Positions behind which all of these were made, and behind which somebody changed the two people. */
  before: string;
  since: string;
}

/** A custom attribute, as its definition has it. */
export interface DefinedAttribute {
  type: string;
  permission: Permission | null;
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
  /** The custom attributes that are defined, by key. */
  attributes: ReadonlyMap<string, DefinedAttribute>;
  /** The place in the log, and the instant, at which everything had been made and had happened. */
  until: string;
  untilAt: string;
  close(): Promise<void>;
}

/** The demo's accounts, one of each kind; somebody who sees one division alone, and somebody whom access rules narrow. */
export const NAMES = [...NAMED_ACCOUNTS.map(({ username }) => username), SCOPED, NARROWED];

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
  const subjects = await furnish(gateway, await readPeople(gateway, units), units);
  await addAskers(gateway, subjects);
  const people = await readPeople(gateway, units);
  const askers = await Promise.all(NAMES.map((name) => askerOf(gateway, people, subjects, name)));
  const until = await happen(gateway, subjects, askers[0]?.token as string);
  await untilMatched(gateway, subjects);
  return {
    gateway,
    schema: gateway.schema,
    grants: await readGrantees(gateway),
    members: await readMembers(gateway),
    tokens: await readTokens(gateway),
    sessions: await readSessions(gateway),
    schedules: await readSchedules(gateway),
    attributes: await readAttributes(gateway),
    people,
    units,
    askers: [NOBODY, ...askers],
    subjects,
    until,
    untilAt: new Date().toISOString(),
    close: () => gateway.close().then(fresh.close),
  };
}

/** An asker with a token of their own, and what their grants and the rules about them leave them. */
async function askerOf(
  gateway: TestGateway,
  people: ReadonlyMap<string, Person>,
  subjects: Subjects,
  name: string,
): Promise<Asker> {
  const { id } = [...people.values()].find(({ username }) => username === name) as Person;
  const granted = await readGrants(gateway, id);
  const held = name === NARROWED ? granted.flatMap((one) => narrowed(one, subjects)) : granted;
  return { name, token: await tokenOf(gateway, id), userId: id, held };
}

/** Waits until the saved searches have been matched, which happens behind the commits. */
async function untilMatched(gateway: TestGateway, { peopleSearch, since }: Subjects): Promise<void> {
  const query =
    "query ($id: ID!, $after: Position!) { savedSearch(id: $id) { changes(after: $after, first: 1) { nodes { position } } } }";
  for (let attempt = 1; ; attempt++) {
    const { data, errors } = await gateway.ask(query, { id: peopleSearch, after: since });
    if (data?.savedSearch?.changes?.nodes.length > 0) return;
    if (attempt === 100) throw new Error(`The saved search is not matched: ${JSON.stringify(errors ?? data)}`);
    await sleep(100);
  }
}
