import { randomBytes } from "node:crypto";
import { type Kysely, sql } from "kysely";
import type { Tables } from "../database/tables.ts";
import type { AuditKeys } from "./audit-keys.ts";

/** The keys to encrypt under, and those among them that are new and must be kept with what they encrypt. */
export interface SealingKeys {
  keys: ReadonlyMap<string, Buffer>;
  fresh: readonly { subjectId: string; wrapped: Buffer }[];
}

/**
 * A key for each subject: the one that is kept, or a new one. A subject whose key was destroyed gets one that nobody keeps, so that
 * what is sealed about them from then on cannot be read either.
 */
export async function sealingKeys(
  db: Kysely<Tables>,
  master: AuditKeys,
  subjects: ReadonlySet<string>,
): Promise<SealingKeys> {
  const kept = await wrappedKeys(db, subjects);
  const keys = new Map<string, Buffer>();
  const fresh: { subjectId: string; wrapped: Buffer }[] = [];
  for (const subjectId of subjects) {
    const wrapped = kept.get(subjectId);
    if (wrapped === undefined) {
      const issued = master.issue(subjectId);
      keys.set(subjectId, issued.key);
      fresh.push({ subjectId, wrapped: issued.wrapped });
    } else {
      keys.set(subjectId, wrapped === null ? randomBytes(32) : unwrapped(master, subjectId, wrapped));
    }
  }
  return { keys, fresh };
}

/** The keys of these subjects that can be read with; those that were destroyed, or never made, are absent. */
export async function readingKeys(
  db: Kysely<Tables>,
  master: AuditKeys,
  subjects: ReadonlySet<string>,
): Promise<ReadonlyMap<string, Buffer>> {
  const keys = new Map<string, Buffer>();
  for (const [subjectId, wrapped] of await wrappedKeys(db, subjects))
    if (wrapped !== null) keys.set(subjectId, unwrapped(master, subjectId, wrapped));
  return keys;
}

/** Whether the master key is the one that the database's keys are wrapped by; true where there is none yet. */
export async function opensKeys(db: Kysely<Tables>, master: AuditKeys): Promise<boolean> {
  const one = await db
    .selectFrom("subject_key")
    .selectAll()
    .where("wrapped", "is not", null)
    .limit(1)
    .executeTakeFirst();
  return !one?.wrapped || master.unwrap(one.subject_id, one.wrapped) !== undefined;
}

async function wrappedKeys(db: Kysely<Tables>, subjects: ReadonlySet<string>): Promise<Map<string, Buffer | null>> {
  if (subjects.size === 0) return new Map();
  const rows = await db
    .selectFrom("subject_key")
    .selectAll()
    .where(sql<boolean>`subject_id = ANY(${[...subjects]}::uuid[])`)
    .execute();
  return new Map(rows.map(({ subject_id, wrapped }) => [subject_id, wrapped]));
}

function unwrapped(master: AuditKeys, subjectId: string, wrapped: Buffer): Buffer {
  const key = master.unwrap(subjectId, wrapped);
  if (!key) throw new Error("A subject's key does not open: it was wrapped by another master key, or was changed.");
  return key;
}
