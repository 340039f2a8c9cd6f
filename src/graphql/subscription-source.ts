import type { GraphQLSchema } from "graphql";
import type { Change } from "../feed/change.ts";
import type { Position } from "../kernel/position.ts";
import type { GraphContext } from "./context.ts";

/** The value of a subscription's root field for one change. */
export interface Notice {
  position: Position;
  message: object;
}

/** What a subscription makes of changes for one viewer, in their order; nothing of those that it does not tell of. */
export type Notify = (changes: readonly Change[]) => readonly Notice[] | Promise<readonly Notice[]>;

/** Where the notifications of a subscription's root field come from. */
export interface SubscriptionSource {
  /** Checks the field's arguments against what the viewer may ask about, at subscribing and whenever that changes. */
  open(args: Readonly<Record<string, unknown>>, context: GraphContext): Promise<Notify>;
}

/** What `Subscription` fields carry out: where to begin, and what is told. graphql-js takes it for the stream of events. */
export class OpenedSource implements AsyncIterable<never> {
  constructor(
    readonly after: Position | undefined,
    readonly notify: Notify,
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
 * To be called last: who may subscribe is decided when the source is opened, not again for every message.
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
      return new OpenedSource((args.after as Position | null) ?? undefined, await source.open(args, context));
    };
  }
}
