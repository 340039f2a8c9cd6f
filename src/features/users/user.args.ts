import { ArgsType, Field } from "type-graphql";
import { PageArgs } from "../../graphql/paging.ts";
import { invalidInput } from "../../kernel/errors.ts";
import type { UserSort } from "./user.order.ts";
import type { UserSearch } from "./user.queries.ts";
import { UserFilter, UserOrder } from "./user.types.ts";

export const ORDERS_LIMIT = 5;

@ArgsType()
export class UserPageArgs extends PageArgs {
  @Field(() => UserFilter, { nullable: true, description: "Which users; without it, all that the viewer may see." })
  filter?: object | null;

  @Field(() => [UserOrder], {
    nullable: true,
    description: `How to sort: up to ${ORDERS_LIMIT} in order of weight; by display name where none is given.`,
  })
  orderBy?: UserOrder[] | null;
}

@ArgsType()
export class UsersArgs extends UserPageArgs {
  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description: "Whether deleted users are searched too; needs USER_DELETE.",
  })
  includeDeleted?: boolean | null;
}

@ArgsType()
export class ReportsArgs extends UserPageArgs {
  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description: "Whether the whole tree below is meant, not only direct reports.",
  })
  transitive?: boolean | null;
}

@ArgsType()
export class MembersArgs extends UserPageArgs {
  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description: "Whether members of all units below are meant too.",
  })
  includeDescendants?: boolean | null;
}

/** The search that these arguments ask for; INVALID_INPUT for an explicit null filter or an order that names not exactly one thing. */
export function searchOf(args: UserPageArgs): Omit<UserSearch, "includeDeleted"> {
  if (args.filter === null)
    throw invalidInput([{ path: "filter", message: "must not be null; leave it out, or send {}." }]);
  return { filter: args.filter, orderBy: sortsOf(args.orderBy) };
}

function sortsOf(orderBy: readonly UserOrder[] | null | undefined): UserSort[] {
  const orders = orderBy ?? [];
  if (orders.length > ORDERS_LIMIT)
    throw invalidInput([
      { path: "orderBy", message: `must hold at most ${ORDERS_LIMIT} orders.`, limit: ORDERS_LIMIT },
    ]);
  return orders.map(({ field, attributeKey, direction, nulls }, place) => {
    if ((field == null) === (attributeKey == null))
      throw invalidInput([{ path: `orderBy[${place}]`, message: "must name field or attributeKey, one of them." }]);
    return {
      field: field ?? null,
      attributeKey: attributeKey ?? null,
      direction: direction ?? "ASC",
      nulls: nulls ?? "LAST",
      path: `orderBy[${place}]`,
    };
  });
}
