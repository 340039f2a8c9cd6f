import { sql } from "kysely";
import type { Cause } from "../../database/cause.ts";
import type { Database } from "../../database/database.ts";
import type { Tx } from "../../database/transaction.ts";
import { decrypt, encrypt } from "../../feed/audit-keys.ts";
import { newId } from "../../kernel/ids.ts";
import { networkOf } from "../../kernel/network-address.ts";
import type { Position } from "../../kernel/position.ts";
import type { Links } from "./link.issue.ts";
import { addressesOf, hasPassword } from "./link.service.ts";
import { AttemptCounter, nameSubject } from "./sign-in.counter.ts";
import { SIGN_IN_DEFAULTS } from "./sign-in.settings.ts";

/** Mails with links that one account may ask for in an hour, and requests that one network address may send. */
export const PER_ACCOUNT = 5;
export const PER_ADDRESS = 50;
const WINDOW_SECONDS = 3_600;
/** A request that was not looked at by then is of no use. */
const KEPT_MINUTES = 60;

const CAUSE: Cause = {
  kind: "SYSTEM",
  action: "user.password_reset_requested",
  actor: { kind: "SYSTEM", id: null, name: "password reset" },
};

/** Counts what is asked for, before anything is looked up. RATE_LIMITED where it is too much. */
export class LinkLimits {
  readonly #perAccount: AttemptCounter;
  readonly #perAddress: AttemptCounter;

  constructor(database: Database) {
    const settings = { ...SIGN_IN_DEFAULTS, windowSeconds: WINDOW_SECONDS, lockSeconds: WINDOW_SECONDS };
    this.#perAccount = new AttemptCounter(database, { ...settings, accountAttempts: PER_ACCOUNT });
    this.#perAddress = new AttemptCounter(database, { ...settings, accountAttempts: PER_ADDRESS });
  }

  /** `account` is an address or an id: whatever is asked about, known or not. */
  async take(account: string, ip: string | undefined): Promise<void> {
    if (ip !== undefined) await this.#perAddress.take({ account: `link-from:${networkOf(ip)}`, ip: undefined });
    await this.#perAccount.take({ account: `link-to:${nameSubject(account)}`, ip: undefined });
  }
}

/**
 * Requests to reset a password. Taking one is the same work for every address: it is counted, encrypted and put aside. Whether anybody has the
 * address is found out later, by whoever calls `answer`, and shows nowhere but in their mail.
 */
export class PasswordResetRequests {
  readonly #database: Database;
  readonly #links: Links;
  readonly #limits: LinkLimits;
  readonly #key: Buffer;

  /** `key` has 32 bytes. */
  constructor(database: Database, links: Links, limits: LinkLimits, key: Buffer) {
    this.#database = database;
    this.#links = links;
    this.#limits = limits;
    this.#key = key;
  }

  async take(email: string, ip: string | undefined): Promise<Position> {
    await this.#limits.take(email, ip);
    const id = newId();
    const sealed = encrypt(this.#key, email, id);
    await sql`INSERT INTO password_reset_request (id, sealed, requested_at) VALUES (${id}, ${sealed}, rollcall_now())`.execute(
      this.#database.reader,
    );
    return this.#database.head();
  }

  /** Sends a link for every request whose address is the verified primary one of somebody who is ACTIVE and has a password. */
  async answer(): Promise<void> {
    await sql`DELETE FROM password_reset_request WHERE requested_at < rollcall_now() - make_interval(mins => ${KEPT_MINUTES})`.execute(
      this.#database.reader,
    );
    for (;;) {
      const waiting = await this.#database.reader
        .selectFrom("password_reset_request")
        .select("id")
        .orderBy("requested_at")
        .limit(1)
        .executeTakeFirst();
      if (!waiting) return;
      // Another gateway may be answering it.
      if (!(await this.#database.write(CAUSE, (tx) => this.#answer(tx))).value) return;
    }
  }

  /** Answers the oldest request that no other gateway is answering. Gives whether there was one. */
  async #answer(tx: Tx): Promise<boolean> {
    const { rows } = await sql<{ id: string; sealed: Buffer }>`
      DELETE FROM password_reset_request WHERE id = (
        SELECT id FROM password_reset_request ORDER BY requested_at LIMIT 1 FOR UPDATE SKIP LOCKED)
      RETURNING id, sealed`.execute(tx.sql);
    if (!rows[0]) return false;
    const email = decrypt(this.#key, rows[0].sealed, rows[0].id)?.toString();
    const userId = email === undefined ? undefined : await lockOwner(tx, email);
    if (userId === undefined || !(await hasPassword(tx, userId))) return true;
    const address = (await addressesOf(tx, userId)).find(({ primary, verified }) => primary && verified);
    if (address) await this.#links.send(tx, "PASSWORD_RESET", address);
    return true;
  }
}

/** Who is ACTIVE and has this as their primary address, locked; undefined where nobody is. */
async function lockOwner(tx: Tx, email: string): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`
    SELECT u.id FROM user_account u WHERE u.status = 'ACTIVE' AND u.id IN (
      SELECT e.user_id FROM user_email e WHERE fold(e.value) = fold(${email}) AND e.is_primary)
    LIMIT 1 FOR NO KEY UPDATE`.execute(tx.sql);
  return rows[0]?.id;
}
