import type { Viewer } from "../access/actor.ts";
import type { Cause } from "../database/cause.ts";
import type { Sequence } from "../database/pipeline.ts";
import { RollcallError } from "../kernel/errors.ts";

/** What a field's loaders are kept under for the length of one operation. */
export type LoaderKey<T> = { readonly create: (context: GraphContext) => T };

/** Where an operation comes from: the network address and what the client says of itself. */
export interface Origin {
  readonly ip: string | undefined;
  readonly userAgent: string | undefined;
}

/** What is asked for is not known before the viewer was looked up. */
export class Unforeseen extends Error {}

/** One operation: who asks, at which instant, and what was loaded for it so far. */
export class GraphContext {
  readonly #viewer: Viewer | undefined;
  readonly #loaders = new Map<LoaderKey<unknown>, unknown>();
  #today: string | undefined;
  /** Whether what is read may come from the replica: it was found to have everything that the operation must see. */
  fromReplica = false;
  /**
   * Where its viewer is who is expected to be found: what is read goes behind the statement that finds out, and counts for nothing where they are somebody else or hold
   * something else. Asking for the instant throws Unforeseen.
   */
  behind: Sequence | undefined;

  constructor(
    viewer: Viewer | undefined,
    readonly requestId: string,
    readonly origin: Origin | undefined,
    /** The civil date that an instant falls on in ORG_TIMEZONE. */
    readonly dateOf: (instant: Date) => string,
    /** The same for a new operation now: who asks, and what they may do, are looked up again. UNAUTHENTICATED where the token no longer holds. */
    readonly renew: () => Promise<GraphContext>,
  ) {
    this.#viewer = viewer;
  }

  /** Who is asking; UNAUTHENTICATED where nobody signed in. */
  get viewer(): Viewer {
    if (!this.#viewer)
      throw new RollcallError("UNAUTHENTICATED", "Sign in first: send a token as Authorization: Bearer ….");
    return this.#viewer;
  }

  get ip(): string | undefined {
    return this.origin?.ip;
  }

  /** Whether anybody is known to be asking. */
  get identified(): boolean {
    return this.#viewer !== undefined;
  }

  get now(): Date {
    return this.viewer.now;
  }

  /** Today in ORG_TIMEZONE, at the operation's instant. */
  get today(): string {
    this.#today ??= this.dateOf(this.now);
    return this.#today;
  }

  /** The same viewer in an operation of its own, at another instant: nothing is loaded yet. */
  at(now: Date): GraphContext {
    const { narrowed } = this.viewer;
    const moved = narrowed && { ...narrowed, today: this.dateOf(now) };
    const viewer = { ...this.viewer, narrowed: moved, now };
    return new GraphContext(viewer, this.requestId, this.origin, this.dateOf, this.renew);
  }

  /** Nobody in particular who may do what this viewer may: what is carried out so is the same for all who may do the same. */
  asAnybody(): GraphContext {
    const { grants, narrowed, defined, now } = this.viewer;
    const anybody: Viewer = { kind: "SERVICE", id: null, name: "", userId: null, grants, narrowed, defined, now };
    const renew = () => Promise.reject(new Error("Nobody in particular cannot be looked up again."));
    return new GraphContext(anybody, this.requestId, undefined, this.dateOf, renew);
  }

  /** The operation's own instance of a loader; the same one for the whole operation. */
  load<T>(key: LoaderKey<T>): T {
    let loader = this.#loaders.get(key) as T | undefined;
    if (!loader) {
      loader = key.create(this);
      this.#loaders.set(key, loader);
    }
    return loader;
  }

  /** Lets everything be loaded anew: a mutation calls for what earlier mutations of the operation left. */
  forget(): void {
    this.#loaders.clear();
  }

  /** The cause of a change that a mutation makes. */
  cause(action: string, reason?: string | null): Cause {
    const { kind, id, name } = this.viewer;
    return {
      kind: "MUTATION",
      action,
      actor: { kind, id, name },
      requestId: this.requestId,
      ...(reason ? { reason } : {}),
      ...(this.ip ? { ip: this.ip } : {}),
    };
  }
}
