import { sql } from "kysely";
import type { Tx } from "../../database/transaction.ts";
import { conflict, invalidInput, type RollcallError, type Violation } from "../../kernel/errors.ts";
import { isSameJson } from "../../kernel/same.ts";
import { type Accepting, type AttributeProblemKind, problemMessage } from "./attribute.problems.ts";

/** Somebody whose attributes are about to be others. */
export interface CheckedPerson {
  /** Theirs, also where they are new. */
  id: string;
  /** What they have; empty where they are new. */
  before: Readonly<Record<string, unknown>>;
  /** What they will have. */
  after: Readonly<Record<string, unknown>>;
  isNew: boolean;
  /** Whether they come back from having been deleted: what must be unique about them is then asked of all that they have, and nothing else is. */
  returns?: boolean;
}

/** One thing that is wrong with an attribute of one of them. */
export interface FoundProblem {
  /** The person's place in the list. */
  place: number;
  key: string;
  problem: AttributeProblemKind;
  /** In words that say what would be accepted and never repeat the value. */
  message: string;
  allowed?: readonly string[];
  limit?: number;
}

/** What becomes of keys that no definition has. */
export type UndefinedKeys = "accepted" | "refused";

/**
 * Holds people's attributes to their definitions, at every entrance (schema/ATTRIBUTES.md). A value is asked about where it is given or changes; that
 * a required one is there, where a person is made or any of their attributes changes. What stands already and is not touched is left.
 */
export class AttributeChecks {
  constructor(private readonly undefinedKeys: UndefinedKeys = "accepted") {}

  /** Whether keys that no definition has are accepted. */
  get acceptsUndefined(): boolean {
    return this.undefinedKeys === "accepted";
  }

  /** Keeps definitions as they are until the transaction ends. Asked before people's rows are locked, which a change of definitions may wait for. */
  async share(tx: Tx): Promise<void> {
    await this.problemsOf(tx, []);
  }

  /** Everything that is wrong with these people's attributes, in one statement. Definitions do not change until the transaction ends. */
  async problemsOf(tx: Tx, people: readonly CheckedPerson[]): Promise<FoundProblem[]> {
    const { rows } = await sql<Found>`
      SELECT p.place, p.key, p.problem FROM attribute_problems(${people.map(({ id }) => id)}::uuid[],
        ${people.map(({ after }) => JSON.stringify(after))}::jsonb[]) p ORDER BY p.place, p.key COLLATE "C"`.execute(
      tx.sql,
    );
    const concerning = rows.filter((row) => this.#concerns(row, people[row.place] as CheckedPerson));
    if (concerning.length === 0) return [];
    const keys = [...new Set(concerning.map(({ key }) => key))];
    const definitions = await tx.sql.selectFrom("attribute_definition").selectAll().where("key", "in", keys).execute();
    const accepting = new Map(definitions.map((row) => [row.key, acceptingOf(row)]));
    return concerning.map((row) => ({ ...row, ...problemMessage(row.problem, accepting.get(row.key)) }));
  }

  /**
   * Passes where one person's attributes will be right; else INVALID_INPUT with every violation at its path, or CONFLICT where all that is wrong is that
   * somebody else has a value. `mayKnow` says of which attributes that were not given the asker may be told that they are missing.
   */
  async require(tx: Tx, person: CheckedPerson, mayKnow: (key: string) => boolean): Promise<void> {
    const refused = (await this.refusals(tx, [person], (_, key) => mayKnow(key))).get(person.id);
    if (refused) throw refused;
  }

  /** The same of many people in one statement: what each of those would be told whose attributes will not be right, by their ids. */
  async refusals(
    tx: Tx,
    people: readonly CheckedPerson[],
    mayKnow: (person: CheckedPerson, key: string) => boolean,
    isFree: (key: string, value: unknown) => boolean = () => false,
  ): Promise<ReadonlyMap<string, RollcallError>> {
    const told = (await this.problemsOf(tx, people)).filter(({ place, key, problem }) => {
      const person = people[place] as CheckedPerson;
      if (problem === "TAKEN") return !isFree(key, person.after[key]);
      return !isSameJson(person.before[key], person.after[key]) || mayKnow(person, key);
    });
    const found = Map.groupBy(told, ({ place }) => people[place] as CheckedPerson);
    return new Map([...found].map(([person, problems]) => [person.id, refusalOf(problems, person)]));
  }

  #concerns({ key, problem }: Found, { before, after, isNew, returns }: CheckedPerson): boolean {
    if (problem === "UNDEFINED" && this.acceptsUndefined) return false;
    if (!isSameJson(before[key], after[key]) || (returns && problem === "TAKEN")) return true;
    return problem === "REQUIRED" && (isNew || differ(before, after));
  }
}

const TAKEN = "Another person has this value of an attribute that must be unique.";

function refusalOf(found: readonly FoundProblem[], { before, after }: CheckedPerson): RollcallError {
  // Who comes back is told of no attribute that nobody has given, which they may not be let read who ask.
  if (found.some(({ key, problem }) => problem === "TAKEN" && isSameJson(before[key], after[key])))
    return conflict(TAKEN, { field: "attributes" });
  const violations = found.map(({ key, message, allowed, limit }): Violation => {
    const path = `input.attributes.${key}`;
    return { path, message, ...(allowed ? { allowed } : {}), ...(limit === undefined ? {} : { limit }) };
  });
  if (found.some(({ problem }) => problem !== "TAKEN")) return invalidInput(violations);
  return conflict(TAKEN, {
    inputPath: (violations[0] as Violation).path,
    field: `attributes.${found[0]?.key}`,
    violations,
  });
}

const differ = (before: CheckedPerson["before"], after: CheckedPerson["after"]): boolean =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].some((key) => !isSameJson(before[key], after[key]));

interface Found {
  place: number;
  key: string;
  problem: AttributeProblemKind;
}

const acceptingOf = (row: {
  type: string;
  pattern: string | null;
  minimum: number | null;
  maximum: number | null;
  earliest: string | null;
  latest: string | null;
  min_length: number | null;
  max_length: number | null;
  choices: { value: string; label: string }[] | null;
}): Accepting => ({
  type: row.type as Accepting["type"],
  pattern: row.pattern,
  minimum: row.minimum,
  maximum: row.maximum,
  earliest: row.earliest,
  latest: row.latest,
  minLength: row.min_length,
  maxLength: row.max_length,
  choices: row.choices,
});
