import { sql } from "kysely";
import type { Author } from "../../access/author.ts";
import { type CommandOptions, carryOut } from "../../access/command.ts";
import { mayDo, maySee, requireOver } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { Tx, Written } from "../../database/transaction.ts";
import { conflict, notFound } from "../../kernel/errors.ts";
import { newId, publicId } from "../../kernel/ids.ts";
import type { ApprovalKindRules } from "../approvals/approval.kinds.ts";
import type { Approvals } from "../approvals/approval.requests.ts";
import type { Decider } from "../approvals/approval-request.entity.ts";
import { viewerOfAuthor } from "../auth/author.viewer.ts";
import { placeOfUser } from "../users/user.place.ts";
import { ERASURE_GROUNDS, type ErasureGround } from "./erasure.grounds.ts";
import { type ErasingParts, erasePerson, requireNoHold } from "./erasure.work.ts";

const FOURTEEN_DAYS = 14 * 24;
const THREE_DAYS = 3 * 24;

/** A second person who may erase the person too. */
export const ERASURE_DECIDERS: readonly Decider[] = [{ by: "PERMISSION", permission: "USER_ERASE", over: "SUBJECT" }];

export interface EraseUser extends CommandOptions {
  id: string;
  ground: ErasureGround;
}

export interface PlaceHold extends CommandOptions {
  userId: string;
  reason: string;
}

/** What became of asking: a request that waits, or the erasure that was made before. */
export interface ErasureAsked {
  requestId: string | null;
  erasureId: string | null;
}

/** Asks for erasures, and places and releases what blocks them. Every command is one transaction. */
export class ErasureService {
  constructor(
    private readonly database: Database,
    private readonly approvals: Approvals,
  ) {}

  /** Asks for a second person's word. Who is erased already is not asked about, nor who is asked about already; CONFLICT names a hold. */
  erase(author: Author, command: EraseUser): Promise<Written<ErasureAsked>> {
    const name = { mutation: "eraseUser", action: "user.erasure_requested" };
    return carryOut(this.database, author, name, command, async (tx) => {
      await lockPerson(tx, author, command.id);
      const known = await knownOf(tx, command.id);
      if (known) return known;
      await requireNoHold(tx, command.id);
      const requestId = await this.approvals.request(tx, {
        kind: "ERASURE",
        requester: author.viewer,
        subjectId: publicId("User", command.id),
        reason: command.reason ?? null,
        payload: { ground: command.ground },
        steps: [ERASURE_DECIDERS],
      });
      return { requestId, erasureId: null };
    });
  }

  /** Blocks the person's erasure from here on, also one that waits for its approval. */
  placeHold(author: Author, command: PlaceHold): Promise<Written<{ id: string }>> {
    const name = { mutation: "placeLegalHold", action: "legal_hold.placed" };
    return carryOut(this.database, author, name, command, async (tx) => {
      await lockPerson(tx, author, command.userId, "input.userId");
      const erased = await sql`SELECT FROM user_erasure WHERE user_id = ${command.userId}`.execute(tx.sql);
      if (erased.rows.length > 0)
        throw conflict("This person was erased: there is nothing to hold.", { inputPath: "input.userId" });
      const id = newId();
      await tx.sql
        .insertInto("legal_hold")
        .values({
          id,
          user_id: command.userId,
          reason: command.reason,
          placed_by_id: author.viewer.id,
          placed_at: tx.now,
          released_by_id: null,
          released_at: null,
        })
        .execute();
      return { id };
    });
  }

  /** Ends a hold; others on the same person go on. CONFLICT where it was released already. */
  releaseHold(author: Author, command: CommandOptions & { id: string }): Promise<Written<{ id: string }>> {
    const name = { mutation: "releaseLegalHold", action: "legal_hold.released" };
    return carryOut(this.database, author, name, command, async (tx) => {
      const hold = await tx.sql
        .selectFrom("legal_hold")
        .select(["user_id", "released_at"])
        .where("id", "=", command.id)
        .forUpdate()
        .executeTakeFirst();
      const place = hold && (await placeOfUser(tx.sql, hold.user_id, author.viewer));
      if (!place) throw notFound("legal hold", "input.id");
      requireOver(author.viewer, "USER_ERASE", place);
      if (hold.released_at) throw conflict("This hold was released already.", { inputPath: "input.id" });
      await tx.sql
        .updateTable("legal_hold")
        .set({ released_at: tx.now, released_by_id: author.viewer.id })
        .where("id", "=", command.id)
        .execute();
      return { id: command.id };
    });
  }
}

/** What carrying out an approved erasure takes. */
export interface ApprovedErasing extends ErasingParts {
  dateOf: (instant: Date) => string;
}

/** How approved erasures are carried out; FAILED where a hold was placed meanwhile, or whoever asked may not erase the person any more. */
export const erasures = (parts: () => ApprovedErasing): ApprovalKindRules => ({
  kind: "ERASURE",
  expiresAfterHours: FOURTEEN_DAYS,
  remindEveryHours: THREE_DAYS,
  changes: ({ ground }) => (typeof ground === "string" ? [{ field: "ground", before: null, after: ground }] : []),
  async carryOut(tx, { id, userId, requester, payload }) {
    const ground = payload.ground as ErasureGround;
    if (!Object.hasOwn(ERASURE_GROUNDS, ground)) throw new Error("A request for erasure names no ground.");
    const asked = await viewerOfAuthor(tx, requester, parts().dateOf);
    const place = asked && (await placeOfUser(tx.sql, userId as string, asked));
    if (!asked || !place || !maySee(asked, place) || !mayDo(asked, "USER_ERASE", place))
      throw conflict("Whoever asked for this erasure may not erase the person any more: ask anew.");
    await erasePerson(tx, parts(), { userId: userId as string, ground, approvalRequestId: id });
  },
});

/** Locks the person, so that holds and erasures of one person wait for each other; NOT_FOUND and FORBIDDEN as everywhere. */
async function lockPerson(tx: Tx, { viewer }: Author, id: string, path = "input.id"): Promise<void> {
  await sql`SELECT FROM user_account WHERE id = ${id} FOR UPDATE`.execute(tx.sql);
  const place = await placeOfUser(tx.sql, id, viewer);
  if (!place) throw notFound("user", path);
  requireOver(viewer, "USER_ERASE", place, path);
}

/** The erasure that was made, or the request that waits. */
async function knownOf(tx: Tx, userId: string): Promise<ErasureAsked | undefined> {
  const { rows } = await sql<ErasureAsked>`
    SELECT (SELECT r.id FROM approval_request r WHERE r.user_id = ${userId} AND r.kind = 'ERASURE' AND r.state = 'PENDING' AND r.expires_at > ${tx.now}
      ORDER BY r.created_at LIMIT 1) AS "requestId",
      (SELECT e.id FROM user_erasure e WHERE e.user_id = ${userId}) AS "erasureId"`.execute(tx.sql);
  const [known] = rows;
  return known && (known.requestId !== null || known.erasureId !== null) ? known : undefined;
}
