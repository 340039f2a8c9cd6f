import { sql } from "kysely";
import type { Tx } from "../../database/transaction.ts";
import type { Permission } from "../../kernel/permissions.ts";
import { fold } from "../../search/folding.ts";

/** What deciding about roles needs of one of them. */
export interface RoleNode {
  readonly id: string;
  readonly key: string;
  readonly permissions: readonly Permission[];
  readonly inheritsIds: readonly string[];
}

/** These roles and everything that they inherit, at any distance, each once; roles that are not in the map are left out. */
export function withInherited<T extends Pick<RoleNode, "inheritsIds">>(
  ids: Iterable<string>,
  roles: ReadonlyMap<string, T>,
): T[] {
  const found = new Set(ids);
  // A set that grows while it is walked hands out what was added as well.
  for (const id of found) for (const inherited of roles.get(id)?.inheritsIds ?? []) found.add(inherited);
  return [...found].map((id) => roles.get(id)).filter((role) => role !== undefined);
}

/** All roles and who inherits whom, as of one moment of a transaction. */
export class RoleGraph {
  readonly #nodes: ReadonlyMap<string, RoleNode>;

  constructor(nodes: Iterable<RoleNode>) {
    this.#nodes = new Map(Array.from(nodes, (node) => [node.id, node]));
  }

  byId(id: string): RoleNode | undefined {
    return this.#nodes.get(id);
  }

  byKey(key: string): RoleNode | undefined {
    return [...this.#nodes.values()].find((node) => fold(node.key) === fold(key));
  }

  /** The roles with these keys, and everything that they inherit. */
  held(keys: Iterable<string>): RoleNode[] {
    return withInherited(
      [...keys].flatMap((key) => this.byKey(key)?.id ?? []),
      this.#nodes,
    );
  }

  /** What the role allows, with everything that it inherits. */
  permissionsOf(id: string): ReadonlySet<Permission> {
    return new Set(withInherited([id], this.#nodes).flatMap((node) => node.permissions));
  }

  /** The ids of the roles that allow this, by themselves or by inheritance. */
  allowing(permission: Permission): string[] {
    return [...this.#nodes.keys()].filter((id) => this.permissionsOf(id).has(permission));
  }

  /** The roles that inherit this one directly. */
  inheritors(id: string): RoleNode[] {
    return [...this.#nodes.values()].filter((node) => node.inheritsIds.includes(id));
  }

  /** The graph with this role added, or in the place of the one with its id. */
  with(node: RoleNode): RoleGraph {
    // Of two nodes with one id the later one stays.
    return new RoleGraph([...this.#nodes.values(), node]);
  }

  /** The keys along the inheritance from one role to another, both included; undefined where it does not lead there. */
  path(from: string, to: string, seen = new Set<string>()): readonly string[] | undefined {
    const node = this.#nodes.get(from);
    if (!node || seen.has(from)) return undefined;
    if (from === to) return [node.key];
    seen.add(from);
    for (const inherited of node.inheritsIds) {
      const rest = this.path(inherited, to, seen);
      if (rest) return [node.key, ...rest];
    }
    return undefined;
  }
}

/**
 * The roles as they stay until this transaction ends: whoever else would change roles or grants waits for it. So what is
 * decided here (nobody gives more than they hold, somebody still manages roles) still holds at the commit. To be called
 * behind the locks of the users and units concerned, which is the one order in which all take them.
 */
export async function lockRoleGraph(tx: Tx): Promise<RoleGraph> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended('rollcall.roles', 0))`.execute(tx.sql);
  return loadRoleGraph(tx);
}

/** The roles as they are, and may no longer be a moment later. */
export async function loadRoleGraph(tx: Pick<Tx, "sql">): Promise<RoleGraph> {
  const { rows } = await sql<RoleNode>`
    SELECT r.id, r.key, r.permissions,
      ARRAY(SELECT i.inherits_id FROM role_inheritance i WHERE i.role_id = r.id) AS "inheritsIds"
    FROM role r`.execute(tx.sql);
  return new RoleGraph(rows);
}
