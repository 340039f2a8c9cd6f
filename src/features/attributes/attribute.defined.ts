import { sql } from "kysely";
import type { DefinedAttribute, DefinedAttributes, DefinedType } from "../../access/actor.ts";
import type { Permission } from "../../kernel/permissions.ts";

/** A definition as the statement that looks a viewer up gives it: key, type, permission, and whether its values are in order. */
export type DefinedRow = [key: string, type: DefinedType, permission: Permission | null, ordered: boolean];

/** The attributes that are defined, as a column of any statement; null where there are none. */
export const DEFINED = sql`(
  SELECT jsonb_agg(jsonb_build_array(d.key, d.type, d.read_permission, coalesce(i.ready AND i.ends_at IS NULL, false)) ORDER BY d.key)
  FROM attribute_definition d LEFT JOIN attribute_index i ON i.key = d.key)`;

/** The same as a viewer carries it. */
export const definedOf = (rows: readonly DefinedRow[] | null): { defined?: DefinedAttributes } =>
  rows
    ? {
        defined: new Map(
          rows.map(([key, type, permission, ordered]): [string, DefinedAttribute] => [
            key,
            { type, permission, ordered },
          ]),
        ),
      }
    : {};
