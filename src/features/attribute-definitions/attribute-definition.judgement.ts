import { type Kysely, type RawBuilder, type SqlBool, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { conflict, invalidInput, RollcallError } from "../../kernel/errors.ts";
import type { AttributeProblemKind } from "../attributes/attribute.problems.ts";
import { type DefinitionValues, SEARCHABLE_LENGTH } from "./attribute-definition.values.ts";

/** A definition as it would be: of an attribute that is defined already, or of a new one. */
export interface Draft {
  /** Null: it is new. */
  id: string | null;
  key: string;
  values: DefinitionValues;
}

/** Somebody who would be invalid, and how. */
export interface Judged {
  user_id: string;
  problem: AttributeProblemKind;
}

/**
 * The people, called u, whom a definition would make invalid and who are not by what is defined now, each with what would be wrong; of all who
 * are not deleted. One statement judges all of them, by the function that judges each of them when they are written.
 */
export const judgedBy = ({ id, key, values }: Draft): RawBuilder<unknown> => sql`(
  WITH draft AS (SELECT * FROM jsonb_populate_record(NULL::attribute_definition, ${JSON.stringify(rowOf(key, values))}::jsonb)),
  shared AS (
    SELECT attribute_digest(u.attributes -> ${key}::text) AS digest FROM user_search u, draft
    WHERE draft."unique" AND draft.state <> 'REMOVED' AND u.status <> 'DELETED' AND u.attributes ? ${key}::text
    GROUP BY 1 HAVING count(*) > 1)
  SELECT u.*, coalesce(judged.problem, 'TAKEN') AS problem
  FROM user_search u CROSS JOIN draft LEFT JOIN attribute_definition was ON was.id = ${id}::uuid
  CROSS JOIN LATERAL (SELECT attribute_problem(draft, u.attributes -> ${key}::text) AS problem OFFSET 0) judged
  WHERE u.status <> 'DELETED' AND CASE
    WHEN judged.problem IS NULL THEN attribute_digest(u.attributes -> ${key}::text) IN (SELECT digest FROM shared)
    ELSE was.id IS NULL OR attribute_problem(was, u.attributes -> ${key}::text) IS NULL END)`;

/** Whether a value that is kept beside people would not be allowed by a definition, and is by what is defined now. */
export const wouldRefuse = (
  { id, key, values }: Draft,
  value: RawBuilder<unknown>,
): RawBuilder<SqlBool> => sql<SqlBool>`EXISTS (
  SELECT FROM jsonb_populate_record(NULL::attribute_definition, ${JSON.stringify(rowOf(key, values))}::jsonb) draft
  LEFT JOIN attribute_definition was ON was.id = ${id}::uuid
  WHERE attribute_problem(draft, ${value}) IS NOT NULL AND (was.id IS NULL OR attribute_problem(was, ${value}) IS NULL))`;

/** What else keeps values of attributes, by name: those that a definition would not allow. */
export type DefinitionUse = (db: Kysely<Tables>, draft: Draft) => Promise<readonly { name: string }[]>;

/** Passes where nothing else keeps a value that a definition would not allow: the next person would be given it, or be refused for it. */
export async function requireUnopposed(
  db: Kysely<Tables>,
  draft: Draft,
  uses: readonly DefinitionUse[],
): Promise<void> {
  const names = (await Promise.all(uses.map((use) => use(db, draft)))).flat().map(({ name }) => name);
  if (names.length > 0)
    throw conflict(
      `${names.length} profile templates fill a value that would not be allowed: change them first (${names.slice(0, NAMED).join(", ")}).`,
      { inputPath: "input", field: `attributes.${draft.key}`, actual: names.length },
    );
}

/** How many a message names. */
const NAMED = 10;

const rowOf = (key: string, values: DefinitionValues) => ({
  ...values,
  key,
  min_length: values.minLength,
  max_length: values.maxLength,
});

/** How many they are, with what. */
export async function countJudged(db: Kysely<Tables>, draft: Draft): Promise<Map<AttributeProblemKind, number>> {
  const { rows } = await sql<{ problem: AttributeProblemKind; count: bigint }>`
    SELECT j.problem, count(*) FROM ${judgedBy(draft)} j GROUP BY 1`.execute(db);
  return new Map(rows.map(({ problem, count }) => [problem, Number(count)]));
}

/** Some of them, in an order of the caller's. */
export async function readJudged(
  db: Kysely<Tables>,
  draft: Draft,
  { condition, orderBy, limit }: { condition: RawBuilder<SqlBool>; orderBy: RawBuilder<unknown>; limit: number },
): Promise<Judged[]> {
  const { rows } = await sql<Judged>`
    SELECT u.user_id, u.problem FROM ${judgedBy(draft)} u WHERE ${condition} ORDER BY ${orderBy} LIMIT ${limit}`.execute(
    db,
  );
  return rows;
}

/** Passes where a definition makes nobody invalid, or that is accepted; CONFLICT says how many it would. Values that are shared, or too long to be ordered, cannot be. */
export async function requireAcceptable(db: Kysely<Tables>, draft: Draft, acceptInvalid: boolean): Promise<void> {
  const counts = await countJudged(db, draft);
  const taken = counts.get("TAKEN") ?? 0;
  if (taken > 0)
    throw conflict(`${taken} people share values with others: they must differ before the attribute can be unique.`, {
      inputPath: "input.unique",
      actual: taken,
    });
  if (draft.values.searchable) await requireShort(db, draft.key);
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (total > 0 && !acceptInvalid)
    throw conflict(
      `${total} people would become invalid: previewAttributeDefinition lists them, and acceptInvalid accepts them.`,
      { inputPath: "input.acceptInvalid", actual: total },
    );
}

async function requireShort(db: Kysely<Tables>, key: string): Promise<void> {
  const { rows } = await sql<{ count: bigint }>`
    SELECT count(*) FROM user_search u WHERE length(json_text(u.attributes -> ${key}::text)) > ${SEARCHABLE_LENGTH}`.execute(
    db,
  );
  const long = Number(rows[0]?.count ?? 0);
  if (long > 0)
    throw conflict(
      `${long} people have texts of more than ${SEARCHABLE_LENGTH} characters: they must be shorter before the attribute can be searchable.`,
      { inputPath: "input.searchable", actual: long, limit: SEARCHABLE_LENGTH },
    );
}

/** Passes where PostgreSQL takes the pattern too: ranges of classes are its to judge. */
export async function requirePattern(db: Kysely<Tables>, { pattern }: DefinitionValues): Promise<void> {
  if (pattern === null) return;
  try {
    await sql`SELECT '' COLLATE "C" ~ ${`^(?:${pattern})$`}`.execute(db);
  } catch (error) {
    if (error instanceof RollcallError || (error as { code?: string }).code !== "2201B") throw error;
    throw invalidInput([
      { path: "input.pattern", message: "must be a regular expression: its classes do not add up." },
    ]);
  }
}
