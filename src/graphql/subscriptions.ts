import { createHash } from "node:crypto";
import { createSourceEventStream, type DocumentNode, type GraphQLSchema, getOperationAST, Kind } from "graphql";
import type { FeedFollower } from "../feed/follower.ts";
import { RollcallError } from "../kernel/errors.ts";
import type { Position } from "../kernel/position.ts";
import { AccessWatch, type Watched } from "./access-watch.ts";
import type { GraphContext } from "./context.ts";
import { type Plan, type Subscriber, Subscription, type SubscriptionHost } from "./subscription.ts";
import { type FormatError, SubscriptionExecution, type SubscriptionOperation } from "./subscription-execution.ts";
import { Lane, type LaneEvents, type LaneTools, type Told } from "./subscription-lane.ts";
import { asksByRights, identityOf, rightsOf } from "./subscription-sharing.ts";
import { feedOfChanges, type NoticeFeed, type Notify, OpenedSource } from "./subscription-source.ts";

/** The longest that a subscriber goes without a CHECKPOINT. */
const CHECKPOINT_MS = 60_000;
/** The longest that an expired token goes on. */
const HOLDING_MS = 10_000;

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
 * the head: there each event is carried out and serialised once. One that is behind reads alone until it has caught up.
 */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #tools: LaneTools;
  readonly #shared = new Map<string, Lane<Subscription>>();
  readonly #keys = new Map<Lane<Subscription>, string>();
  readonly #open = new Set<Subscription>();
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
      execute: async (subscription, message, signal) =>
        (await this.#tools.execution.run(subscription.operation, [message], subscription.context, signal))[0],
      attach: (subscription, alone) => this.#attach(subscription, alone),
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
    const asked = [text, operationName ?? null, variablesButAfter(operation), extensions ?? null];
    return { after: opened.after, ...(await this.#shareOut(opened, operation, contextValue, asked)) };
  }

  /** With whom a subscription is told the same: those who may do the same, where nothing else matters; else this viewer's own. */
  async #shareOut(
    opened: OpenedSource,
    { document }: SubscriptionOperation,
    context: GraphContext,
    asked: readonly unknown[],
  ): Promise<Plan> {
    const rights = rightsOf(context.viewer);
    const feed = this.#feedOf(opened.told);
    // A person's own record is told apart only where a feed says whom its changes are about.
    const apart = context.viewer.userId === null || typeof opened.told === "function";
    if (opened.openAs && apart && asksByRights(this.#options.schema, document)) {
      const key = keyOf([...asked, rights]);
      const together = this.#shared.get(key)?.told ?? (await this.#openForAll(opened.openAs, context.asAnybody()));
      if (together) return { feed, key, together };
    }
    return { feed, key: keyOf([...asked, rights, identityOf(context)]) };
  }

  /** What anybody of the same rights is told; undefined where only who the viewer is lets them subscribe. */
  async #openForAll(open: NonNullable<OpenedSource["openAs"]>, as: GraphContext): Promise<Told | undefined> {
    try {
      return { feed: this.#feedOf(await open(as)), as };
    } catch (error) {
      if (error instanceof RollcallError) return undefined;
      throw error;
    }
  }

  #feedOf(told: Notify | NoticeFeed): NoticeFeed {
    if (typeof told !== "function") return told;
    const { follower, execution } = this.#tools;
    return feedOfChanges(follower, told, (work, signal) => execution.insist(work, signal));
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

  #attach(subscription: Subscription, alone = false): void {
    const { position, plan } = subscription;
    const { key, feed, together } = plan;
    const shared = this.#shared.get(key);
    if (!alone && shared?.admits(subscription)) {
      subscription.enter(shared);
      return;
    }
    const begins = !alone && !shared && feed.isAtEnd(position);
    const lane = new Lane<Subscription>(this.#tools, this.#events, (begins && together) || { feed }, position);
    if (begins) this.#shared.set(key, lane);
    this.#keys.set(lane, key);
    subscription.enter(lane);
    void lane.run();
  }

  /** A lane of one that has caught up becomes the shared one, or gives its member to it. */
  #caughtUp(lane: Lane<Subscription>): void {
    const key = this.#keys.get(lane);
    if (key === undefined) return;
    const shared = this.#shared.get(key);
    if (shared === lane || (!shared && !lane.isAtEnd)) return;
    for (const member of [...lane.members]) {
      if (shared?.admits(member)) member.enter(shared);
      else if (!shared && member.plan.together) this.#attach(member);
      else if (!shared) this.#shared.set(key, lane);
    }
  }

  #emptied(lane: Lane<Subscription>): void {
    const key = this.#keys.get(lane);
    if (key !== undefined && this.#shared.get(key) === lane) this.#shared.delete(key);
    this.#keys.delete(lane);
  }
}

const keyOf = (parts: readonly unknown[]): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("base64");

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
