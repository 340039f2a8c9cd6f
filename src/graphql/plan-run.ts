import type { FieldNode, GraphQLField } from "graphql";
import { getArgumentValues } from "graphql/execution/values.js";
import type { Viewer } from "../access/actor.ts";
import type { GraphContext } from "./context.ts";
import { requireStorable } from "./storable-text.ts";

/** A field as a document asks for it; the nodes that merge into one ask with the same arguments. */
export interface Selection {
  /** The name in the answer: the alias, or the field's own. */
  key: string;
  name: string;
  nodes: readonly FieldNode[];
  definition: GraphQLField<unknown, unknown>;
}

/** What a question about a run is answered with, where a plan depends on it. */
export type Answer = string | number | boolean | null | undefined;

/** Asks about the run that an operation is planned for, and makes the plan one for runs that answer alike. */
export type Decide = <T extends Answer>(ask: (run: PlanRun) => T) => T;

// biome-ignore lint/suspicious/noExplicitAny: arguments are coerced by the schema to what each field declares.
export type Arguments = any;

/** One run of a plan: who asks, with which variables. What is worked out for it is kept for its length. */
export class PlanRun {
  readonly #kept = new Map<object, unknown>();

  /** `variables` are coerced. `mayAssume`: whether it may assume what its statement then finds out (`Planning.assume`). */
  constructor(
    readonly context: GraphContext,
    readonly variables: Readonly<Record<string, unknown>>,
    readonly mayAssume = true,
  ) {}

  /** The same once more, assuming nothing. */
  again(): PlanRun {
    return new PlanRun(this.context, this.variables, false);
  }

  get viewer(): Viewer {
    return this.context.viewer;
  }

  /** A field's arguments, coerced and checked as the field's resolver gets them. Throws what refuses them. */
  argumentsOf(selection: Selection): Arguments {
    return this.keep(selection, () => {
      const args = getArgumentValues(selection.definition, selection.nodes[0] as FieldNode, this.variables);
      requireStorable(args);
      return args;
    });
  }

  /** What `make` gives, made once a run. */
  keep<T>(key: object, make: () => T): T {
    if (!this.#kept.has(key)) this.#kept.set(key, make());
    return this.#kept.get(key) as T;
  }
}
