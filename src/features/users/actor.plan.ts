import { heldOver, itself } from "../../access/policy.ts";
import { literal, type PlanText, plan } from "../../graphql/plan-text.ts";
import type { AskedField } from "../../graphql/plan-type.ts";
import { jsonOf, quoted } from "../../graphql/plan-value.ts";
import { unplanned } from "../../graphql/planning.ts";
import { or } from "../../search/filter.ts";
import { OUT_OF_SIGHT } from "./actor.resolver.ts";
import { userCatalogue } from "./user.fields.ts";
import { userFound } from "./user.plan.ts";

/** What a row tells of an actor. */
export interface ActorColumns {
  kind: PlanText;
  id: PlanText;
  /** The name that they had then. */
  name: PlanText;
}

/** The actor of whom these columns tell, as far as the viewer may know them. */
export const actorText = (asked: AskedField, { kind, id, name }: ActorColumns): PlanText =>
  asked.objectOf(asked.row, (field) => {
    if (field.selection.name === "kind") return quoted(kind, false);
    if (field.selection.name === "name") return nameText(field, { kind, id, name });
    if (field.selection.name === "user") return userFound(field, plan`CASE WHEN ${kind} = 'USER' THEN ${id} END`);
    return unplanned(`${field.selection.name} of an actor has no plan`);
  });

function nameText({ planning: { access } }: AskedField, { kind, id, name }: ActorColumns): PlanText {
  if (access.reach("USER_READ") === "everywhere") return jsonOf(name, false);
  const known = access.where(or(heldOver(access.viewer, "USER_READ"), itself(access.viewer)), userCatalogue, "u");
  return plan`CASE WHEN ${kind} <> 'USER' OR EXISTS (SELECT FROM user_search u WHERE u.user_id = ${id} AND ${known})
    THEN ${jsonOf(name, false)} ELSE ${literal(JSON.stringify(OUT_OF_SIGHT))} END`;
}
