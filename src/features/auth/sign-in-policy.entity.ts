import { defineEntity, p } from "@mikro-orm/core";
import type { Filter } from "../../search/filter.ts";

/** PASSKEY: a factor that cannot be phished. */
export type RequiredFactor = "MFA" | "PASSKEY";

/** A second factor that is asked of somebody, and for how many days they may go on without it. */
export interface FactorDemand {
  require: RequiredFactor;
  graceDays: number;
}

const schema = defineEntity({
  name: "SignInPolicyEntity",
  tableName: "sign_in_policy",
  properties: {
    id: p.uuid().primary(),
    version: p.integer(),
    name: p.text(),
    /** Whom it is about. */
    filter: p.json<Filter>(),
    require: p.text().$type<RequiredFactor>(),
    graceDays: p.integer(),
    createdAt: p.datetime(3),
    updatedAt: p.datetime(3),
  },
});

/** Who must have which factor, as it is stored. */
export class SignInPolicyEntity extends schema.class {}
schema.setClass(SignInPolicyEntity);
