import { sql } from "kysely";
import type { Cause } from "../../database/cause.ts";
import type { Database } from "../../database/database.ts";
import { type Mailer, UndeliverableMail } from "./mail.message.ts";
import type { MailOutbox } from "./mail.outbox.ts";

/** How many mails are taken at a time. */
const BATCH = 10;
/** How long another gateway leaves a mail alone that this one has taken: longer than sending a batch can take. */
const LEASE_SECONDS = 600;
/** The pause after the first failure; each one after is four times the one before, up to the longest. */
const FIRST_PAUSE_SECONDS = 15;
const LONGEST_PAUSE_SECONDS = 3_600;
/** How long it is known what became of a mail; the audit log knows it for good. */
const KEPT_DAYS = 30;

interface Due {
  id: string;
  sealed: Buffer;
  attempts: number;
  overdue: boolean;
}

const because = (action: string): Cause => ({
  kind: "SYSTEM",
  action,
  actor: { kind: "SYSTEM", id: null, name: "mail" },
});

/**
 * Sends what waits in the outbox. Any number of gateways may do so: a mail is taken by one at a time. One that cannot be sent is tried again, ever
 * less often, until it is of no use or is refused for good; then it is given up, which the audit log shows.
 */
export class MailDelivery {
  /** What became of the mails that this process took, since it began. */
  readonly counts = { sent: 0, postponed: 0, given_up: 0 };
  readonly #database: Database;
  readonly #outbox: MailOutbox;
  readonly #mailer: Mailer;
  readonly #report: (error: unknown) => void;

  /** `report` is told why a mail could not be sent. */
  constructor(database: Database, outbox: MailOutbox, mailer: Mailer, report: (error: unknown) => void) {
    this.#database = database;
    this.#outbox = outbox;
    this.#mailer = mailer;
    this.#report = report;
  }

  /** Sends everything that is due, and gives how many mails were sent. */
  async run(): Promise<number> {
    let sent = 0;
    for (;;) {
      const due = await this.#take();
      for (const mail of due) if (await this.#deliver(mail)) sent += 1;
      if (due.length < BATCH) return sent;
    }
  }

  /** Takes mails that are due; should this gateway stop, they are due again when the lease ends. */
  async #take(): Promise<Due[]> {
    const { rows } = await sql<Due>`
      WITH clock AS MATERIALIZED (SELECT rollcall_now() AS now)
      UPDATE mail_delivery d SET attempts = d.attempts + 1, next_at = clock.now + make_interval(secs => ${LEASE_SECONDS})
      FROM clock WHERE d.mail_id IN (
        SELECT mail_id FROM mail_delivery WHERE next_at <= (SELECT now FROM clock) ORDER BY next_at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)
      RETURNING d.mail_id AS id, d.sealed, d.attempts, d.until <= clock.now AS overdue`.execute(this.#database.reader);
    return rows;
  }

  async #deliver({ id, sealed, attempts, overdue }: Due): Promise<boolean> {
    const message = this.#outbox.open(id, sealed);
    if (overdue || !message) {
      await this.#finish(id, "GIVEN_UP", overdue ? "EXPIRED" : "UNREADABLE");
      return false;
    }
    try {
      await this.#mailer.send(id, message);
    } catch (error) {
      this.#report(error);
      if (error instanceof UndeliverableMail) await this.#finish(id, "GIVEN_UP", error.code);
      else await this.#postpone(id, attempts);
      return false;
    }
    await this.#finish(id, "SENT", null);
    return true;
  }

  async #postpone(id: string, attempts: number): Promise<void> {
    this.counts.postponed += 1;
    const pause = Math.min(FIRST_PAUSE_SECONDS * 4 ** (attempts - 1), LONGEST_PAUSE_SECONDS);
    await sql`
      UPDATE mail_delivery SET next_at = rollcall_now() + make_interval(secs => ${pause}) WHERE mail_id = ${id}`.execute(
      this.#database.reader,
    );
  }

  async #finish(id: string, state: "SENT" | "GIVEN_UP", problem: string | null): Promise<void> {
    const action = state === "SENT" ? "mail.sent" : "mail.given_up";
    await this.#database.write(because(action), async (tx) => {
      await tx.sql
        .updateTable("mail")
        .set({ state, problem, finished_at: tx.now })
        .where("id", "=", id)
        .where("state", "=", "WAITING")
        .execute();
      await tx.sql.deleteFrom("mail_delivery").where("mail_id", "=", id).execute();
    });
    this.counts[state === "SENT" ? "sent" : "given_up"] += 1;
  }
}

/** Forgets what became of mails long ago. */
export async function pruneMail(database: Database): Promise<void> {
  const { rows } = await sql`
    SELECT FROM mail WHERE finished_at < rollcall_now() - make_interval(days => ${KEPT_DAYS}) LIMIT 1`.execute(
    database.reader,
  );
  if (rows.length === 0) return;
  await database.write(because("mail.forgotten"), async (tx) => {
    await sql`DELETE FROM mail WHERE finished_at < ${tx.now}::timestamptz - make_interval(days => ${KEPT_DAYS})`.execute(
      tx.sql,
    );
  });
}
