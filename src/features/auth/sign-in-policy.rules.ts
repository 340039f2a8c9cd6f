import { type RawBuilder, sql } from "kysely";
import type { Tx } from "../../database/transaction.ts";
import type { Filter } from "../../search/filter.ts";
import { filterToSql } from "../../search/to-sql.ts";
import { userCatalogue } from "../users/user.fields.ts";
import { isMultiFactor } from "./access-token.ts";
import type { ProvedFactor } from "./session.entity.ts";
import type { FactorDemand, RequiredFactor } from "./sign-in-policy.entity.ts";

const DAY_MS = 86_400_000;

/** What a session may be, by the policies that its person falls under. */
export interface PolicyDecision {
  /** Good for enrolling a factor or setting a password, and for nothing else. */
  enrolmentOnly: boolean;
  /** Until when the person may go on without the factor. */
  enrolFactorBy: Date | null;
}

/** What a later feature demands of somebody who signs in, beside the policies. */
export type FactorDemands = (tx: Tx, userId: string) => Promise<FactorDemand[]>;

const OPEN: PolicyDecision = { enrolmentOnly: false, enrolFactorBy: null };
const SHUT: PolicyDecision = { enrolmentOnly: true, enrolFactorBy: null };

/** Decides what was proved is good for. */
export class SignInPolicies {
  constructor(
    /** The civil date that an instant falls on in ORG_TIMEZONE. */
    private readonly dateOf: (instant: Date) => string,
    private readonly others: FactorDemands,
  ) {}

  /**
   * Whether a person who has proved these factors may be let in, and until when without another one. The policies are asked about the
   * person's search row; a role that begins by itself is on it within a second or two.
   */
  async decide(
    tx: Tx,
    { userId, factors }: { userId: string; factors: readonly ProvedFactor[] },
  ): Promise<PolicyDecision> {
    if (!isMultiFactor(factors) && (await isPasswordTooShortAlone(tx, userId))) return SHUT;
    const asked = [...(await this.#askedOf(tx, userId)), ...(await this.others(tx, userId))];
    const unmet = asked.filter(({ require }) => !isMet(require, factors));
    if (unmet.length === 0) return OPEN;
    // Who has the factor and did not use it has lost it: what is left lets them enrol another one.
    if (unmet.some(({ require }) => require === "PASSKEY") && (await hasPasskey(tx, userId))) return SHUT;
    const began = await graceBegan(tx, userId);
    const days = Math.min(...unmet.map(({ graceDays }) => graceDays));
    const until = new Date(began.getTime() + days * DAY_MS);
    return until > tx.now ? { enrolmentOnly: false, enrolFactorBy: until } : SHUT;
  }

  async #askedOf(tx: Tx, userId: string): Promise<FactorDemand[]> {
    const policies = await tx.sql.selectFrom("sign_in_policy").select(["filter", "require", "grace_days"]).execute();
    if (policies.length === 0) return [];
    const context = { catalogue: userCatalogue, alias: "u", now: tx.now, today: this.dateOf(tx.now) };
    const conditions = policies.map(
      ({ filter }): RawBuilder<unknown> => sql`(${filterToSql(filter as unknown as Filter, context)}) IS TRUE`,
    );
    const { rows } = await sql<{ met: boolean[] }>`
      SELECT ARRAY[${sql.join(conditions)}] AS met FROM user_search u WHERE u.user_id = ${userId}`.execute(tx.sql);
    return policies
      .filter((_, place) => rows[0]?.met[place])
      .map((policy) => ({ require: policy.require as RequiredFactor, graceDays: policy.grace_days }));
  }
}

const isMet = (require: RequiredFactor, factors: readonly ProvedFactor[]): boolean =>
  require === "PASSKEY" ? factors.includes("PASSKEY") : isMultiFactor(factors);

async function isPasswordTooShortAlone(tx: Tx, userId: string): Promise<boolean> {
  const password = await tx.sql
    .selectFrom("user_password")
    .select("alone")
    .where("user_id", "=", userId)
    .executeTakeFirst();
  return password?.alone === false;
}

async function hasPasskey(tx: Tx, userId: string): Promise<boolean> {
  const passkey = await tx.sql
    .selectFrom("user_factor")
    .select("id")
    .where("user_id", "=", userId)
    .where("kind", "=", "PASSKEY")
    .limit(1)
    .executeTakeFirst();
  return passkey !== undefined;
}

/** The first sign-in at which a policy asked this person for a factor that they did not have. */
async function graceBegan(tx: Tx, userId: string): Promise<Date> {
  await tx.sql
    .insertInto("factor_grace")
    .values({ user_id: userId, began_at: tx.now })
    .onConflict((conflict) => conflict.column("user_id").doNothing())
    .execute();
  const { began_at } = await tx.sql
    .selectFrom("factor_grace")
    .select("began_at")
    .where("user_id", "=", userId)
    .executeTakeFirstOrThrow();
  return began_at;
}

/** Who has met what was asked begins anew if it is ever asked again. */
export async function forgetGrace(tx: Tx, userId: string): Promise<void> {
  await tx.sql.deleteFrom("factor_grace").where("user_id", "=", userId).execute();
}
