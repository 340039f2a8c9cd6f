import { Field, Int, ObjectType } from "type-graphql";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { ListSize } from "../../graphql/cost-declaration.ts";
import { MutationPayload } from "../../graphql/mutation-input.ts";
import { Node } from "../../graphql/node.ts";
import { carried, Read } from "../../graphql/rules.ts";
import { DateTimeScalar, JSONObjectScalar } from "../../graphql/scalars.ts";
import { publicId } from "../../kernel/ids.ts";
import type { Permission } from "../../kernel/permissions.ts";
import type { Filter } from "../../search/filter.ts";
import { type FilterInput, toInput } from "../../search/print.ts";
import { printText } from "../../search/text-form.ts";
import { PERMISSION, userCatalogue } from "../users/user.fields.ts";
import { DAYS, type Day, textOfMinutes } from "./access-rule.hours.ts";
import type { Rule } from "./access-rule.narrowing.ts";

export const DAY_ENUM = enumOf({
  name: "Weekday",
  describe: "A day of the week.",
  values: Object.fromEntries(DAYS.map((day) => [day, `${day[0]}${day.slice(1).toLowerCase()}.`])),
});

/** A rule as it is read. */
export interface AccessRuleRecord extends Rule {
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

@ObjectType({ description: "A part of the week, by the wall clock of the rule's time zone." })
@Read(carried)
export class AccessHours {
  @Field(() => [DAY_ENUM], { description: "On which days it begins." })
  days!: Day[];

  @Field(() => String, { description: "From which time of day, included, e.g. 08:00." })
  from!: string;

  @Field(() => String, {
    description: "Until which time of day, not included; of the next day where it is not later than from.",
  })
  until!: string;
}

@ObjectType({
  implements: Node,
  description:
    "Under which circumstances permissions may be used by those who hold them. A rule only narrows: schema/ACCESS-RULES.md says what it means and how rules combine.",
})
@Read(carried)
export class AccessRule extends Node {
  readonly nodeType = "AccessRule";

  @Field(() => Int, { description: "Increases at every change; pass it as expectedVersion to refuse a lost update." })
  version: number;

  @Field(() => String, { description: "The name to show." })
  name: string;

  @Field(() => [enumOf(PERMISSION)], { description: "Which permissions it narrows." })
  permissions: Permission[];

  @Field(() => JSONObjectScalar, {
    nullable: true,
    description: "Whom it concerns, as a UserFilter; null: everybody, machines too.",
  })
  actor: FilterInput | null;

  @Field(() => String, { nullable: true, description: "The same filter as one line of text." })
  actorText: string | null;

  @Field(() => JSONObjectScalar, {
    nullable: true,
    description: "Over whom alone the permissions may be used, as a UserFilter; null: over everybody in reach.",
  })
  object: FilterInput | null;

  @Field(() => String, { nullable: true, description: "The same filter as one line of text." })
  objectText: string | null;

  @ListSize(5)
  @Field(() => [AccessHours], { nullable: true, description: "When alone; null: at any time." })
  hours: AccessHours[] | null;

  @Field(() => String, { description: "The time zone of the hours: an IANA name." })
  timezone: string;

  @Field(() => [String], {
    nullable: true,
    description: "From which networks alone, in CIDR notation; null: from anywhere.",
  })
  networks: string[] | null;

  @Field(() => DateTimeScalar, { description: "When it was made." })
  createdAt: Date;

  @Field(() => DateTimeScalar, { description: "When it last changed." })
  updatedAt: Date;

  constructor(record: AccessRuleRecord) {
    super();
    this.id = publicId("AccessRule", record.id);
    this.version = record.version;
    this.name = record.name;
    this.permissions = [...record.permissions];
    [this.actor, this.actorText] = shown(record.actor);
    [this.object, this.objectText] = shown(record.object);
    this.hours =
      record.hours?.map(({ days, from, until }) => ({
        days: [...days],
        from: textOfMinutes(from),
        until: textOfMinutes(until),
      })) ?? null;
    this.timezone = record.timezone;
    this.networks = record.networks ? [...record.networks] : null;
    this.createdAt = record.createdAt;
    this.updatedAt = record.updatedAt;
  }
}

const shown = (filter: Filter | null): [FilterInput, string] | [null, null] =>
  filter ? [toInput(filter, userCatalogue), printText(filter, userCatalogue)] : [null, null];

@ObjectType({ description: "The rule after the change." })
@Read(carried)
export class AccessRulePayload extends MutationPayload {
  @Field(() => AccessRule, { description: "The rule." })
  rule!: AccessRule;
}

export const OBSTACLE_ENUM = enumOf({
  name: "AccessObstacle",
  describe: "What stands between the viewer and a permission.",
  values: {
    NOT_GRANTED: "No grant gives it.",
    OUT_OF_REACH: "It is held, but not over this.",
    OBJECT: "A rule allows it over some people, and this is none of them.",
    HOURS: "A rule allows it at other times.",
    NETWORK: "A rule allows it from other networks.",
  },
});

@ObjectType({ description: "Why the viewer may use a permission, or not." })
@Read(carried)
export class AccessExplanation {
  @Field(() => Boolean, { description: "Whether they may, over the person or, without one, over anything at all." })
  allowed!: boolean;

  @Field(() => [OBSTACLE_ENUM], { description: "What stands in the way; empty where they may." })
  obstacles!: string[];

  @Field(() => [String], {
    description: "The names of the rules that stand in the way; empty for viewers who may not see roles.",
  })
  rules!: string[];
}
