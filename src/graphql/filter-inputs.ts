import { type ClassType, Field, Float, ID, InputType, Int } from "type-graphql";
import { DateScalar, DateTimeScalar, DurationScalar } from "./scalars.ts";

/** What every operator means, once; the specification is schema/FILTER.md. */
const MEANING = {
  eq: "Equal to.",
  ne: "Not equal to: the complement of eq, so a missing value satisfies it.",
  in: "One of these.",
  notIn: "None of these: the complement of in, so a missing value satisfies it.",
  lt: "Less than.",
  lte: "Less than or equal to.",
  gt: "Greater than.",
  gte: "Greater than or equal to.",
  contains: "Has this text anywhere in it.",
  startsWith: "Begins with this text.",
  endsWith: "Ends with this text.",
  caseSensitive: "Compare letters as they are; without it, case does not count.",
  isNull: "Whether the value is missing.",
  withinLast: "now - d <= t <= now. Time alone can make a user stop matching.",
  withinNext: "now <= t <= now + d. Time alone can make a user match.",
  olderThan: "t < now - d. Time alone can make a user match.",
  any: "Holds at least one of these.",
  all: "Holds every one of these.",
  none: "Holds none of these: the complement of any.",
  isEmpty: "Whether the set is empty.",
  within: "The unit or anything below it.",
  withinAny: "One of these units or anything below them.",
} as const;

type OperatorName = keyof typeof MEANING;

const operators = (target: ClassType, type: unknown, ...names: OperatorName[]): void => {
  for (const name of names)
    Field(() => type as never, { nullable: true, description: MEANING[name] })(target.prototype, name);
};

const lists = (target: ClassType, type: unknown, ...names: OperatorName[]): void => operators(target, [type], ...names);

@InputType({
  description: "Conditions on text. Case-insensitive unless caseSensitive is true. Operators given together are ANDed.",
})
export class StringFilter {}
operators(StringFilter, String, "eq", "ne");
lists(StringFilter, String, "in", "notIn");
operators(StringFilter, String, "contains", "startsWith", "endsWith");
operators(StringFilter, Boolean, "isNull", "caseSensitive");

@InputType({ description: "Conditions on an id." })
export class IdFilter {}
operators(IdFilter, ID, "eq", "ne");
lists(IdFilter, ID, "in", "notIn");

@InputType({ description: "Conditions on a truth value." })
export class BooleanFilter {}
operators(BooleanFilter, Boolean, "eq", "ne", "isNull");

@InputType({ description: "Conditions on a whole number." })
export class IntFilter {}
@InputType({ description: "Conditions on a number." })
export class FloatFilter {}
for (const [target, type] of [
  [IntFilter, Int],
  [FloatFilter, Float],
] as const) {
  operators(target, type, "eq", "ne");
  lists(target, type, "in", "notIn");
  operators(target, type, "lt", "lte", "gt", "gte");
  operators(target, Boolean, "isNull");
}

@InputType({
  description:
    "Conditions on an instant. withinLast: now - d <= t <= now; withinNext: now <= t <= now + d; olderThan: t < now - d. Time alone can make a user match. Months and years clamp to the month's last day.",
})
export class DateTimeFilter {}
@InputType({
  description:
    "Conditions on a civil date. Relative operators count from today in the gateway's ORG_TIMEZONE (default UTC).",
})
export class DateFilter {}
for (const [target, type] of [
  [DateTimeFilter, DateTimeScalar],
  [DateFilter, DateScalar],
] as const) {
  operators(target, type, "eq", "ne", "lt", "lte", "gt", "gte");
  operators(target, DurationScalar, "withinLast", "withinNext", "olderThan");
  operators(target, Boolean, "isNull");
}

@InputType({
  description: "Conditions on a set of text, compared without regard to case. Operators given together are ANDed.",
})
export class StringSetFilter {}
lists(StringSetFilter, String, "any", "all", "none");
operators(StringSetFilter, Boolean, "isEmpty");

@InputType({ description: "Conditions on a set of ids. Operators given together are ANDed." })
export class IdSetFilter {}
lists(IdSetFilter, ID, "any", "all", "none");
operators(IdSetFilter, Boolean, "isEmpty");

@InputType({ description: "Where in the org hierarchy. within: the unit or anything below it." })
export class OrgUnitRefFilter {}
operators(OrgUnitRefFilter, ID, "eq");
lists(OrgUnitRefFilter, ID, "in");
operators(OrgUnitRefFilter, ID, "within");
lists(OrgUnitRefFilter, ID, "withinAny");
operators(OrgUnitRefFilter, Boolean, "isNull");

@InputType({ description: "Conditions that one and the same grant must meet together." })
export class RoleGrantFilter {
  @Field(() => [RoleGrantFilter], { nullable: true, description: "All of these hold; an empty list is true." })
  and?: RoleGrantFilter[] | null;

  @Field(() => [RoleGrantFilter], {
    nullable: true,
    description: "At least one of these holds; an empty list is false.",
  })
  or?: RoleGrantFilter[] | null;

  @Field(() => RoleGrantFilter, { nullable: true, description: "The exact complement of this." })
  not?: RoleGrantFilter | null;

  @Field(() => StringFilter, { nullable: true, description: "The role's key." })
  role?: StringFilter | null;

  @Field(() => BooleanFilter, { nullable: true, description: "Whether the role is privileged." })
  privileged?: BooleanFilter | null;

  @Field(() => ID, {
    nullable: true,
    description: "The grant's scope is this unit or stands below it. A grant that holds everywhere stands within none.",
  })
  scopeWithin?: string | null;

  @Field(() => DateTimeFilter, { nullable: true, description: "When it was granted." })
  grantedAt?: DateTimeFilter | null;

  @Field(() => DateTimeFilter, { nullable: true, description: "When it begins to hold." })
  startsAt?: DateTimeFilter | null;

  @Field(() => DateTimeFilter, {
    nullable: true,
    description: "When it ceases to hold; missing where it holds until revoked.",
  })
  expiresAt?: DateTimeFilter | null;
}

@InputType({
  description: "Conditions on a user's grants that are not revoked and have not expired; those still to come included.",
})
export class RoleGrantListFilter {
  @Field(() => RoleGrantFilter, { nullable: true, description: "At least one grant meets all of these." })
  some?: RoleGrantFilter | null;

  @Field(() => RoleGrantFilter, { nullable: true, description: "No grant meets all of these: the complement of some." })
  none?: RoleGrantFilter | null;
}

@InputType({ description: "One custom attribute, by key, compared as the type of its definition." })
export class AttributeFilter {
  @Field(() => String, { description: "The attribute's key." })
  key!: string;

  @Field(() => StringFilter, { nullable: true, description: "Compared as text." })
  string?: StringFilter | null;

  @Field(() => FloatFilter, { nullable: true, description: "Compared as a number." })
  number?: FloatFilter | null;

  @Field(() => BooleanFilter, { nullable: true, description: "Compared as a truth value." })
  boolean?: BooleanFilter | null;

  @Field(() => DateFilter, { nullable: true, description: "Compared as a civil date." })
  date?: DateFilter | null;

  @Field(() => StringSetFilter, { nullable: true, description: "Compared as a set of text." })
  set?: StringSetFilter | null;

  @Field(() => Boolean, { nullable: true, description: "Whether the attribute has a value." })
  exists?: boolean | null;
}
