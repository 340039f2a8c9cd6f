/*
 * What the gateway remembers of its own work. How values arrive: see tables.ts.
 */

/** The first answer to a mutation that carried an idempotency key. Not part of the log. */
export interface IdempotencyKeyRow {
  actor: string;
  key: string;
  mutation: string;
  input_hash: Buffer;
  answer: unknown;
  commit_id: bigint | null;
  created_at: Date;
}

/** How far a consumer has followed the log; behind a whole commit the ordinal is the largest integer. */
export interface FeedConsumerRow {
  name: string;
  commit_number: bigint;
  ordinal: number;
}
