import { sql } from "kysely";
import type { Cause } from "../../database/cause.ts";
import type { Database } from "../../database/database.ts";
import type { SignInFactRow } from "../../database/sign-in-tables.ts";
import type { Tx } from "../../database/transaction.ts";
import { newId } from "../../kernel/ids.ts";
import { countOpenSessions } from "./session.ending.ts";
import { LOCK_AGAIN_SECONDS } from "./sign-in.counter.ts";

/** Facts that are brought at a time. */
const BATCH = 10_000;
/** Addresses whose failures have a commit of their own, the busiest first; those of the others share one. */
const ADDRESSES = 20;

type Fact = Pick<SignInFactRow, "user_id" | "at" | "succeeded" | "ip" | "country"> & { id: bigint };

const cause = (action: string, ip: string | null): Cause => ({
  kind: "SIGN_IN",
  action,
  actor: { kind: "SYSTEM", id: null, name: "sign-in" },
  ...(ip === null ? {} : { ip }),
});

/**
 * Notes a failed sign-in, of somebody or of a name that nobody has: on its own, so that nothing takes it back. With `locks`, the counter's
 * subject, that an account is to be locked for it is kept by the same statement: one more would tell by its time that there is such an account.
 */
export async function noteFailure(
  database: Database,
  { userId, ip, locks }: { userId: string | null; ip: string | undefined; locks: string | null },
): Promise<void> {
  await sql`WITH noted AS (
      INSERT INTO sign_in_fact (user_id, at, succeeded, ip) VALUES (${userId}, rollcall_now(), false, ${ip ?? null}))
    UPDATE sign_in_counter SET lock_due = rollcall_now() + make_interval(secs => ${LOCK_AGAIN_SECONDS})
    WHERE kind = 'ACCOUNT' AND subject = ${locks}`.execute(database.reader);
}

/** Notes a sign-in, with the session that it opens. */
export async function noteSuccess(tx: Tx, userId: string, ip: string | undefined): Promise<void> {
  await tx.sql
    .insertInto("sign_in_fact")
    .values({ user_id: userId, at: tx.now, succeeded: true, ip: ip ?? null, country: null })
    .execute();
}

/**
 * Brings what sign-ins had to tell to people's search rows and to the audit log: all successes in one commit, failures in one for each
 * address. A crowd that signs in is a commit or two, not one each. Any number of gateways may call it: failures come behind the success that
 * they followed, whoever brings that, so that it takes back none of them.
 */
export async function deliverFacts(database: Database): Promise<void> {
  const facts: Fact[] = await database.reader
    .selectFrom("sign_in_fact")
    .select(["id", "user_id", "at", "succeeded", "ip", "country"])
    .orderBy("id")
    .limit(BATCH)
    .execute();
  const successes = facts.filter(({ succeeded }) => succeeded);
  const latest = new Map(successes.map(({ user_id, id }) => [user_id, id]));
  const { before = [], since = [] } = Object.groupBy(
    facts.filter(({ succeeded }) => !succeeded),
    ({ user_id, id }) => (id > (latest.get(user_id) ?? id) ? "since" : "before"),
  );
  await deliverFailures(database, before);
  await deliverSuccesses(database, successes);
  await deliverFailures(database, since);
}

async function deliverFailures(database: Database, failures: readonly Fact[]): Promise<void> {
  const byAddress = Map.groupBy(failures, ({ ip }) => ip);
  const busiest = [...byAddress].sort(([, a], [, b]) => b.length - a.length);
  for (const [ip, some] of busiest.slice(0, ADDRESSES)) await deliverFrom(database, ip, some);
  const others = busiest.slice(ADDRESSES).flatMap(([, some]) => some);
  await deliverFrom(database, null, others);
}

/** Takes facts out of the queue; those that another gateway took are not among them. */
async function takeOut(tx: Tx, facts: readonly Fact[]): Promise<Fact[]> {
  const { rows } = await sql<{ id: bigint }>`
    DELETE FROM sign_in_fact WHERE id = ANY(${facts.map(({ id }) => String(id))}::bigint[]) RETURNING id`.execute(
    tx.sql,
  );
  const taken = new Set(rows.map(({ id }) => String(id)));
  return facts.filter(({ id }) => taken.has(String(id)));
}

async function deliverFrom(database: Database, ip: string | null, facts: readonly Fact[]): Promise<void> {
  if (facts.length === 0) return;
  await database.write(cause("sign_in.failed", ip), async (tx) => {
    const byUser = Map.groupBy(await takeOut(tx, facts), ({ user_id }) => user_id);
    const known = [...byUser].filter((entry): entry is [string, Fact[]] => entry[0] !== null).sort(byId);
    await sql`
      INSERT INTO user_security AS kept (user_id, failed_login_count)
      SELECT f.id, f.count FROM unnest(${known.map(([id]) => id)}::uuid[], ${known.map(([, some]) => some.length)}::integer[]) f (id, count)
      ON CONFLICT (user_id) DO UPDATE SET failed_login_count = kept.failed_login_count + excluded.failed_login_count`.execute(
      tx.sql,
    );
    for (const [userId, some] of byUser) await recordAttempt(tx, userId, some.length);
  });
}

const byId = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);

/** The audit log's own event of it: an attempt that failed, and how many more there were. */
async function recordAttempt(tx: Tx, userId: string | null, times: number): Promise<void> {
  await tx.sql
    .insertInto("audit_attempt")
    .values({
      id: newId(),
      at: tx.now,
      action: "sign_in.failed",
      outcome: "FAILED",
      code: "UNAUTHENTICATED",
      operation: "signIn",
      subject_kind: userId && "User",
      subject_id: userId,
      omitted: times - 1,
    })
    .execute();
}

async function deliverSuccesses(database: Database, successes: readonly Fact[]): Promise<void> {
  if (successes.length === 0) return;
  await database.write(cause("user.signed_in", null), async (tx) => {
    const latest = new Map((await takeOut(tx, successes)).map((fact) => [fact.user_id as string, fact]));
    const people = [...latest].sort(byId);
    const ids = people.map(([id]) => id);
    await sql`
      INSERT INTO user_security AS kept (user_id, last_login_at, last_login_country, failed_login_count)
      SELECT f.id, f.at, f.country, 0 FROM unnest(${ids}::uuid[], ${people.map(([, { at }]) => at)}::timestamptz[],
        ${people.map(([, { country }]) => country)}::text[]) f (id, at, country)
      ON CONFLICT (user_id) DO UPDATE SET last_login_at = greatest(kept.last_login_at, excluded.last_login_at),
        last_login_country = excluded.last_login_country, failed_login_count = 0`.execute(tx.sql);
    await countOpenSessions(tx, ids);
  });
}
