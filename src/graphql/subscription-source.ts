import type { GraphQLSchema } from "graphql";
import type { Change } from "../feed/change.ts";
import type { FeedFollower, Reading } from "../feed/follower.ts";
import { comparePositions, type Position } from "../kernel/position.ts";
import type { GraphContext } from "./context.ts";
import type { ResetReason } from "./feed-messages.ts";
import type { Named } from "./subscription-standing.ts";

/** The value of a subscription's root field for one place in the log. */
export interface Notice {
  position: Position;
  message: object;
  /** It stands for everything behind this place: whoever stands between the two cannot take it. */
  from?: Position;
}

/** What a subscription makes of changes for one viewer, in their order, in a context of the delivery; nothing of those that it does not tell of. */
export interface Notify {
  (changes: readonly Change[], context: GraphContext): readonly Notice[] | Promise<readonly Notice[]>;
  /** What the filter names; absent where it names nothing. */
  readonly named?: Named;
}

/** What a subscription is told next. Nothing up to `through` is missing, unless the subscriber is to read again. */
export interface NoticeBatch {
  notices: readonly Notice[] | ((context: GraphContext) => Promise<readonly Notice[]>);
  through: Position;
  /** The UUIDs of everybody whom it may concern otherwise than as anybody: it may be about their own record. Absent where nobody is told as anybody. */
  people?: () => ReadonlySet<string>;
  /** Why the subscriber must read again and go on behind `through`. */
  reset?: ResetReason;
}

/** What a subscription is told, in the log's order, wherever it is kept. */
export interface NoticeFeed {
  /** What the filter names; absent where it names nothing. */
  readonly named?: Named | undefined;
  /**
   * What stands strictly behind a position, in order and for ever, with an empty batch at least every `idleMs`. A RollcallError that it
   * throws ends the subscriptions that read it; while the database is away it waits.
   */
  read(after: Position, reading: Reading): AsyncIterable<NoticeBatch>;
  /** Whether nothing is known to wait behind a position: whoever stands there can be served with others who do. */
  isAtEnd(position: Position): boolean;
}

/** Where the notifications of a subscription's root field come from. */
export interface SubscriptionSource {
  /** What `open` makes of changes depends on what the viewer may do, and on who they are only where a change is about their own record. */
  readonly byRights?: true;
  /** Checks the field's arguments against what the viewer may ask about, at subscribing and whenever that changes, or what they name moves. */
  open(args: Readonly<Record<string, unknown>>, context: GraphContext): Promise<Notify | NoticeFeed>;
}

/** The log itself as a feed: `insist` tries what is made of its changes again while the database is away. */
export function feedOfChanges(
  follower: FeedFollower,
  notify: Notify,
  insist: <T>(work: () => Promise<T> | T, signal: AbortSignal) => Promise<T | undefined>,
): NoticeFeed {
  return {
    named: notify.named,
    isAtEnd: (position) => comparePositions(position, follower.head) >= 0,
    async *read(after, reading) {
      for await (const { changes, through, expired } of follower.read(after, reading))
        yield {
          through,
          people: () => knownPeopleIn(changes),
          notices: async (context) =>
            (changes.length > 0 ? await insist(() => notify(changes, context), reading.signal) : []) ?? [],
          ...(expired ? { reset: "POSITION_EXPIRED" as const } : {}),
        };
    },
  };
}

const UUID_LENGTH = 36;
/** Many lanes read the same changes at the same time. */
const KNOWN = new WeakMap<readonly Change[], ReadonlySet<string>>();

function knownPeopleIn(changes: readonly Change[]): ReadonlySet<string> {
  const people = KNOWN.get(changes) ?? peopleIn(changes);
  KNOWN.set(changes, people);
  return people;
}

/**
 * Whom changes may be about, or name: the person of a search row and whoever comes into it or goes from it, whoever stands anywhere in another row,
 * and who acted. It holds other ids too.
 */
function peopleIn(changes: readonly Change[]): ReadonlySet<string> {
  const people = new Set<string>();
  const add = (value: unknown): void => {
    if (typeof value === "string" && value.length === UUID_LENGTH) people.add(value);
  };
  for (const { table, rowId, before, after, commit } of changes) {
    add(rowId);
    add(commit.cause.actor.id);
    const [one, other] = before ? [before, after] : [after, before];
    for (const [column, value] of Object.entries(one ?? {})) {
      if (table === "user_search" && other?.[column] === value) continue;
      add(value);
      add(other?.[column]);
    }
  }
  return people;
}

/** What `Subscription` fields carry out: where to begin, and what is told. graphql-js takes it for the stream of events. */
export class OpenedSource implements AsyncIterable<never> {
  constructor(
    readonly after: Position | undefined,
    readonly told: Notify | NoticeFeed,
    /** The same for another viewer; absent where what is told depends on who asks. */
    readonly openAs?: (context: GraphContext) => Promise<Notify | NoticeFeed>,
  ) {}

  /** Only `Subscriptions` carries it out: each event in a context of its own. */
  [Symbol.asyncIterator](): AsyncIterator<never> {
    throw new Error("A subscription is carried out by Subscriptions.");
  }
}

/** What `@Subscription` asks for, until `bindSources` replaces it. */
export const boundAtStart = {
  subscribe: (): never => {
    throw new Error("This subscription has no source.");
  },
};

/**
 * Gives every field of the schema's Subscription type its source, whose messages are its value; throws where either is without the other.
 * To be called behind `applyRules`: who may subscribe is decided when the source is opened, not again for every message.
 */
export function bindSources(schema: GraphQLSchema, sources: Readonly<Record<string, SubscriptionSource>>): void {
  const fields = schema.getSubscriptionType()?.getFields() ?? {};
  for (const name of Object.keys(sources)) if (!fields[name]) throw new Error(`Subscription has no field ${name}.`);
  for (const field of Object.values(fields)) {
    const source = sources[field.name];
    if (!source) throw new Error(`Subscription.${field.name} has no source.`);
    field.resolve = (message) => message;
    field.subscribe = async (_root, args, context: GraphContext) => {
      void context.viewer; // Reading it refuses whoever has not signed in.
      const after = (args.after as Position | null) ?? undefined;
      const told = await source.open(args, context);
      return source.byRights && typeof told === "function"
        ? new OpenedSource(after, told, (other) => source.open(args, other))
        : new OpenedSource(after, told);
    };
  }
}
