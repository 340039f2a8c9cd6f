import type { Catalogue, Field } from "./field.ts";

const field = (name: string, kind: Field["kind"], describe: string, more: Partial<Field> = {}): [string, Field] => [
  name,
  { name, kind, column: name, describe, read: [], nullable: false, show: false, filter: true, ...more },
];

/** What can be asked about one grant of a role: the fields of `roleGrants: { some, none }`, over one element of the search row's JSON. */
export const GRANT_CATALOGUE: Catalogue = {
  typeName: "RoleGrant",
  table: "role_grant",
  idColumn: "id",
  idKind: "RoleGrant",
  fields: new Map([
    field("role", "text", "The role's key."),
    field("privileged", "boolean", "Whether the role is a privileged one."),
    field(
      "scopeWithin",
      "unit",
      "The grant is given over this unit or one below it; one given everywhere is within none.",
      {
        nullable: true,
        pathColumn: "scopePath",
        shorthand: "within",
      },
    ),
    field("grantedAt", "instant", "When it was granted."),
    field("startsAt", "instant", "When it begins to be in force."),
    field("expiresAt", "instant", "When it ends by itself; missing where it does not.", { nullable: true }),
  ]),
};
