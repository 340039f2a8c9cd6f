import { isDeepStrictEqual } from "node:util";
import type { Viewer } from "./access/actor.ts";
import type { Database } from "./database/database.ts";
import { narrow, type RuledViewer } from "./features/access-rules/access-rule.narrowing.ts";
import type { SessionUse } from "./features/auth/session.service.ts";
import { KnownViewers } from "./features/auth/viewer.known.ts";
import { LookUpsTogether } from "./features/auth/viewer.together.ts";
import { resolveViewer, type TokenSources } from "./features/auth/viewer.ts";
import { awaitPosition } from "./feed/at-least.ts";
import type { FeedFollower } from "./feed/follower.ts";
import type { ReplicaReads } from "./feed/replica-reads.ts";
import { GraphContext, Unforeseen } from "./graphql/context.ts";
import { parsePosition } from "./kernel/position.ts";
import type { Foreseen, OperationRequest } from "./server/gateway.ts";

interface ContextParts {
  database: Database;
  dateOf: (instant: Date) => string;
  tokenSources: TokenSources;
  replicaReads: ReplicaReads | undefined;
  follower: FeedFollower;
  use: SessionUse;
}

/** What access rules left to somebody who asked from an address. */
interface Narrowing {
  ip: string;
  viewer: Viewer;
}

/** Who asks, for every operation. */
export class Contexts {
  readonly #parts: ContextParts;
  readonly #known = new KnownViewers();
  readonly #together: LookUpsTogether;
  /** By what they hold. */
  readonly #narrowings = new WeakMap<Viewer["grants"], Narrowing>();
  /** The same viewers at an instant that is not known yet, by what they hold. */
  readonly #expected = new WeakMap<Viewer["grants"], Viewer>();

  constructor(parts: ContextParts) {
    this.#parts = parts;
    const sources = { ...parts.tokenSources, known: this.#known };
    this.#together = new LookUpsTogether((authorization, admitted, begins) =>
      resolveViewer(parts.database, authorization, sources, { admitted, begins }),
    );
  }

  /**
   * Finds out who asks, once for each operation, and notes that their session is in use. Only for somebody who is known the position is waited for
   * that they name, and their rights are then those of that position too.
   */
  async create(request: OperationRequest): Promise<GraphContext> {
    const { follower, replicaReads, use } = this.#parts;
    const { atLeast, admitted = false } = request;
    const position = atLeast === undefined ? undefined : parsePosition(atLeast, "Rollcall-At-Least");
    const isBehind = position !== undefined && position.commit > follower.head.commit;
    let context = await this.#find(request, admitted);
    if (position && context.identified) {
      if (isBehind) {
        await awaitPosition(follower, position);
        context = await this.#find(request, admitted);
      }
      replicaReads?.require(position);
    }
    if (context.identified && context.viewer.session) use.note(context.viewer.session.id, context.viewer.now);
    return context;
  }

  /**
   * Who will be found for whoever has called `create` in the same turn of the event loop, where they were found before: what they ask can go behind the statement that
   * finds out. Undefined where it has to wait for that: also where a replica or a position has a say in what is read.
   */
  foresee({
    authorization,
    atLeast,
    admitted = false,
    ...origin
  }: OperationRequest): Foreseen<GraphContext> | undefined {
    const { database, replicaReads, dateOf } = this.#parts;
    if (authorization === undefined || atLeast !== undefined || replicaReads || !database.isPipelined) return undefined;
    const sequence = this.#together.sequenceOf(authorization, admitted);
    const viewer = sequence && this.#expectedBy(authorization, origin.ip);
    if (!viewer) return undefined;
    const renew = () => this.#find({ authorization, ...origin }, true);
    const context = new GraphContext(viewer, origin.requestId, origin, dateOf, renew);
    context.behind = sequence;
    // What a viewer holds is one and the same object for as long as they are found to hold it.
    return { context, isFound: (given) => given.identified && given.viewer.grants === viewer.grants };
  }

  #expectedBy(authorization: string, ip: string): Viewer | undefined {
    const found = this.#known.last(authorization);
    if (!found) return undefined;
    const narrowing = this.#narrowings.get(found.grants);
    if (found.ruled && narrowing?.ip !== ip) return undefined;
    const last = narrowing?.viewer ?? found;
    const viewer = this.#expected.get(last.grants) ?? withoutInstant(last);
    this.#expected.set(last.grants, viewer);
    return viewer;
  }

  async #find(request: OperationRequest, known: boolean): Promise<GraphContext> {
    const { authorization, requestId, ip, userAgent } = request;
    const found = authorization === undefined ? undefined : await this.#together.of(authorization, known);
    const viewer = found && this.#narrowed(found, ip);
    return new GraphContext(viewer, requestId, { ip, userAgent }, this.#parts.dateOf, () => this.#find(request, true));
  }

  /** What access rules leave of what somebody holds; the very same objects as long as they leave the same. */
  #narrowed(found: RuledViewer, ip: string): Viewer {
    const viewer = narrow(found, { ip, dateOf: this.#parts.dateOf });
    if (!viewer.narrowed) return viewer;
    const last = this.#narrowings.get(found.grants);
    if (last?.ip === ip && leavesAlike(last.viewer, viewer)) {
      const { grants, narrowed } = last.viewer;
      return { ...viewer, grants, narrowed };
    }
    this.#narrowings.set(found.grants, { ip, viewer });
    return viewer;
  }
}

const leavesAlike = (one: Viewer, other: Viewer): boolean =>
  isDeepStrictEqual(one.narrowed, other.narrowed) && isDeepStrictEqual(one.grants, other.grants);

/** The viewer at an instant that only the look-up tells. */
const withoutInstant = (viewer: Omit<Viewer, "now">): Viewer =>
  Object.defineProperty({ ...viewer } as Viewer, "now", {
    get: () => {
      throw new Unforeseen("The instant of an operation is not known before its viewer was looked up.");
    },
  });
