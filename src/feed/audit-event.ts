import { createHash } from "node:crypto";
import type { AuditEventColumns, AuditLogRow, UnsealedEventRow } from "../database/tables.ts";
import type { Position } from "../kernel/position.ts";
import { decrypt, encrypt } from "./audit-keys.ts";

/** The hash that the first event links to. */
export const GENESIS: Buffer = Buffer.alloc(32);

/** Whose key closes what belongs to nobody: the gateway itself. */
const GATEWAY = "00000000-0000-0000-0000-000000000000";

/** A column that an event changed, by its place in the table, with its value before and after; null where there was none. */
export interface ColumnChange {
  column: string;
  before: unknown;
  after: unknown;
}

/** What is encrypted under the subject's key. */
export interface SubjectPart {
  /** In the order of the event's fields. */
  changes: ColumnChange[];
  reason: string | null;
  /** What the row's other columns, which no field names, became: so that events fold to the row. */
  rest: Readonly<Record<string, unknown>>;
  /** By hidden column, the digest of what it became; absent where the log has none. */
  digests?: Readonly<Record<string, unknown>> | undefined;
}

/** What is encrypted under the actor's key. */
export interface ActorPart {
  name: string;
  ip: string | null;
}

type Placed = Pick<AuditEventColumns, "commit_number" | "ordinal">;

/** Whose keys an event is encrypted under. */
export const keyOwners = ({ subject_id, actor_id }: AuditEventColumns): { subject: string; actor: string } => ({
  subject: subject_id ?? GATEWAY,
  actor: actor_id ?? GATEWAY,
});

const subjectBound = ({ commit_number, ordinal }: Placed): string => `${commit_number}.${ordinal}`;
const actorBound = ({ commit_number }: Placed): string => `${commit_number}`;

/** The values of an event in clear, from the log. */
export function subjectPartOf({ columns, before, after, reason, digests }: UnsealedEventRow): SubjectPart {
  const changes = columns.map((column) => ({
    column,
    before: before?.[column] ?? null,
    after: after?.[column] ?? null,
  }));
  const named = new Set(columns);
  const others = Object.entries(after ?? {}).filter(
    // A new row's columns are all told, also those without a value: so one that is filled unseen later differs.
    ([column, value]) => !named.has(column) && (before === null || !isSame(value, before[column])),
  );
  return { changes, reason, rest: Object.fromEntries(others), digests: digests ?? undefined };
}

const isSame = (a: unknown, b: unknown): boolean =>
  a === b || (typeof a === "object" && JSON.stringify(a) === JSON.stringify(b ?? null));

/** The subject's part under the subject's key. */
export function sealSubject(row: UnsealedEventRow, key: Buffer): Buffer {
  const { changes, reason, rest, digests } = subjectPartOf(row);
  const told = changes.map(({ column, before, after }) => [column, before, after]);
  const compact = [told, reason, rest, ...(digests ? [digests] : [])];
  return encrypt(key, JSON.stringify(compact), subjectBound(row));
}

/** What `sealSubject` sealed; undefined where the key is another one. */
export function openSubject(row: AuditLogRow, key: Buffer): SubjectPart | undefined {
  const text = decrypt(key, row.sealed, subjectBound(row));
  if (!text) return undefined;
  const [changes, reason, rest, digests] = JSON.parse(text.toString()) as [
    [string, unknown, unknown][],
    string | null,
    SubjectPart["rest"],
    SubjectPart["digests"],
  ];
  return { changes: changes.map(([column, before, after]) => ({ column, before, after })), reason, rest, digests };
}

/** The actor's part under the actor's key: the same for every event of a commit. */
export function sealActor(row: UnsealedEventRow, key: Buffer): Buffer {
  return encrypt(key, JSON.stringify([row.actor_name, row.ip]), actorBound(row));
}

/** What `sealActor` sealed; undefined where the key is another one. */
export function openActor(row: AuditLogRow, key: Buffer): ActorPart | undefined {
  const text = decrypt(key, row.sealed_actor, actorBound(row));
  if (!text) return undefined;
  const [name, ip] = JSON.parse(text.toString()) as [string, string | null];
  return { name, ip };
}

/** Everything about an event that the chain protects, but for the hash itself. */
export type ChainedEvent = Omit<AuditLogRow, "hash">;

/** The one text of an event: a JSON array of its columns in this order (schema/FEED.md, section 5). */
export const canonical = (e: ChainedEvent): string =>
  JSON.stringify([
    String(e.commit_number),
    e.ordinal,
    e.at.toISOString(),
    e.action,
    e.outcome,
    e.kind,
    e.actor_kind,
    e.actor_id,
    e.operation_id,
    e.request_id,
    e.table_name,
    e.row_id,
    e.operation,
    e.subject_kind,
    e.subject_id,
    e.unit_id,
    e.unit_path,
    e.fields,
    e.ip_token,
    e.sealed.toString("base64"),
    e.sealed_actor.toString("base64"),
  ]);

/** The hash of an event that follows on another one's. */
export const chainHash = (previous: Buffer, event: ChainedEvent): Buffer =>
  createHash("sha256").update(previous).update(canonical(event)).digest();

/** An event's place in the log. */
export const positionOf = ({ commit_number, ordinal }: Placed): Position & { ordinal: number } => ({
  commit: BigInt(commit_number),
  ordinal,
});
