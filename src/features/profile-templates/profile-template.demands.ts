import type { Tx } from "../../database/transaction.ts";
import type { Filter } from "../../search/filter.ts";
import type { FactorDemand, RequiredFactor } from "../auth/sign-in-policy.entity.ts";
import type { FactorDemands } from "../auth/sign-in-policy.rules.ts";
import { pathOfUnit } from "../org/org-unit.path.ts";
import { UserEntity } from "../users/user.entity.ts";
import type { ProfileValues } from "../users/user.profile.ts";
import { conditionRow, fitting } from "./profile-template.matching.ts";
import { profileOf } from "./profile-template.profile.ts";

/*
 * A template that demands a second factor does it as a sign-in policy with its condition: it is asked at every sign-in, about what the person is
 * then. Nothing is written when somebody joins or moves, so nothing has to be taken back.
 */

interface Demanding extends FactorDemand {
  filter: Filter;
}

/** What templates demand of somebody who signs in. */
export const demandsOf =
  (orgTimezone: string): FactorDemands =>
  async (tx, userId) => {
    const templates = await demanding(tx);
    const user = templates.length > 0 ? await tx.em.findOne(UserEntity, userId) : null;
    return user ? fitted(tx, templates, profileOf(user), orgTimezone) : [];
  };

/** The strongest factor that templates demand of somebody, by each of these profiles; null: none. */
export async function strongestDemands(
  tx: Tx,
  profiles: readonly ProfileValues[],
  orgTimezone: string,
): Promise<readonly (RequiredFactor | null)[]> {
  const templates = await demanding(tx);
  const strongest: (RequiredFactor | null)[] = [];
  for (const profile of profiles) {
    const asked = (await fitted(tx, templates, profile, orgTimezone)).map(({ require }) => require);
    strongest.push(asked.includes("PASSKEY") ? "PASSKEY" : (asked[0] ?? null));
  }
  return strongest;
}

async function demanding(tx: Tx): Promise<Demanding[]> {
  const rows = await tx.sql
    .selectFrom("profile_template")
    .select(["filter", "require", "grace_days"])
    .where("require", "is not", null)
    .execute();
  return rows.map(({ filter, require, grace_days: graceDays }) => ({
    filter: filter as unknown as Filter,
    require: require as RequiredFactor,
    graceDays,
  }));
}

async function fitted(
  tx: Tx,
  templates: readonly Demanding[],
  profile: ProfileValues,
  orgTimezone: string,
): Promise<FactorDemand[]> {
  if (templates.length === 0) return [];
  const row = conditionRow(profile, profile.orgUnitId ? await pathOfUnit(tx.sql, profile.orgUnitId) : []);
  return templates.filter((template) => fitting(template, { now: tx.now, orgTimezone })(row));
}
