import { sql } from "kysely";
import type { Tx } from "../../database/transaction.ts";
import { conflict, type RollcallError } from "../../kernel/errors.ts";
import type { RoleGraph } from "./role.graph.ts";

/** What is about to be taken away, and must not count any more. */
export interface Without {
  grantIds?: readonly string[];
  userIds?: readonly string[];
  /** These people, or without a list everybody, belong to a group no more. */
  group?: { id: string; userIds: readonly string[] | undefined };
}

/** For how long roles are managed by an active person who holds ROLE_MANAGE everywhere. */
interface Managed {
  now: boolean;
  /** By a grant without an end. */
  forGood: boolean;
}

/**
 * Service tokens do not count: they are keys to the house, not somebody who lives there. A grant that will expire counts for
 * now, but not for good: else the last one who manages roles would go without anybody doing anything. For the same reason what dynamic groups
 * were granted does not count: nobody could refuse to let their last member go.
 */
async function managed(tx: Tx, graph: RoleGraph, without: Without = {}): Promise<Managed> {
  const { group } = without;
  const gone = group?.userIds ? sql<boolean>`g.user_id = ANY(${[...group.userIds]}::uuid[])` : sql<boolean>`true`;
  const { rows } = await sql<Managed>`
    SELECT count(*) > 0 AS now, count(*) FILTER (WHERE g.expires_at IS NULL) > 0 AS "forGood"
    FROM held_grant g JOIN user_account u ON u.id = g.user_id AND u.status = 'ACTIVE'
    WHERE g.role_id = ANY(${graph.allowing("ROLE_MANAGE")}::uuid[]) AND g.scope_id IS NULL AND g.revoked_at IS NULL
      AND g.starts_at <= ${tx.now} AND (g.expires_at IS NULL OR g.expires_at > ${tx.now})
      AND g.id <> ALL (${[...(without.grantIds ?? [])]}::uuid[])
      AND g.user_id <> ALL (${[...(without.userIds ?? [])]}::uuid[])
      AND NOT EXISTS (SELECT FROM user_group made WHERE made.id = g.group_id AND made.kind = 'DYNAMIC')
      AND (g.group_id = ${group?.id ?? null}::uuid AND ${gone}) IS NOT TRUE`.execute(tx.sql);
  return rows[0] as Managed;
}

/**
 * Passes where roles stay managed for as long as they were: by an active person who holds ROLE_MANAGE everywhere, without an
 * end where there was one. CONFLICT otherwise. `before` and `after` say what is there before and after the change. To be
 * called behind `lockRoleGraph`, so that of two who give it up at once one finds the other gone.
 */
export async function keepRoleManager(
  tx: Tx,
  before: { graph: RoleGraph },
  after: { graph: RoleGraph; without?: Without },
  inputPath: string,
): Promise<void> {
  const [was, will] = [await managed(tx, before.graph), await managed(tx, after.graph, after.without)];
  if ((was.now && !will.now) || (was.forGood && !will.forGood)) throw lastRoleManager(inputPath);
}

/** The same for people who have stopped being active already, in this transaction. */
export async function keepRoleManagerBeside(
  tx: Tx,
  graph: RoleGraph,
  userIds: readonly string[],
  forGood: boolean,
): Promise<void> {
  const will = await managed(tx, graph, { userIds });
  if (!will.now || (forGood && !will.forGood)) throw lastRoleManager("input.id");
}

/** The refusal to leave roles without an active person who manages them. */
const lastRoleManager = (inputPath: string): RollcallError =>
  conflict(
    "This would take ROLE_MANAGE everywhere from the last active person who holds it without an end: give it to somebody else first.",
    { permission: "ROLE_MANAGE", inputPath },
  );
