import { createHash } from "node:crypto";
import { sql } from "kysely";
import { RollcallError } from "../kernel/errors.ts";
import type { Position } from "../kernel/position.ts";
import type { Cause } from "./cause.ts";
import type { Database } from "./database.ts";
import type { Tx } from "./transaction.ts";

/** A key under which a mutation has one effect and one answer within 24 h. */
export interface Repeatable {
  key: string;
  mutation: string;
  input: unknown;
}

export const IDEMPOTENCY_HOURS = 24;

interface FirstAnswer {
  mutation: string;
  input_hash: Buffer;
  answer: unknown;
  number: bigint | null;
}

const hashOf = (input: unknown): Buffer => createHash("sha256").update(JSON.stringify(input)).digest();

/**
 * Writes once: the first call under a key does the work and keeps its answer with it, in one transaction; a repeat, also a
 * concurrent one, does nothing and returns the first answer and position. CONFLICT where the key came with another input.
 */
export async function writeOnce<T>(
  database: Database,
  cause: Cause,
  repeatable: Repeatable | undefined,
  work: (tx: Tx) => Promise<T>,
): Promise<{ value: T; position: Position }> {
  if (!repeatable) return database.write(cause, work);
  let first: FirstAnswer | undefined;
  const actor = `${cause.actor.kind}:${cause.actor.id ?? ""}`;
  const { value, position } = await database.write(cause, async (tx) => {
    first = await claim(tx, actor, repeatable);
    if (first) return first.answer as T;
    const answer = await work(tx);
    await tx.flush();
    await sql`UPDATE idempotency_key
      SET answer = ${JSON.stringify(answer)}::jsonb, commit_id = (SELECT id FROM commit WHERE xid = pg_current_xact_id() AND number IS NULL)
      WHERE actor = ${actor} AND key = ${repeatable.key}`.execute(tx.sql);
    return answer;
  });
  return { value, position: first?.number != null ? { commit: first.number } : position };
}

/** Takes the key for this transaction, waiting for whoever holds it; gives the first answer where there is one. */
async function claim(tx: Tx, actor: string, { key, mutation, input }: Repeatable): Promise<FirstAnswer | undefined> {
  const inputHash = hashOf(input);
  const claimed = await sql`
    INSERT INTO idempotency_key AS known (actor, key, mutation, input_hash, created_at)
    VALUES (${actor}, ${key}, ${mutation}, ${inputHash}, ${tx.now})
    ON CONFLICT (actor, key) DO UPDATE
      SET mutation = excluded.mutation, input_hash = excluded.input_hash, created_at = excluded.created_at, answer = NULL, commit_id = NULL
      WHERE known.created_at < excluded.created_at - make_interval(hours => ${IDEMPOTENCY_HOURS})
    RETURNING 1 AS taken`.execute(tx.sql);
  if (claimed.rows.length > 0) return undefined;
  const known = await sql<FirstAnswer>`
    SELECT k.mutation, k.input_hash, k.answer, c.number FROM idempotency_key k LEFT JOIN commit c ON c.id = k.commit_id
    WHERE k.actor = ${actor} AND k.key = ${key}`.execute(tx.sql);
  const answer = known.rows[0];
  if (answer?.mutation !== mutation || !answer.input_hash.equals(inputHash)) {
    throw new RollcallError("CONFLICT", "This idempotencyKey was used with another mutation or input.", {
      inputPath: "input.idempotencyKey",
    });
  }
  return answer;
}

/** Gives up the answers that no repeat can ask for any more. */
export async function forgetAnswers(database: Database): Promise<void> {
  await sql`DELETE FROM idempotency_key WHERE created_at < rollcall_now() - make_interval(hours => ${IDEMPOTENCY_HOURS}::integer)`.execute(
    database.reader,
  );
}
