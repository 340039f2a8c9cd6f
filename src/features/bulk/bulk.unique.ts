import { sql } from "kysely";
import type { Tx } from "../../database/transaction.ts";
import { conflict, type RollcallError } from "../../kernel/errors.ts";
import { isSameJson } from "../../kernel/same.ts";
import { fold } from "../../search/folding.ts";
import type { CheckedPerson } from "../attributes/attribute.checks.ts";

type Values = Readonly<Record<string, unknown>>;

/**
 * Who takes and who gives up values of attributes that must be one person's alone, among those who are changed in one transaction. The database tells who
 * holds one by what was committed, so what these do to each other is known here: in memory, of what is unique alone.
 */
export class UniqueValues {
  #keys: readonly string[] | undefined;
  readonly #taken = new Set<string>();
  readonly #freed = new Set<string>();

  /** Who of these would have a value that somebody before them takes. */
  async refused(tx: Tx, people: readonly CheckedPerson[]): Promise<ReadonlyMap<string, RollcallError>> {
    const refused = new Map<string, RollcallError>();
    const keys = people.length > 0 ? await this.#uniqueKeys(tx) : [];
    if (keys.length === 0) return refused;
    const seen = new Set<string>();
    for (const person of people) {
      const taken = takenBy(person, keys);
      const twin = taken.find(({ name }) => seen.has(name) || this.#taken.has(name));
      if (twin) refused.set(person.id, alsoTaken(twin.key));
      else for (const { name } of taken) seen.add(name);
    }
    return refused;
  }

  /** Whether nobody has a value any more who had it before the transaction. */
  isFree(key: string, value: unknown): boolean {
    const name = nameOf(key, value);
    return name !== undefined && this.#freed.has(name) && !this.#taken.has(name);
  }

  /** These people are changed, before whoever is asked about next. */
  add(people: readonly CheckedPerson[]): void {
    const keys = this.#keys ?? [];
    for (const person of people) {
      for (const { name } of takenBy({ ...person, before: person.after, after: heldBefore(person) }, keys)) {
        this.#taken.delete(name);
        this.#freed.add(name);
      }
      for (const { name } of takenBy(person, keys)) this.#taken.add(name);
    }
  }

  /** They stay what they are until the transaction ends: whoever writes attributes shares the definitions. */
  async #uniqueKeys(tx: Tx): Promise<readonly string[]> {
    if (this.#keys) return this.#keys;
    const { rows } = await sql<{ key: string }>`
      SELECT key FROM attribute_definition WHERE "unique" AND state <> 'REMOVED'`.execute(tx.sql);
    this.#keys = rows.map(({ key }) => key);
    return this.#keys;
  }
}

const NOBODYS: Values = {};

/** Whoever comes back held nothing while they were deleted. */
const heldBefore = ({ before, returns }: CheckedPerson): Values => (returns ? NOBODYS : before);

/** The values that somebody has afterwards, and had not before. */
function takenBy(person: CheckedPerson, keys: readonly string[]): { key: string; name: string }[] {
  const before = heldBefore(person);
  return keys.flatMap((key) => {
    const name = isSameJson(before[key], person.after[key]) ? undefined : nameOf(key, person.after[key]);
    return name === undefined || name === nameOf(key, before[key]) ? [] : [{ key, name }];
  });
}

/** What a value is known by: texts without regard to case, as `attribute_digest` has it. Undefined for what is nobody's alone. */
function nameOf(key: string, value: unknown): string | undefined {
  if (typeof value === "number") return `${key} ${value}`;
  return typeof value === "string" && !/^ *$/.test(value) ? `${key} "${fold(value)}` : undefined;
}

const alsoTaken = (key: string): RollcallError =>
  conflict("Another person of this change gets the same value of an attribute that must be unique.", {
    inputPath: `input.attributes.${key}`,
    field: `attributes.${key}`,
  });
