/*
 * The table of exports. How values arrive: see tables.ts.
 */

/** A link that gives one export, once. */
export interface ExportLinkRow {
  id: string;
  secret_hash: Buffer;
  kind: string;
  payload: Record<string, unknown>;
  user_id: string | null;
  token_id: string | null;
  file_format: string;
  filter_text: string | null;
  columns: string[];
  state: "ISSUED" | "READING" | "DELIVERED" | "BROKEN" | "REFUSED";
  row_count: number | null;
  created_at: Date;
  expires_at: Date;
  used_at: Date | null;
  ended_at: Date | null;
}
