import { defineEntity, p } from "@mikro-orm/core";
import type { Filter } from "../../search/filter.ts";
import type { Aspect } from "./bulk.change.ts";

const schema = defineEntity({
  name: "SafetyLimitEntity",
  tableName: "safety_limit",
  properties: {
    id: p.uuid().primary(),
    version: p.integer(),
    name: p.text(),
    maxPeople: p.integer().strictNullable(),
    maxPercent: p.double().$type<number>().strictNullable(),
    shareOf: p.text().$type<"DIRECTORY" | "SCOPE">(),
    filter: p.json<Filter>().strictNullable(),
    searchName: p.text().strictNullable(),
    aspects: p.array<Aspect>(),
    windowHours: p.integer().strictNullable(),
    windowOf: p.text().$type<"PLANNER" | "EVERYBODY">(),
    createdAt: p.datetime(3),
    updatedAt: p.datetime(3),
  },
});

/** Above what a second person must agree, as it is stored. */
export class SafetyLimitEntity extends schema.class {}
schema.setClass(SafetyLimitEntity);
