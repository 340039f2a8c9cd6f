import type { UserKey } from "./user.queries.ts";
import type { UserBy } from "./user-contact.inputs.ts";

/** By what a user is asked for, other than the id. */
export function keyOf(by: UserBy): UserKey {
  if (by.identity != null) {
    const { source, issuer, externalId } = by.identity;
    return { by: "identity", source, issuer: issuer ?? null, externalId };
  }
  if (by.username != null) return { by: "username", value: by.username };
  if (by.email != null) return { by: "email", value: by.email };
  return { by: "employeeNumber", value: by.employeeNumber as string };
}
