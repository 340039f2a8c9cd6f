import { sql } from "kysely";
import type { Cause } from "../../database/cause.ts";
import type { Database } from "../../database/database.ts";
import type { Tx } from "../../database/transaction.ts";
import { type Approvals, touch } from "./approval.requests.ts";
import { ApprovalRequestEntity } from "./approval-request.entity.ts";

const BATCH = 100;
const MINUTE_MS = 60_000;

const cause = (action: string): Cause => ({
  kind: "SCHEDULE",
  action,
  actor: { kind: "SYSTEM", id: null, name: "scheduler" },
});

/** Lets time pass for requests: what is overdue expires, and whoever may decide is reminded. Any number of gateways may call it. */
export class ApprovalClock {
  constructor(
    private readonly database: Database,
    private readonly approvals: Approvals,
  ) {}

  /** Gives how many requests expired, and of how many somebody was reminded. A request that stands in the way does not hold up the others. */
  async tick(): Promise<{ expired: number; reminded: number }> {
    let [expired, reminded] = [0, 0];
    const failures: unknown[] = [];
    for (const { id, overdue } of await this.#due()) {
      try {
        if (overdue) expired += await this.#expire(id);
        else reminded += await this.#remind(id);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    return { expired, reminded };
  }

  async #due(): Promise<{ id: string; overdue: boolean }[]> {
    const { rows } = await sql<{ id: string; overdue: boolean }>`
      SELECT id, expires_at <= clock.now AS overdue FROM approval_request CROSS JOIN (SELECT rollcall_now() AS now) clock
      WHERE state = 'PENDING' AND (expires_at <= clock.now OR remind_at <= clock.now)
      ORDER BY least(expires_at, remind_at) LIMIT ${BATCH}`.execute(this.database.reader);
    return rows;
  }

  async #expire(id: string): Promise<number> {
    const { value } = await this.database.write(cause("approval.expired"), async (tx) => {
      const request = await this.#take(tx, id);
      if (!request || request.expiresAt > tx.now) return 0;
      await this.approvals.close(tx, request, "EXPIRED");
      return 1;
    });
    return value;
  }

  async #remind(id: string): Promise<number> {
    const { value } = await this.database.write(cause("approval.reminded"), async (tx) => {
      const request = await this.#take(tx, id);
      if (!request?.remindAt || request.remindAt > tx.now || request.expiresAt <= tx.now) return 0;
      const every = (request.remindMinutes as number) * MINUTE_MS;
      // What was missed while no gateway ran is one reminder; the next keeps to the beat.
      const missed = Math.floor((tx.now.getTime() - request.remindAt.getTime()) / every) + 1;
      request.remindAt = new Date(request.remindAt.getTime() + missed * every);
      request.reminders += 1;
      touch(request, tx.now);
      return 1;
    });
    return value;
  }

  /** The request, locked, where it is pending and no other gateway or person is at it. */
  async #take(tx: Tx, id: string): Promise<ApprovalRequestEntity | undefined> {
    const { rows } =
      await sql`SELECT FROM approval_request WHERE id = ${id} AND state = 'PENDING' FOR UPDATE SKIP LOCKED`.execute(
        tx.sql,
      );
    return rows.length === 0 ? undefined : ((await tx.em.findOne(ApprovalRequestEntity, id)) ?? undefined);
  }
}
