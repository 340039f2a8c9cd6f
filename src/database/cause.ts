/** What made a change happen. SCHEDULE: something somebody scheduled; TIME: a boundary passed and nobody acted. */
export const CAUSE_KINDS = {
  MUTATION: "A mutation of this API.",
  BULK: "A bulk operation.",
  IMPORT: "An import from files.",
  SCIM: "Provisioning by SCIM.",
  HRIS: "A feed from an HR system.",
  LDAP: "A feed from an LDAP directory.",
  WORKFLOW: "A workflow's step.",
  SCHEDULE: "Something that somebody scheduled.",
  TIME: "A boundary in time passed and nobody acted.",
  SIGN_IN: "Somebody signed in, or tried to.",
  SYSTEM: "The gateway itself.",
} as const;

export type CauseKind = keyof typeof CAUSE_KINDS;

/** Why a transaction writes: kept with its commit, and with every audit event of it. */
export interface Cause {
  kind: CauseKind;
  /** Dotted and stable, e.g. user.suspended. */
  action: string;
  actor: { kind: "USER" | "SERVICE" | "SYSTEM"; id: string | null; name: string };
  operationId?: string;
  reason?: string;
  requestId?: string;
  ip?: string;
}
