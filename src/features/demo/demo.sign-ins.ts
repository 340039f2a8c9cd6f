import type { Selectable } from "kysely";
import type { UserSecurityRow } from "../../database/tables.ts";
import type { Calendar } from "./demo.calendar.ts";
import type { DemoPerson } from "./demo.roster.ts";
import { SITES } from "./demo.sites.ts";

const COUNTRIES = Object.values(SITES).map(({ country }) => country);

/** In days: whoever has not been seen for longer than the last has been forgotten. */
const DORMANT_DAYS = 90;
const DORMANT_PERCENT = 7;
const NEVER_PERCENT = 4;
const SINGLE_SIGN_ON_PERCENT = 15;
const ABROAD_PERCENT = 6;
const SESSION_DAYS = 3;

const FACTORS: readonly (readonly string[])[] = [
  ["TOTP"],
  ["TOTP", "RECOVERY_CODE"],
  ["TOTP", "RECOVERY_CODE"],
  ["PASSKEY"],
  ["PASSKEY", "RECOVERY_CODE"],
  ["TOTP", "PASSKEY", "RECOVERY_CODE"],
  [],
];

/** What sign-in knows about everybody who could have signed in; those who are still to come have no row. */
export const signInRows = (people: readonly DemoPerson[], calendar: Calendar): Selectable<UserSecurityRow>[] =>
  people.filter(({ career }) => career.status !== "PENDING").map((person) => rowOf(person, calendar));

function rowOf(person: DemoPerson, calendar: Calendar): Selectable<UserSecurityRow> {
  const { id, chance, career, machine, site } = person;
  const seen = lastSeen(person, calendar);
  const abroad = chance.odds(ABROAD_PERCENT);
  const country = abroad ? chance.of(COUNTRIES) : (site?.country ?? "GB");
  const failures = failuresOf(person);
  const methods = machine || seen === null ? [] : [...chance.of(FACTORS)];
  const days = chance.number() ** 1.5 * 500;
  const changed = calendar.in(-days) > career.createdAt ? calendar.in(-days) : career.createdAt;
  const recent = seen !== null && career.status === "ACTIVE" && seen > calendar.in(-SESSION_DAYS);
  return {
    user_id: id,
    last_login_at: seen,
    last_login_country: seen && country,
    failed_login_count: failures,
    password_changed_at: machine || chance.odds(SINGLE_SIGN_ON_PERCENT) ? null : changed,
    mfa_methods: methods,
    active_session_count: recent ? chance.between(0, 4) : 0,
    risk_score: chance.odds(10) ? null : riskOf(person, { abroad, failures, secured: methods.length > 0 }),
  };
}

/** When they last signed in; null where they never did. Nobody signs in before they are known, nor once they are kept out. */
function lastSeen({ chance, career, fate, account }: DemoPerson, calendar: Calendar): Date | null {
  const lot = chance.number() * 100;
  const share = chance.number();
  if (account) return calendar.in(-share / 4);
  if (lot < NEVER_PERCENT) return null;
  const ended =
    fate.kind === "steady" || fate.kind === "began" || fate.kind === "ends" ? calendar.now : career.statusChangedAt;
  const dormant = lot < NEVER_PERCENT + DORMANT_PERCENT;
  const days = dormant ? DORMANT_DAYS + 2 + share * 300 : share ** 4 * 60 + 0.01;
  const seen = new Date(ended.getTime() + calendar.in(-days).getTime() - calendar.now.getTime());
  return seen > career.createdAt ? seen : null;
}

function failuresOf({ chance, career }: DemoPerson): number {
  if (career.status === "LOCKED") return chance.between(5, 14);
  return chance.odds(85) ? 0 : chance.between(1, 4);
}

function riskOf(
  { chance, career }: DemoPerson,
  signs: { abroad: boolean; failures: number; secured: boolean },
): number {
  const shutOut = career.status === "LOCKED" || career.status === "SUSPENDED" ? 25 : 0;
  return Math.min(
    100,
    chance.between(0, 30) + shutOut + (signs.abroad ? 20 : 0) + (signs.secured ? 0 : 15) + signs.failures * 4,
  );
}
