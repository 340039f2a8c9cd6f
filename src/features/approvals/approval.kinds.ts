import type { Author } from "../../access/author.ts";
import type { Tx } from "../../database/transaction.ts";

/** Every kind of request. A kind has a line here, and its rules in the assembly. */
export const APPROVAL_KINDS = {
  PROFILE_CHANGE: "A person changes something of their own profile that is sensitive.",
  BULK_PLAN: "A change of many people exceeds a safety limit.",
  ERASURE: "A person's personal data is erased for good: schema/ERASURE.md.",
  RETENTION_POLICY:
    "A retention policy that erases is made or changed, or the limit of any is loosened: schema/RETENTION.md.",
  RETENTION_RUN: "A run of a retention policy exceeds a safety limit: schema/RETENTION.md.",
} as const;

export type ApprovalKind = keyof typeof APPROVAL_KINDS;

/** What can become of a request. All but PENDING are final. */
export const APPROVAL_STATES = {
  PENDING: "It waits for the decision of a step.",
  APPROVED: "Every step was approved, and it was carried out.",
  REJECTED: "Somebody decided against it.",
  EXPIRED: "Nobody decided in time.",
  CANCELLED: "It was taken back.",
  FAILED: "Every step was approved, and carrying it out was refused; nothing of it was done.",
} as const;

export type ApprovalState = keyof typeof APPROVAL_STATES;

/** A request as its kind is given it. */
export interface RequestToCarryOut {
  id: string;
  /** The person it concerns. */
  userId: string | null;
  /** What it is about, by its public id. */
  subjectId: string | null;
  requester: { kind: "USER" | "SERVICE" | "SYSTEM"; id: string | null; name: string };
  reason: string | null;
  payload: Readonly<Record<string, unknown>>;
}

/** One value that a request would change, as a decider is shown it. */
export interface RequestedChange {
  field: string;
  before: unknown;
  after: unknown;
}

/** What a feature says of a kind of request. */
export interface ApprovalKindRules {
  kind: ApprovalKind;
  /** From asking until nobody can decide it any more, unless the request says otherwise. */
  expiresAfterHours: number;
  /** How often those who may decide are reminded; never without it. */
  remindEveryHours?: number;
  /**
   * Does what was asked for, in the transaction of the last approval. A RollcallError undoes what it wrote and leaves the request FAILED with it;
   * anything else undoes the approval too.
   */
  carryOut(tx: Tx, request: RequestToCarryOut, approver: Author): Promise<void>;
  /** The request came to another end, in the transaction that ends it: what waited for it is released. */
  closed?(tx: Tx, request: RequestToCarryOut, state: Exclude<ApprovalState, "PENDING" | "APPROVED">): Promise<void>;
  /** What of the payload a decider is shown. */
  changes?(payload: Readonly<Record<string, unknown>>): readonly RequestedChange[];
}

/** The rules of every kind; throws at start where a kind has none, or two. */
export class ApprovalKinds {
  readonly #rules: ReadonlyMap<ApprovalKind, ApprovalKindRules>;

  constructor(rules: readonly ApprovalKindRules[]) {
    this.#rules = new Map(rules.map((one) => [one.kind, one]));
    const without = (Object.keys(APPROVAL_KINDS) as ApprovalKind[]).filter((kind) => !this.#rules.has(kind));
    if (without.length > 0) throw new Error(`Kinds of approval requests have no rules: ${without.join(", ")}.`);
    if (this.#rules.size !== rules.length) throw new Error("A kind of approval requests has rules twice.");
  }

  get(kind: string): ApprovalKindRules {
    const rules = this.#rules.get(kind as ApprovalKind);
    if (!rules) throw new Error(`A request is of the kind ${kind}, which this gateway does not know.`);
    return rules;
  }

  /** Undefined for a kind of a later version's. */
  find(kind: string): ApprovalKindRules | undefined {
    return this.#rules.get(kind as ApprovalKind);
  }
}
