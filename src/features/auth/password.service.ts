import { LockMode } from "@mikro-orm/core";
import { sql } from "kysely";
import type { Tx } from "../../database/transaction.ts";
import type { Consequence } from "../../kernel/consequence.ts";
import { invalidInput } from "../../kernel/errors.ts";
import { UserPasswordEntity } from "./credential.entity.ts";
import type { PasswordHashing } from "./password.hashing.ts";
import { lengthOf, loadCommonPasswords, PASSWORD_MIN_ALONE, passwordProblem } from "./password.rules.ts";
import { endSessions, sessionsEnded } from "./session.ending.ts";

/** What is known when a password is set. */
export interface SettingPassword {
  /** Where it stands in the input, for whoever is told what is wrong with it. */
  inputPath: string;
  /** The session that goes on: that of whoever changes their own. */
  keepSessionId?: string | undefined;
}

/** The product's name is a word that people put into its passwords. */
const PRODUCT = "rollcall";

/** Sets passwords, for every feature that does. */
export class PasswordService {
  constructor(private readonly hashing: PasswordHashing) {}

  /**
   * Gives a person, who exists, this password, and ends their sessions. INVALID_INPUT where it is too short, too long, one of those that
   * everybody tries first, or made of the person's and the organisation's names. Whoever calls has decided that they may.
   */
  async set(
    tx: Tx,
    userId: string,
    password: string,
    { inputPath, keepSessionId }: SettingPassword,
  ): Promise<Consequence[]> {
    const problem = passwordProblem(password, {
      besideAFactor: await hasFactor(tx, userId),
      words: await wordsAbout(tx, userId),
      common: await loadCommonPasswords(),
    });
    if (problem) throw invalidInput([{ path: inputPath, ...problem }]);
    const values = {
      hash: await this.hashing.hash(password),
      alone: lengthOf(password.normalize("NFC")) >= PASSWORD_MIN_ALONE,
      changedAt: tx.now,
    };
    const known = await tx.em.findOne(UserPasswordEntity, userId, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (known) Object.assign(known, values);
    else tx.em.persist(tx.em.create(UserPasswordEntity, { userId, ...values }));
    await tx.flush();
    // Sessions first, as everybody takes them before the facts about their person.
    const ended = await endSessions(tx, { userId, except: keepSessionId }, "PASSWORD_CHANGED");
    await sql`
      INSERT INTO user_security AS kept (user_id, password_changed_at) VALUES (${userId}, ${tx.now})
      ON CONFLICT (user_id) DO UPDATE SET password_changed_at = excluded.password_changed_at`.execute(tx.sql);
    return sessionsEnded(ended);
  }
}

/** Whether the person has proved a second factor. */
export async function hasFactor(tx: Tx, userId: string): Promise<boolean> {
  const factor = await tx.sql
    .selectFrom("user_factor")
    .select("id")
    .where("user_id", "=", userId)
    .where("confirmed_at", "is not", null)
    .limit(1)
    .executeTakeFirst();
  return factor !== undefined;
}

/** Names of the person, and of the units that they stand in up to the top. */
async function wordsAbout(tx: Tx, userId: string): Promise<string[]> {
  const { rows } = await sql<{ words: string[] }>`
    WITH RECURSIVE up (id, parent_id, name, code) AS (
      SELECT o.id, o.parent_id, o.name, o.code FROM org_unit o JOIN user_account u ON u.org_unit_id = o.id WHERE u.id = ${userId}
      UNION ALL SELECT o.id, o.parent_id, o.name, o.code FROM up JOIN org_unit o ON o.id = up.parent_id)
    SELECT array_remove(ARRAY[u.username, u.display_name, u.given_name, u.middle_name, u.family_name, u.nick_name, u.employee_number]
      || ARRAY(SELECT e.value FROM user_email e WHERE e.user_id = u.id)
      || ARRAY(SELECT name FROM up) || ARRAY(SELECT code FROM up), NULL) AS words
    FROM user_account u WHERE u.id = ${userId}`.execute(tx.sql);
  return [PRODUCT, ...(rows[0]?.words ?? [])];
}
