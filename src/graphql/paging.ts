import { ArgsType, type ClassType, Field, Int, ObjectType } from "type-graphql";
import { invalidInput } from "../kernel/errors.ts";
import type { Position } from "../kernel/position.ts";
import { Cost, PageOf } from "./cost-declaration.ts";
import { PAGE_DEFAULT, PAGE_LIMIT } from "./page-size.ts";
import { carried, Read } from "./rules.ts";
import { PositionScalar } from "./scalars.ts";

/** Which way a page is read, how many items it holds at the most, and the cursor that it starts behind. */
export interface PageRequest {
  size: number;
  backward: boolean;
  cursor: string | undefined;
}

@ArgsType()
export class PageArgs {
  @Field(() => Int, {
    nullable: true,
    description: "How many items from the front: 1 to 500. Without first and last: 50.",
  })
  first?: number | null;

  @Field(() => String, {
    nullable: true,
    description: "Only items behind this cursor, which must come from the same order.",
  })
  after?: string | null;

  @Field(() => Int, { nullable: true, description: "How many items from the back: 1 to 500. Not together with first." })
  last?: number | null;

  @Field(() => String, {
    nullable: true,
    description: "Only items before this cursor, which must come from the same order.",
  })
  before?: string | null;
}

/** Reads the Relay paging arguments; INVALID_INPUT for both directions at once or a size outside 1 to 500. */
export function pageRequest(args: PageArgs): PageRequest {
  const backward = args.last != null || (args.first == null && args.before != null);
  const name = backward ? "last" : "first";
  if (args.first != null && args.last != null)
    throw invalidInput([{ path: "last", message: "cannot be used together with first." }]);
  if (backward && args.after != null)
    throw invalidInput([{ path: "after", message: "goes with first; paging backward takes last and before." }]);
  if (!backward && args.before != null)
    throw invalidInput([{ path: "before", message: "goes with last; paging forward takes first and after." }]);
  const size = args[name] ?? PAGE_DEFAULT;
  if (size < 1 || size > PAGE_LIMIT)
    throw invalidInput([{ path: name, message: `must be from 1 to ${PAGE_LIMIT}.`, limit: PAGE_LIMIT }]);
  return { size, backward, cursor: (backward ? args.before : args.after) ?? undefined };
}

@ObjectType({ description: "Where a page stands in its list (Relay)." })
@Read(carried)
export class PageInfo {
  @Field(() => Boolean, { description: "Whether more items follow behind this page." })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: "Whether items stand before this page." })
  hasPreviousPage!: boolean;

  @Field(() => String, {
    nullable: true,
    description: "The cursor of the page's first item; null where the page is empty.",
  })
  startCursor!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The cursor of the page's last item; null where the page is empty.",
  })
  endCursor!: string | null;
}

/** An item of a page with its place in the list. */
export interface Edge<T> {
  cursor: string;
  node: T;
}

/** A page as queries give it, and as GraphQL shows it; `total` counts the whole list and runs only where it is asked for. */
export class Page<T> {
  readonly pageInfo: PageInfo;

  constructor(
    readonly edges: readonly Edge<T>[],
    more: { next: boolean; previous: boolean },
    readonly position: Position,
    private readonly total: () => Promise<number>,
  ) {
    this.pageInfo = {
      hasNextPage: more.next,
      hasPreviousPage: more.previous,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    };
  }

  get nodes(): readonly T[] {
    return this.edges.map((edge) => edge.node);
  }

  /** Counting begins when this is read. */
  get totalCount(): Promise<number> {
    return this.total();
  }
}

/**
 * Cuts a page out of rows that were read in the page's own direction, one more than its size so that a further page shows.
 * `make` gives the node and its cursor; rows read backward are put back in the list's order.
 */
export function cutPage<R, T>(
  rows: readonly R[],
  request: PageRequest,
  position: Position,
  total: () => Promise<number>,
  make: (row: R) => Edge<T>,
): Page<T> {
  const more = rows.length > request.size;
  const edges = rows.slice(0, request.size).map(make);
  if (request.backward) edges.reverse();
  const fromElsewhere = request.cursor !== undefined;
  return new Page(
    edges,
    request.backward ? { next: fromElsewhere, previous: more } : { next: more, previous: fromElsewhere },
    position,
    total,
  );
}

/** The Relay connection and edge types of a node type: `XConnection` and `XEdge`. */
export function connectionOf<T extends object>(
  name: string,
  node: () => ClassType<T>,
  things: string,
): ClassType<Page<T>> {
  @ObjectType(`${name}Edge`, { description: `One of the ${things}, with its cursor.` })
  @Read(carried)
  class EdgeType {
    @Field(() => String, { description: "The place in the list: pass it as after or before." })
    cursor!: string;

    @Field(node, { description: "The item itself." })
    node!: T;
  }

  @ObjectType(`${name}Connection`, { description: `A page of ${things} (Relay).` })
  @Read(carried)
  @PageOf("edges", "nodes")
  class ConnectionType {
    @Field(() => [EdgeType], { description: "The page's items with their cursors." })
    edges!: EdgeType[];

    @Field(() => [node()], { description: "The page's items alone." })
    nodes!: T[];

    @Field(() => PageInfo, { description: "Where the page stands." })
    pageInfo!: PageInfo;

    @Cost(10)
    @Field(() => Int, {
      nullable: true,
      description: `How many ${things} there are over all pages. Counted only when selected.`,
    })
    totalCount!: number | null;

    @Field(() => PositionScalar, {
      description: "The feed position this page was read at: subscribe after it and nothing is missed or repeated.",
    })
    position!: Position;
  }
  return ConnectionType as unknown as ClassType<Page<T>>;
}
