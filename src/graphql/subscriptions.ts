import { createHash } from "node:crypto";
import { createSourceEventStream, type DocumentNode, type GraphQLSchema, getOperationAST, Kind, visit } from "graphql";
import type { FeedFollower } from "../feed/follower.ts";
import { RollcallError } from "../kernel/errors.ts";
import { comparePositions, type Position, printPosition } from "../kernel/position.ts";
import { AccessWatch, type Watched } from "./access-watch.ts";
import type { GraphContext } from "./context.ts";
import { type FeedCheckpoint, FeedReset } from "./feed-messages.ts";
import { type Plan, type Subscriber, Subscription, type SubscriptionHost } from "./subscription.ts";
import {
  type FormatError,
  type SharedResult,
  SubscriptionExecution,
  type SubscriptionOperation,
} from "./subscription-execution.ts";
import { Lane, type LaneEvents, type LaneTools, type Told } from "./subscription-lane.ts";
import { asksByRights, identityOf, rightsOf } from "./subscription-sharing.ts";
import { feedOfChanges, type NoticeFeed, type Notify, OpenedSource } from "./subscription-source.ts";

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
      log: follower,
      mark: (subscription, message) => this.#mark(subscription, message),
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
    if (opened.openAs && asksByRights(this.#options.schema, document)) {
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

  /** The same word to equal subscribers at the same time is carried out once. */
  #mark(
    { plan: { key, together }, operation, context }: Subscription,
    message: FeedCheckpoint | FeedReset,
  ): Promise<SharedResult | undefined> {
    const reason = message instanceof FeedReset ? message.reason : "";
    const mark = `${key} ${printPosition(message.position)} ${reason}`;
    const known = this.#marks.get(mark);
    if (known) return known;
    const { signal } = this.#stopped;
    const result = this.#tools.execution
      .run(operation, [message], together?.as ?? context, signal)
      .then(({ results: [one], failure }) => {
        if (failure !== undefined) throw failure;
        return one;
      })
      .finally(() => this.#marks.delete(mark));
    this.#marks.set(mark, result);
    return result;
  }

  #attach(subscription: Subscription, alone = false): void {
    const { position, plan } = subscription;
    const { key, feed, together } = plan;
    const open = alone ? undefined : this.#openTo(subscription);
    if (open) {
      subscription.enter(open);
      return;
    }
    const lane = new Lane<Subscription>(this.#tools, this.#events, (!alone && together) || { feed }, position);
    if (!alone) {
      if (!this.#shared.has(key) && lane.isAtEnd) this.#shared.set(key, lane);
      else this.#behind.set(key, (this.#behind.get(key) ?? new Set()).add(lane));
    }
    this.#keys.set(lane, key);
    subscription.enter(lane);
    void lane.run();
  }

  /** The lane that a subscriber can join: nothing behind their position has been delivered there yet. */
  #openTo(subscription: Subscription): Lane<Subscription> | undefined {
    const { position, plan } = subscription;
    const shared = this.#shared.get(plan.key);
    if (shared?.admits(subscription)) return shared;
    let nearest: Lane<Subscription> | undefined;
    for (const lane of this.#behind.get(plan.key) ?? []) {
      const isNear = lane.admits(subscription) && position.commit - lane.position.commit <= NEAR;
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
    const isAlone = !this.#behind.get(key)?.has(lane);
    if (!isAlone && !shared && lane.isAtEnd) {
      this.#leaveBehind(lane, key);
      this.#shared.set(key, lane);
      return;
    }
    for (const member of [...lane.members]) {
      const open = isAlone ? this.#openTo(member) : shared;
      if (open?.admits(member)) member.enter(open);
      else if (isAlone && !shared && lane.isAtEnd) this.#attach(member);
    }
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

const keyOf = (parts: readonly unknown[]): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("base64");

/**
 * The variables without the one by which `after` is given, unless it is used for anything else: where a subscription began makes no difference
 * once it has caught up.
 */
function variablesButAfter({ document, operationName, variables }: SubscriptionOperation): unknown {
  const name = afterVariable(document, operationName);
  if (name === undefined || !variables || usesOf(document, name) > 1) return variables ?? {};
  const { [name]: _, ...rest } = variables;
  return rest;
}

function afterVariable(document: DocumentNode, operationName: string | undefined): string | undefined {
  const [root] = getOperationAST(document, operationName)?.selectionSet.selections ?? [];
  if (root?.kind !== Kind.FIELD) return undefined;
  const value = root.arguments?.find(({ name }) => name.value === "after")?.value;
  return value?.kind === Kind.VARIABLE ? value.name.value : undefined;
}

function usesOf(document: DocumentNode, variable: string): number {
  let uses = 0;
  visit(document, {
    VariableDefinition: () => false,
    Variable: ({ name }) => {
      if (name.value === variable) uses += 1;
    },
  });
  return uses;
}
