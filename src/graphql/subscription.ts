import { isBounded } from "../access/actor.ts";
import { comparePositions, type Position } from "../kernel/position.ts";
import type { GraphContext } from "./context.ts";
import { FeedCheckpoint, FeedReset, type ResetReason } from "./feed-messages.ts";
import type { SharedResult, SubscriptionOperation } from "./subscription-execution.ts";
import type { Lane, LaneMember, Told } from "./subscription-lane.ts";
import type { NoticeFeed } from "./subscription-source.ts";
import { isNamed, type Moved } from "./subscription-standing.ts";

/** Where results go: a connection's end of one subscription. */
export interface Subscriber {
  /** Takes a result. False: nothing more is given until `Subscription.resume` is called. */
  next(result: SharedResult): boolean;
  /** Nothing follows: the subscription was refused, or failed. */
  fail(error: unknown): void;
}

/** What is told to a viewer, and to whom else the same. */
export interface Plan {
  feed: NoticeFeed;
  /** Equal for subscriptions that are told the same. */
  key: string;
  /** What these are told together, where they are of different viewers; absent: this feed. */
  together?: Told | undefined;
}

/** What a subscription needs of its gateway. */
export interface SubscriptionHost {
  /** Checks the operation against the viewer's rights; its errors refuse the subscription. */
  plan(operation: SubscriptionOperation, context: GraphContext): Promise<Plan & { after: Position | undefined }>;
  /** The position to begin behind, and whether it was given but is no longer kept. */
  begin(after: Position | undefined): Promise<{ position: Position; expired: boolean }>;
  /** Where the log ends, as far as is known, and how often it was found without what stood in it. */
  readonly log: { head: Position; losses: number };
  /** A word on where this subscription stands, carried out; undefined where the gateway stops. */
  mark(subscription: Subscription, message: FeedCheckpoint | FeedReset): Promise<SharedResult | undefined>;
  /** Lets a lane deliver what stands behind the subscription's position: one of its own where it is to be alone. */
  attach(subscription: Subscription, alone?: boolean): void;
  /** The subscription is over. */
  ended(subscription: Subscription): void;
}

/**
 * One subscriber's place in the log. It is in a lane, which delivers; or paused, because its connection does not take more; or at work: it
 * begins, or its viewer's rights have changed and it is planned anew. While it is in no lane it keeps its position, so that it goes on there.
 */
export class Subscription implements LaneMember {
  readonly operation: SubscriptionOperation;
  readonly #host: SubscriptionHost;
  readonly #subscriber: Subscriber;
  readonly #abort = new AbortController();
  #context: GraphContext;
  #plan: Plan | undefined;
  /** Where it stood when it was last in no lane. */
  #own: Position = { commit: 0n };
  #lane: Lane<Subscription> | undefined;
  #toldAt = performance.now();
  /** The losses of the log that it was told of, or that came before it. */
  #losses = 0;
  #paused = false;
  #work: Promise<void> = Promise.resolve();
  #pending = 0;

  constructor(host: SubscriptionHost, operation: SubscriptionOperation, context: GraphContext, subscriber: Subscriber) {
    this.#host = host;
    this.operation = operation;
    this.#context = context;
    this.#subscriber = subscriber;
    this.#enqueue(() => this.#begin());
  }

  get context(): GraphContext {
    return this.#context;
  }

  /** To be called once it is planned, as it is when it is attached. */
  get plan(): Plan {
    return this.#plan as Plan;
  }

  /** Nothing up to here is still to be delivered to this subscriber. */
  get position(): Position {
    return this.#lane ? later(this.#own, this.#lane.position) : this.#own;
  }

  /** To be called by the host alone. */
  enter(lane: Lane<Subscription>): void {
    this.#own = this.position;
    this.#lane?.remove(this);
    this.#lane = lane;
    lane.add(this);
  }

  /** Takes the result of the change at a position, unless it stands behind that already. */
  take(result: SharedResult, position: Position): void {
    if (comparePositions(position, this.#own) > 0) this.#send(result, position);
  }

  /** Takes a word on where it stands, unless it stands further on. */
  takeMark(result: SharedResult, position: Position): void {
    this.#toldAt = performance.now();
    if (comparePositions(position, this.#own) >= 0) this.#send(result, position);
  }

  /** What it was told of may be gone: it goes on from where the log ends now, further back if need be. */
  takeLoss(result: SharedResult, position: Position): void {
    this.#toldAt = performance.now();
    this.#losses = this.#host.log.losses;
    this.#own = position;
    this.#send(result, position);
  }

  get toldAt(): number {
    return this.#toldAt;
  }

  /** To be called by the lane alone: leaves it where this subscriber stands inside what is about to be told as one. */
  stayFor(from: Position): boolean {
    if (comparePositions(this.#own, from) <= 0) return true;
    const own = this.#own;
    this.#lane?.remove(this);
    this.#lane = undefined;
    this.#own = own;
    this.#settle();
    return false;
  }

  /** To be called by the lane alone. */
  stepOut(people: ReadonlySet<string>, through: Position): void {
    const { userId } = this.#context.viewer;
    if (userId === null || !people.has(userId) || comparePositions(this.#own, through) >= 0) return;
    this.#leave();
    this.#host.attach(this, true);
  }

  /** The connection takes results again. */
  resume(): void {
    this.#paused = false;
    this.#settle();
  }

  /** What the viewer may do has changed: from here on nothing is delivered under the rights of before. */
  accessChanged(context: GraphContext): void {
    this.#context = context;
    this.#leave();
    this.#enqueue(() => this.#planAnew());
  }

  /** What stands elsewhere may not be asked about any more: where the filter names it, nothing from there on is delivered before that was looked at. */
  moved(moved: Moved): void {
    const named = this.#plan?.feed.named;
    if (this.#plan && !(named && isNamed(named, moved))) return;
    if (!isBounded(this.#context.viewer)) return;
    this.#leave();
    this.#enqueue(async () => {
      this.#plan = await this.#host.plan(this.operation, this.#context);
    });
  }

  /** Ends it with an error, of which the subscriber is told. */
  fail(error: unknown): void {
    if (this.#abort.signal.aborted) return;
    this.stop();
    this.#subscriber.fail(error);
  }

  /** Runs once, when it is over. */
  onEnd(act: () => void): void {
    this.#abort.signal.addEventListener("abort", act, { once: true });
  }

  /** Ends it; the subscriber is not told. */
  stop(): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    this.#leave();
    this.#host.ended(this);
  }

  async #begin(): Promise<void> {
    const { after, ...plan } = await this.#host.plan(this.operation, this.#context);
    this.#losses = this.#host.log.losses;
    const { position, expired } = await this.#host.begin(after);
    this.#plan = plan;
    this.#own = position;
    await this.#mark(expired ? new FeedReset(position, "POSITION_EXPIRED") : new FeedCheckpoint(position));
  }

  /** What it was told of may be gone, and no lane has said so. */
  async #startOver(): Promise<void> {
    const { head, losses } = this.#host.log;
    this.#losses = losses;
    this.#own = head;
    await this.#mark(new FeedReset(head, "POSITION_EXPIRED"));
  }

  async #planAnew(): Promise<void> {
    this.#plan = await this.#host.plan(this.operation, this.#context);
    const reason: ResetReason = "VISIBILITY_CHANGED";
    await this.#mark(new FeedReset(this.#own, reason));
  }

  async #mark(message: FeedCheckpoint | FeedReset): Promise<void> {
    this.#toldAt = performance.now();
    const result = await this.#host.mark(this, message);
    if (result) this.#send(result, this.#own);
  }

  #send(result: SharedResult, position: Position): void {
    if (this.#abort.signal.aborted) return;
    if (this.#subscriber.next(result)) return;
    this.#paused = true;
    this.#leave();
    this.#own = later(this.#own, position);
  }

  #leave(): void {
    const lane = this.#lane;
    this.#own = this.position;
    this.#lane = undefined;
    lane?.remove(this);
  }

  /** One piece of work after another; a piece that fails ends the subscription. */
  #enqueue(work: () => Promise<void>): void {
    this.#pending += 1;
    this.#work = this.#work.then(async () => {
      try {
        if (!this.#abort.signal.aborted) await work();
      } catch (error) {
        this.fail(error);
      } finally {
        this.#pending -= 1;
        this.#settle();
      }
    });
  }

  #settle(): void {
    if (this.#pending > 0 || this.#paused || this.#lane || this.#abort.signal.aborted) return;
    if (this.#losses === this.#host.log.losses) this.#host.attach(this);
    else this.#enqueue(() => this.#startOver());
  }
}

const later = (a: Position, b: Position): Position => (comparePositions(a, b) < 0 ? b : a);
