import type { Author } from "../../access/author.ts";
import { type CommandOptions, carryOut } from "../../access/command.ts";
import { mayDo, maySee } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { Tx, Written } from "../../database/transaction.ts";
import type { Consequence } from "../../kernel/consequence.ts";
import { conflict, forbidden, invalidInput, notFound, type RollcallError } from "../../kernel/errors.ts";
import { newId } from "../../kernel/ids.ts";
import { requireNoLess } from "../roles/role.seniority.ts";
import { placeOfUser } from "../users/user.place.ts";
import { UserFactorEntity } from "./credential.entity.ts";
import { showFactors } from "./factor.methods.ts";
import { storedPasskeys, takeStep } from "./factor.proofs.ts";
import { hashOfCode, newRecoveryCodes } from "./recovery-codes.ts";
import type { SecondFactors } from "./second-factors.ts";
import { endSessions, sessionsEnded } from "./session.ending.ts";
import type { ProvedFactor } from "./session.entity.ts";
import { proveInSession, requireSession } from "./session.proving.ts";
import { beginChallenge, findChallenge, takeChallenge } from "./sign-in.challenge.ts";
import type { SignInKeys } from "./sign-in.keys.ts";
import { forgetGrace, type SignInPolicies } from "./sign-in-policy.rules.ts";
import { newTotpSecret, totpUri } from "./totp.ts";

/** More than anybody carries. */
const FACTORS_LIMIT = 20;

export interface NamedFactor extends CommandOptions {
  name: string;
}

export interface ProvedFactorCommand extends CommandOptions {
  id: string;
  code: string;
}

export interface NewPasskeyCommand extends NamedFactor {
  challenge: string;
  credential: Readonly<Record<string, unknown>>;
}

/** What an authenticator app is given, this once. */
export interface BegunTotp {
  factorId: string;
  secret: string;
  uri: string;
}

const notProved = (path: string): RollcallError => invalidInput([{ path, message: "does not prove the factor." }]);

/** What people do about their own second factors, and what others may do about them. Every command is one transaction. */
export class FactorService {
  constructor(
    private readonly database: Database,
    private readonly keys: SignInKeys,
    private readonly factors: SecondFactors,
    private readonly policies: SignInPolicies,
  ) {}

  /** Gives a secret for an authenticator app. It counts once a code of it was shown. */
  beginTotp(author: Author, command: NamedFactor): Promise<Written<BegunTotp>> {
    const name = { mutation: "beginTotpEnrolment", action: "user_factor.begun" };
    return carryOut(this.database, author, name, { ...command, idempotencyKey: null }, async (tx) => {
      const { userId } = requireSession(author.viewer);
      await this.#requireRoom(tx, userId);
      const [factorId, secret] = [newId(), newTotpSecret()];
      // What was begun before and never proved is given up.
      await tx.sql.deleteFrom("user_factor").where("user_id", "=", userId).where("confirmed_at", "is", null).execute();
      const sealed = this.keys.seal(factorId, Buffer.from(secret));
      await addFactor(tx, {
        id: factorId,
        userId,
        kind: "TOTP",
        name: command.name,
        secret: sealed,
        confirmedAt: null,
      });
      return { factorId, secret, uri: totpUri(secret, author.viewer.name) };
    });
  }

  /** Proves a secret by a code of it, which is used up by that. */
  confirmTotp(author: Author, command: ProvedFactorCommand): Promise<Written<{ factorId: string }>> {
    const name = { mutation: "confirmTotpEnrolment", action: "user_factor.enrolled" };
    return carryOut(this.database, author, name, command, async (tx) => {
      const { userId } = requireSession(author.viewer);
      const factor = await tx.em.findOne(UserFactorEntity, { id: command.id, userId, kind: "TOTP" });
      if (!factor) throw notFound("factor", "input.id");
      if (factor.confirmedAt) throw conflict("This factor was proved already.", { inputPath: "input.id" });
      const moment = { now: tx.now, after: 0 };
      const step = await this.factors.proofs.stepOf(factor.id, Buffer.from(factor.secret), command.code, moment);
      if (step === undefined || !(await takeStep(tx, factor.id, step))) throw notProved("input.code");
      factor.confirmedAt = tx.now;
      await this.#enrolled(tx, author, "TOTP");
      return { factorId: factor.id };
    });
  }

  /** What `navigator.credentials.create` takes. */
  async beginPasskey(author: Author): Promise<Written<{ text: string; options: object; expiresAt: Date }>> {
    const { userId } = requireSession(author.viewer);
    const known = await storedPasskeys(this.database, { userId });
    const begun = await beginChallenge(this.database, { purpose: "PASSKEY_ENROLMENT", userId, passwordHash: null });
    const { name: displayName } = author.viewer;
    const { username: name } = await this.database.reader
      .selectFrom("user_account")
      .select("username")
      .where("id", "=", userId)
      .executeTakeFirstOrThrow();
    const user = { id: userId, name, displayName };
    const options = await this.factors.passkeys.creationOptions(user, known, begun.webauthn);
    return { value: { text: begun.text, options, expiresAt: begun.expiresAt }, position: await this.database.head() };
  }

  /** Keeps the passkey that a browser made for the challenge. */
  async addPasskey(author: Author, command: NewPasskeyCommand): Promise<Written<{ factorId: string }>> {
    const { userId } = requireSession(author.viewer);
    const challenge = await findChallenge(this.database, command.challenge, ["PASSKEY_ENROLMENT"]);
    const made =
      challenge?.userId === userId
        ? await this.factors.passkeys.verifyEnrolment(command.credential, challenge.webauthn)
        : undefined;
    const name = { mutation: "addPasskey", action: "user_factor.enrolled" };
    return carryOut(this.database, author, name, { ...command, idempotencyKey: null }, async (tx) => {
      if (!made || !(await takeChallenge(tx, command.challenge))) throw notProved("input.credential");
      await this.#requireRoom(tx, userId);
      const { credentialId, publicKey, transports, backedUp, counter } = made;
      if ((await storedIn(tx, credentialId)) > 0) throw conflict("This passkey is enrolled already.");
      const id = newId();
      const values = { id, userId, kind: "PASSKEY", name: command.name, secret: publicKey } as const;
      await addFactor(tx, { ...values, confirmedAt: tx.now, credentialId, transports, backedUp, counter });
      await this.#enrolled(tx, author, "PASSKEY");
      return { factorId: id };
    });
  }

  /** Takes a factor away. CONFLICT for the last one, where the password is too short to be alone. */
  remove(author: Author, command: CommandOptions & { id: string }): Promise<Written<{ id: string }>> {
    const name = { mutation: "removeFactor", action: "user_factor.removed" };
    return carryOut(this.database, author, name, command, async (tx) => {
      const { userId } = requireSession(author.viewer);
      const factor = await tx.em.findOne(UserFactorEntity, { id: command.id, userId });
      if (!factor) throw notFound("factor", "input.id");
      tx.em.remove(factor);
      await tx.flush();
      if ((await confirmedFactors(tx, userId)) === 0) {
        const password = await tx.sql
          .selectFrom("user_password")
          .select("alone")
          .where("user_id", "=", userId)
          .executeTakeFirst();
        if (password?.alone === false)
          throw conflict("The password is too short to be the only factor: change it first.", {
            inputPath: "input.id",
          });
      }
      await showFactors(tx, userId);
      return { id: command.id };
    });
  }

  /** Ten new recovery codes, told this once; those before hold no more. CONFLICT without another factor: they stand in for it. */
  createRecoveryCodes(author: Author, command: CommandOptions): Promise<Written<{ codes: string[] }>> {
    const name = { mutation: "createRecoveryCodes", action: "user_recovery_codes.created" };
    return carryOut(this.database, author, name, { ...command, idempotencyKey: null }, async (tx) => {
      const { userId } = requireSession(author.viewer);
      if ((await confirmedFactors(tx, userId)) === 0)
        throw conflict("Recovery codes stand in for a second factor: enrol one first.");
      const codes = newRecoveryCodes();
      await tx.sql
        .insertInto("user_recovery_codes")
        .values({ user_id: userId, hashes: codes.map(hashOfCode), created_at: tx.now })
        .onConflict((conflicting) =>
          conflicting.column("user_id").doUpdateSet({ hashes: codes.map(hashOfCode), created_at: tx.now }),
        )
        .execute();
      await showFactors(tx, userId);
      return { codes };
    });
  }

  /**
   * Takes all of a person's factors and recovery codes away, who has lost them, and ends their sessions. Needs SESSION_MANAGE over them, and
   * every permission that they hold, wherever they hold it: or whoever may reset could become anybody.
   */
  reset(
    author: Author,
    { userId, ...command }: CommandOptions & { userId: string },
  ): Promise<Written<{ removed: number; consequences: Consequence[] }>> {
    const name = { mutation: "resetUserFactors", action: "user_factor.reset" };
    return carryOut(this.database, author, name, { ...command, userId } as CommandOptions, async (tx) => {
      const place = await placeOfUser(tx.sql, userId, author.viewer);
      if (!place || !maySee(author.viewer, place)) throw notFound("user", "input.userId");
      if (!mayDo(author.viewer, "SESSION_MANAGE", place)) throw forbidden("SESSION_MANAGE");
      await requireNoLess(tx, author.viewer, userId, "input.userId");
      const removed = await tx.sql.deleteFrom("user_factor").where("user_id", "=", userId).returning("id").execute();
      await tx.sql.deleteFrom("user_recovery_codes").where("user_id", "=", userId).execute();
      const ended = await endSessions(tx, { userId }, "FACTORS_RESET");
      await showFactors(tx, userId);
      return { removed: removed.length, consequences: sessionsEnded(ended) };
    });
  }

  /** What follows from a factor that was just proved: the session knows it, and what was held back for want of it is given. */
  async #enrolled(tx: Tx, author: Author, factor: ProvedFactor): Promise<void> {
    const { userId, session } = requireSession(author.viewer);
    await forgetGrace(tx, userId);
    await proveInSession(tx, this.policies, { userId, sessionId: session.id, factor });
    await showFactors(tx, userId);
  }

  async #requireRoom(tx: Tx, userId: string): Promise<void> {
    if ((await confirmedFactors(tx, userId)) >= FACTORS_LIMIT)
      throw conflict(`Nobody has more than ${FACTORS_LIMIT} factors: remove one first.`, { limit: FACTORS_LIMIT });
  }
}

interface FactorValues {
  id: string;
  userId: string;
  kind: "TOTP" | "PASSKEY";
  name: string;
  secret: Buffer;
  confirmedAt: Date | null;
  credentialId?: Buffer;
  transports?: string[];
  backedUp?: boolean;
  counter?: number;
}

async function addFactor(tx: Tx, { counter = 0, ...values }: FactorValues): Promise<void> {
  const rest = { credentialId: null, transports: [], backedUp: false, createdAt: tx.now };
  tx.em.persist(tx.em.create(UserFactorEntity, { ...rest, ...values }));
  await tx.flush();
  await tx.sql
    .insertInto("factor_use")
    .values({ factor_id: values.id, counter: BigInt(counter), last_used_at: null })
    .execute();
}

const countOf = (rows: readonly unknown[]): number => rows.length;

async function confirmedFactors(tx: Tx, userId: string): Promise<number> {
  return countOf(
    await tx.sql
      .selectFrom("user_factor")
      .select("id")
      .where("user_id", "=", userId)
      .where("confirmed_at", "is not", null)
      .execute(),
  );
}

async function storedIn(tx: Tx, credentialId: Buffer): Promise<number> {
  return countOf(
    await tx.sql.selectFrom("user_factor").select("id").where("credential_id", "=", credentialId).execute(),
  );
}
