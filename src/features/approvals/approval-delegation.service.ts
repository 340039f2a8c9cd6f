import { LockMode } from "@mikro-orm/core";
import { sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import type { Author } from "../../access/author.ts";
import { type CommandOptions, carryOut } from "../../access/command.ts";
import { maySee } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { Tx, Written } from "../../database/transaction.ts";
import { conflict, invalidInput, notFound, RollcallError, type Violation } from "../../kernel/errors.ts";
import { newId } from "../../kernel/ids.ts";
import { placeOfUser } from "../users/user.place.ts";
import { ApprovalDelegationEntity } from "./approval-delegation.entity.ts";

export interface Delegate extends CommandOptions {
  delegateId: string;
  /** Null: now. */
  startsAt: Date | null;
  endsAt: Date;
}

/** A delegation as it is read. */
export interface DelegationRecord {
  id: string;
  userId: string;
  delegateId: string;
  startsAt: Date;
  endsAt: Date;
  endedAt: Date | null;
}

export const DELEGATION_DAYS = 366;
/** Every question of who may decide looks at all of them. */
export const DELEGATIONS_LIMIT = 50;
const DAY_MS = 86_400_000;

/** Names delegates; every command is one transaction. */
export class ApprovalDelegationService {
  constructor(private readonly database: Database) {}

  /** The viewer's delegations, given and received, that are not over, by when they begin. */
  async list(viewer: Viewer): Promise<DelegationRecord[]> {
    if (viewer.userId === null) return [];
    return this.#read(
      sql`(d.user_id = ${viewer.userId} OR d.delegate_id = ${viewer.userId}) AND d.ended_at IS NULL AND d.ends_at > ${viewer.now}`,
    );
  }

  /** One of them, over or not; undefined for anybody else's. */
  async find({ userId }: Viewer, id: string): Promise<DelegationRecord | undefined> {
    if (userId === null) return undefined;
    return (await this.#read(sql`d.id = ${id} AND (d.user_id = ${userId} OR d.delegate_id = ${userId})`))[0];
  }

  /** Names an active person whom the viewer may see as their delegate for a time. */
  delegate(author: Author, command: Delegate): Promise<Written<{ id: string }>> {
    const name = { mutation: "delegateApprovals", action: "approval.delegated" };
    return carryOut(this.database, author, name, command, async (tx) => {
      const { viewer } = author;
      if (viewer.userId === null || viewer.session?.enrolmentOnly)
        throw new RollcallError("FORBIDDEN", "Only a person names a delegate.");
      const startsAt = command.startsAt && command.startsAt > tx.now ? command.startsAt : tx.now;
      requirePeriod(startsAt, command.endsAt, tx.now);
      await requireDelegate(tx, viewer, command.delegateId);
      const delegation = tx.em.create(ApprovalDelegationEntity, {
        id: newId(),
        userId: viewer.userId,
        delegateId: command.delegateId,
        startsAt,
        endsAt: command.endsAt,
        endedAt: null,
        createdAt: tx.now,
      });
      tx.em.persist(delegation);
      return { id: delegation.id };
    });
  }

  /** Ends a delegation now, or before it began. For the person who named the delegate, and the delegate. */
  end(author: Author, command: CommandOptions & { id: string }): Promise<Written<{ id: string }>> {
    const name = { mutation: "endDelegation", action: "approval.delegation_ended" };
    return carryOut(this.database, author, name, command, async (tx) => {
      const { userId } = author.viewer;
      const lockMode = LockMode.PESSIMISTIC_WRITE;
      const delegation = await tx.em.findOne(ApprovalDelegationEntity, command.id, { lockMode });
      const concerned = delegation && userId !== null && [delegation.userId, delegation.delegateId].includes(userId);
      if (!concerned) throw notFound("delegation", "input.id");
      if (delegation.endedAt || delegation.endsAt <= tx.now) throw conflict("This delegation is over.");
      delegation.endedAt = tx.now;
      return { id: delegation.id };
    });
  }

  async #read(condition: ReturnType<typeof sql>): Promise<DelegationRecord[]> {
    const { rows } = await sql<DelegationRecord>`
      SELECT d.id, d.user_id AS "userId", d.delegate_id AS "delegateId", d.starts_at AS "startsAt", d.ends_at AS "endsAt", d.ended_at AS "endedAt"
      FROM approval_delegation d WHERE ${condition} ORDER BY d.starts_at, d.id`.execute(this.database.reader);
    return rows;
  }
}

function requirePeriod(startsAt: Date, endsAt: Date, now: Date): void {
  const violations: Violation[] = [];
  if (endsAt <= startsAt)
    violations.push({ path: "input.endsAt", message: "must be in the future, and behind startsAt." });
  if (endsAt.getTime() - now.getTime() > DELEGATION_DAYS * DAY_MS)
    violations.push({
      path: "input.endsAt",
      message: `must be at most ${DELEGATION_DAYS} days away.`,
      limit: DELEGATION_DAYS,
    });
  if (violations.length > 0) throw invalidInput(violations);
}

async function requireDelegate(tx: Tx, viewer: Viewer, delegateId: string): Promise<void> {
  const path = "input.delegateId";
  if (delegateId === viewer.userId) throw invalidInput([{ path, message: "must be somebody else." }]);
  const place = await placeOfUser(tx.sql, delegateId, viewer);
  if (!place || place.deleted || !maySee(viewer, place)) throw notFound("user", path);
  // Locked, so that delegations to one person are counted one after another.
  const person = await sql<{
    status: string;
  }>`SELECT status FROM user_account WHERE id = ${delegateId} FOR UPDATE`.execute(tx.sql);
  if (person.rows[0]?.status !== "ACTIVE")
    throw conflict("Only an active person can be a delegate.", { inputPath: path, field: "status" });
  const { rows } = await sql<{ count: number }>`
    SELECT count(*)::integer AS count FROM approval_delegation WHERE delegate_id = ${delegateId} AND ended_at IS NULL AND ends_at > ${tx.now}`.execute(
    tx.sql,
  );
  if ((rows[0]?.count ?? 0) >= DELEGATIONS_LIMIT)
    throw conflict("This person is the delegate of as many as anybody can be.", {
      inputPath: path,
      limit: DELEGATIONS_LIMIT,
    });
}
