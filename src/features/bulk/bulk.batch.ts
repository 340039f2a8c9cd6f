import { setImmediate as others } from "node:timers/promises";
import { sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import type { Placed } from "../../access/policy.ts";
import type { BulkProblem } from "../../database/bulk-tables.ts";
import type { Tx } from "../../database/transaction.ts";
import type { Consequence } from "../../kernel/consequence.ts";
import { conflict, type ErrorDetails, notFound, RollcallError } from "../../kernel/errors.ts";
import { isSameJson } from "../../kernel/same.ts";
import { fold } from "../../search/folding.ts";
import type { AttributeChecks, CheckedPerson } from "../attributes/attribute.checks.ts";
import type { ContactLists } from "../users/user.contacts.ts";
import { mayReadAttribute } from "../users/user.readable.ts";
import { takenNames } from "../users/user.rules.ts";
import type { UserCascade } from "../users/user.service.ts";
import { type ContactChange, changedSince, type PersonChange, writesAttributes, writesProfile } from "./bulk.change.ts";
import { type Decision, decide, decideCreation, isChange } from "./bulk.decision.ts";
import { type Following, followDecisions } from "./bulk.following.ts";
import { loadStandings, type Standings } from "./bulk.standing.ts";
import { UniqueValues } from "./bulk.unique.ts";
import { holdingOthers, type Unwritten } from "./bulk.unwritten.ts";
import { refusedHolders, writeDecisions } from "./bulk.write.ts";

/** Somebody to be changed. */
export interface Wanted {
  userId: string;
  change: PersonChange;
  /** The version that the change was made for; undefined: any. */
  version: number | undefined;
  /** What the plan found that the change comes to; another finding is a conflict. */
  found?: Pick<Decision, "before" | "after"> | undefined;
}

/** What became of somebody in a batch. */
export type Result =
  | { userId: string; kind: "CHANGED"; decision: Decision }
  | { userId: string; kind: "UNCHANGED"; version: number; notes: readonly string[] }
  | { userId: string; kind: "CONFLICT" | "REFUSED" | "FAILED"; version: number; problem: BulkProblem };

/** What is asked of changes beside the rules of users, and what follows from them. */
export interface Rules {
  cascades: readonly UserCascade[];
  attributes: AttributeChecks;
  /** Of people who have no time zone of their own. */
  orgTimezone: string;
}

/** How many people are decided about before whoever else waits for this process has their turn, and what was sent goes on. */
const IN_A_TURN = 50;

export interface Batch {
  results: Result[];
  consequences: Consequence[];
}

/** What batches of one rehearsal have in common. */
export interface Rehearsal {
  unwritten?: Unwritten | undefined;
  values?: UniqueValues;
}

/**
 * Changes people together, each as the single mutations would, by the rights of the viewer: locks them, decides, writes all who pass, and
 * brings about what follows. Whoever is refused, also by a consequence, is left as they were, and nobody else is held up by it. Of people who are made
 * alone a rehearsal may have them decided about and not written.
 */
export async function changePeople(
  tx: Tx,
  viewer: Viewer,
  { cascades, attributes, orgTimezone }: Rules,
  wanted: readonly Wanted[],
  { unwritten, values = new UniqueValues() }: Rehearsal = {},
): Promise<Batch> {
  if (wanted.some(({ change }) => writesAttributes(change))) await attributes.share(tx);
  const written = await loadStandings(tx, viewer, wanted, { orgTimezone });
  const managers = new Map([...written.facts.managers, ...(unwritten?.among(wanted) ?? [])]);
  const standings = { ...written, facts: { ...written.facts, managers } };
  const decided = new Map<string, Result>();
  for (const [place, one] of wanted.entries()) {
    if (place % IN_A_TURN === 0) await others();
    const result = await resultOf(tx, viewer, cascades, one, standings);
    decided.set(one.userId, result);
    // Whoever comes later in the batch may report to them.
    if (result.kind === "CHANGED" && result.decision.isNew) managers.set(one.userId, result.decision.place);
  }
  const due = [...decided.values()].flatMap((result) => (result.kind === "CHANGED" ? result.decision : []));
  const refused = problemsOf([
    ...(await namesRefused(tx, due)),
    ...(await attributesRefused(tx, viewer, { attributes, values }, due)),
    ...(unwritten ? await holdingOthers(tx, due) : []),
  ]);
  const write = async (refusals: Refusals): Promise<Following> => {
    for (const [userId, problem] of refusals) {
      const kind = problem.code === "INTERNAL" ? "FAILED" : "REFUSED";
      decided.set(userId, refusal(userId, kind, standings, problem));
    }
    const lost = lostAmong(due, ({ userId }) => decided.get(userId)?.kind !== "CHANGED");
    for (const userId of lost) decided.set(userId, refusal(userId, "REFUSED", standings, MANAGER_IS_NOT_THERE));
    const left = due.filter(({ userId }) => decided.get(userId)?.kind === "CHANGED");
    unwritten?.add(left);
    return left.length === 0 || unwritten ? NOTHING : writeTogether(tx, viewer, cascades, left, write);
  };
  const { consequences, notes } = await write(refused);
  values.add(due.flatMap(({ userId, checked }) => (decided.get(userId)?.kind === "CHANGED" ? (checked ?? []) : [])));
  return { results: [...decided.values()].map((result) => withNotes(result, notes.get(result.userId))), consequences };
}

/** Whom of these their changes would leave as they are, without a word, with their versions: by a look that locks nobody, and so is true of that moment. */
export async function unchangedAmong(
  tx: Tx,
  viewer: Viewer,
  { cascades, attributes, orgTimezone }: Rules,
  wanted: readonly Wanted[],
): Promise<ReadonlyMap<string, number>> {
  if (wanted.some(({ change }) => writesAttributes(change))) await attributes.share(tx);
  const standings = await loadStandings(tx, viewer, wanted, { orgTimezone, locks: false });
  const unchanged = new Map<string, number>();
  for (const one of wanted) {
    const result = await resultOf(tx, viewer, cascades, one, standings);
    if (result.kind === "UNCHANGED" && result.notes.length === 0) unchanged.set(one.userId, result.version);
  }
  return unchanged;
}

const NOTHING: Following = { consequences: [], notes: new Map() };

const withNotes = (result: Result, notes: readonly string[] | undefined): Result =>
  notes && result.kind === "CHANGED"
    ? { ...result, decision: { ...result.decision, notes: [...result.decision.notes, ...notes] } }
    : result;

const CHANGED_SINCE = problemOf(changedSince());
const MANAGER_IS_NOT_THERE = problemOf(notFound("user", "input.managerId"));

/** Who would be made to report, directly or through others, to whom the same batch was to make and does not; managers stand before their reports. */
function lostAmong(due: readonly Decision[], isRefused: (one: Decision) => boolean): readonly string[] {
  const absent = new Set<string>();
  const lost: string[] = [];
  for (const one of due.filter(({ isNew }) => isNew)) {
    const isLost = absent.has(one.columns.manager_id as string);
    if (isLost || isRefused(one)) absent.add(one.userId);
    if (isLost && !isRefused(one)) lost.push(one.userId);
  }
  return lost;
}

const refusal = (
  userId: string,
  kind: "CONFLICT" | "REFUSED" | "FAILED",
  { people }: Standings,
  problem: BulkProblem,
): Result => ({ userId, kind, version: people.get(userId)?.version ?? 0, problem });

async function resultOf(
  tx: Tx,
  viewer: Viewer,
  cascades: readonly UserCascade[],
  { userId, change, version, found }: Wanted,
  standings: Standings,
): Promise<Result> {
  const user = standings.people.get(userId);
  if (version !== undefined && user?.version !== version) return refusal(userId, "CONFLICT", standings, CHANGED_SINCE);
  try {
    if (change.create) {
      if (user) return refusal(userId, "CONFLICT", standings, CHANGED_SINCE);
      return { userId, kind: "CHANGED", decision: decideCreation(viewer, userId, change, standings) };
    }
    const decision = decide(viewer, userId, change, standings);
    const { profile = {}, contacts } = change;
    if (writesProfile(change)) {
      const command = { id: userId, expectedVersion: undefined, profile, contacts: guarded(contacts) };
      for (const { updating } of cascades) await updating?.(tx, viewer, command);
    }
    // A role that somebody else has given or taken meanwhile changes no version.
    if (!isChange(decision)) return { userId, kind: "UNCHANGED", version: decision.version, notes: decision.notes };
    if (found && !isAsFound(found, decision)) return refusal(userId, "CONFLICT", standings, CHANGED_SINCE);
    return { userId, kind: "CHANGED", decision };
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error;
    return refusal(userId, error.code === "STALE_VERSION" ? "CONFLICT" : "REFUSED", standings, problemOf(error));
  }
}

/** One identity that is given is a change of the identities. */
const guarded = ({ identity, ...lists }: ContactChange = {}): ContactLists =>
  identity ? { ...lists, identities: [identity] } : lists;

/** Also what it would come to: of templates and of where units stand no version of a person tells. */
const isAsFound = (found: Pick<Decision, "before" | "after">, { before, after }: Decision): boolean =>
  isSameJson([found.before, found.after], [before, after]);

/** What an error says of one person; where it stood in an input of the single mutation says nothing here. */
export function problemOf({ code, message, details }: RollcallError): BulkProblem {
  return {
    code,
    message: message.replace(/^input\./, ""),
    ...(details.field ? { field: details.field } : {}),
    ...(details.permission ? { permission: details.permission } : {}),
    ...pathIn(details),
  };
}

/** The value of the change that an error is about, where it says. */
function pathIn({ inputPath, violations }: ErrorDetails): { path?: string } {
  const path = inputPath ?? violations?.[0]?.path;
  return path === undefined ? {} : { path: path.replace(/^input\./, "") };
}

/** Whose attributes would not fit their definitions, or would be what another one's are or become. */
async function attributesRefused(
  tx: Tx,
  viewer: Viewer,
  { attributes, values }: { attributes: AttributeChecks; values: UniqueValues },
  due: readonly Decision[],
): Promise<ReadonlyMap<string, RollcallError>> {
  const places = new Map(due.map(({ userId, place }) => [userId, place]));
  const people = due.flatMap(({ checked }) => checked ?? []);
  if (people.length === 0) return new Map();
  const mayKnow = ({ id }: CheckedPerson, key: string) => mayReadAttribute(viewer, places.get(id) as Placed)(key);
  const refused = await attributes.refusals(tx, people, mayKnow, (key, value) => values.isFree(key, value));
  const others = people.filter(({ id }) => !refused.has(id));
  return new Map([...refused, ...(await values.refused(tx, others))]);
}

/** Who would have a name that is another's, in the directory or among those who are changed beside them. */
async function namesRefused(tx: Tx, due: readonly Decision[]): Promise<ReadonlyMap<string, RollcallError>> {
  const named = due.flatMap(({ names }) => names ?? []);
  if (named.length === 0) return new Map();
  const refused = new Map(await takenNames(tx, named));
  const seen = new Set<string>();
  for (const { id, username, employeeNumber } of named) {
    if (refused.has(id)) continue;
    const keys = [`u:${fold(username)}`, ...(employeeNumber ? [`e:${fold(employeeNumber)}`] : [])];
    if (keys.some((key) => seen.has(key)))
      refused.set(id, conflict("Another person of this change gets the same name.", { inputPath: "input.username" }));
    for (const key of keys) seen.add(key);
  }
  return refused;
}

/** Who is not changed, and why. */
type Refusals = ReadonlyMap<string, BulkProblem>;

const problemsOf = (errors: Iterable<readonly [string, RollcallError]>): Refusals =>
  new Map([...errors].map(([userId, error]) => [userId, problemOf(error)]));

export const BY_THE_DATABASE: BulkProblem = {
  code: "INTERNAL",
  message: "The database refused this person's change.",
};

/** What refuses a change, by a rule or by the database; undefined for what is no refusal, and may pass by itself. */
export function refusalIn(error: unknown): BulkProblem | undefined {
  if (error instanceof RollcallError) return problemOf(error);
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== "string" || !/^[0-9A-Z]{5}$/.test(code)) return undefined;
  // Integrity and data of a row, or a raised exception: another time it would be the same.
  const ofTheChange = code.startsWith("22") || code.startsWith("23") || code.startsWith("P0");
  return ofTheChange ? BY_THE_DATABASE : undefined;
}

/** Writes them; where a rule that looks at all of them together, or the database, refuses somebody, all is undone and done again without them. */
async function writeTogether(
  tx: Tx,
  viewer: Viewer,
  cascades: readonly UserCascade[],
  due: readonly Decision[],
  again: (refusals: Refusals) => Promise<Following>,
): Promise<Following> {
  const write = async (some: readonly Decision[]): Promise<Following> => {
    await writeDecisions(tx, viewer, some);
    return followDecisions(tx, cascades, some);
  };
  await sql`SAVEPOINT bulk_batch`.execute(tx.sql);
  const together = await attempted(tx, () => write(due));
  const { refused, following } =
    "done" in together
      ? { refused: new Map<string, BulkProblem>(), following: together.done }
      : due.length === 1
        ? { refused: new Map(due.map(({ userId }) => [userId, together.problem])), following: NOTHING }
        : await oneByOne(tx, due, write);
  const refusals = refused.size > 0 ? refused : problemsOf(await refusedHolders(tx, due));
  if (refusals.size === 0) {
    await sql`RELEASE SAVEPOINT bulk_batch`.execute(tx.sql);
    return following;
  }
  await sql`ROLLBACK TO SAVEPOINT bulk_batch`.execute(tx.sql);
  return again(refusals);
}

/** Writes each behind all others before them: whoever cannot be changed then is who it is that stands in the way. */
async function oneByOne(
  tx: Tx,
  due: readonly Decision[],
  write: (some: readonly Decision[]) => Promise<Following>,
): Promise<{ refused: Refusals; following: Following }> {
  const refused = new Map<string, BulkProblem>();
  let lost: readonly string[] = [];
  const consequences: Consequence[] = [];
  const notes = new Map<string, readonly string[]>();
  for (const decision of due) {
    // Whoever was to report to somebody refused is told so when it is done again without them.
    if (lost.includes(decision.userId)) continue;
    const attempt = await attempted(tx, () => write([decision]));
    if ("problem" in attempt) {
      refused.set(decision.userId, attempt.problem);
      lost = lostAmong(due, ({ userId }) => refused.has(userId));
    } else {
      consequences.push(...attempt.done.consequences);
      for (const [userId, more] of attempt.done.notes) notes.set(userId, more);
    }
  }
  return { refused, following: { consequences, notes } };
}

/** Does something in a savepoint: what refuses it undoes it. */
async function attempted<T>(tx: Tx, work: () => Promise<T>): Promise<{ done: T } | { problem: BulkProblem }> {
  await sql`SAVEPOINT bulk_attempt`.execute(tx.sql);
  try {
    const done = await work();
    await sql`RELEASE SAVEPOINT bulk_attempt`.execute(tx.sql);
    return { done };
  } catch (error) {
    const problem = refusalIn(error);
    if (!problem) throw error;
    await sql`ROLLBACK TO SAVEPOINT bulk_attempt`.execute(tx.sql);
    await sql`RELEASE SAVEPOINT bulk_attempt`.execute(tx.sql);
    return { problem };
  }
}
