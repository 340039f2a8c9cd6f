import type { Generated } from "kysely";

/*
 * The tables of imports. How values arrive: see tables.ts.
 */

/** A file that was uploaded, to be planned with. */
export interface ImportUploadRow {
  id: string;
  user_id: string | null;
  token_id: string | null;
  file_name: string;
  media_type: string;
  size: bigint;
  sha256: Buffer;
  created_at: Date;
  expires_at: Date;
}

/** A part of its content. */
export interface ImportUploadPartRow {
  upload_id: string;
  place: number;
  content: Buffer;
}

/** How files of one kind are read, under a name. */
export interface ImportTemplateRow {
  id: string;
  version: Generated<number>;
  name: string;
  reading: Record<string, unknown>;
  created_at: Date;
  updated_at: Date;
}

/** A row of a file while a plan is made of it. */
export interface ImportRowRow {
  plan_id: string;
  source_row: number;
  key: string | null;
  manager_key: string | null;
  username: string | null;
  email: string | null;
  employee_number: string | null;
  new_id: string;
  user_id: string | null;
  manager_id: string | null;
  step: number | null;
  /** The row of the manager beside whom the person is made. */
  beside: number | null;
  bad: Generated<boolean>;
  unchanged: number | null;
  cells: Record<string, unknown>;
}

/** What is wrong with a cell. */
export interface ImportProblemRow {
  plan_id: string;
  source_row: number;
  source_column: number;
  place: number;
  header: string | null;
  message: string;
}

/** How often making a plan of a file was begun, and when last. */
export interface ImportAttemptRow {
  plan_id: string;
  count: number;
  begun_at: Date;
}

/** By name. */
export interface ImportTables {
  import_upload: ImportUploadRow;
  import_upload_part: ImportUploadPartRow;
  import_template: ImportTemplateRow;
  import_row: ImportRowRow;
  import_problem: ImportProblemRow;
  import_attempt: ImportAttemptRow;
}
