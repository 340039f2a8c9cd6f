import { LockMode } from "@mikro-orm/core";
import { sql } from "kysely";
import { holdsAnywhere, reachOf, type Viewer } from "../../access/actor.ts";
import type { Author } from "../../access/author.ts";
import { type CommandOptions, carryOut } from "../../access/command.ts";
import { requireAt } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { Tx, Written } from "../../database/transaction.ts";
import { conflict, forbidden, invalidInput, notFound } from "../../kernel/errors.ts";
import { newId } from "../../kernel/ids.ts";
import { requireVersion } from "../../kernel/version.ts";
import { AttributeDefinitionEntity } from "../attributes/attribute-definition.entity.ts";
import {
  type DefinitionUse,
  type Draft,
  requireAcceptable,
  requirePattern,
  requireUnopposed,
} from "./attribute-definition.judgement.ts";
import {
  bounded,
  type DefinitionRecord,
  type DefinitionValues,
  definitionViolations,
  isOrdered,
  PLAIN,
} from "./attribute-definition.values.ts";

/** What of a definition was given; what is absent is left as it is. */
export type GivenDefinition = { [name in keyof DefinitionValues]?: DefinitionValues[name] | undefined };

export interface CreateDefinition extends CommandOptions {
  key: string;
  given: GivenDefinition & Pick<DefinitionValues, "name" | "type">;
  acceptInvalid: boolean;
}

export interface UpdateDefinition extends CommandOptions {
  id: string;
  expectedVersion: number | undefined;
  given: GivenDefinition;
  acceptInvalid: boolean;
}

export interface DeleteDefinition extends CommandOptions {
  id: string;
  expectedVersion: number | undefined;
  removeValues: boolean;
}

/** A viewer carries all of them through every operation. */
const DEFINITIONS_LIMIT = 200;

/**
 * Says what custom attributes may hold (schema/ATTRIBUTES.md). Every command is one transaction, needs SETTINGS_MANAGE everywhere and, since who
 * narrows a definition learns of the values, what reading them needs; while it runs, nobody writes attributes.
 */
export class AttributeDefinitionService {
  constructor(
    private readonly database: Database,
    private readonly uses: readonly DefinitionUse[],
  ) {}

  /** All definitions by key; null for whoever may not read people. */
  async list(viewer: Viewer, includeRemoved: boolean): Promise<DefinitionRecord[] | null> {
    if (!holdsAnywhere(viewer, "USER_READ")) return null;
    const rows = await this.database.reader
      .selectFrom("attribute_definition")
      .selectAll()
      .$if(!includeRemoved, (query) => query.where("state", "<>", "REMOVED"))
      .orderBy((eb) => eb.fn("fold", ["key"]))
      .orderBy("key")
      .execute();
    return rows.map(
      ({ min_length, max_length, self_editable, read_permission, created_at, updated_at, ...row }) =>
        ({
          ...row,
          minLength: min_length,
          maxLength: max_length,
          selfEditable: self_editable,
          readPermission: read_permission,
          createdAt: created_at,
          updatedAt: updated_at,
        }) as DefinitionRecord,
    );
  }

  /** The definition that a command would make, found to be right in itself and the viewer's to make. */
  async draft(viewer: Viewer, { id, key, given }: DraftOf): Promise<Draft> {
    requireAt(viewer, "SETTINGS_MANAGE", []);
    const known = id === null ? undefined : (await this.list(viewer, true))?.find((one) => one.id === id);
    if (id !== null && !known) throw notFound("attribute definition", "input.id");
    const values = valuesOf(viewer, known ?? { ...PLAIN, name: "", type: "STRING" }, given);
    await requirePattern(this.database.reader, values);
    return { id, key: known?.key ?? key ?? "", values };
  }

  async create(author: Author, command: CreateDefinition): Promise<Written<DefinitionRecord>> {
    const { key, given, acceptInvalid } = command;
    const { values } = await this.draft(author.viewer, { id: null, key, given });
    const name = { mutation: "createAttributeDefinition", action: "attribute_definition.created" };
    const written = await carryOut(this.database, author, name, command, async (tx) => {
      await claim(tx);
      const others = await tx.sql.selectFrom("attribute_definition").select("key").execute();
      if (others.some((other) => other.key === key))
        throw conflict("Another attribute has this key; one that was removed can be taken up again by an update.", {
          inputPath: "input.key",
          field: "key",
        });
      if (others.length >= DEFINITIONS_LIMIT)
        throw conflict(`There are at most ${DEFINITIONS_LIMIT} attributes.`, { limit: DEFINITIONS_LIMIT });
      const draft = { id: null, key, values };
      await requireAcceptable(tx.sql, draft, acceptInvalid);
      await requireUnopposed(tx.sql, draft, this.uses);
      const dates = { createdAt: tx.now, updatedAt: tx.now };
      const made = tx.em.create(AttributeDefinitionEntity, { id: newId(), version: 1, key, ...values, ...dates });
      tx.em.persist(made);
      return derived(tx, made);
    });
    return told(written);
  }

  async update(author: Author, command: UpdateDefinition): Promise<Written<DefinitionRecord>> {
    const { id, given, acceptInvalid } = command;
    requireAt(author.viewer, "SETTINGS_MANAGE", []);
    const name = { mutation: "updateAttributeDefinition", action: "attribute_definition.updated" };
    const written = await carryOut(this.database, author, name, command, async (tx) => {
      await claim(tx);
      const definition = await lock(tx, id, command.expectedVersion);
      const values = valuesOf(author.viewer, definition, given);
      await requirePattern(tx.sql, values);
      const draft = { id, key: definition.key, values };
      await requireAcceptable(tx.sql, draft, acceptInvalid);
      await requireUnopposed(tx.sql, draft, this.uses);
      Object.assign(definition, values, { version: definition.version + 1, updatedAt: tx.now });
      return derived(tx, definition);
    });
    return told(written);
  }

  /** Removes an attribute; CONFLICT where people have values of it, unless these go too. The definition goes on guarding what the past holds. */
  async delete(author: Author, command: DeleteDefinition): Promise<Written<{ id: string }>> {
    const { id, removeValues } = command;
    requireAt(author.viewer, "SETTINGS_MANAGE", []);
    const name = { mutation: "deleteAttributeDefinition", action: "attribute_definition.deleted" };
    return carryOut(this.database, author, name, command, async (tx) => {
      await claim(tx);
      const definition = await lock(tx, id, command.expectedVersion);
      requireGuard(author.viewer, definition);
      if (definition.state === "REMOVED") throw notFound("attribute definition", "input.id");
      const removed = { ...(definition as DefinitionValues), state: "REMOVED" as const };
      await requireUnopposed(tx.sql, { id, key: definition.key, values: removed }, this.uses);
      await (removeValues ? removeAll(tx, definition.key) : requireUnused(tx, definition.key));
      Object.assign(definition, { state: "REMOVED", version: definition.version + 1, updatedAt: tx.now });
      await derived(tx, definition);
      return { id };
    });
  }
}

/** Which definition is drafted: one that there is, or a new one of a key. */
export interface DraftOf {
  id: string | null;
  key: string | null;
  given: GivenDefinition;
}

const claim = async (tx: Tx): Promise<void> => void (await sql`SELECT claim_attribute_definitions()`.execute(tx.sql));

/** What was given over what there is; INVALID_INPUT lists everything that does not go together. */
function valuesOf(viewer: Viewer, before: DefinitionValues, given: GivenDefinition): DefinitionValues {
  const names = Object.keys({ ...PLAIN, name: "", type: "" }) as (keyof DefinitionValues)[];
  const merged = Object.fromEntries(
    names.map((name) => [name, given[name] === undefined ? before[name] : given[name]]),
  );
  const values = bounded(merged as unknown as DefinitionValues);
  requireGuard(viewer, before);
  requireGuard(viewer, values);
  const violations = definitionViolations(values);
  if (violations.length > 0) throw invalidInput(violations);
  return values;
}

/** Passes where the viewer may read the attribute of everybody: to narrow what it may hold is to ask about its values. */
function requireGuard(viewer: Viewer, { readPermission }: DefinitionValues): void {
  for (const permission of ["USER_READ" as const, ...(readPermission ? [readPermission] : [])])
    if (reachOf(viewer, permission) !== "everywhere") throw forbidden(permission, "input.readPermission");
}

async function lock(tx: Tx, id: string, expectedVersion: number | undefined): Promise<AttributeDefinitionEntity> {
  const found = await tx.em.findOne(AttributeDefinitionEntity, id, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (!found) throw notFound("attribute definition", "input.id");
  requireVersion(found.version, expectedVersion);
  return found;
}

/** The definition as it is now, with what is derived from it brought in line. */
async function derived(tx: Tx, definition: AttributeDefinitionEntity): Promise<DefinitionRecord> {
  await tx.flush();
  const { key, unique, state } = definition;
  await sql`SELECT derive_attribute(${key}, ${unique && state !== "REMOVED"}, ${isOrdered(definition)})`.execute(
    tx.sql,
  );
  const names = ["id", "version", "key", "name", "type", "createdAt", "updatedAt", ...Object.keys(PLAIN)] as const;
  return Object.fromEntries(names.map((name) => [name, definition[name as keyof DefinitionRecord]])) as never;
}

async function requireUnused(tx: Tx, key: string): Promise<void> {
  const { rows } = await sql<{ count: bigint }>`
    SELECT count(*) FROM user_account u WHERE u.attributes ? ${key}::text`.execute(tx.sql);
  const count = Number(rows[0]?.count ?? 0);
  if (count > 0)
    throw conflict(`${count} people have a value of this attribute: removeValues takes it from them.`, {
      inputPath: "input.removeValues",
      actual: count,
    });
}

async function removeAll(tx: Tx, key: string): Promise<void> {
  await sql`UPDATE user_account SET attributes = attributes - ${key}::text, version = version + 1, updated_at = ${tx.now}
    WHERE attributes ? ${key}::text`.execute(tx.sql);
}

/** An answer that was kept for a repeat has its instants as text. */
const told = ({ value, position }: Written<DefinitionRecord>): Written<DefinitionRecord> => ({
  value: { ...value, createdAt: new Date(value.createdAt), updatedAt: new Date(value.updatedAt) },
  position,
});
