import { typeid } from "typeid-js";
import { invalidInput } from "./errors.ts";

/** The prefixes of public ids, one a kind of thing. Inside the gateway and in the database an id is a bare UUID. */
export const ID_PREFIXES = {
  User: "user",
  UserVersion: "userversion",
  OrgUnit: "unit",
  Group: "group",
  Role: "role",
  RoleGrant: "grant",
  AccessRule: "rule",
  AttributeDefinition: "attribute",
  ServiceToken: "token",
  Session: "session",
  Factor: "factor",
  SignInPolicy: "policy",
  ScheduledTransition: "transition",
  ProfileTemplate: "template",
  AuditEvent: "event",
  SavedSearch: "search",
  ApprovalRequest: "approval",
  ApprovalDelegation: "delegation",
  ApprovalPolicy: "approvalpolicy",
  SafetyLimit: "limit",
  BulkPlan: "plan",
  ImportUpload: "upload",
  ImportTemplate: "importtemplate",
  LegalHold: "hold",
  UserErasure: "erasure",
  RetentionPolicy: "retention",
  RetentionRun: "retentionrun",
} as const;

export type IdKind = keyof typeof ID_PREFIXES;

const KIND_OF_PREFIX = new Map<string, IdKind>(
  Object.entries(ID_PREFIXES).map(([kind, prefix]) => [prefix, kind as IdKind]),
);

/** A new UUID of version 7: sortable by the time it was made. */
export const newId = (): string => typeid().toUUID();

/*
 * The suffix of a TypeID is its 128 bits in Crockford's base 32, behind two zeros. A page has hundreds of them, so they are written and read by twenty bits at a
 * time: five digits of the one are four of the other.
 */

const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";
const PAIRS = Array.from({ length: 1024 }, (_, value) => `${DIGITS[value >> 5]}${DIGITS[value & 31]}`);
const VALUES = new Map([...DIGITS].map((digit, value) => [digit.charCodeAt(0), value]));
const SUFFIX = 26;
/** The first digit stands for three bits. */
const FIRST = "7";

/** The value of a hexadecimal digit, by its character's code. */
const HEX = Uint8Array.from({ length: 128 }, (_, code) => Number.parseInt(String.fromCharCode(code), 16) || 0);

/** The digits of the twenty bits that stand in these places of a UUID's text. */
function fourDigits(uuid: string, [a, b, c, d, e]: Places): string {
  const high = (valueAt(uuid, a) << 6) | (valueAt(uuid, b) << 2) | (valueAt(uuid, c) >> 2);
  const low = ((valueAt(uuid, c) & 3) << 8) | (valueAt(uuid, d) << 4) | valueAt(uuid, e);
  return `${PAIRS[high]}${PAIRS[low]}`;
}

const valueAt = (uuid: string, place: number): number => HEX[uuid.charCodeAt(place)] as number;

type Places = readonly [number, number, number, number, number];

/** Where the digits of a UUID's text stand behind its first two, by twenty bits. */
const TWENTY_BITS: readonly Places[] = [
  [2, 3, 4, 5, 6],
  [7, 9, 10, 11, 12],
  [14, 15, 16, 17, 19],
  [20, 21, 22, 24, 25],
  [26, 27, 28, 29, 30],
  [31, 32, 33, 34, 35],
];

/** The public form of an id: `user_01jd8m5k3tf0vbq2z7y6x4w9ra`. */
export function publicId(kind: IdKind, uuid: string): string {
  let suffix = PAIRS[(valueAt(uuid, 0) << 4) | valueAt(uuid, 1)] as string;
  for (const places of TWENTY_BITS) suffix += fourDigits(uuid, places);
  return `${ID_PREFIXES[kind]}_${suffix}`;
}

/** The UUID that a suffix stands for; undefined where it is none. */
function uuidOfSuffix(suffix: string): string | undefined {
  if (suffix.length !== SUFFIX || suffix.charAt(0) > FIRST) return undefined;
  let [hex, value] = ["", 0];
  for (let at = 0; at < SUFFIX; at++) {
    const digit = VALUES.get(suffix.charCodeAt(at));
    if (digit === undefined) return undefined;
    value = value * 32 + digit;
    if (at % 4 !== 1) continue;
    hex += value.toString(16).padStart(at === 1 ? 2 : 5, "0");
    value = 0;
  }
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The UUID inside a public id of the given kind; INVALID_INPUT names the path and the form that is accepted. */
export function uuidOf(kind: IdKind, id: string, path: string): string {
  const parsed = parseId(id);
  if (parsed?.kind === kind) return parsed.uuid;
  throw invalidInput([{ path, message: `must be an id of the form ${ID_PREFIXES[kind]}_….` }]);
}

/** What an id names, or undefined where it is no id of ours. */
export function parseId(id: string): { kind: IdKind; uuid: string } | undefined {
  const cut = id.lastIndexOf("_");
  const kind = KIND_OF_PREFIX.get(id.slice(0, cut));
  const uuid = cut < 1 || !kind ? undefined : uuidOfSuffix(id.slice(cut + 1));
  return kind && uuid !== undefined ? { kind, uuid } : undefined;
}
