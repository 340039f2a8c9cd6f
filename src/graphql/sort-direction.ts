import { registerEnumType } from "type-graphql";

export const SortDirectionEnum = { ASC: "ASC", DESC: "DESC" } as const;
export type SortDirection = keyof typeof SortDirectionEnum;
registerEnumType(SortDirectionEnum, {
  name: "SortDirection",
  description: "Which way to sort.",
  valuesConfig: { ASC: { description: "Smallest first." }, DESC: { description: "Largest first." } },
});

export const NullsOrderEnum = { FIRST: "FIRST", LAST: "LAST" } as const;
export type NullsOrder = keyof typeof NullsOrderEnum;
registerEnumType(NullsOrderEnum, {
  name: "NullsOrder",
  description: "Where missing values stand.",
  valuesConfig: { FIRST: { description: "Before all values." }, LAST: { description: "Behind all values." } },
});
