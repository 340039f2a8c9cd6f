import { sightOf } from "../../access/policy.ts";
import type { PlanRun } from "../../graphql/plan-run.ts";
import { joined, literal, Parameter, type PlanText, plan, verbatim } from "../../graphql/plan-text.ts";
import { type AskedField, type FieldPlan, listOf, oneOf, type Row, type TypePlans } from "../../graphql/plan-type.ts";
import { catalogueFields, columns, type HeldOver } from "../../graphql/plan-value.ts";
import { uuidOf } from "../../kernel/ids.ts";
import { fieldOf } from "../../search/catalogue.ts";
import { unitFound } from "../org/org-unit.plan.ts";
import type { UserStatus } from "./user.entity.ts";
import { userCatalogue } from "./user.fields.ts";
import { keyOf } from "./user.key.ts";
import { nextStatuses, STATUSES } from "./user.lifecycle.ts";
import { keyCondition, type UserKey } from "./user.queries.ts";

/** Users whom the viewer may see, for FROM. */
export const usersWith = ({ planning: { access } }: AskedField, row: Row, condition: PlanText): PlanText =>
  plan`user_search ${row} WHERE ${condition} AND ${access.where(sightOf(access.viewer), userCatalogue, row)}`;

/** The user with this id, where the viewer may see them. */
export function userFound(asked: AskedField, id: PlanText, typeName?: string): PlanText {
  const row = asked.referred("u");
  return oneOf(asked, row, () => usersWith(asked, row, plan`${row}.user_id = ${id}`), typeName);
}

/** Everybody may read what is held about themselves. That the viewer sees the user at all needs USER_READ already. */
const heldOver: HeldOver = ({ access }, row, permissions) => {
  const needed = permissions.filter((permission) => permission !== "USER_READ");
  const held = access.heldOver(needed);
  if (typeof held === "boolean") return held;
  return access.where(held, userCatalogue, row);
};

function oneUser(asked: AskedField): PlanText {
  const { planning } = asked;
  const { access } = planning;
  const byIn = (run: PlanRun) => asked.argumentsIn(run).by;
  if (planning.decide((run) => byIn(run).id != null))
    return userFound(asked, plan`${new Parameter((run) => uuidOf("User", byIn(run).id, "by.id"))}::uuid`);
  const keyIn = planning.keep((run): UserKey => keyOf(byIn(run)));
  const by = planning.decide((run) => keyIn(run).by);
  const row = asked.referred("u");
  const open = heldOver(planning, row, fieldOf(userCatalogue, by === "identity" ? "externalId" : by).read);
  if (open === false) return verbatim("'null'");
  const found = plan`(SELECT u.* FROM user_search u WHERE ${planning.perRun((run) => keyCondition(keyIn(run)))}) ${row}`;
  const sight = access.where(sightOf(access.viewer), userCatalogue, row);
  const condition = open === true ? sight : plan`${sight} AND ${open}`;
  // A deleted user keeps their names while somebody else may have taken them: whoever is there comes first.
  const first = plan` ORDER BY (${row}.status = 'DELETED') LIMIT 1`;
  return oneOf(asked, row, () => plan`${found} WHERE ${condition}${first}`);
}

/** From the direct manager up to the top. */
function managementChain(asked: AskedField): PlanText {
  const row = asked.referred("u");
  const chain = plan`unnest(${asked.row.at("manager_chain")}) WITH ORDINALITY above (id, place), `;
  return listOf(
    asked,
    row,
    () => plan`${chain}${usersWith(asked, row, plan`${row}.user_id = above.id`)}`,
    verbatim("above.place"),
  );
}

/** The statuses that may come next, of which only a deleted user's depend on more than the status. */
function allowedTransitions({ row }: AskedField): PlanText {
  const listed = (status: UserStatus, before: UserStatus | null) =>
    literal(JSON.stringify(nextStatuses(status, before)));
  const whens = (of: PlanText, list: (status: UserStatus) => PlanText) =>
    plan`CASE ${of} ${joined(
      STATUSES.map((status) => plan`WHEN ${literal(status)} THEN ${list(status)}`),
      " ",
    )} ELSE ${listed("DELETED", null)} END`;
  const restored = whens(verbatim("a.status_before"), (before) => listed("DELETED", before));
  const deleted = plan`(SELECT ${restored} FROM user_account a WHERE a.id = ${row.at("user_id")})`;
  return whens(row.at("status"), (status) => (status === "DELETED" ? deleted : listed(status, null)));
}

/** A list of what belongs to a user, in its own order. */
const belongings =
  (table: string): FieldPlan =>
  (asked) => {
    const row = asked.belonging("b");
    const source = () => plan`${verbatim(table)} ${row} WHERE ${row}.user_id = ${asked.row.at("user_id")}`;
    return listOf(asked, row, source, plan`${row}.place`);
  };

const labelled = { type: columns.json("type"), primary: columns.plain("is_primary", false) };

/** How users are read. */
export const userPlans: TypePlans = {
  Query: { fields: { user: oneUser } },
  User: {
    over: heldOver,
    fields: {
      ...catalogueFields(userCatalogue, heldOver),
      id: ({ planning, row }) => planning.marks.id("User", row.at("user_id")),
      allowedTransitions,
      emails: belongings("user_email"),
      phones: belongings("user_phone"),
      addresses: belongings("user_address"),
      identities: belongings("user_identity"),
      orgUnit: (asked) => unitFound(asked, asked.row.at("org_unit_id")),
      manager: (asked) => userFound(asked, asked.row.at("manager_id")),
      managementChain,
    },
  },
  UserEmail: {
    fields: { ...labelled, value: columns.json("value", false), verified: columns.plain("verified", false) },
  },
  UserPhone: { fields: { ...labelled, value: columns.json("value", false) } },
  UserAddress: {
    fields: {
      ...labelled,
      streetAddress: columns.json("street_address"),
      locality: columns.json("locality"),
      region: columns.json("region"),
      postalCode: columns.json("postal_code"),
      country: columns.json("country"),
    },
  },
  ExternalIdentity: {
    fields: {
      source: columns.quoted("source", false),
      issuer: columns.json("issuer"),
      externalId: columns.json("external_id", false),
      lastSyncedAt: columns.instant("last_synced_at"),
    },
  },
};
