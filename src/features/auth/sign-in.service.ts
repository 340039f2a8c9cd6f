import type { Cause } from "../../database/cause.ts";
import type { Database } from "../../database/database.ts";
import type { Tx, Written } from "../../database/transaction.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { RollcallError } from "../../kernel/errors.ts";
import type { FactorProof } from "./factor.proofs.ts";
import type { PasswordHashing } from "./password.hashing.ts";
import type { SecondFactors } from "./second-factors.ts";
import { type OpenedSession, type Proof, type SessionOpening, signInRefused } from "./session.opening.ts";
import { type Account, accountNamed, accountOf } from "./sign-in.accounts.ts";
import { beginChallenge, findChallenge, takeChallenge } from "./sign-in.challenge.ts";
import { nameSubject } from "./sign-in.counter.ts";
import { noteSuccess } from "./sign-in.facts.ts";
import type { SignInGate, TakenAttempt } from "./sign-in.gate.ts";

/** What is still asked of whoever knew the password. */
export interface PendingChallenge {
  text: string;
  expiresAt: Date;
  methods: readonly string[];
  /** What `navigator.credentials.get` takes, where the person has passkeys. */
  passkeyOptions: object | null;
}

export type SignInOutcome = { opened: OpenedSession } | { challenge: PendingChallenge };

/** What a sign-in knows of whoever asks; nobody is known to be asking. */
export type SignInRequest = Pick<GraphContext, "origin" | "ip" | "requestId">;

const proofRefused = (): RollcallError =>
  new RollcallError(
    "UNAUTHENTICATED",
    "The proof is not right, or the sign-in that it belongs to has run out: begin again.",
  );

/*
 * A sign-in: nobody ─signIn─▶ session, or ─signIn─▶ challenge ─completeSignIn─▶ session; or, without a password,
 * nobody ─beginPasskeySignIn─▶ challenge ─completeSignIn─▶ session. Every proof takes an attempt before it is looked at, and does the same
 * work whoever it is of. What a wrong one leaves behind commits on its own; a right one is used up by the transaction that opens the session.
 */

/** How sign-ins ended. */
export interface SignInOutcomes {
  opened: number;
  /** A second factor was asked for. */
  challenged: number;
  refused: number;
  /** Too many were made. */
  limited: number;
}

/** In the place of the hash that the account had when it was looked at: a password that was changed since stays. */
async function replaceHash(tx: Tx, userId: string, { hash, rehash }: { hash: string; rehash: string }): Promise<void> {
  const passwords = tx.sql.updateTable("user_password").set({ hash: rehash });
  await passwords.where("user_id", "=", userId).where("hash", "=", hash).execute();
}

/** Signs people in. */
export class SignInService {
  /** How sign-ins ended since the process began. */
  readonly outcomes: SignInOutcomes = { opened: 0, challenged: 0, refused: 0, limited: 0 };

  constructor(
    private readonly database: Database,
    private readonly hashing: PasswordHashing,
    private readonly gate: SignInGate,
    private readonly opening: SessionOpening,
    private readonly factors: SecondFactors,
  ) {}

  /** By name and password. UNAUTHENTICATED, in the same words and for the same work, for everything that is not right; RATE_LIMITED for too much of it. */
  signIn(request: SignInRequest, name: string, password: string): Promise<Written<SignInOutcome>> {
    return this.#counted(() => this.#signIn(request, name, password));
  }

  /** Completes what was begun, by the factor that was asked for. */
  complete(request: SignInRequest, text: string, proof: FactorProof): Promise<Written<SignInOutcome>> {
    return this.#counted(() => this.#complete(request, text, proof));
  }

  async #counted(work: () => Promise<Written<SignInOutcome>>): Promise<Written<SignInOutcome>> {
    try {
      const written = await work();
      this.outcomes["opened" in written.value ? "opened" : "challenged"] += 1;
      return written;
    } catch (error) {
      if (error instanceof RollcallError && error.code === "UNAUTHENTICATED") this.outcomes.refused += 1;
      if (error instanceof RollcallError && error.code === "RATE_LIMITED") this.outcomes.limited += 1;
      throw error;
    }
  }

  async #signIn(request: SignInRequest, name: string, password: string): Promise<Written<SignInOutcome>> {
    const account = await accountNamed(this.database, name);
    const attempt = await this.gate.take(account ?? { subject: nameSubject(name) }, request.ip);
    const right = await this.hashing.verify(account?.hash ?? undefined, password, name);
    if (!right || !account?.hash || !account.active) return this.#refuse(attempt, signInRefused());
    const { userId, hash } = account;
    const rehash = this.hashing.isCurrent(hash) ? undefined : await this.hashing.hash(password);
    if (account.factors.length > 0) {
      if (rehash) await this.#keep(request, account, { hash, rehash });
      return this.#ask(account, rehash ?? hash);
    }
    const proof: Proof = { userId, method: "password", factors: ["PASSWORD"], passwordHash: hash };
    return this.#open(request, account, attempt, async (tx) => {
      const opened = await this.opening.open(tx, proof, request.origin);
      if (rehash) await replaceHash(tx, userId, { hash, rehash });
      return opened;
    });
  }

  /** Keeps a hash at today's cost before the second factor is asked for: whoever shows that does not know the password any more. */
  async #keep(
    { ip, requestId }: SignInRequest,
    { userId, displayName }: Account,
    hashes: { hash: string; rehash: string },
  ): Promise<void> {
    const cause: Cause = {
      kind: "SIGN_IN",
      action: "user_password.rehashed",
      actor: { kind: "USER", id: userId, name: displayName },
      requestId,
      ...(ip === undefined ? {} : { ip }),
    };
    await this.database.write(cause, (tx) => replaceHash(tx, userId, hashes));
  }

  /** Asks for the second factor: nothing is open yet, and the attempt stays taken. */
  async #ask(account: Account, passwordHash: string): Promise<Written<SignInOutcome>> {
    const { userId } = account;
    const challenge = { purpose: "SECOND_FACTOR", userId, passwordHash } as const;
    const { text, webauthn, expiresAt } = await beginChallenge(this.database, challenge);
    const offer = await this.factors.offer(account, webauthn);
    return { value: { challenge: { text, expiresAt, ...offer } }, position: await this.database.head() };
  }

  /** By a passkey alone: whoever answers the challenge says by that who they are. */
  async beginPasskey({ ip }: SignInRequest, seconds: number): Promise<Written<PendingChallenge>> {
    await this.gate.counter.take({ account: undefined, ip });
    const challenge = { purpose: "PASSKEY_SIGN_IN", userId: null, passwordHash: null } as const;
    const begun = await beginChallenge(this.database, challenge, seconds);
    const passkeyOptions = await this.factors.passkeys.requestOptions(begun.webauthn);
    const value = { text: begun.text, expiresAt: begun.expiresAt, methods: ["PASSKEY"], passkeyOptions };
    return { value, position: await this.database.head() };
  }

  async #complete(request: SignInRequest, text: string, proof: FactorProof): Promise<Written<SignInOutcome>> {
    const challenge = await findChallenge(this.database, text, ["SECOND_FACTOR", "PASSKEY_SIGN_IN"]);
    const known = challenge?.userId ?? (challenge && (await this.factors.proofs.ownerOf(proof.passkey)));
    const attempt = await this.gate.take(known ? { userId: known } : { subject: nameSubject(text) }, request.ip);
    const account = known === undefined ? undefined : await accountOf(this.database, known);
    const alone = challenge?.purpose === "PASSKEY_SIGN_IN";
    if (!challenge || !account || (alone && proof.passkey == null)) return this.#refuse(attempt, proofRefused());
    const right = await this.factors.proofs.check(account.userId, proof, challenge.webauthn);
    if (!right) return this.#refuse(attempt, proofRefused());
    return this.#open(request, account, attempt, async (tx) => {
      if (!(await takeChallenge(tx, text)) || !(await right.use(tx))) throw proofRefused();
      return this.opening.open(
        tx,
        {
          userId: account.userId,
          method: alone ? "passkey" : "password",
          factors: alone ? ["PASSKEY"] : ["PASSWORD", right.factor],
          passwordHash: challenge.passwordHash ?? undefined,
        },
        request.origin,
      );
    });
  }

  async #open(
    { ip, requestId }: SignInRequest,
    { userId, displayName }: Account,
    attempt: TakenAttempt,
    open: (tx: Tx) => Promise<OpenedSession>,
  ): Promise<Written<SignInOutcome>> {
    const cause: Cause = {
      kind: "SIGN_IN",
      action: "session.started",
      actor: { kind: "USER", id: userId, name: displayName },
      requestId,
      ...(ip === undefined ? {} : { ip }),
    };
    try {
      return await this.database.write(cause, async (tx) => {
        const opened = await open(tx);
        await noteSuccess(tx, userId, ip);
        // A password and a factor were two attempts; so were the beginning with a passkey and its use.
        const attempts = opened.session.method === "passkey" ? 2 : opened.session.factors.length;
        await this.gate.counter.giveBack(tx, attempt, attempts);
        return { opened };
      });
    } catch (error) {
      if (error instanceof RollcallError && error.code === "UNAUTHENTICATED") return this.#refuse(attempt, error);
      throw error;
    }
  }

  async #refuse(attempt: TakenAttempt, error: RollcallError): Promise<never> {
    await this.gate.failed(attempt);
    throw error;
  }
}
