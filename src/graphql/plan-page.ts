import { sql } from "kysely";
import { printPosition } from "../kernel/position.ts";
import type { Keyset, Segment } from "../search/order.ts";
import type { PageRequest } from "./paging.ts";
import type { PlanRun } from "./plan-run.ts";
import { joined, Parameter, type PlanText, plan, verbatim } from "./plan-text.ts";
import type { AskedField, FieldPlan, Row } from "./plan-type.ts";
import { type Planning, unplanned } from "./planning.ts";

/** A page as a run asks for it. */
export interface PageInRun {
  request: PageRequest;
  keyset: Keyset;
}

/** A list of which a field shows a page. */
export interface Listing {
  /** What each run asks for, worked out once; what the resolvers would refuse is thrown. */
  inRun: (run: PlanRun) => PageInRun;
  /** The rows that the page's items are made of. */
  row: Row;
  /** FROM and WHERE of the whole list, under the alias that the keyset speaks of, and the column of the id. */
  source: { from: PlanText; alias: string; id: string };
  /** Told where the page's rows are to be read. */
  onRead?: () => void;
  /** The JSON text of how many items there are over all pages. */
  total: () => PlanText;
  /** Further fields of the connection. */
  others?: Readonly<Record<string, FieldPlan>>;
}

/** A connection, with the cursors, the order and the answers to what stands before and behind that `cutPage` gives. */
export function connectionText(asked: AskedField, listing: Listing): PlanText {
  asked.planning.readsMany();
  const page = new PageText(asked.planning, listing);
  const text = asked.objectOf(listing.row, (field) => page.field(field));
  return page.over(text);
}

/** Stands for a value of a run's cursor. */
class InCursor {
  constructor(readonly parameter: Parameter) {}
}

/** What `make` gives for a place, made once. */
function oneEach<T>(make: (place: number) => T): (place: number) => T {
  const made: T[] = [];
  return (place) => {
    made[place] ??= make(place);
    return made[place];
  };
}

/**
 * A value that PostgreSQL does not see while it plans. Of a value that it sees it knows how much of the list stands behind it, and thinks of what it plans without any as
 * dearer: so it would plan a prepared statement for every run anew, which takes longer than reading the page.
 */
const unseen = (value: InCursor) => sql`(SELECT ${value}::text)`;

class PageText {
  readonly #backward: boolean;
  readonly #fromElsewhere: boolean;
  readonly #size: Parameter;
  /** Whether any field needs the page's rows, and whether one needs their cursors. */
  #isRead = false;
  #withCursor = false;

  constructor(
    private readonly planning: Planning,
    private readonly listing: Listing,
  ) {
    const requestIn = (run: PlanRun) => listing.inRun(run).request;
    this.#backward = planning.decide((run) => requestIn(run).backward);
    this.#fromElsewhere = planning.decide((run) => requestIn(run).cursor !== undefined);
    this.#size = new Parameter((run) => requestIn(run).size);
  }

  /** The connection's text over the rows that it needs. */
  over(text: PlanText): PlanText {
    if (!this.#isRead) {
      // Nothing is read beyond the cursor, but it has to be one of this order as if it were.
      if (this.#fromElsewhere) this.planning.check(async (run) => void this.#beyond(run));
      return plan`(${text})`;
    }
    return plan`(SELECT ${text} FROM (SELECT row_number() OVER () AS place, read.*${this.#cursorValues()} FROM (${this.#rows()}) read) ${this.listing.row})`;
  }

  field(field: AskedField): PlanText {
    const { name } = field.selection;
    const other = this.listing.others?.[name];
    if (other) return other(field);
    if (name === "nodes") return this.#items(field.object(this.listing.row));
    if (name === "edges") return this.#items(field.objectOf(this.listing.row, (inner) => this.#edge(inner)));
    if (name === "pageInfo") return field.objectOf(this.listing.row, (inner) => this.#pageInfo(inner));
    if (name === "totalCount") return this.listing.total();
    return name === "position" ? positionOf(this.planning) : unplanned(`${name} of a connection has no plan`);
  }

  #edge(field: AskedField): PlanText {
    const { name } = field.selection;
    if (name === "node") return field.object(this.listing.row);
    return name === "cursor" ? this.#cursor() : unplanned(`${name} of an edge has no plan`);
  }

  #pageInfo({ selection: { name } }: AskedField): PlanText {
    const elsewhere = verbatim(`'${this.#fromElsewhere}'`);
    if (name === "hasNextPage") return this.#backward ? elsewhere : this.#more();
    if (name === "hasPreviousPage") return this.#backward ? this.#more() : elsewhere;
    if (name === "startCursor") return this.#cursorAt(this.#backward ? "DESC" : "ASC");
    return name === "endCursor" ? this.#cursorAt(this.#backward ? "ASC" : "DESC") : unplanned(`${name} has no plan`);
  }

  /** Whether the list goes on in the direction of reading. */
  #more(): PlanText {
    this.#isRead = true;
    return plan`(count(*) > ${this.#size})::text`;
  }

  /** The page's items, in the order of the list whichever way they were read. */
  #items(item: PlanText): PlanText {
    this.#isRead = true;
    const place = plan`${this.listing.row}.place ${verbatim(this.#backward ? "DESC" : "ASC")}`;
    return plan`'[' || coalesce(string_agg(${item}, ',' ORDER BY ${place}) FILTER (WHERE ${this.#inPage()}), '') || ']'`;
  }

  #cursorAt(order: "ASC" | "DESC"): PlanText {
    this.#isRead = true;
    const cursors = plan`array_agg(${this.#cursor()} ORDER BY ${this.listing.row}.place ${verbatim(order)}) FILTER (WHERE ${this.#inPage()})`;
    return plan`coalesce((${cursors})[1], 'null')`;
  }

  #inPage(): PlanText {
    return plan`${this.listing.row}.place <= ${this.#size}`;
  }

  #cursor(): PlanText {
    this.#withCursor = true;
    const { inRun, row } = this.listing;
    return this.planning.marks.around(plan`${row}.cursor_values`, (text, run) => {
      const { keyset } = inRun(run);
      const values = JSON.parse(text) as unknown[];
      return `"${keyset.cursor(Object.fromEntries(keyset.names.map((name, place) => [name, values[place]])))}"`;
    });
  }

  /** What a cursor is made of, as one column. */
  #cursorValues(): PlanText {
    if (!this.#withCursor) return verbatim("");
    const list = this.planning.perRun((run) =>
      sql.join(this.listing.inRun(run).keyset.names.map((name) => sql.ref(`read.${name}`))),
    );
    return plan`, json_build_array(${list})::text AS cursor_values`;
  }

  /** The page's rows and one more, so that a further page shows, in the direction of reading. */
  #rows(): PlanText {
    const { inRun, row, source } = this.listing;
    const columns = new Set([...row.columns, source.id]);
    const own = joined(
      [...columns].map((column) => verbatim(`${source.alias}.${column}`)),
      ", ",
    );
    const keys = this.#withCursor ? this.planning.shared((run) => inRun(run).keyset.columns) : verbatim("");
    // Spelt out: of an unknown limit PostgreSQL thinks that a tenth of all rows may come, and keeps no plan.
    const limit = this.planning.number((run) => inRun(run).request.size + 1);
    this.listing.onRead?.();
    const segments = this.#fromElsewhere ? this.#segmentsBehind() : this.#segmentsInFront();
    const ofSegment = (place: number, part: keyof Segment) =>
      this.planning.shared(
        (run) => (segments(run)[place] as Segment)[part],
        (value) => (value instanceof InCursor ? value.parameter : undefined),
      );
    const read = (place: number) => {
      const [condition, order] = [ofSegment(place, "condition"), ofSegment(place, "orderBy")];
      return plan`SELECT ${own}${keys} FROM ${source.from} AND ${condition} ORDER BY ${order} LIMIT ${limit}`;
    };
    // How many there are does not depend on whether the statement is prepared, which is not known before a run is carried out.
    if (this.planning.decide((run) => segments(run, true).length) === 1) return read(0);
    // The second is read only where the first has too few.
    return plan`WITH first AS MATERIALIZED (${read(0)}), second AS MATERIALIZED (${read(1)} - (SELECT count(*) FROM first))
      SELECT * FROM first UNION ALL SELECT * FROM second`;
  }

  #segmentsInFront(): (run: PlanRun, isPrepared?: boolean) => readonly Segment[] {
    return this.planning.keep((run) => this.listing.inRun(run).keyset.segments(undefined, this.#backward));
  }

  /** What is read behind cursors: the same for all that have values in the same places, which are parameters. */
  #segmentsBehind(): (run: PlanRun, isPrepared?: boolean) => readonly Segment[] {
    const { inRun } = this.listing;
    const valuesIn = this.planning.keep((run) =>
      inRun(run).keyset.valuesIn(inRun(run).request.cursor as string, this.#backward),
    );
    const inCursor = oneEach((place) => new InCursor(new Parameter((run) => valuesIn(run)[place])));
    const known = new WeakMap<Keyset, Map<string, readonly Segment[]>>();
    return (run, isPrepared = this.planning.isPrepared(run)) => {
      const { keyset } = inRun(run);
      const valueIn = (place: number) => (isPrepared ? unseen(inCursor(place)) : inCursor(place));
      const values = valuesIn(run).map((value, place) => (value === null ? null : valueIn(place)));
      const form = `${isPrepared} ${values.map((value) => value === null)}`;
      const segments = known.get(keyset) ?? new Map<string, readonly Segment[]>();
      known.set(keyset, segments);
      const found = segments.get(form) ?? keyset.segmentsFrom(values, this.#backward);
      segments.set(form, found);
      return found;
    };
  }

  /** What holds for the rows beyond the cursor that a run brings. */
  #beyond(run: PlanRun) {
    const { keyset, request } = this.listing.inRun(run);
    return keyset.beyond(request.cursor as string, this.#backward);
  }
}

/** The position of the statement's snapshot. */
const positionOf = ({ marks }: Planning): PlanText =>
  marks.around(
    verbatim("(SELECT number::text FROM feed_head)"),
    (text) => `"${printPosition({ commit: BigInt(text) })}"`,
  );
