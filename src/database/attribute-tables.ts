import type { Generated } from "kysely";

/*
 * The table of attribute definitions. How values arrive: see tables.ts. What is derived from it is written and read by SQL alone.
 */

/** What a custom attribute may hold, and who may read it. */
export interface AttributeDefinitionRow {
  id: string;
  version: Generated<number>;
  key: string;
  name: string;
  description: string | null;
  type: string;
  state: Generated<string>;
  required: Generated<boolean>;
  unique: Generated<boolean>;
  pattern: string | null;
  minimum: number | null;
  maximum: number | null;
  earliest: string | null;
  latest: string | null;
  min_length: number | null;
  max_length: number | null;
  choices: { value: string; label: string }[] | null;
  sensitive: Generated<boolean>;
  self_editable: Generated<boolean>;
  read_permission: string | null;
  searchable: Generated<boolean>;
  created_at: Date;
  updated_at: Date;
}
