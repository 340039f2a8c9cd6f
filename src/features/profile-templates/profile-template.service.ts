import { holdsAnywhere, type Viewer } from "../../access/actor.ts";
import type { Author } from "../../access/author.ts";
import { type CommandOptions, carryOut } from "../../access/command.ts";
import { requireAt } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { Tx, Written } from "../../database/transaction.ts";
import { conflict, notFound } from "../../kernel/errors.ts";
import { newId } from "../../kernel/ids.ts";
import { requireVersion } from "../../kernel/version.ts";
import type { AttributeChecks } from "../attributes/attribute.checks.ts";
import type { RequiredFactor } from "../auth/sign-in-policy.entity.ts";
import { lockStatic } from "../groups/group.members.ts";
import { pathOfUnit } from "../org/org-unit.path.ts";
import { groupHoldings } from "../roles/group-holdings.ts";
import { lockRoleGraph, type RoleGraph } from "../roles/role.graph.ts";
import { requireHeld } from "../roles/role.holding.ts";
import type { UserQueries } from "../users/user.queries.ts";
import { requireReadableAttributes } from "../users/user.readable.ts";
import { conditionOf } from "./profile-template.conditions.ts";
import { requireAllowed } from "./profile-template.definitions.ts";
import { type Defaults, loadTemplates, type TemplateReach, type TemplateRecord } from "./profile-template.matching.ts";

/** A role as it is asked for. */
export interface AskedRole {
  roleKey: string;
  reach: TemplateReach;
  unitId: string | null;
}

export interface CreateTemplate extends CommandOptions {
  name: string;
  filter: object;
  priority: number;
  defaults: Defaults;
  roles: readonly AskedRole[];
  groupIds: readonly string[];
  require: RequiredFactor | null;
  graceDays: number;
}

/** Undefined: as it is. */
export interface UpdateTemplate extends CommandOptions {
  id: string;
  expectedVersion: number | undefined;
  name: string | undefined;
  filter: object | undefined;
  priority: number | undefined;
  defaults: Defaults | undefined;
  roles: readonly AskedRole[] | undefined;
  groupIds: readonly string[] | undefined;
  require: RequiredFactor | null | undefined;
  graceDays: number | undefined;
}

/** All of them are asked about everybody who joins or moves. */
const TEMPLATES_LIMIT = 200;

/**
 * Profile templates, for whoever holds SETTINGS_MANAGE everywhere. What a template grants and fills, whoever makes or changes it could give to
 * everybody by hand.
 */
export class ProfileTemplateService {
  constructor(
    private readonly database: Database,
    private readonly users: UserQueries,
    private readonly attributes: AttributeChecks,
  ) {}

  /** All templates, the strongest first. */
  list(viewer: Viewer): Promise<TemplateRecord[]> {
    requireAt(viewer, "SETTINGS_MANAGE", []);
    return loadTemplates(this.database.reader as Tx["sql"]);
  }

  /** One of them; undefined where there is none. */
  async find(viewer: Viewer, id: string): Promise<TemplateRecord | undefined> {
    requireAt(viewer, "SETTINGS_MANAGE", []);
    return (await loadTemplates(this.database.reader as Tx["sql"], id))[0];
  }

  async create(author: Author, command: CreateTemplate): Promise<Written<{ id: string }>> {
    const { viewer } = author;
    requireAt(viewer, "SETTINGS_MANAGE", []);
    const filter = await conditionOf(this.users, viewer, command.filter);
    const name = { mutation: "createProfileTemplate", action: "profile_template.created" };
    return carryOut(this.database, author, name, command, async (tx) => {
      const others = await tx.sql.selectFrom("profile_template").select("id").limit(TEMPLATES_LIMIT).execute();
      if (others.length >= TEMPLATES_LIMIT)
        throw conflict(`There are at most ${TEMPLATES_LIMIT} templates: delete one first.`, { limit: TEMPLATES_LIMIT });
      const id = newId();
      const { priority, defaults, require, graceDays } = command;
      requireFilling(viewer, defaults);
      await requireAllowed(tx, this.attributes, defaults);
      await requireGivable(tx, viewer, command.groupIds);
      const roles = await this.#roles(tx, viewer, command.roles);
      await tx.sql
        .insertInto("profile_template")
        .values({
          id,
          name: command.name,
          filter: filter as never,
          priority,
          defaults: defaults as never,
          require,
          grace_days: graceDays,
          created_at: tx.now,
          updated_at: tx.now,
        })
        .execute();
      await writeRoles(tx, id, roles);
      await writeGroups(tx, id, command.groupIds);
      return { id };
    });
  }

  /** Whoever changes a template must be able to make what results of it. Nobody who was given something by it loses or gains anything by that. */
  async update(author: Author, command: UpdateTemplate): Promise<Written<{ id: string }>> {
    const { viewer } = author;
    requireAt(viewer, "SETTINGS_MANAGE", []);
    const filter = command.filter && (await conditionOf(this.users, viewer, command.filter));
    const name = { mutation: "updateProfileTemplate", action: "profile_template.updated" };
    return carryOut(this.database, author, name, command, async (tx) => {
      const before = await lockTemplate(tx, command.id);
      requireVersion(before.version, command.expectedVersion);
      const { defaults = before.defaults, require = before.require, graceDays = before.graceDays } = command;
      requireFilling(viewer, defaults);
      if (command.defaults) await requireAllowed(tx, this.attributes, defaults);
      await requireGivable(tx, viewer, command.groupIds ?? before.groups.map(({ groupId }) => groupId));
      const roles = await this.#roles(tx, viewer, command.roles ?? before.roles);
      await tx.sql
        .updateTable("profile_template")
        .set({
          name: command.name ?? before.name,
          filter: (filter ?? before.filter) as never,
          priority: command.priority ?? before.priority,
          defaults: defaults as never,
          require,
          grace_days: graceDays,
          version: before.version + 1,
          updated_at: tx.now,
        })
        .where("id", "=", before.id)
        .execute();
      if (command.roles) {
        await tx.sql.deleteFrom("profile_template_role").where("template_id", "=", before.id).execute();
        await writeRoles(tx, before.id, roles);
      }
      if (command.groupIds) {
        await tx.sql.deleteFrom("profile_template_group").where("template_id", "=", before.id).execute();
        await writeGroups(tx, before.id, command.groupIds);
      }
      return { id: before.id };
    });
  }

  delete(author: Author, command: CommandOptions & { id: string }): Promise<Written<{ id: string }>> {
    requireAt(author.viewer, "SETTINGS_MANAGE", []);
    const name = { mutation: "deleteProfileTemplate", action: "profile_template.deleted" };
    return carryOut(this.database, author, name, command, async (tx) => {
      const { id } = await lockTemplate(tx, command.id);
      await tx.sql.deleteFrom("profile_template").where("id", "=", id).execute();
      return { id };
    });
  }

  async #roles(tx: Tx, viewer: Viewer, asked: readonly AskedRole[]): Promise<RoleRow[]> {
    if (asked.length === 0) return [];
    const graph = await lockRoleGraph(tx);
    const rows: RoleRow[] = [];
    for (const [place, one] of asked.entries())
      rows.push(await grantable(tx, viewer, graph, one, `input.roles[${place}]`));
    return rows.filter((row, place) => rows.findIndex((other) => isSame(row, other)) === place);
  }
}

interface RoleRow {
  role_id: string;
  reach: TemplateReach;
  unit_id: string | null;
}

const isSame = (one: RoleRow, other: RoleRow): boolean =>
  one.role_id === other.role_id && one.reach === other.reach && one.unit_id === other.unit_id;

/** A role that the viewer may grant there to everybody: over the own unit is over any unit. */
async function grantable(
  tx: Tx,
  viewer: Viewer,
  graph: RoleGraph,
  { roleKey, reach, unitId }: AskedRole,
  inputPath: string,
): Promise<RoleRow> {
  const path = unitId === null ? [] : await pathOfUnit(tx.sql, unitId);
  if (unitId !== null && path.length === 0) throw notFound("org unit", `${inputPath}.unitId`);
  requireAt(viewer, "ROLE_GRANT", path);
  const role = holdsAnywhere(viewer, "ROLE_READ") ? graph.byKey(roleKey) : undefined;
  if (!role) throw notFound("role", `${inputPath}.roleKey`);
  await requireHeld(tx, viewer, graph.permissionsOf(role.id), { path, until: null }, `${inputPath}.roleKey`);
  return { role_id: role.id, reach, unit_id: unitId };
}

/** Filling fields of everybody is changing everybody. */
function requireFilling(viewer: Viewer, { attributes, ...texts }: Defaults): void {
  if (Object.keys(texts).length > 0 || attributes) requireAt(viewer, "USER_UPDATE", []);
  requireReadableAttributes(viewer, attributes, { userId: "", unitPath: [] });
}

/** Passes where the viewer may put everybody into these groups: they manage them, and hold what the groups were granted. Dynamic ones are CONFLICT. */
async function requireGivable(tx: Tx, viewer: Viewer, groupIds: readonly string[]): Promise<void> {
  const places = groupIds.map((id, place) => ({ id, inputPath: `input.groupIds[${place}]` }));
  for (const { id, inputPath } of places.sort((a, b) => (a.id < b.id ? -1 : 1))) {
    await lockStatic(tx, viewer, id, inputPath);
    await groupHoldings.requireNoLess(tx, viewer, id, inputPath);
  }
}

async function writeGroups(tx: Tx, templateId: string, groupIds: readonly string[]): Promise<void> {
  if (groupIds.length === 0) return;
  const rows = groupIds.map((id) => ({ id: newId(), template_id: templateId, group_id: id }));
  await tx.sql.insertInto("profile_template_group").values(rows).execute();
}

async function writeRoles(tx: Tx, templateId: string, roles: readonly RoleRow[]): Promise<void> {
  if (roles.length === 0) return;
  const rows = roles.map((role) => ({ id: newId(), template_id: templateId, ...role }));
  await tx.sql.insertInto("profile_template_role").values(rows).execute();
}

async function lockTemplate(tx: Tx, id: string): Promise<TemplateRecord> {
  await tx.sql.selectFrom("profile_template").select("id").where("id", "=", id).forUpdate().execute();
  const [template] = await loadTemplates(tx.sql, id);
  if (!template) throw notFound("profile template", "input.id");
  return template;
}
