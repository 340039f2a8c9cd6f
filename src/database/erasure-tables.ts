import type { ColumnType } from "kysely";

/*
 * The tables of erasure: schema/ERASURE.md. How values arrive: see tables.ts.
 */

/** Why a person may not be erased for now. */
export interface LegalHoldRow {
  id: string;
  user_id: string;
  reason: string;
  placed_by_id: string | null;
  placed_at: Date;
  released_by_id: string | null;
  released_at: Date | null;
}

/** What is left of an erasure. */
export interface UserErasureRow {
  id: string;
  user_id: string;
  ground: string;
  approval_request_id: string | null;
  commit_id: bigint;
  /** How many rows went, by table. */
  gone: Record<string, number>;
  /** Texts of others that name the person, by table and id; null of erasures from before it was kept. */
  named: ColumnType<{ table: string; id: string }[] | null, string, never>;
  /** The rows of others that words were taken out of; null of erasures from before it was kept. */
  cleared: ColumnType<string[] | null, string[], never>;
  erased_at: Date;
  /** Written by finish_erasure alone. */
  finished_at: ColumnType<Date | null, never, never>;
}

/** That somebody was given what is held about a person. */
export interface PersonalExportRow {
  id: string;
  user_id: string;
  exported_by_id: string | null;
  exported_at: Date;
}

/** The tables of this file, by name. */
export interface ErasureTables {
  legal_hold: LegalHoldRow;
  user_erasure: UserErasureRow;
  personal_export: PersonalExportRow;
}
