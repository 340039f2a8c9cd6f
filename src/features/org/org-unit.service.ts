import { LockMode } from "@mikro-orm/core";
import { covers, reachOf, type Viewer } from "../../access/actor.ts";
import type { Author } from "../../access/author.ts";
import { type CommandOptions, carryOut } from "../../access/command.ts";
import { requireAt, requireNoGain } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { Tx } from "../../database/transaction.ts";
import type { Consequence } from "../../kernel/consequence.ts";
import { conflict, notFound } from "../../kernel/errors.ts";
import { newId } from "../../kernel/ids.ts";
import type { Position } from "../../kernel/position.ts";
import { requireVersion } from "../../kernel/version.ts";
import { OrgUnitEntity, type OrgUnitKind } from "./org-unit.entity.ts";
import { pathOfUnit } from "./org-unit.path.ts";

export interface CreateOrgUnit extends CommandOptions {
  code: string;
  name: string;
  kind: OrgUnitKind;
  parentId: string | null;
  headId: string | null;
}

export interface UpdateOrgUnit extends CommandOptions {
  id: string;
  expectedVersion: number | undefined;
  code?: string | undefined;
  name?: string | undefined;
  kind?: OrgUnitKind | undefined;
  headId?: string | null | undefined;
}

export interface MoveOrgUnit extends CommandOptions {
  id: string;
  expectedVersion: number | undefined;
  newParentId: string | null;
}

export interface DeleteOrgUnit extends CommandOptions {
  id: string;
  moveMembersTo: string | null;
}

export interface OrgUnitOutcome {
  unitId: string;
  consequences: Consequence[];
}

/** What later features do when a unit goes, in the same transaction: move whoever stands in it, or refuse. */
export type UnitDeletion = (tx: Tx, unitId: string, moveMembersTo: string | null) => Promise<Consequence[]>;

/** Refuses a head whom the viewer may not see. */
export type RequireVisibleUser = (tx: Tx, viewer: Viewer, userId: string, inputPath: string) => Promise<void>;

type Answer = Promise<{ value: OrgUnitOutcome; position: Position }>;

/** Changes the org hierarchy; every command is one transaction and needs ORG_MANAGE where the unit stands and where it goes, and nobody gains by a move. */
export class OrgUnitService {
  constructor(
    private readonly database: Database,
    private readonly deletions: readonly UnitDeletion[],
    private readonly requireVisibleUser: RequireVisibleUser,
  ) {}

  create(author: Author, command: CreateOrgUnit): Answer {
    return carryOut(
      this.database,
      author,
      { mutation: "createOrgUnit", action: "org_unit.created" },
      command,
      async (tx) => {
        const path = command.parentId ? await this.#place(tx, author.viewer, command.parentId, "input.parentId") : [];
        requireAt(author.viewer, "ORG_MANAGE", path);
        if (command.headId) await this.requireVisibleUser(tx, author.viewer, command.headId, "input.headId");
        await refuseTakenCode(tx, command.code);
        const { code, name, kind, parentId, headId } = command;
        const unit = tx.em.create(OrgUnitEntity, {
          id: newId(),
          version: 1,
          code,
          name,
          kind,
          parentId,
          headId,
          createdAt: tx.now,
          updatedAt: tx.now,
        });
        tx.em.persist(unit);
        return { unitId: unit.id, consequences: [] };
      },
    );
  }

  update(author: Author, command: UpdateOrgUnit): Answer {
    return carryOut(
      this.database,
      author,
      { mutation: "updateOrgUnit", action: "org_unit.updated" },
      command,
      async (tx) => {
        const unit = await this.#lock(tx, author.viewer, command.id, command.expectedVersion);
        if (command.headId) await this.requireVisibleUser(tx, author.viewer, command.headId, "input.headId");
        if (command.code !== undefined && command.code !== unit.code) await refuseTakenCode(tx, command.code, unit.id);
        const { code = unit.code, name = unit.name, kind = unit.kind, headId = unit.headId } = command;
        change(unit, { code, name, kind, headId }, tx.now);
        return { unitId: unit.id, consequences: [] };
      },
    );
  }

  /** Moves a unit with everything below it; CONFLICT where it would come to stand below itself. */
  move(author: Author, command: MoveOrgUnit): Answer {
    return carryOut(
      this.database,
      author,
      { mutation: "moveOrgUnit", action: "org_unit.moved" },
      command,
      async (tx) => {
        const { viewer } = author;
        const unit = await this.#lock(tx, viewer, command.id, command.expectedVersion);
        const path = command.newParentId ? await this.#place(tx, viewer, command.newParentId, "input.newParentId") : [];
        requireAt(viewer, "ORG_MANAGE", path);
        requireNoGain(viewer, await pathOfUnit(tx.sql, unit.id), [...path, unit.id], "input.newParentId");
        if (path.includes(unit.id))
          throw conflict("A unit cannot stand below itself.", { inputPath: "input.newParentId", field: "parent" });
        change(unit, { parentId: command.newParentId }, tx.now);
        return { unitId: unit.id, consequences: [] };
      },
    );
  }

  /** Deletes a unit; CONFLICT while it has children, or members and no unit is named that takes them. */
  delete(author: Author, command: DeleteOrgUnit): Answer {
    return carryOut(
      this.database,
      author,
      { mutation: "deleteOrgUnit", action: "org_unit.deleted" },
      command,
      async (tx) => {
        const unit = await this.#lock(tx, author.viewer, command.id, undefined);
        if (command.moveMembersTo === unit.id)
          throw conflict("The members cannot move to the unit that goes.", { inputPath: "input.moveMembersTo" });
        if (command.moveMembersTo) {
          const path = await this.#place(tx, author.viewer, command.moveMembersTo, "input.moveMembersTo");
          requireAt(author.viewer, "ORG_MANAGE", path);
          requireNoGain(author.viewer, await pathOfUnit(tx.sql, unit.id), path, "input.moveMembersTo");
        }
        await this.#moveChildren(tx, unit, command.moveMembersTo);
        const consequences: Consequence[] = [];
        for (const deletion of this.deletions)
          consequences.push(...(await deletion(tx, unit.id, command.moveMembersTo)));
        await tx.flush();
        tx.em.remove(unit);
        return { unitId: unit.id, consequences };
      },
    );
  }

  /** The unit, locked for this transaction, where the viewer manages it; NOT_FOUND where they may not see it. */
  async #lock(tx: Tx, viewer: Viewer, id: string, expectedVersion: number | undefined): Promise<OrgUnitEntity> {
    const unit = await tx.em.findOne(OrgUnitEntity, id, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (!unit) throw notFound("org unit", "input.id");
    requireAt(viewer, "ORG_MANAGE", await this.#place(tx, viewer, id, "input.id"));
    requireVersion(unit.version, expectedVersion);
    return unit;
  }

  /** The ids from the root down to a unit that the viewer may see; NOT_FOUND otherwise. */
  async #place(tx: Tx, viewer: Viewer, id: string, inputPath: string): Promise<readonly string[]> {
    const path = await pathOfUnit(tx.sql, id);
    if (path.length === 0 || !covers(reachOf(viewer, "ORG_READ"), path)) throw notFound("org unit", inputPath);
    return path;
  }

  async #moveChildren(tx: Tx, unit: OrgUnitEntity, moveTo: string | null): Promise<void> {
    const children = await tx.em.find(OrgUnitEntity, { parentId: unit.id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (children.length === 0) return;
    if (!moveTo)
      throw conflict("The unit has units below it: move them first, or name a unit in moveMembersTo.", {
        inputPath: "input.moveMembersTo",
      });
    if ((await pathOfUnit(tx.sql, moveTo)).includes(unit.id))
      throw conflict("moveMembersTo stands below the unit that goes.", { inputPath: "input.moveMembersTo" });
    for (const child of children) change(child, { parentId: moveTo }, tx.now);
  }
}

/** Assigns what differs; the version and the time of change follow only where something does. */
function change(
  unit: OrgUnitEntity,
  values: Partial<Pick<OrgUnitEntity, "code" | "name" | "kind" | "parentId" | "headId">>,
  now: Date,
): void {
  const differs = Object.entries(values).some(([key, value]) => unit[key as keyof typeof values] !== value);
  if (differs) Object.assign(unit, values, { version: unit.version + 1, updatedAt: now });
}

async function refuseTakenCode(tx: Tx, code: string, except?: string): Promise<void> {
  const taken = await tx.sql
    .selectFrom("org_unit")
    .select("id")
    .where((eb) => eb(eb.fn("fold", ["code"]), "=", eb.fn("fold", [eb.val(code)])))
    .executeTakeFirst();
  if (taken && taken.id !== except) throw conflict("This code is taken.", { inputPath: "input.code", field: "code" });
}
