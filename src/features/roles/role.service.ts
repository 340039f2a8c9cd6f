import { type EntityManager, LockMode } from "@mikro-orm/core";
import { holdsAnywhere, type Viewer } from "../../access/actor.ts";
import type { Author } from "../../access/author.ts";
import { type CommandOptions, carryOut } from "../../access/command.ts";
import { requireAt } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { Tx, Written } from "../../database/transaction.ts";
import { conflict, notFound } from "../../kernel/errors.ts";
import { newId } from "../../kernel/ids.ts";
import { ALL_PERMISSIONS, type Permission } from "../../kernel/permissions.ts";
import { requireVersion } from "../../kernel/version.ts";
import { RoleEntity, RoleInheritanceEntity } from "./role.entity.ts";
import { lockRoleGraph, type RoleGraph, type RoleNode } from "./role.graph.ts";
import { keepRoleManager } from "./role.guard.ts";
import { FOR_GOOD, requireHeld } from "./role.holding.ts";

export interface CreateRole extends CommandOptions {
  key: string;
  name: string;
  description: string | null;
  privileged: boolean;
  permissions: readonly Permission[];
  inheritKeys: readonly string[];
}

export interface UpdateRole extends CommandOptions {
  id: string;
  expectedVersion: number | undefined;
  name?: string | undefined;
  description?: string | null | undefined;
  privileged?: boolean | undefined;
  permissions?: readonly Permission[] | undefined;
  inheritKeys?: readonly string[] | undefined;
}

export interface DeleteRole extends CommandOptions {
  id: string;
}

export interface RoleOutcome {
  roleId: string;
}

type Answer = Promise<Written<RoleOutcome>>;

/**
 * Changes roles; every command is one transaction. A role means the same wherever it is granted, so all of them need
 * ROLE_MANAGE everywhere, and what a role comes to allow must be held everywhere too, and without an end.
 */
export class RoleService {
  constructor(private readonly database: Database) {}

  create(author: Author, command: CreateRole): Answer {
    return carryOut(this.database, author, { mutation: "createRole", action: "role.created" }, command, async (tx) => {
      requireAt(author.viewer, "ROLE_MANAGE", []);
      const graph = await lockRoleGraph(tx);
      if (graph.byKey(command.key)) throw conflict("This key is taken.", { inputPath: "input.key", field: "key" });
      const { key, name, description, privileged } = command;
      const node = {
        id: newId(),
        key,
        permissions: inOrder(command.permissions),
        inheritsIds: rolesByKey(graph, author.viewer, command.inheritKeys),
      };
      const allowed = graph.with(node).permissionsOf(node.id);
      await requireHeld(tx, author.viewer, allowed, FOR_GOOD, "input.permissions");
      const { id, permissions } = node;
      tx.em.persist(
        tx.em.create(RoleEntity, {
          id,
          version: 1,
          key,
          name,
          description,
          privileged,
          permissions,
          createdAt: tx.now,
          updatedAt: tx.now,
        }),
      );
      await tx.flush();
      inherit(tx.em, id, node.inheritsIds);
      return { roleId: id };
    });
  }

  /** Changes a role; CONFLICT where it would come to inherit itself, or nobody who is active would manage roles any more. */
  update(author: Author, command: UpdateRole): Answer {
    return carryOut(this.database, author, { mutation: "updateRole", action: "role.updated" }, command, async (tx) => {
      const graph = await lockRoleGraph(tx);
      const before = requireRole(graph, author.viewer, command.id);
      const role = await tx.em.findOneOrFail(RoleEntity, command.id, { lockMode: LockMode.PESSIMISTIC_WRITE });
      requireVersion(role.version, command.expectedVersion);
      const node: RoleNode = {
        ...before,
        permissions: command.permissions ? inOrder(command.permissions) : before.permissions,
        inheritsIds: command.inheritKeys ? rolesByKey(graph, author.viewer, command.inheritKeys) : before.inheritsIds,
      };
      refuseCycle(graph, node);
      const after = graph.with(node);
      const had = graph.permissionsOf(node.id);
      const gained = [...after.permissionsOf(node.id)].filter((permission) => !had.has(permission));
      const inputPath = command.permissions ? "input.permissions" : "input.inheritKeys";
      await requireHeld(tx, author.viewer, gained, FOR_GOOD, inputPath);
      await keepRoleManager(tx, { graph }, { graph: after }, "input.id");
      await this.#apply(tx, role, before, node, command);
      return { roleId: role.id };
    });
  }

  /** Deletes a role with what is left of grants that have ended; CONFLICT while one has not, or another role inherits it. */
  delete(author: Author, command: DeleteRole): Answer {
    return carryOut(this.database, author, { mutation: "deleteRole", action: "role.deleted" }, command, async (tx) => {
      const graph = await lockRoleGraph(tx);
      requireRole(graph, author.viewer, command.id);
      if (graph.inheritors(command.id).length > 0)
        throw conflict("Other roles inherit this one: change them first.", {
          inputPath: "input.id",
          field: "inherits",
        });
      const live = await tx.sql
        .selectFrom("role_grant")
        .select("id")
        .where("role_id", "=", command.id)
        .where("revoked_at", "is", null)
        .where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", tx.now)]))
        .executeTakeFirst();
      if (live)
        throw conflict("Somebody holds this role, now or from some time on: revoke it first.", {
          inputPath: "input.id",
          field: "grants",
        });
      await tx.sql.deleteFrom("role_grant").where("role_id", "=", command.id).execute();
      await tx.sql.deleteFrom("role").where("id", "=", command.id).execute();
      return { roleId: command.id };
    });
  }

  /** Writes what differs; the version and the time of change follow only where something does. */
  async #apply(tx: Tx, role: RoleEntity, before: RoleNode, after: RoleNode, command: UpdateRole): Promise<void> {
    const { name = role.name, description = role.description, privileged = role.privileged } = command;
    const values = { name, description, privileged, permissions: [...after.permissions] };
    const lost = before.inheritsIds.filter((id) => !after.inheritsIds.includes(id));
    const gained = after.inheritsIds.filter((id) => !before.inheritsIds.includes(id));
    const differs = Object.entries(values).some(
      ([key, value]) => JSON.stringify(role[key as keyof typeof values]) !== JSON.stringify(value),
    );
    if (!differs && lost.length === 0 && gained.length === 0) return;
    Object.assign(role, values, { version: role.version + 1, updatedAt: tx.now });
    if (lost.length > 0)
      await tx.em.nativeDelete(RoleInheritanceEntity, { roleId: role.id, inheritsId: { $in: lost } });
    inherit(tx.em, role.id, gained);
  }
}

/** Without repeats, in the order in which the permissions are declared. */
const inOrder = (permissions: readonly Permission[]): Permission[] =>
  ALL_PERMISSIONS.filter((permission) => permissions.includes(permission));

const inherit = (em: EntityManager, roleId: string, inheritsIds: readonly string[]): void => {
  for (const inheritsId of inheritsIds)
    em.persist(em.create(RoleInheritanceEntity, { id: newId(), roleId, inheritsId }));
};

/** The role, where the viewer manages roles; NOT_FOUND where they may not see it. */
function requireRole(graph: RoleGraph, viewer: Viewer, id: string): RoleNode {
  const role = graph.byId(id);
  if (!role || !holdsAnywhere(viewer, "ROLE_READ")) throw notFound("role", "input.id");
  requireAt(viewer, "ROLE_MANAGE", []);
  return role;
}

/** The ids of the roles with these keys, each once; NOT_FOUND at the place of a key that names none in sight. */
function rolesByKey(graph: RoleGraph, viewer: Viewer, keys: readonly string[]): string[] {
  const ids = keys.map((key, place) => {
    const role = graph.byKey(key);
    if (!role || !holdsAnywhere(viewer, "ROLE_READ")) throw notFound("role", `input.inheritKeys[${place}]`);
    return role.id;
  });
  return [...new Set(ids)];
}

/** The commit refuses a cycle too; here the answer shows it. */
function refuseCycle(graph: RoleGraph, role: RoleNode): void {
  for (const inherited of role.inheritsIds) {
    const back = graph.path(inherited, role.id);
    if (!back) continue;
    throw conflict(`A role cannot inherit itself, directly or through others: ${[role.key, ...back].join(" → ")}.`, {
      inputPath: "input.inheritKeys",
      field: "inherits",
    });
  }
}
