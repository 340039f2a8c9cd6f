import { readFileSync } from "node:fs";
import { buildSchema, type GraphQLObjectType } from "graphql";
import { expect, it } from "vitest";
import { buildPlans } from "../../../src/assembly-plans.ts";

/**
 * What an operation must not ask for to be one statement, and why. A new field stands either in a plan or here: by decision.
 * Types that only these fields lead to have no plans either.
 */
const LEFT_TO_RESOLVERS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  "what the audit log keeps encrypted is opened by the gateway": {
    AuditEvent: ["changes", "consequences", "ip"],
    Viewer: ["auditEvents"],
  },
  "asked by a filter that stands in the database, or by one that no index answers": {
    SavedSearch: ["changes", "users"],
    Query: ["searchChanges", "filterCounts", "usersAsOf"],
  },
  "may be of any kind": { AuditEvent: ["subject"] },
  "the definitions are asked with it, and few people see it": {
    User: ["attributeProblems"],
    Viewer: ["editableProfileFields"],
  },
  "what sessions, factors and tokens show is opened or reckoned by the gateway": {
    User: ["factors", "recoveryCodesLeft", "sessions"],
    Viewer: ["session"],
    Query: ["serviceTokens", "signInPolicies"],
  },
  "reckoned from settings of the gateway": {
    User: ["restorableUntil"],
    Query: ["operationLimits", "safetyLimits", "importTemplates"],
  },
  "asked of several heads of the feed at once": { Group: ["followedTo"] },
  "asked by administrators, a page at a time": {
    User: ["scheduledTransitions"],
    Query: [
      ...[
        "accessRules",
        "approvalDelegations",
        "approvalPolicies",
        "approvalRequests",
        "auditEvents",
        "attributeDefinitions",
        "bulkPlan",
        "bulkPlans",
      ],
      ...["profileTemplates", "retentionPolicies", "retentionRuns", "scheduledTransitions"],
    ],
  },
  "reckoned by the gateway, or rehearsed and taken back": {
    Query: [
      ...["estimateSearch", "explainAccess", "explainMatch", "formatFilter", "parseFilter", "verifyAudit"],
      ...[
        "previewAttributeDefinition",
        "previewErasure",
        "previewOffboarding",
        "previewOnboarding",
        "previewRetention",
      ],
      ...["previewTemplate", "previewTransfer"],
    ],
  },
};

it("Every field of a type that is planned has a plan, or a reason to have none", () => {
  const schema = buildSchema(readFileSync(new URL("../../../schema/schema.graphql", import.meta.url), "utf8"));
  const plans = buildPlans({} as never, {} as never);
  const without = Object.entries(plans).flatMap(([name, { fields }]) => {
    const type = schema.getType(name) as GraphQLObjectType;
    const unknown = Object.keys(fields).filter((field) => !type.getFields()[field]);
    expect(unknown, `plans of ${name} for fields that it does not have`).toEqual([]);
    return Object.keys(type.getFields())
      .filter((field) => !Object.hasOwn(fields, field))
      .map((field) => `${name}.${field}`);
  });
  const decided = Object.values(LEFT_TO_RESOLVERS).flatMap((types) =>
    Object.entries(types).flatMap(([name, fields]) => fields.map((field) => `${name}.${field}`)),
  );
  expect(without.sort()).toEqual(decided.sort());
});
