import { createHash } from "node:crypto";
import { type Kysely, sql } from "kysely";
import type { Database } from "../../database/database.ts";
import type { Tables } from "../../database/tables.ts";
import type { Tx } from "../../database/transaction.ts";
import { RollcallError } from "../../kernel/errors.ts";
import { networkOf } from "../../kernel/network-address.ts";
import type { SignInSettings } from "./sign-in.settings.ts";

/** Whose attempts are counted: those at an account, or at a name that nobody has, and those from an address. */
export interface Counted {
  /** As `accountSubject` and `nameSubject` give it; undefined where nobody is named yet. */
  account: string | undefined;
  ip: string | undefined;
}

export const accountSubject = (userId: string): string => `user:${userId}`;

/** A name that nobody has is counted under its hash: what people type into the wrong field is kept nowhere. */
export const nameSubject = (name: string): string =>
  `name:${createHash("sha256").update(name.toLowerCase()).digest("base64url")}`;

/**
 * Counts attempts, each before it is made, in a statement that commits at once: nothing that comes after can take it back, and of
 * attempts at the same time exactly as many pass as there are left.
 */
export class AttemptCounter {
  constructor(
    private readonly database: Database,
    private readonly settings: SignInSettings,
  ) {}

  /** Takes an attempt; RATE_LIMITED where there is none left. Gives whether it was the account's last. */
  async take({ account, ip }: Counted): Promise<{ last: boolean }> {
    const { accountAttempts, addressAttempts, windowSeconds, lockSeconds } = this.settings;
    const counters = [
      ...(account === undefined ? [] : [{ kind: "ACCOUNT", subject: account, most: accountAttempts }]),
      ...(ip === undefined ? [] : [{ kind: "ADDRESS", subject: networkOf(ip), most: addressAttempts }]),
    ];
    const kinds = counters.map(({ kind }) => kind);
    const subjects = counters.map(({ subject }) => subject);
    const limits = counters.map(({ most }) => most);
    const locked = lockSeconds === 0 ? windowSeconds : lockSeconds;
    const { rows } = await sql<{ attempts: number; most: number; seconds: number; kind: string }>`
      WITH clock AS MATERIALIZED (SELECT rollcall_now() AS now),
      wanted AS (
        SELECT w.kind, w.subject, w.most, clock.now
        FROM clock, unnest(${kinds}::text[], ${subjects}::text[], ${limits}::integer[]) w (kind, subject, most)),
      counted AS (
        INSERT INTO sign_in_counter AS c (kind, subject, attempts, until)
        SELECT kind, subject, 1, now + make_interval(secs => ${windowSeconds}) FROM wanted ORDER BY kind
        ON CONFLICT (kind, subject) DO UPDATE SET
          attempts = CASE WHEN c.until <= (SELECT now FROM clock) THEN 1 ELSE c.attempts + 1 END,
          until = CASE
            WHEN c.until <= (SELECT now FROM clock) THEN excluded.until
            WHEN c.attempts + 1 = (SELECT w.most FROM wanted w WHERE w.kind = c.kind)
              THEN greatest(c.until, (SELECT now FROM clock) + make_interval(secs => ${locked}))
            ELSE c.until END
        RETURNING kind, attempts, until)
      SELECT counted.kind, counted.attempts, wanted.most,
        ceil(extract(epoch FROM counted.until - wanted.now))::integer AS seconds
      FROM counted JOIN wanted USING (kind)`.execute(this.database.reader);
    const spent = rows.filter(({ attempts, most }) => attempts > most);
    if (spent.length > 0)
      throw new RollcallError("RATE_LIMITED", "Too many attempts: try again later.", {
        retryAfterSeconds: Math.max(1, ...spent.map(({ seconds }) => seconds)),
      });
    return { last: rows.some(({ kind, attempts, most }) => kind === "ACCOUNT" && attempts === most) };
  }

  /** Gives an account its attempts back, and the address the ones of a sign-in that succeeded. */
  async giveBack(tx: Tx, { account, ip }: Counted, attempts: number): Promise<void> {
    if (account !== undefined) await forgetAttempts(tx.sql, [account]);
    if (ip === undefined) return;
    await sql`UPDATE sign_in_counter SET attempts = greatest(0, attempts - ${attempts})
      WHERE kind = 'ADDRESS' AND subject = ${networkOf(ip)}`.execute(tx.sql);
  }
}

/** Forgets accounts' attempts: they were unlocked, or their owner has signed in. */
export async function forgetAttempts(db: Kysely<Tables>, accounts: readonly string[]): Promise<void> {
  if (accounts.length === 0) return;
  await sql`DELETE FROM sign_in_counter WHERE kind = 'ACCOUNT' AND subject = ANY(${[...accounts]}::text[])`.execute(db);
}

/** How long whoever is to lock an account has for it, before another gateway does. */
export const LOCK_AGAIN_SECONDS = 10;

/** Takes the accounts that were to be locked by now and are not: of several gateways, each is taken by one. */
export async function takeDueLocks(database: Database): Promise<string[]> {
  const { rows } = await sql<{ userId: string }>`
    UPDATE sign_in_counter SET lock_due = rollcall_now() + make_interval(secs => ${LOCK_AGAIN_SECONDS})
    WHERE kind = 'ACCOUNT' AND lock_due <= rollcall_now() AND subject LIKE 'user:%'
    RETURNING substr(subject, 6) AS "userId"`.execute(database.reader);
  return rows.map(({ userId }) => userId);
}

/** An account was locked, or is not to be. */
export async function forgetDueLock(database: Database, userId: string): Promise<void> {
  await sql`UPDATE sign_in_counter SET lock_due = NULL
    WHERE kind = 'ACCOUNT' AND subject = ${accountSubject(userId)}`.execute(database.reader);
}

/** Removes what no attempt is counted by any more. */
export async function pruneSignIns(database: Database): Promise<void> {
  await sql`DELETE FROM sign_in_counter WHERE until < rollcall_now() AND lock_due IS NULL`.execute(database.reader);
  await sql`DELETE FROM sign_in_challenge WHERE expires_at < rollcall_now()`.execute(database.reader);
}
