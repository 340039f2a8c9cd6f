import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import { hash, type Options, parseOptions, verify } from "@node-rs/argon2";
import { RollcallError } from "../../kernel/errors.ts";
import { normalisedPassword } from "./password.rules.ts";

/** What a hash costs (RFC 9106). */
export interface HashingCost {
  memoryKib: number;
  passes: number;
  lanes: number;
}

/** Hashes at a time: one core is left to everything else that the gateway does. */
const AT_ONCE = Math.max(1, availableParallelism() - 1);
/** Who comes after so many others waits for seconds: it is kinder to say so at once. */
const WAITING_LIMIT = 200;

/** Makes and checks hashes by Argon2id, in threads of their own, so many at a time. RATE_LIMITED where too many wait. */
export class PasswordHashing {
  /** Argon2 verifications so far, of passwords of people and of nobody. */
  verifications = 0;
  readonly #cost: HashingCost;
  readonly #key: Buffer;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #nobody: Promise<string> | undefined;

  /** `key` is kept apart from the database: without it, hashes are of no use to whoever has a copy. */
  constructor(cost: HashingCost, key: Buffer) {
    this.#cost = cost;
    this.#key = key;
  }

  /** The hash of an acceptable password, as a PHC string. */
  async hash(password: string): Promise<string> {
    const text = normalisedPassword(password);
    if (text === undefined) throw new Error("A password that is too long is not hashed.");
    return this.#inTurn(() => hash(text, this.#options()));
  }

  /**
   * Whether a password is the one that was hashed; without a hash, whether it is nobody's, which it never is. There is one verification
   * either way, so that how long it takes says nothing of whether anybody has a password.
   */
  async verify(hashed: string | undefined, password: string): Promise<boolean> {
    this.#nobody ??= hash(randomBytes(32), this.#options());
    const against = hashed ?? (await this.#nobody);
    const text = normalisedPassword(password);
    const right = await this.#inTurn(() => {
      this.verifications += 1;
      return verify(against, text ?? "", { secret: this.#key });
    });
    return right && hashed !== undefined && text !== undefined;
  }

  /** Whether a hash was made at today's cost. */
  isCurrent(hashed: string): boolean {
    const { algorithm, memoryCost, timeCost, parallelism } = parseOptions(hashed);
    const { memoryKib, passes, lanes } = this.#cost;
    const same = memoryCost === memoryKib && timeCost === passes && parallelism === lanes;
    return same && algorithm === ARGON2ID;
  }

  #options() {
    const { memoryKib, passes, lanes } = this.#cost;
    return { algorithm: ARGON2ID, memoryCost: memoryKib, timeCost: passes, parallelism: lanes, secret: this.#key };
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= AT_ONCE) {
      if (this.#waiting.length >= WAITING_LIMIT)
        throw new RollcallError("RATE_LIMITED", "Too many people are signing in at this moment: try again.", {
          retryAfterSeconds: 1,
        });
      // Whoever is called has the place of whoever called.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}

/** A member of a const enum, whose name modules that are compiled one by one cannot use. */
const ARGON2ID = 2 as NonNullable<Options["algorithm"]>;
