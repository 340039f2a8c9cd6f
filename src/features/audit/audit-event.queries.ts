import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import type { Asking } from "../../access/asking.ts";
import { type LoadUnitPaths, requireAskable } from "../../access/field-policy.ts";
import { heldOver } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { AuditLogRow, UnsealedEventRow } from "../../database/tables.ts";
import { keyOwners, openActor, openSubject, subjectPartOf } from "../../feed/audit-event.ts";
import type { AuditKeys } from "../../feed/audit-keys.ts";
import { readingKeys } from "../../feed/subject-keys.ts";
import { cutPage, type Page, type PageRequest } from "../../graphql/paging.ts";
import type { Position } from "../../kernel/position.ts";
import { fieldOf } from "../../search/catalogue.ts";
import { fieldsUsedAt, isRelative } from "../../search/fields-used.ts";
import { and, conjuncts, type Filter, not, or } from "../../search/filter.ts";
import type { Moment } from "../../search/operator.ts";
import { parseFilterWithPaths } from "../../search/parse.ts";
import { filterToSql } from "../../search/to-sql.ts";
import { type Tokenised, tokeniseAddresses } from "./audit.address.ts";
import { auditCatalogue } from "./audit.fields.ts";
import { ACTIONS_KEPT_FROM_SUBJECTS, KEPT_FROM_SUBJECTS } from "./audit.redaction.ts";
import { eventKeyset } from "./audit-event.order.ts";
import { AuditEvent, type AuditRecord } from "./audit-event.types.ts";

export interface AuditSearch {
  /** The GraphQL input; absent: all events. */
  filter?: unknown;
  /** A bound that the question's place sets (events about one user). */
  within?: Filter;
  /** Events about the viewer, which they read without AUDIT_READ: all but those of approvals, whose sight is their own. */
  own?: boolean;
  direction: "ASC" | "DESC";
}

type Row = (AuditLogRow & { is_sealed: true }) | (UnsealedEventRow & { is_sealed: false });

const CLEAR = sql.raw(
  "commit_number, ordinal, at, action, outcome, kind, actor_kind, actor_id, operation_id, request_id, table_name, row_id, operation, subject_kind, subject_id, unit_id, unit_path, fields",
);
const SEALED = sql`SELECT ${CLEAR}, true AS is_sealed, sealed, sealed_actor, hash, ip_token,
  NULL::text[] AS columns, NULL::jsonb AS before, NULL::jsonb AS after, NULL::text AS reason, NULL::text AS actor_name, NULL::text AS ip FROM`;
const UNSEALED = sql`SELECT ${CLEAR}, false AS is_sealed, NULL::bytea AS sealed, NULL::bytea AS sealed_actor, NULL::bytea AS hash, ip_token,
  columns, before, after, reason, actor_name, ip FROM`;

/**
 * Reads audit events, sealed or still in the log, each once: one statement sees how far the sealer is, and reads the sealed ones
 * up to there and the others beyond. Always within the viewer's reach of AUDIT_READ, values masked by the field rules.
 */
export class AuditEventQueries {
  constructor(
    private readonly database: Database,
    private readonly keys: AuditKeys,
    private readonly loadUnitPaths: LoadUnitPaths,
  ) {}

  /** A page of events; refuses what the viewer may not ask about before anything is read. */
  async search(asking: Asking, search: AuditSearch, request: PageRequest): Promise<Page<AuditEvent>> {
    const { viewer } = asking;
    const tokenised = await this.ask(viewer, search.filter);
    const reach = search.own ? aboutViewer(viewer) : heldOver(viewer, "AUDIT_READ");
    const filter = and(reach, search.within ?? and(), tokenised.filter);
    const which = (alias: string) => {
      const found = filterToSql(filter, { catalogue: auditCatalogue, alias, now: asking.now, today: asking.today });
      return search.own ? sql<SqlBool>`(${found} AND ${isToldToThem(alias)})` : found;
    };
    const keyset = eventKeyset(search.direction);
    const { cursor, backward } = request;
    const beyond = cursor === undefined ? sql`true` : keyset.beyond(cursor, backward);
    const from = cursor === undefined ? undefined : (keyset.valuesIn(cursor, backward) as Place);
    const order = keyset.orderBy(backward);
    const descends = (search.direction === "DESC") !== backward;
    const limit = sql.lit(request.size + 1);
    const { rows } = await sql<Row & { position: bigint }>`
      SELECT head.number AS position, e.* FROM feed_head head LEFT JOIN LATERAL (
        (${SEALED} audit_log a WHERE ${which("a")} AND ${beyond} ORDER BY ${order} LIMIT ${limit})
        UNION ALL
        (${UNSEALED} ${unsealedPage(tokenised, { which, from, subject: subjectOf(filter), descends, limit })} u)
        ORDER BY ${order} LIMIT ${limit}
      ) e ON true ORDER BY ${order}`.execute(this.database.readsFor(asking).kysely);
    const events = await this.#open(rows.filter((row) => row.commit_number !== null));
    const position = { commit: rows[0]?.position ?? 0n };
    const total = () => this.#count(asking, which, tokenised);
    return cutPage(events, request, position, total, (record) => ({
      cursor: keyset.cursor({ sort_0: record.commit_number, sort_1: record.ordinal }),
      node: new AuditEvent(record, viewer),
    }));
  }

  /** The events at these places, in their order; undefined for those that are absent or out of the viewer's reach. */
  async byPositions(viewer: Viewer, positions: readonly Position[]): Promise<(AuditEvent | undefined)[]> {
    const moment = { now: viewer.now, today: "" };
    return this.#at(positions, viewer, (alias) =>
      filterToSql(heldOver(viewer, "AUDIT_READ"), { catalogue: auditCatalogue, alias, ...moment }),
    );
  }

  /**
   * Checks a filter as a search does, and gives what reads those of the events at given places that satisfy it at a moment and that the viewer
   * may see, in the order of the places; and whether the moment matters.
   */
  async matching(
    viewer: Viewer,
    input: unknown,
  ): Promise<{ read: (positions: readonly Position[], moment: Moment) => Promise<AuditEvent[]>; isRelative: boolean }> {
    const tokenised = await this.ask(viewer, input);
    const filter = and(heldOver(viewer, "AUDIT_READ"), tokenised.filter);
    const read = async (positions: readonly Position[], moment: Moment) => {
      const which = (alias: string) => filterToSql(filter, { catalogue: auditCatalogue, alias, ...moment });
      const events = await this.#at(positions, viewer, which, tokenised);
      return events.filter((event) => event !== undefined);
    };
    return { read, isRelative: isRelative(filter) };
  }

  /** Refuses a filter that asks about what the viewer may not ask about. */
  async ask(viewer: Viewer, input: unknown): Promise<Tokenised> {
    const parsed = parseFilterWithPaths(input ?? undefined, { catalogue: auditCatalogue });
    const asked = new Map([...fieldsUsedAt(parsed)].map(([name, path]) => [fieldOf(auditCatalogue, name), path]));
    await requireAskable(viewer, asked, parsed.filter, auditCatalogue, this.loadUnitPaths);
    return tokeniseAddresses(parsed, (address) => this.keys.tokenOf(address));
  }

  async #at(
    positions: readonly Position[],
    viewer: Viewer,
    which: (alias: string) => RawBuilder<SqlBool>,
    tokenised = NOTHING_ASKED,
  ): Promise<(AuditEvent | undefined)[]> {
    const commits = positions.map(({ commit }) => commit);
    const ordinals = positions.map(({ ordinal }) => ordinal ?? 0);
    const placed = sql`SELECT c.id AS commit_id, place.ordinal FROM unnest(${commits}::bigint[], ${ordinals}::integer[]) place (number, ordinal)
      JOIN commit c ON c.number = place.number`;
    const wanted = sql`(commit_number, ordinal) IN (SELECT * FROM unnest(${commits}::bigint[], ${ordinals}::integer[]))`;
    const { rows } = await sql<Row>`
      ${SEALED} audit_log a WHERE ${which("a")} AND ${wanted}
      UNION ALL ${UNSEALED} ${withToken(tokenised, unsealedAt(placed))} u WHERE ${which("u")}`.execute(
      this.database.reader,
    );
    const found = new Map(
      (await this.#open(rows)).map((record) => [`${record.commit_number}.${record.ordinal}`, record]),
    );
    return positions.map(({ commit, ordinal }) => {
      const record = found.get(`${commit}.${ordinal}`);
      return record && new AuditEvent(record, viewer);
    });
  }

  async #count(asking: Asking, which: (alias: string) => RawBuilder<SqlBool>, tokenised: Tokenised): Promise<number> {
    const { rows } = await sql<{ count: bigint }>`
      SELECT (SELECT count(*) FROM audit_log a WHERE ${which("a")})
        + (SELECT count(*) FROM ${withToken(tokenised, sql`unsealed_clear`)} u WHERE ${which("u")}) AS count`.execute(
      this.database.readsFor(asking).kysely,
    );
    return Number(rows[0]?.count);
  }

  /** Decrypts what can still be read. */
  async #open(rows: readonly Row[]): Promise<AuditRecord[]> {
    const owners = rows.filter((row) => row.is_sealed).flatMap((row) => Object.values(keyOwners(row)));
    const keys = await readingKeys(this.database.reader, this.keys, new Set(owners));
    return rows.map((row): AuditRecord => {
      if (!row.is_sealed) {
        return { ...row, subjectPart: subjectPartOf(row), actorPart: { name: row.actor_name, ip: row.ip }, hash: null };
      }
      const { subject, actor } = keyOwners(row);
      const [subjectKey, actorKey] = [keys.get(subject), keys.get(actor)];
      return {
        ...row,
        subjectPart: subjectKey && openSubject(row, subjectKey),
        actorPart: actorKey && openActor(row, actorKey),
      };
    });
  }
}

const NOTHING_ASKED: Tokenised = { filter: and(), tokens: new Map() };

/** Events about a person themself; nobody's for a machine. */
function aboutViewer({ userId }: Viewer): Filter {
  if (userId === null) return or();
  const ofApprovals: Filter = { kind: "criterion", field: "action", operator: "startsWith", operand: "approval." };
  return and({ kind: "criterion", field: "subjectId", operator: "eq", operand: userId }, not(ofApprovals));
}

/** Nobody learns by being that person what is planned for them, nor that they are on a legal hold, nor who tried either. */
const isToldToThem = (alias: string): RawBuilder<SqlBool> =>
  sql`(${sql.ref(`${alias}.table_name`)} <> ALL(${[...KEPT_FROM_SUBJECTS]}::text[]) AND ${sql.ref(`${alias}.action`)} <> ALL(${[...ACTIONS_KEPT_FROM_SUBJECTS]}::text[]))`;

/** The one subject that a filter finds events about; undefined where it may find those of several. */
const subjectOf = (filter: Filter): unknown =>
  conjuncts(filter).find(({ field, operator }) => field === "subjectId" && operator === "eq")?.operand;

/** A commit's number and an ordinal, as a cursor holds them. */
type Place = readonly [commit: unknown, ordinal: unknown];

interface PageOf {
  which: (alias: string) => RawBuilder<SqlBool>;
  /** Beyond which place the page is. */
  from: Place | undefined;
  subject: unknown;
  descends: boolean;
  limit: RawBuilder<unknown>;
}

/**
 * A page of events that are not sealed. A commit's changes are looked through by their index from the page's end on, and no further than for the
 * page; and only what is on it is worked out in full: so a page costs the same while a commit of a hundred thousand waits to be sealed. Events about one
 * subject may stand anywhere: all that waits is looked through for them, but nothing worked out of what is about others.
 */
function unsealedPage(tokenised: Tokenised, { which, from, subject, descends, limit }: PageOf): RawBuilder<unknown> {
  const way = sql.raw(descends ? "DESC" : "ASC");
  const picked = sql`
    SELECT k.* FROM feed_consumer done JOIN commit waiting ON waiting.number >= done.commit_number
    CROSS JOIN LATERAL (
      SELECT own.commit_id, own.ordinal FROM change own CROSS JOIN LATERAL (
        SELECT * FROM ${withToken(tokenised, sql`unsealed_clear`)} e WHERE e.commit_id = own.commit_id AND e.ordinal = own.ordinal OFFSET 0) u
      WHERE own.commit_id = waiting.id AND NOT own.derived AND own.ordinal > CASE waiting.number WHEN done.commit_number THEN done.ordinal ELSE 0 END
        AND ${from ? beyondIn(from, descends) : sql`true`} AND ${subject === undefined ? sql`true` : isAbout(subject)} AND ${which("u")}
      ORDER BY own.ordinal ${way} LIMIT ${limit}) k
    WHERE done.name = 'audit' ORDER BY waiting.number ${way}, k.ordinal ${way} LIMIT ${limit}`;
  return withToken(tokenised, unsealedAt(picked));
}

/** Whether a change is beyond a place, so that its index is entered there. */
const beyondIn = ([commit, ordinal]: Place, descends: boolean): RawBuilder<SqlBool> =>
  descends
    ? sql`waiting.number <= ${commit}::bigint AND own.ordinal < CASE waiting.number WHEN ${commit}::bigint THEN ${ordinal}::integer ELSE 2147483647 END`
    : sql`waiting.number >= ${commit}::bigint AND own.ordinal > CASE waiting.number WHEN ${commit}::bigint THEN ${ordinal}::integer ELSE 0 END`;

/** Whether a change is about a subject. */
const isAbout = (subject: unknown): RawBuilder<SqlBool> =>
  sql`(SELECT id FROM audit_subject(own.table_name, own.row_id, coalesce(own.after, own.before), waiting.actor_kind, waiting.actor_id)) = ${subject}::uuid`;

/** The events that are not sealed at these places (commit_id, ordinal). */
const unsealedAt = (places: RawBuilder<unknown>): RawBuilder<unknown> => sql`(SELECT found.* FROM (${places}) place
  CROSS JOIN LATERAL (SELECT * FROM unsealed_event e WHERE e.commit_id = place.commit_id AND e.ordinal = place.ordinal OFFSET 0) found)`;

/** Events that are not sealed, with the tokens of the addresses that are asked about; any other address is one that nobody asked for. */
function withToken({ tokens }: Tokenised, events: RawBuilder<unknown>): RawBuilder<unknown> {
  const asked = sql`unnest(${[...tokens.keys()]}::text[], ${[...tokens.values()]}::text[])`;
  return sql`(SELECT own.*, CASE WHEN own.ip IS NOT NULL THEN
    coalesce((SELECT asked.token FROM ${asked} asked (address, token) WHERE asked.address = lower(own.ip)), '') END AS ip_token
    FROM ${events} own)`;
}
