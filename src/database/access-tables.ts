import type { Generated } from "kysely";

/*
 * The tables of access rules. How values arrive: see tables.ts.
 */

/** What permissions may be used for, and when and from where. */
export interface AccessRuleRow {
  id: string;
  version: Generated<number>;
  name: string;
  permissions: string[];
  actor: Record<string, unknown> | null;
  object: Record<string, unknown> | null;
  hours: Record<string, unknown>[] | null;
  timezone: string;
  networks: string[] | null;
  created_at: Date;
  updated_at: Date;
}
