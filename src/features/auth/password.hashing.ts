import { createHmac, randomBytes } from "node:crypto";
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

/** So many hashes are kept that were made at a cost; the cost as a PHC string says it. */
export interface KeptCost {
  cost: string;
  hashes: number;
}

/** A hash of a password that nobody has, and up to which share of the names that nobody has it stands for them. */
interface Nobody {
  upTo: number;
  hash: string;
}

/** Hashes at a time: one core is left to everything else that the gateway does. */
const AT_ONCE = Math.max(1, availableParallelism() - 1);
/** Who comes after so many others waits for seconds: it is kinder to say so at once. */
const WAITING_LIMIT = 200;

/** Makes and checks hashes by Argon2id, in threads of their own, so many at a time. RATE_LIMITED where too many wait. */
export class PasswordHashing {
  /** Argon2 verifications so far, of passwords of people and of nobody. */
  verifications = 0;
  /** At what cost the last of them was. */
  verifiedAt = "";
  readonly #cost: HashingCost;
  readonly #key: Buffer;
  readonly #kept: () => Promise<readonly KeptCost[]>;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #nobodies: Promise<readonly Nobody[]> | undefined;

  /** `key` is kept apart from the database: without it, hashes are of no use to whoever has a copy. `kept` tells at what costs those are that people have. */
  constructor(cost: HashingCost, key: Buffer, kept: () => Promise<readonly KeptCost[]> = async () => []) {
    this.#cost = cost;
    this.#key = key;
    this.#kept = kept;
  }

  /** The hash of an acceptable password, as a PHC string. */
  async hash(password: string): Promise<string> {
    const text = normalisedPassword(password);
    if (text === undefined) throw new Error("A password that is too long is not hashed.");
    return this.#inTurn(() => hash(text, this.#options()));
  }

  /**
   * Whether a password is the one that was hashed; without a hash, whether it is nobody's, which it never is. There is one verification
   * either way, so that how long it takes says nothing of whether anybody has a password. Hashes that were made before the cost was
   * changed take another time until their people sign in: so do names that nobody has, as many of a hundred, each always the same.
   */
  async verify(hashed: string | undefined, password: string, name: string): Promise<boolean> {
    // Asked for whether it is needed or not: the first sign-in waits for it, whoever signs in.
    const nobodies = await this.#counted();
    const against = hashed ?? nobodyFor(nobodies, this.#shareOf(name));
    const text = normalisedPassword(password);
    const right = await this.#inTurn(() => {
      this.verifications += 1;
      this.verifiedAt = costOf(against);
      return verify(against, text ?? "", { secret: this.#key });
    });
    return right && hashed !== undefined && text !== undefined;
  }

  /** Looks again at what costs people's hashes are. Whoever signs in meanwhile is answered by what was found before. */
  async takeCensus(): Promise<void> {
    const nobodies = await this.#census();
    this.#nobodies = Promise.resolve(nobodies);
  }

  async #counted(): Promise<readonly Nobody[]> {
    this.#nobodies ??= this.#census();
    try {
      return await this.#nobodies;
    } catch (error) {
      this.#nobodies = undefined;
      throw error;
    }
  }

  async #census(): Promise<readonly Nobody[]> {
    const kept = await this.#kept();
    const all = kept.reduce((sum, { hashes }) => sum + hashes, 0);
    if (all === 0) return [{ upTo: 1, hash: await hash(randomBytes(32), this.#options()) }];
    let counted = 0;
    return await Promise.all(
      kept.map(async ({ cost, hashes }) => {
        counted += hashes;
        const upTo = counted / all;
        return { upTo, hash: await hash(randomBytes(32), { ...this.#options(), ...optionsOf(cost) }) };
      }),
    );
  }

  /** Where a name stands among all names, from 0 to 1: always in the same place, which nobody knows without the key. */
  #shareOf(name: string): number {
    return createHmac("sha256", this.#key).update(name.toLowerCase()).digest().readUInt32BE() / 2 ** 32;
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

const nobodyFor = (nobodies: readonly Nobody[], share: number): string =>
  (nobodies.find(({ upTo }) => share < upTo) ?? (nobodies.at(-1) as Nobody)).hash;

/** What a hash cost, as its PHC string says it: the same text for the same cost. */
const costOf = (hashed: string): string => hashed.split("$")[3] ?? "";

function optionsOf(cost: string): Options {
  const [, memoryCost, timeCost, parallelism] = /^m=(\d+),t=(\d+),p=(\d+)$/.exec(cost) ?? [];
  if (parallelism === undefined) throw new Error(`A hash is kept that is none of Argon2: ${cost}.`);
  return { memoryCost: Number(memoryCost), timeCost: Number(timeCost), parallelism: Number(parallelism) };
}

/** A member of a const enum, whose name modules that are compiled one by one cannot use. */
const ARGON2ID = 2 as NonNullable<Options["algorithm"]>;
