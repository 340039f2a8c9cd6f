import { createHash } from "node:crypto";
import { createSourceEventStream, type DocumentNode, type GraphQLSchema, getOperationAST, Kind } from "graphql";
import type { FeedFollower } from "../feed/follower.ts";
import { RollcallError } from "../kernel/errors.ts";
import { comparePositions, type Position, printPosition } from "../kernel/position.ts";
import { AccessWatch, accessHash, type Watched } from "./access-watch.ts";
import type { GraphContext } from "./context.ts";
import { type FeedCheckpoint, FeedReset } from "./feed-messages.ts";
import { type Subscriber, Subscription, type SubscriptionHost } from "./subscription.ts";
import {
  type FormatError,
  type SharedResult,
  SubscriptionExecution,
  type SubscriptionOperation,
} from "./subscription-execution.ts";
import { Lane, type LaneEvents, type LaneTools, standsAtOrBeyond } from "./subscription-lane.ts";
import { feedOfChanges, OpenedSource } from "./subscription-source.ts";

/** The longest that a subscriber goes without a CHECKPOINT. */
const CHECKPOINT_MS = 60_000;
/** The longest that an expired token goes on. */
const HOLDING_MS = 10_000;
/** A lane that is so many commits behind a subscriber at the most is where they stand in a moment, and tells them nothing of what lies before that. */
const NEAR = 250n;

export interface SubscriptionsOptions {
  /** With every field of its Subscription type bound to a source. */
  schema: GraphQLSchema;
  follower: FeedFollower;
  formatError: FormatError;
  /** The database's clock. */
  now: () => Promise<Date>;
  /** Which of these tokens hold at this moment. */
  holding: (authorizations: readonly string[]) => Promise<ReadonlySet<string>>;
  onError: (error: unknown) => void;
  checkpointMs?: number;
  holdingMs?: number;
  /** The longest that one subscription goes on; without it, as long as its client likes. */
  lifetimeMs?: number | undefined;
}

/** The errors with which graphql-js refuses an operation before it is under way. */
export class RefusedOperation extends Error {
  constructor(readonly errors: readonly Error[]) {
    super("The operation was refused.");
  }
}

/**
 * All subscriptions of this gateway. Those with the same document, operation, variables and access stand in one lane once they have reached
 * the head: there each event is carried out and serialised once. Those that are behind share a lane until it has caught up where they stand near each
 * other, as all do who come back from a gateway that is gone.
 */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #tools: LaneTools;
  /** By key, the lane that has reached the head; and those that have not. */
  readonly #shared = new Map<string, Lane<Subscription>>();
  readonly #behind = new Map<string, Set<Lane<Subscription>>>();
  readonly #keys = new Map<Lane<Subscription>, string>();
  readonly #open = new Set<Subscription>();
  /** Words on where subscribers stand that are being carried out. */
  readonly #marks = new Map<string, Promise<SharedResult | undefined>>();
  readonly #stopped = new AbortController();
  readonly #host: SubscriptionHost;
  readonly #events: LaneEvents<Subscription>;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
    const { follower, holding, onError, schema, formatError, now } = options;
    this.#tools = {
      follower,
      access: new AccessWatch({ follower, holding, everyMs: options.holdingMs ?? HOLDING_MS, onError }),
      execution: new SubscriptionExecution({ schema, formatError, now }),
      checkpointMs: options.checkpointMs ?? CHECKPOINT_MS,
    };
    this.#host = {
      plan: (operation, context) => this.#plan(operation, context),
      begin: (after) => this.#begin(after),
      mark: (subscription, message) => this.#mark(subscription, message),
      attach: (subscription) => this.#attach(subscription),
      ended: (subscription) => this.#open.delete(subscription),
    };
    this.#events = { caughtUp: (lane) => this.#caughtUp(lane), emptied: (lane) => this.#emptied(lane) };
  }

  /** Begins to follow the log, before anybody subscribes. */
  async start(): Promise<void> {
    await this.#tools.follower.start();
  }

  /** The head of the log as this gateway knows it: to be read before a viewer is looked up who is then watched. */
  get head(): bigint {
    return this.#tools.follower.head.commit;
  }

  /** Open subscriptions, and how many readings of the log serve them. */
  get counts(): { subscriptions: number; lanes: number } {
    return { subscriptions: this.#open.size, lanes: this.#keys.size };
  }

  /** Begins a valid subscription operation. What refuses it is told to the subscriber. */
  subscribe(operation: SubscriptionOperation, context: GraphContext, subscriber: Subscriber): Subscription {
    const subscription = new Subscription(this.#host, operation, context, subscriber);
    this.#open.add(subscription);
    this.#limit(subscription);
    return subscription;
  }

  /** Watches over a connection's viewer, who was looked up when the head was `since` or later. Gives what ends it. */
  watch(watched: Watched, since: bigint): () => void {
    return this.#tools.access.watch(watched, since);
  }

  /** Ends all subscriptions, and follows the log no longer. */
  async stop(): Promise<void> {
    for (const subscription of [...this.#open]) subscription.stop();
    this.#stopped.abort();
    await Promise.all([this.#tools.access.stop(), this.#tools.follower.stop()]);
  }

  async #plan(operation: SubscriptionOperation, contextValue: GraphContext) {
    const { document, operationName, variables, text, extensions } = operation;
    const opened = await createSourceEventStream({
      schema: this.#options.schema,
      document,
      contextValue,
      operationName: operationName ?? null,
      variableValues: variables ?? null,
    });
    if (!(opened instanceof OpenedSource)) throw new RefusedOperation("errors" in opened ? (opened.errors ?? []) : []);
    const { after, told } = opened;
    const { follower, execution } = this.#tools;
    const feed =
      typeof told === "function"
        ? feedOfChanges(follower, told, (work, signal) => execution.insist(work, signal))
        : told;
    const equal = JSON.stringify([
      text,
      operationName ?? null,
      variablesButAfter(operation),
      accessHash(contextValue.viewer),
      extensions ?? null,
    ]);
    return { after, feed, key: createHash("sha256").update(equal).digest("base64") };
  }

  /** Ends it when its time is over. */
  #limit(subscription: Subscription): void {
    const { lifetimeMs } = this.#options;
    if (lifetimeMs === undefined) return;
    const over = new RollcallError("RATE_LIMITED", "A subscription lasts no longer: go on after its last position.", {
      limit: lifetimeMs,
    });
    const timer = setTimeout(() => subscription.fail(over), lifetimeMs);
    timer.unref();
    subscription.onEnd(() => clearTimeout(timer));
  }

  async #begin(after: Position | undefined): Promise<{ position: Position; expired: boolean }> {
    const { follower } = this.#tools;
    await follower.look();
    const { head } = follower;
    if (after === undefined) return { position: head, expired: false };
    // Of a past that is gone: the database was restored from a backup since.
    if (after.commit > head.commit) return { position: head, expired: true };
    return (await follower.holds(after)) ? { position: after, expired: false } : { position: head, expired: true };
  }

  /** The same word to equal subscribers at the same time is carried out once. */
  #mark(
    { key, operation, context }: Subscription,
    message: FeedCheckpoint | FeedReset,
  ): Promise<SharedResult | undefined> {
    const reason = message instanceof FeedReset ? message.reason : "";
    const mark = `${key} ${printPosition(message.position)} ${reason}`;
    const known = this.#marks.get(mark);
    if (known) return known;
    const { signal } = this.#stopped;
    const result = this.#tools.execution
      .run(operation, [message], context, signal)
      .then(([one]) => one)
      .finally(() => this.#marks.delete(mark));
    this.#marks.set(mark, result);
    return result;
  }

  #attach(subscription: Subscription): void {
    const { key, position, feed } = subscription;
    const open = this.#openTo(position, key);
    if (open) {
      subscription.enter(open);
      return;
    }
    const lane = new Lane<Subscription>(this.#tools, this.#events, feed, position);
    if (!this.#shared.has(key) && feed.isAtEnd(position)) this.#shared.set(key, lane);
    else this.#behind.set(key, (this.#behind.get(key) ?? new Set()).add(lane));
    this.#keys.set(lane, key);
    subscription.enter(lane);
    void lane.run();
  }

  /** The lane that somebody at a position can join: nothing behind the position has been delivered there yet. */
  #openTo(position: Position, key: string): Lane<Subscription> | undefined {
    const shared = this.#shared.get(key);
    if (shared && standsAtOrBeyond(position, shared)) return shared;
    let nearest: Lane<Subscription> | undefined;
    for (const lane of this.#behind.get(key) ?? []) {
      const isNear = standsAtOrBeyond(position, lane) && position.commit - lane.position.commit <= NEAR;
      if (isNear && (!nearest || comparePositions(lane.position, nearest.position) > 0)) nearest = lane;
    }
    return nearest;
  }

  /** A lane that has caught up becomes the shared one, or gives its members to it. */
  #caughtUp(lane: Lane<Subscription>): void {
    const key = this.#keys.get(lane);
    if (key === undefined) return;
    const shared = this.#shared.get(key);
    if (shared === lane) return;
    if (!shared) {
      if (!lane.isAtEnd) return;
      this.#leaveBehind(lane, key);
      this.#shared.set(key, lane);
    } else if (standsAtOrBeyond(lane.position, shared)) for (const member of [...lane.members]) member.enter(shared);
  }

  #emptied(lane: Lane<Subscription>): void {
    const key = this.#keys.get(lane);
    if (key === undefined) return;
    if (this.#shared.get(key) === lane) this.#shared.delete(key);
    this.#leaveBehind(lane, key);
    this.#keys.delete(lane);
  }

  #leaveBehind(lane: Lane<Subscription>, key: string): void {
    const lanes = this.#behind.get(key);
    lanes?.delete(lane);
    if (lanes?.size === 0) this.#behind.delete(key);
  }
}

/** The variables without the one by which `after` is given: where a subscription began makes no difference once it has caught up. */
function variablesButAfter({ document, operationName, variables }: SubscriptionOperation): unknown {
  const name = afterVariable(document, operationName);
  if (name === undefined || !variables) return variables ?? {};
  const { [name]: _, ...rest } = variables;
  return rest;
}

function afterVariable(document: DocumentNode, operationName: string | undefined): string | undefined {
  const [root] = getOperationAST(document, operationName)?.selectionSet.selections ?? [];
  if (root?.kind !== Kind.FIELD) return undefined;
  const value = root.arguments?.find(({ name }) => name.value === "after")?.value;
  return value?.kind === Kind.VARIABLE ? value.name.value : undefined;
}
