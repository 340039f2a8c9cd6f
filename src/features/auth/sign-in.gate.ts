import type { Viewer } from "../../access/actor.ts";
import type { Author } from "../../access/author.ts";
import type { Cause } from "../../database/cause.ts";
import type { Database } from "../../database/database.ts";
import { outsideTurns } from "../../database/turn.ts";
import { RollcallError } from "../../kernel/errors.ts";
import { ALL_PERMISSIONS } from "../../kernel/permissions.ts";
import type { UserCascade, UserService } from "../users/user.service.ts";
import {
  AttemptCounter,
  accountSubject,
  type Counted,
  forgetAttempts,
  forgetDueLock,
  takeDueLocks,
} from "./sign-in.counter.ts";
import { noteFailure } from "./sign-in.facts.ts";
import type { SignInSettings } from "./sign-in.settings.ts";

/** An attempt that was taken and is still to be made. */
export interface TakenAttempt extends Counted {
  /** Null where nobody has the name. */
  userId: string | null;
  /** Whether it is the account's last one. */
  last: boolean;
}

const TOLERATED: ReadonlySet<string> = new Set(["ILLEGAL_TRANSITION", "CONFLICT"]);

const REASON = "Too many failed sign-ins.";

/** Lets attempts at proving who one is through, while there are some left, and does what follows when one fails. */
export class SignInGate {
  readonly counter: AttemptCounter;
  readonly #locking = new Set<Promise<void>>();

  constructor(
    private readonly database: Database,
    private readonly users: UserService,
    private readonly settings: SignInSettings,
    /** Told why an account could not be locked. */
    private readonly report: (error: unknown) => void,
  ) {
    this.counter = new AttemptCounter(database, settings);
  }

  /** Takes an attempt of an account, or of a name that nobody has, before it is made. RATE_LIMITED where there is none left. */
  async take(account: { userId: string } | { subject: string }, ip: string | undefined): Promise<TakenAttempt> {
    const userId = "userId" in account ? account.userId : null;
    const counted = { account: "userId" in account ? accountSubject(account.userId) : account.subject, ip };
    return { ...counted, userId, ...(await this.counter.take(counted)) };
  }

  /**
   * Tells that an attempt failed; the account's last one locks it. Nobody waits for that: how long the answer takes would say that there is
   * such an account. Until it is locked it has no attempts left anyway; that it is to be is kept, and what fails is tried again.
   */
  async failed({ userId, ip, last }: TakenAttempt): Promise<void> {
    const locks = last && this.settings.locksAccount ? userId : null;
    await noteFailure(this.database, { userId, ip, locks: locks && accountSubject(locks) });
    if (locks !== null) this.#lockBehind(locks, ip);
  }

  /** Locks whoever was to be locked by now and is not, because the gateway that was to do it died or could not. */
  async lockDue(): Promise<void> {
    for (const userId of await takeDueLocks(this.database)) this.#lockBehind(userId, undefined);
    await this.settled();
  }

  #lockBehind(userId: string, ip: string | undefined): void {
    // Whoever guesses and goes away does not keep the account from being locked by that.
    const locking: Promise<void> = outsideTurns(() => this.#lock(userId, ip))
      .catch(this.report)
      .finally(() => this.#locking.delete(locking));
    this.#locking.add(locking);
  }

  /** Resolves when every account that is being locked is. */
  async settled(): Promise<void> {
    await Promise.all(this.#locking);
  }

  async #lock(userId: string, ip: string | undefined): Promise<void> {
    const { lockSeconds } = this.settings;
    const now = await this.database.now();
    const until = lockSeconds === 0 ? null : new Date(now.getTime() + lockSeconds * 1000);
    const command = { id: userId, expectedVersion: undefined, operation: "lock", until, reason: REASON } as const;
    try {
      await this.users.transition(doorkeeper(now, ip), command);
    } catch (error) {
      // Whoever is not ACTIVE is kept out already; and nobody locks the last one out who manages roles, least of all somebody who guesses.
      if (!(error instanceof RollcallError && TOLERATED.has(error.code))) throw error;
    }
    await forgetDueLock(this.database, userId);
  }
}

/** The gateway itself, keeping an account that somebody guesses at shut. */
function doorkeeper(now: Date, ip: string | undefined): Author {
  const grants = new Map(ALL_PERMISSIONS.map((permission) => [permission, "everywhere"] as const));
  const viewer: Viewer = { kind: "SYSTEM", id: null, name: "sign-in", userId: null, grants, now };
  const actor: Cause["actor"] = { kind: "SYSTEM", id: null, name: "sign-in" };
  return {
    viewer,
    cause: (action, reason) => ({
      kind: "SIGN_IN",
      action,
      actor,
      ...(reason ? { reason } : {}),
      ...(ip === undefined ? {} : { ip }),
    }),
  };
}

/** Whoever is unlocked, by somebody or by time, begins anew. */
export const attemptsCascade: UserCascade = {
  follows: {
    async FORGET_ATTEMPTS(tx, moves) {
      await forgetAttempts(
        tx.sql,
        moves.map(({ userId }) => accountSubject(userId)),
      );
      return [];
    },
  },
};
