import type { Position } from "../../kernel/position.ts";

/*
 * The UUID inside an event's id is its place in the log, so that ids sort as events happened: a UUID of version 8 (RFC 9562) whose
 * 60 bits around the version are the commit's number, and whose first 32 bits behind the variant are the ordinal.
 */

const VERSION = 0x8n;
const VARIANT = 0x8n;

/** The UUID of the event at a place in the log. */
export function eventUuid(commit: bigint, ordinal: number): string {
  const upper = ((commit >> 12n) << 16n) | (VERSION << 12n) | (commit & 0xfffn);
  const lower = (VARIANT << 60n) | (BigInt(ordinal) << 28n);
  const digits = upper.toString(16).padStart(16, "0") + lower.toString(16);
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** The place that `eventUuid` was given; undefined for any other UUID. */
export function eventPosition(uuid: string): (Position & { ordinal: number }) | undefined {
  const digits = uuid.replaceAll("-", "");
  const upper = BigInt(`0x${digits.slice(0, 16)}`);
  const commit = ((upper >> 16n) << 12n) | (upper & 0xfffn);
  const ordinal = Number((BigInt(`0x${digits.slice(16)}`) >> 28n) & 0xffff_ffffn);
  return ordinal < 2 ** 31 && eventUuid(commit, ordinal) === uuid ? { commit, ordinal } : undefined;
}
