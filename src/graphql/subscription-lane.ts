import type { FeedFollower } from "../feed/follower.ts";
import { comparePositions, type Position } from "../kernel/position.ts";
import type { AccessWatch } from "./access-watch.ts";
import type { GraphContext } from "./context.ts";
import { FeedCheckpoint, FeedReset } from "./feed-messages.ts";
import type { Carried, SharedResult, SubscriptionExecution, SubscriptionOperation } from "./subscription-execution.ts";
import type { Notice, NoticeBatch, NoticeFeed } from "./subscription-source.ts";

/** The most events that share a context, and with it what their fields load. */
const CHUNK = 100;
/** How many do at first where there is one member, who may take no more of them; twice as many each time as long as all are taken. */
const FIRST_CHUNK = 5;

/** What lanes work with. */
export interface LaneTools {
  follower: FeedFollower;
  access: AccessWatch;
  execution: SubscriptionExecution;
  /** The longest that a subscriber goes without a CHECKPOINT. */
  checkpointMs: number;
}

/** What a lane asks of those in it: what to carry out for all of them, and to take the results. */
export interface LaneMember {
  readonly operation: SubscriptionOperation;
  readonly context: GraphContext;
  /** Nothing up to here is still to be delivered to it. */
  readonly position: Position;
  take(result: SharedResult, position: Position): void;
  /** When it was last told where it stands, by the clock of `performance`. */
  readonly toldAt: number;
  takeMark(result: SharedResult, position: Position): void;
  /** Takes a RESET because of what is gone, wherever it stands. */
  takeLoss(result: SharedResult, position: Position): void;
  /** Whether what stands for everything behind a place can be told: else the member leaves, to be told the rest alone. */
  stayFor(from: Position): boolean;
  /** Leaves, to be told by itself what stands up to a place, where it is one of these people. */
  stepOut(people: ReadonlySet<string>, through: Position): void;
  fail(error: unknown): void;
}

export interface LaneEvents<Member extends LaneMember> {
  /** Everything that was there is delivered: members may go elsewhere. */
  caughtUp(lane: Lane<Member>): void;
  /** The last member has left. */
  emptied(lane: Lane<Member>): void;
}

/** What a lane reads. */
export interface Told {
  feed: NoticeFeed;
  /** In whose context everything is carried out; absent: in that of its first member, which is any other's too. */
  as?: GraphContext | undefined;
}

/**
 * One reading of a feed for subscriptions that are told the same: each change is matched, carried out and serialised once. Its position
 * is where all members stand, but for those who came later and are ahead of it: they are given only what is behind their own.
 */
export class Lane<Member extends LaneMember> {
  readonly #tools: LaneTools;
  readonly #events: LaneEvents<Member>;
  readonly told: Told;
  readonly #members = new Set<Member>();
  readonly #abort = new AbortController();
  #position: Position;
  #chunk = FIRST_CHUNK;
  /** What is being delivered as to anybody, and whom it may be about. */
  #underWay: { people: () => ReadonlySet<string>; through: Position } | undefined;

  constructor(tools: LaneTools, events: LaneEvents<Member>, told: Told, position: Position) {
    this.#tools = tools;
    this.#events = events;
    this.told = told;
    this.#position = position;
  }

  /** Nothing up to here is still to be delivered. */
  get position(): Position {
    return this.#position;
  }

  /** Whether nothing is known to wait for the members. */
  get isAtEnd(): boolean {
    return this.told.feed.isAtEnd(this.#position);
  }

  get members(): ReadonlySet<Member> {
    return this.#members;
  }

  /** Whether it can be joined: nothing behind where the member stands has been delivered yet, nor is being delivered as to anybody though it is about them. */
  admits({ position, context }: Pick<LaneMember, "position" | "context">): boolean {
    if (comparePositions(position, this.#position) < 0) return false;
    const { userId } = context.viewer;
    if (!this.#underWay || userId === null) return true;
    const { people, through } = this.#underWay;
    return comparePositions(position, through) >= 0 || !people().has(userId);
  }

  /** Takes a member whom it admits. */
  add(member: Member): void {
    this.#members.add(member);
  }

  remove(member: Member): void {
    if (!this.#members.delete(member) || this.#members.size > 0) return;
    this.#abort.abort();
    this.#events.emptied(this);
  }

  /** Reads and delivers until the last member has left. Never rejects: what fails ends the members' subscriptions. */
  async run(): Promise<void> {
    const { access, checkpointMs } = this.#tools;
    const { signal } = this.#abort;
    try {
      for await (const { through, reset, notices, people } of this.told.feed.read(this.#position, {
        signal,
        idleMs: checkpointMs / 4,
      })) {
        // Whoever may no longer see something has left, or been given new rights, before it is delivered.
        await access.reached(through.commit);
        if (this.told.as && people) this.#letOut(people, through);
        if (reset)
          await this.#tell((position) => new FeedReset(position, reset), through, reset === "POSITION_EXPIRED");
        await this.#deliver(notices);
        this.#underWay = undefined;
        if (signal.aborted) return;
        this.#position = through;
        if (performance.now() - this.#toldAt >= (checkpointMs * 3) / 4)
          await this.#tell((position) => new FeedCheckpoint(position), through);
        this.#events.caughtUp(this);
      }
    } catch (error) {
      for (const member of [...this.#members]) member.fail(error);
    }
  }

  /** What is carried out for anybody is not for whoever it may be about. */
  #letOut(people: () => ReadonlySet<string>, through: Position): void {
    this.#underWay = { people, through };
    const persons = [...this.#members].filter(({ context }) => context.viewer.userId !== null);
    if (persons.length === 0) return;
    const concerned = people();
    for (const member of persons) member.stepOut(concerned, through);
  }

  get #context(): GraphContext | undefined {
    const [member] = this.#members;
    return member && (this.told.as ?? member.context);
  }

  async #deliver(made: NoticeBatch["notices"]): Promise<void> {
    const context = this.#context;
    if (!context) return;
    const notices = typeof made === "function" ? await made(context) : made;
    for (let at = 0; at < notices.length && this.#members.size > 0; ) {
      const chunk = notices.slice(at, at + (this.#members.size > 1 ? CHUNK : this.#chunk));
      at += chunk.length;
      this.#chunk = Math.min(CHUNK, 2 * this.#chunk);
      const { results, failure } = await this.#run(chunk.map(({ message }) => message));
      for (const [index, result] of results.entries()) this.#give(result, chunk[index] as Notice);
      if (failure !== undefined) throw failure; // whoever resumes is told what it kept from being told
    }
  }

  /** When the member who was told longest ago was told where they stand. */
  get #toldAt(): number {
    let longest = performance.now();
    for (const { toldAt } of this.#members) if (toldAt < longest) longest = toldAt;
    return longest;
  }

  /** Tells where the members stand. */
  async #tell(make: (position: Position) => object, position: Position, isLoss = false): Promise<void> {
    const { results, failure } = await this.#run([make(position)]);
    if (failure !== undefined) throw failure;
    const [result] = results;
    if (!result) return;
    this.#position = position;
    for (const member of [...this.#members])
      if (isLoss) member.takeLoss(result, position);
      else member.takeMark(result, position);
  }

  async #run(messages: object[]): Promise<Carried> {
    const [member] = this.#members;
    const context = this.#context;
    if (!member || !context) return { results: [] };
    return this.#tools.execution.run(member.operation, messages, context, this.#abort.signal);
  }

  #give(result: SharedResult, { position, from }: Notice): void {
    this.#position = position; // so that whoever leaves does not come back here
    const members = [...this.#members].filter((member) => from === undefined || member.stayFor(from));
    for (const member of members) member.take(result, position);
  }
}
