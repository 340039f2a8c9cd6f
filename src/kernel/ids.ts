import { TypeID, typeid } from "typeid-js";
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

/** The public form of an id: `user_01jd8m5k3tf0vbq2z7y6x4w9ra`. */
export const publicId = (kind: IdKind, uuid: string): string => TypeID.fromUUID(ID_PREFIXES[kind], uuid).toString();

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
  if (cut < 1 || !kind) return undefined;
  try {
    return { kind, uuid: TypeID.fromString(id).toUUID() };
  } catch {
    return undefined;
  }
}
