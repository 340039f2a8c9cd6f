import { covers, reachOf, type Viewer } from "../../access/actor.ts";
import type { Author } from "../../access/author.ts";
import { type CommandOptions, carryOut } from "../../access/command.ts";
import { maySee, type Placed, requireAt, requireOver } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { Tx, Written } from "../../database/transaction.ts";
import { conflict, invalidInput, notFound } from "../../kernel/errors.ts";
import { lockGroup, pathOfGroup } from "../groups/group.place.ts";
import { pathOfUnit } from "../org/org-unit.path.ts";
import { placeOfUser } from "../users/user.place.ts";
import { RoleGrantEntity } from "./role.entity.ts";
import { lockRoleGraph } from "./role.graph.ts";
import { keepRoleManager } from "./role.guard.ts";
import { addGrant, type GranteeAt, type Scope } from "./role-grant.addition.ts";

export interface GrantRole extends CommandOptions {
  grantee: { kind: "User" | "Group"; id: string };
  roleKey: string;
  /** Null: everywhere. */
  scopeId: string | null;
  /** Null: now. */
  startsAt: Date | null;
  /** Null: never. */
  expiresAt: Date | null;
}

export interface RevokeRole extends CommandOptions {
  grantId: string;
}

export interface RoleGrantOutcome {
  grantId: string;
}

type Answer = Promise<Written<RoleGrantOutcome>>;

/** Grants roles and revokes them; every command is one transaction and needs ROLE_GRANT over the grantee and over the grant's scope. */
export class RoleGrantService {
  constructor(private readonly database: Database) {}

  /** Grants a role; refuses what the viewer does not hold there themselves, and CONFLICT while a grant of it overlaps in time. */
  grant(author: Author, command: GrantRole): Answer {
    return carryOut(this.database, author, { mutation: "grantRole", action: "role.granted" }, command, async (tx) => {
      const { viewer } = author;
      const grantee = await lockGrantee(tx, command.grantee, viewer);
      const scope = await lockScope(tx, viewer, command.scopeId);
      const graph = await lockRoleGraph(tx);
      // From the operation's instant on, so that the answer already shows it in force.
      const period = { startsAt: command.startsAt ?? viewer.now, expiresAt: command.expiresAt };
      requirePeriod(period, viewer.now);
      const inputs = { role: "input.roleKey", until: "input.expiresAt" };
      const grantId = await addGrant(tx, author, graph, { ...command, grantee, scope, period }, inputs);
      return { grantId };
    });
  }

  /** Ends a grant at once; CONFLICT where it has ended already, or nobody who is active would manage roles any more. */
  revoke(author: Author, command: RevokeRole): Answer {
    return carryOut(this.database, author, { mutation: "revokeRole", action: "role.revoked" }, command, async (tx) => {
      const { viewer } = author;
      const known = await tx.sql
        .selectFrom("role_grant")
        .select(["user_id", "group_id"])
        .where("id", "=", command.grantId)
        .executeTakeFirst();
      if (!known) throw notFound("role grant", "input.grantId");
      await requireRevocable(tx, viewer, known);
      const graph = await lockRoleGraph(tx);
      const grant = await tx.em.findOne(RoleGrantEntity, command.grantId);
      if (!grant) throw notFound("role grant", "input.grantId");
      requireAt(viewer, "ROLE_GRANT", grant.scopeId ? await pathOfUnit(tx.sql, grant.scopeId) : []);
      if (grant.revokedAt || (grant.expiresAt && grant.expiresAt <= tx.now))
        throw conflict("This grant has ended already.", { inputPath: "input.grantId" });
      await keepRoleManager(tx, { graph }, { graph, without: { grantIds: [grant.id] } }, "input.grantId");
      grant.revokedAt = tx.now;
      return { grantId: grant.id };
    });
  }
}

/** Whether the viewer may see which roles a user was granted. Everybody sees their own. */
export const seesGrantsOf = (viewer: Viewer, user: Placed): boolean =>
  maySee(viewer, user) && (user.userId === viewer.userId || covers(reachOf(viewer, "ROLE_READ"), user.unitPath));

/** The grantee, who stays as they are until this transaction ends; NOT_FOUND where the viewer may not see them. */
async function lockGrantee(tx: Tx, { kind, id }: GrantRole["grantee"], viewer: Viewer): Promise<GranteeAt> {
  if (kind === "Group") {
    const group = await lockGroup(tx, viewer, id);
    if (!group) throw notFound("group", "input.granteeId");
    return { kind, id, unitPath: await pathOfGroup(tx, group) };
  }
  const user = await lockUser(tx, id, viewer);
  if (!user || !maySee(viewer, user)) throw notFound("user", "input.granteeId");
  if (user.deleted) throw conflict("A deleted user cannot be granted anything.", { inputPath: "input.granteeId" });
  if (user.status === "ARCHIVED")
    throw conflict("An archived user cannot be granted anything: activate them first.", {
      inputPath: "input.granteeId",
    });
  return { kind, id, unitPath: user.unitPath };
}

/** Locks the grantee of a grant and passes where the viewer may take roles from them; NOT_FOUND where they may not see what they were granted. */
async function requireRevocable(
  tx: Tx,
  viewer: Viewer,
  { user_id, group_id }: { user_id: string | null; group_id: string | null },
): Promise<void> {
  if (group_id !== null) {
    const group = await lockGroup(tx, viewer, group_id);
    if (!group) throw notFound("role grant", "input.grantId");
    return requireAt(viewer, "ROLE_GRANT", await pathOfGroup(tx, group));
  }
  const user = await lockUser(tx, user_id as string, viewer);
  if (!user || !seesGrantsOf(viewer, user)) throw notFound("role grant", "input.grantId");
  requireOver(viewer, "ROLE_GRANT", user, "input.grantId");
}

async function lockUser(tx: Tx, id: string, viewer: Viewer): Promise<(Placed & { status: string }) | undefined> {
  const locked = await tx.sql
    .selectFrom("user_account")
    .select("status")
    .where("id", "=", id)
    .forNoKeyUpdate()
    .executeTakeFirst();
  const placed = await placeOfUser(tx.sql, id, viewer);
  return locked && placed && { ...placed, ...locked };
}

/** The unit that a grant is given over, which stays until this transaction ends; NOT_FOUND where the viewer may not see it. */
async function lockScope(tx: Tx, viewer: Viewer, id: string | null): Promise<Scope> {
  if (id === null) return { id, path: [] };
  await tx.sql.selectFrom("org_unit").select("id").where("id", "=", id).forKeyShare().execute();
  const path = await pathOfUnit(tx.sql, id);
  if (path.length === 0 || !covers(reachOf(viewer, "ORG_READ"), path)) throw notFound("org unit", "input.scopeId");
  return { id, path };
}

function requirePeriod({ startsAt, expiresAt }: { startsAt: Date; expiresAt: Date | null }, now: Date): void {
  if (startsAt < now)
    throw invalidInput([{ path: "input.startsAt", message: "must not be in the past; leave it out to begin now." }]);
  if (expiresAt && expiresAt <= startsAt)
    throw invalidInput([{ path: "input.expiresAt", message: "must be later than startsAt." }]);
}
