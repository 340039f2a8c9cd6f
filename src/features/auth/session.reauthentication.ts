import type { Author } from "../../access/author.ts";
import { carryOut } from "../../access/command.ts";
import type { Database } from "../../database/database.ts";
import type { Tx, Written } from "../../database/transaction.ts";
import type { Consequence } from "../../kernel/consequence.ts";
import { invalidInput, RollcallError } from "../../kernel/errors.ts";
import type { FactorProof } from "./factor.proofs.ts";
import type { PasswordHashing } from "./password.hashing.ts";
import type { PasswordService } from "./password.service.ts";
import type { SecondFactors } from "./second-factors.ts";
import type { ProvedFactor } from "./session.entity.ts";
import { proveInSession, requireSession } from "./session.proving.ts";
import { type Account, accountOf } from "./sign-in.accounts.ts";
import { beginChallenge, findChallenge, takeChallenge } from "./sign-in.challenge.ts";
import type { SignInGate } from "./sign-in.gate.ts";
import type { SignInPolicies } from "./sign-in-policy.rules.ts";

/** What somebody who is signed in proves anew. */
export interface Reauthenticate {
  password: string | undefined;
  challenge: string | undefined;
  proof: FactorProof | undefined;
}

type Asking = Author & { readonly ip: string | undefined };

interface Proved {
  factor: ProvedFactor;
  use(tx: Tx): Promise<boolean>;
}

/** Whose proof it is, what it is for, and how it is looked at; undefined is a wrong one. */
interface Proving {
  userId: string;
  name: { mutation: string; action: string };
  check(account: Account): Promise<Proved | undefined>;
}

/** How people prove anew that it is them. */
export interface ReauthenticationParts {
  database: Database;
  hashing: PasswordHashing;
  passwords: PasswordService;
  gate: SignInGate;
  factors: SecondFactors;
  policies: SignInPolicies;
}

const refused = (): RollcallError => new RollcallError("UNAUTHENTICATED", "This does not prove that it is you.");

/** Lets people prove in their session that it is still them, and change their password by that. */
export class Reauthentication {
  readonly #parts: ReauthenticationParts;

  constructor(parts: ReauthenticationParts) {
    this.#parts = parts;
  }

  /** What a passkey has to sign. */
  async beginPasskey(author: Author): Promise<Written<{ text: string; options: object; expiresAt: Date }>> {
    const { database, factors } = this.#parts;
    const { userId } = requireSession(author.viewer);
    const begun = await beginChallenge(database, { purpose: "REAUTHENTICATION", userId, passwordHash: null });
    const options = await factors.passkeyOptions(userId, begun.webauthn);
    return { value: { text: begun.text, options, expiresAt: begun.expiresAt }, position: await database.head() };
  }

  /** By a second factor where the person has one, else by the password. The session is then as good as one that just began. */
  async reauthenticate(author: Asking, command: Reauthenticate): Promise<Written<{ sessionId: string }>> {
    const { userId, session } = requireSession(author.viewer);
    const name = { mutation: "reauthenticate", action: "session.reauthenticated" };
    const proof = { userId, name, check: (account: Account) => this.#check(account, command) };
    return this.#proving(author, proof, async (tx, factor) => {
      await proveInSession(tx, this.#parts.policies, { userId, sessionId: session.id, factor });
      return { sessionId: session.id };
    });
  }

  /** Sets a new password by the one that is known; all other sessions of the person end. */
  async changePassword(
    author: Asking,
    { current, next }: { current: string; next: string },
  ): Promise<Written<{ consequences: Consequence[] }>> {
    const { passwords, policies } = this.#parts;
    const { userId, session } = requireSession(author.viewer);
    const name = { mutation: "changePassword", action: "user.password_changed" };
    const proof = { userId, name, check: (account: Account) => this.#checkPassword(account, current) };
    return this.#proving(author, proof, async (tx) => {
      const setting = { inputPath: "input.newPassword", keepSessionId: session.id };
      const consequences = await passwords.set(tx, userId, next, setting);
      await proveInSession(tx, policies, { userId, sessionId: session.id, factor: undefined });
      return { consequences };
    });
  }

  /**
   * Takes an attempt, and carries out what follows from the proof, by which that is used up. An attempt that succeeds is given back. One fails
   * by a proof that is wrong, and by one that turns out to be used, as recovery codes and codes of somebody faster do.
   */
  async #proving<T>(
    author: Asking,
    { userId, name, check }: Proving,
    work: (tx: Tx, factor: ProvedFactor) => Promise<T>,
  ): Promise<Written<T>> {
    const { database, gate } = this.#parts;
    const attempt = await gate.take({ userId }, author.ip);
    const account = await accountOf(database, userId);
    const proved = account && (await check(account));
    let right = proved !== undefined;
    try {
      return await carryOut(database, author, name, {}, async (tx) => {
        right = proved !== undefined && (await proved.use(tx));
        if (!proved || !right) throw refused();
        await gate.counter.giveBack(tx, attempt, 1);
        return work(tx, proved.factor);
      });
    } catch (error) {
      if (!right) await gate.failed(attempt);
      throw error;
    }
  }

  async #check(account: Account, { password, challenge: text, proof }: Reauthenticate): Promise<Proved | undefined> {
    if (account.factors.length === 0) return this.#checkPassword(account, password ?? "");
    if (!proof) throw invalidInput([{ path: "input.proof", message: "must hold a proof of a second factor." }]);
    const { database, factors } = this.#parts;
    const found = text === undefined ? undefined : await findChallenge(database, text, ["REAUTHENTICATION"]);
    const challenge = found?.userId === account.userId ? found : undefined;
    const right = await factors.proofs.check(account.userId, proof, challenge?.webauthn);
    if (!right || !text || !challenge) return right;
    return { factor: right.factor, use: async (tx) => (await takeChallenge(tx, text)) && right.use(tx) };
  }

  async #checkPassword({ userId, hash }: Account, password: string): Promise<Proved | undefined> {
    if (!(await this.#parts.hashing.verify(hash ?? undefined, password, userId))) return undefined;
    const use = async (tx: Tx): Promise<boolean> => {
      const row = await tx.sql
        .selectFrom("user_password")
        .select("hash")
        .where("user_id", "=", userId)
        .forShare()
        .executeTakeFirst();
      return row?.hash === hash;
    };
    return { factor: "PASSWORD", use };
  }
}
