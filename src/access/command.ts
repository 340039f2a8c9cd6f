import type { Database } from "../database/database.ts";
import { writeOnce } from "../database/idempotency.ts";
import type { Tx, Written } from "../database/transaction.ts";
import type { Author } from "./author.ts";

/** What every command carries beside its own values. */
export interface CommandOptions {
  /** Kept in the audit log. */
  reason?: string | null;
  /** A repeat within 24 h returns the first answer. */
  idempotencyKey?: string | null;
}

/** What a command is called: by the API, and by the audit log. */
export interface CommandName {
  mutation: string;
  action: string;
}

/** Carries out a command in one transaction whose cause is its author; under an idempotency key it has one effect and one answer. */
export function carryOut<T>(
  database: Database,
  author: Author,
  { mutation, action }: CommandName,
  command: CommandOptions,
  work: (tx: Tx) => Promise<T>,
): Promise<Written<T>> {
  const { idempotencyKey: key, reason } = command;
  return writeOnce(database, author.cause(action, reason), key ? { key, mutation, input: command } : undefined, work);
}
