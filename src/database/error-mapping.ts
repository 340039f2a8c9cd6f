import { Busy, conflict, invalidInput, RollcallError } from "../kernel/errors.ts";
import { NoConnection } from "./patient-pool.ts";

/** Refusals that concern a value: which public field each constraint is about, and what it says. */
const CONSTRAINTS: Readonly<Record<string, { field: string; message: string }>> = {
  user_account_username_key: { field: "username", message: "Another person has this username." },
  user_account_employee_number_key: { field: "employeeNumber", message: "Another person has this employee number." },
  user_email_primary_key: { field: "email", message: "Another person has this primary e-mail address." },
  user_identity_holder_key: { field: "identities", message: "Another person has this identity." },
  user_account_manager_cycle: { field: "manager", message: "A person cannot report to themselves, at any distance." },
  user_account_check1: { field: "manager", message: "A person cannot report to themselves, at any distance." },
  user_account_tombstone: {
    field: "id",
    message: "This person was erased: nothing of a tombstone changes but where it stands.",
  },
  org_unit_code_key: { field: "code", message: "Another org unit has this code." },
  org_unit_parent_cycle: { field: "parent", message: "An org unit cannot stand below itself." },
  attribute_holder_key: {
    field: "attributes",
    message: "Another person has this value of an attribute that must be unique.",
  },
  user_attribute_text_length: {
    field: "attributes",
    message: "A value of a searchable attribute must have at most 256 characters.",
  },
  attribute_definition_key_key: { field: "key", message: "Another attribute has this key." },
  role_key_key: { field: "key", message: "Another role has this key." },
  role_inheritance_cycle: { field: "inherits", message: "A role cannot inherit itself, at any distance." },
  role_inheritance_check: { field: "inherits", message: "A role cannot inherit itself, at any distance." },
  role_grant_live_key: {
    field: "role",
    message: "The person already holds this role over this scope from this instant.",
  },
  role_grant_group_live_key: {
    field: "role",
    message: "The group already holds this role over this scope from this instant.",
  },
  approval_policy_decider_role: {
    field: "role",
    message: "An approval policy has this role decide: change the policy first.",
  },
  user_group_key_key: { field: "key", message: "Another group has this key." },
  service_token_hash_key: { field: "token", message: "Another service token has this secret." },
  service_token_previous_hash_key: { field: "token", message: "Another service token has this secret." },
};

/** What `pg` and MikroORM tell of a refusal by the database. */
interface DatabaseRefusal {
  code: string;
  constraint?: string;
}

/** Another transaction stood in the way, and the same work may succeed if it is done again. */
export function isTransient(error: unknown): boolean {
  const code = refusal(error)?.code;
  return code === "40001" || code === "40P01";
}

/** What stood in the way is the state of the database or of the way to it, and not the work: a lost connection, a shutdown, a full disk, another transaction. */
export const mayPass = (error: unknown): boolean => {
  const { code } = (error ?? {}) as { code?: unknown };
  return error instanceof NoConnection || (typeof code === "string" && /^(08|40|53|55|57|58)...$|^E[A-Z]+$/.test(code));
};

/** The database's disk is full. */
export const isOutOfSpace = (error: unknown): boolean => refusal(error)?.code === "53100";

/** A statement was ended by a time limit, or because nobody waited for it any more. */
export const wasCancelled = (error: unknown): boolean => refusal(error)?.code === "57014";

/** What a client is told where a statement took longer than the time that one may take, in milliseconds. */
export function tookTooLong(limit: number | undefined): RollcallError {
  const most = limit === undefined ? "it may" : `the ${limit} ms that one statement may`;
  return new RollcallError("RATE_LIMITED", `This took longer than ${most}: ask for less, or try again later.`, {
    retryAfterSeconds: 1,
    ...(limit === undefined ? {} : { limit }),
  });
}

/** What a client is told where no connection could be had: to try again. Anything else as it came: work of the gateway's own waits instead. */
export const busyWhereAway = (error: unknown): unknown =>
  error instanceof NoConnection
    ? new Busy(
        "The database cannot be reached at this moment, or has no connection free: try again. Of a mutation, its idempotencyKey tells whether it has happened.",
      )
    : error;

/**
 * The error that callers see: a value that is taken or a cycle becomes CONFLICT with `details.field`; a reference to what
 * is not there becomes CONFLICT as well. Everything else, and every RollcallError, is returned as it came.
 */
export function mapDatabaseError(error: unknown): unknown {
  const found = error instanceof RollcallError ? undefined : refusal(error);
  if (!found) return error;
  const known = CONSTRAINTS[found.constraint ?? ""];
  if (known) return conflict(known.message, { field: known.field });
  switch (found.code) {
    case "23503":
      return conflict("Another record that this one refers to, or is referred to by, stands in the way.");
    case "23505":
      return conflict("Another record already has this value.");
    case "22021":
    case "22P05":
      return invalidInput([{ path: "input", message: "text must not contain the character U+0000." }]);
    default:
      return error;
  }
}

function refusal(error: unknown): DatabaseRefusal | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? (error as DatabaseRefusal) : undefined;
}
