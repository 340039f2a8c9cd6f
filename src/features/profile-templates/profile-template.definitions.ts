import { type Kysely, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import type { Tx } from "../../database/transaction.ts";
import { invalidInput } from "../../kernel/errors.ts";
import { type Draft, wouldRefuse } from "../attribute-definitions/attribute-definition.judgement.ts";
import type { AttributeChecks } from "../attributes/attribute.checks.ts";
import { attributeName, type Defaults } from "./profile-template.matching.ts";

/** A template that fills what a definition would not allow. */
export interface RefusedTemplate {
  id: string;
  name: string;
}

/** The templates that fill a value which is allowed now and would not be by a definition, by name. */
export async function templatesAgainst(db: Kysely<Tables>, draft: Draft): Promise<RefusedTemplate[]> {
  const value = sql`t.defaults -> 'attributes' -> ${draft.key}::text`;
  const { rows } = await sql<RefusedTemplate>`
    SELECT t.id, t.name FROM profile_template t WHERE ${value} IS NOT NULL AND ${wouldRefuse(draft, value)} ORDER BY t.name, t.id`.execute(
    db,
  );
  return rows;
}

/**
 * Passes where everybody could have these values of attributes; INVALID_INPUT names each that its definition does not allow. Definitions stay as they are until
 * the transaction ends.
 */
export async function requireAllowed(tx: Tx, checks: AttributeChecks, { attributes = {} }: Defaults): Promise<void> {
  const asked = { id: "00000000-0000-0000-0000-000000000000", before: {}, after: { ...attributes }, isNew: false };
  const found = (await checks.problemsOf(tx, [asked])).filter(({ key }) => Object.hasOwn(attributes, key));
  if (found.length === 0) return;
  throw invalidInput(
    found.map(({ key, message, allowed, limit }) => ({
      path: `input.defaults.${attributeName(key)}`,
      message,
      ...(allowed ? { allowed } : {}),
      ...(limit === undefined ? {} : { limit }),
    })),
  );
}
