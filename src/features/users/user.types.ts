import { type ClassType, Field, ID, InputType, Int, ObjectType } from "type-graphql";
import type { Viewer } from "../../access/actor.ts";
import { shownAttributes } from "../../access/attribute-policy.ts";
import { mayReadField } from "../../access/field-policy.ts";
import { choiceFilter, enumOf, fieldEnum, filterInput, showFields } from "../../graphql/catalogue-types.ts";
import { ConsequenceType } from "../../graphql/consequence-type.ts";
import { Cost, ListSize } from "../../graphql/cost-declaration.ts";
import { OrgUnitRefFilter } from "../../graphql/filter-inputs.ts";
import { MutationPayload } from "../../graphql/mutation-input.ts";
import { Node } from "../../graphql/node.ts";
import { OneOf } from "../../graphql/one-of.ts";
import { connectionOf } from "../../graphql/paging.ts";
import { carried, Read } from "../../graphql/rules.ts";
import { DateTimeScalar, EmailAddressScalar } from "../../graphql/scalars.ts";
import {
  type NullsOrder,
  NullsOrderEnum,
  type SortDirection,
  SortDirectionEnum,
} from "../../graphql/sort-direction.ts";
import { publicId } from "../../kernel/ids.ts";
import type { IdentitySource, UserStatus } from "./user.entity.ts";
import { IDENTITY_SOURCE, USER_STATUS, userCatalogue } from "./user.fields.ts";

/** A row of user_search with the columns that a user shows. */
export type UserRow = Readonly<Record<string, unknown>> & {
  user_id: string;
  status: UserStatus;
  unit_path: readonly string[];
  org_unit_id: string | null;
  manager_id: string | null;
  manager_chain: readonly string[];
  /** Which conditions of the viewer's permissions the user meets, where any permission has one. */
  meets?: readonly string[];
};

const shownFields = [...userCatalogue.fields.values()].filter((field) => field.show !== false);

@ObjectType({
  implements: Node,
  description:
    "A person, or an account of a machine. Fields that the viewer may not read are null, and are refused in filters, sorting and facets. id, version, username, displayName and status need USER_READ alone.",
})
@Read(carried)
export class User extends Node {
  readonly nodeType = "User";
  readonly userId: string;
  readonly unitPath: readonly string[];
  readonly deleted: boolean;
  readonly orgUnitId: string | null;
  readonly managerId: string | null;
  readonly managerChain: readonly string[];
  readonly meets: readonly string[] | undefined;
  declare readonly status: UserStatus;

  /** A user as a viewer sees them: what the viewer may not read is null. */
  constructor(row: UserRow, viewer: Viewer) {
    super();
    this.id = publicId("User", row.user_id);
    this.userId = row.user_id;
    this.unitPath = row.unit_path;
    this.deleted = row.status === "DELETED";
    this.meets = row.meets;
    this.orgUnitId = row.org_unit_id;
    this.managerId = row.manager_id;
    this.managerChain = row.manager_chain;
    const shown: Record<string, unknown> = this as never;
    for (const field of shownFields) {
      const open = mayReadField(viewer, field, row.user_id, row.unit_path, row.meets);
      const value = open ? row[field.shownColumn ?? field.column] : null;
      shown[field.name] = field.kind === "attributes" ? shownAttributes(viewer, field, value, this) : value;
    }
  }
}
showFields(User, userCatalogue);

@ObjectType({ description: "One of a user's e-mail addresses." })
@Read(carried)
export class UserEmail {
  @Field(() => EmailAddressScalar, { description: "The address." })
  value!: string;

  @Field(() => String, { nullable: true, description: "What it is for, e.g. work." })
  type!: string | null;

  @Field(() => Boolean, { description: "Whether it is the one to use." })
  primary!: boolean;

  @Field(() => Boolean, { description: "Whether it is known to reach the user." })
  verified!: boolean;
}

@ObjectType({ description: "One of a user's phone numbers." })
@Read(carried)
export class UserPhone {
  @Field(() => String, { description: "The number." })
  value!: string;

  @Field(() => String, { nullable: true, description: "What it is for, e.g. mobile." })
  type!: string | null;

  @Field(() => Boolean, { description: "Whether it is the one to use." })
  primary!: boolean;
}

@ObjectType({ description: "One of a user's postal addresses." })
@Read(carried)
export class UserAddress {
  @Field(() => String, { nullable: true, description: "What it is for, e.g. home." })
  type!: string | null;

  @Field(() => Boolean, { description: "Whether it is the one to use." })
  primary!: boolean;

  @Field(() => String, { nullable: true, description: "Street, number and what else stands before the town." })
  streetAddress!: string | null;

  @Field(() => String, { nullable: true, description: "Town." })
  locality!: string | null;

  @Field(() => String, { nullable: true, description: "State, province or canton." })
  region!: string | null;

  @Field(() => String, { nullable: true, description: "Postal code." })
  postalCode!: string | null;

  @Field(() => String, { nullable: true, description: "ISO 3166-1 alpha-2." })
  country!: string | null;
}

@ObjectType({ description: "Under which id another system knows a user." })
@Read(carried)
export class ExternalIdentity {
  @Field(() => enumOf(IDENTITY_SOURCE), { description: "The kind of system." })
  source!: IdentitySource;

  @Field(() => String, { nullable: true, description: "Which system, e.g. an OIDC issuer's URL." })
  issuer!: string | null;

  @Field(() => String, { description: "The id there." })
  externalId!: string;

  @Field(() => DateTimeScalar, { nullable: true, description: "When that system last told us about the user." })
  lastSyncedAt!: Date | null;
}

@InputType({ description: "The user's manager. Operators given together are ANDed." })
export class ManagerFilter {
  @Field(() => ID, { nullable: true, description: "This user." })
  eq?: string | null;

  @Field(() => [ID], { nullable: true, description: "One of these users." })
  in?: string[] | null;

  @Field(() => ID, { nullable: true, description: "This user, at any distance." })
  reportsTo?: string | null;

  @Field(() => choiceFilter(USER_STATUS, false), {
    nullable: true,
    description: "The manager's status, e.g. people whose manager has left.",
  })
  status?: object | null;

  @Field(() => Boolean, { nullable: true, description: "Whether the user has no manager." })
  isNull?: boolean | null;
}

export const UserFilter: ClassType = filterInput(
  userCatalogue,
  "Which users. Siblings are ANDed. and: [] is true, or: [] is false. A value that is missing satisfies no operator, and not is the exact complement, so filter F and {not: F} always divide the users in two. ne and notIn are the complements of eq and in. A null operand, an unknown or unreadable field, or a filter over the published limits is an error; nothing is ever dropped.",
  { manager: ManagerFilter, orgUnit: OrgUnitRefFilter },
);

export const UserOrderField = fieldEnum(userCatalogue, "order", "UserOrderField", "What users can be sorted by.");
export const UserFacetField = fieldEnum(userCatalogue, "facet", "UserFacetField", "What users can be counted by.");

@InputType({ description: "How to sort users: field or attributeKey, one of them. Ties are broken by id." })
export class UserOrder {
  @Field(() => UserOrderField, { nullable: true, description: "The field to sort by." })
  field?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The key of the custom attribute to sort by: numbers by size, then texts.",
  })
  attributeKey?: string | null;

  @Field(() => SortDirectionEnum, { nullable: true, defaultValue: "ASC", description: "Which way." })
  direction?: SortDirection | null;

  @Field(() => NullsOrderEnum, {
    nullable: true,
    defaultValue: "LAST",
    description: "Where users without a value stand.",
  })
  nulls?: NullsOrder | null;
}

@OneOf()
@InputType({ description: "What to count by: exactly one of these." })
export class FacetInput {
  @Field(() => UserFacetField, { nullable: true, description: "A field." })
  field?: string | null;

  @Field(() => String, { nullable: true, description: "The key of a custom attribute." })
  attributeKey?: string | null;
}

@ObjectType({ description: "How many users have a value." })
@Read(carried)
export class FacetBucket {
  @Field(() => String, {
    description: "The value, ready to be filtered by: an enum value, a role's key, an org unit's id, a text.",
  })
  value!: string;

  @Field(() => String, { description: "The value's name to show." })
  label!: string;

  @Field(() => Int, { description: "How many users of the whole result have it." })
  count!: number;
}

@ObjectType({ description: "The users of a result by the values of one field." })
@Read(carried)
export class Facet {
  @Field(() => UserFacetField, { nullable: true, description: "The field that was asked for." })
  field!: string | null;

  @Field(() => String, { nullable: true, description: "The custom attribute that was asked for." })
  attributeKey!: string | null;

  @Cost(20)
  @ListSize(20)
  @Field(() => [FacetBucket], { description: "The most frequent values first." })
  buckets!: FacetBucket[];

  @Field(() => Int, {
    description: "Users whose value is none of the buckets; of a field with several values, the further values.",
  })
  otherCount!: number;

  @Field(() => Int, { description: "Users without a value." })
  missingCount!: number;
}

export const UserConnection = connectionOf("User", () => User, "users");

@ObjectType({ description: "The user after the change, and what else the change brought about." })
@Read(carried)
export class UserPayload extends MutationPayload {
  @Field(() => User, {
    nullable: true,
    description: "The user; null where the change moved them out of the viewer's sight.",
  })
  user!: User | null;

  @ListSize(5)
  @Field(() => [ConsequenceType], { description: "What else the same transaction did." })
  consequences!: ConsequenceType[];

  @Field(() => [ConsequenceType], {
    description: "What a deletion had brought about and a restore does not take back; empty for every other change.",
  })
  notRestored!: ConsequenceType[];
}
