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
    const proved = await this.#prove(author, userId, (account) => this.#check(account, command));
    const name = { mutation: "reauthenticate", action: "session.reauthenticated" };
    return carryOut(this.#parts.database, author, name, {}, async (tx) => {
      if (!(await proved.use(tx))) throw refused();
      await proveInSession(tx, this.#parts.policies, { userId, sessionId: session.id, factor: proved.factor });
      return { sessionId: session.id };
    });
  }

  /** Sets a new password by the one that is known; all other sessions of the person end. */
  async changePassword(
    author: Asking,
    { current, next }: { current: string; next: string },
  ): Promise<Written<{ consequences: Consequence[] }>> {
    const { database, passwords, policies } = this.#parts;
    const { userId, session } = requireSession(author.viewer);
    const proved = await this.#prove(author, userId, (account) => this.#checkPassword(account, current));
    const name = { mutation: "changePassword", action: "user.password_changed" };
    return carryOut(database, author, name, {}, async (tx) => {
      if (!(await proved.use(tx))) throw refused();
      const setting = { inputPath: "input.newPassword", keepSessionId: session.id };
      const consequences = await passwords.set(tx, userId, next, setting);
      await proveInSession(tx, policies, { userId, sessionId: session.id, factor: undefined });
      return { consequences };
    });
  }

  /** Takes an attempt, and gives it back where it succeeds. */
  async #prove(
    { ip }: Asking,
    userId: string,
    check: (account: Account) => Promise<Proved | undefined>,
  ): Promise<Proved> {
    const { database, gate } = this.#parts;
    const attempt = await gate.take({ userId }, ip);
    const account = await accountOf(database, userId);
    const proved = account && (await check(account));
    if (!proved) {
      await gate.failed(attempt);
      throw refused();
    }
    const use = async (tx: Tx): Promise<boolean> => {
      const used = await proved.use(tx);
      if (used) await gate.counter.giveBack(tx, attempt, 1);
      return used;
    };
    return { factor: proved.factor, use };
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
    if (!(await this.#parts.hashing.verify(hash ?? undefined, password))) return undefined;
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
