import { readdirSync, readFileSync } from "node:fs";
import { Kind, type OperationDefinitionNode, parse, print } from "graphql";
import { beforeAll, describe, expect, it } from "vitest";
import { loadDemo } from "../../../src/features/demo/demo.load.ts";
import { gatewayForFile } from "../../support/gateway.ts";

const file = gatewayForFile();
const folder = new URL("../../../schema/operations/", import.meta.url);
const read = (name: string) => readFileSync(new URL(name, folder), "utf8");

/**
 * The statements that an operation sends, that who asks is found by included: two where it is planned. Facets are counted by a statement
 * each. A mutation's are those of its transaction and its payload.
 */
const QUERIES: Readonly<Record<string, number>> = {
  approvals: 3,
  "attribute-definitions": 2,
  erasure: 7,
  "find-people": 2,
  "my-profile": 1,
  node: 2,
  offboard: 39,
  onboard: 31,
  "org-hierarchy": 2,
  "org-unit": 2,
  "page-people": 2,
  person: 2,
  "profile-templates": 2,
  retention: 2,
  roles: 2,
  "saved-search-changes": 3,
  "schedule-transition": 3,
  "search-people": 3,
  "sign-in-review": 4,
  "service-tokens": 3,
  transfer: 19,
  viewer: 1,
};

const MUTATIONS: Readonly<Record<string, number>> = {
  "create-user": 17,
  "grant-role": 19,
  "move-org-unit": 13,
  "schedule-transition": 12,
  "suspend-user": 19,
  "update-user": 15,
  onboard: 40,
  transfer: 40,
  // Behind the others, which move the same person.
  offboard: 40,
};

let sent = 0;
const names: Record<string, string> = {};

beforeAll(async () => {
  const { gateway } = file;
  await loadDemo(gateway.database, { today: "2026-11-20" });
  const { users, orgUnits, roles } = await gateway.run(`{
    users(first: 200, filter: { directReportCount: { gt: 2 } }, orderBy: [{ field: CREATED_AT }]) { nodes { id status } }
    orgUnits(first: 500, orderBy: { field: PATH }) { nodes { id kind depth } }
    roles { nodes { key } } }`);
  const units = orgUnits.nodes as { id: string; depth: number }[];
  const active = users.nodes.filter(({ status }: { status: string }) => status === "ACTIVE");
  Object.assign(names, {
    "<USER_ID>": active[0].id,
    "<MANAGER_ID>": active[1].id,
    "<ORG_UNIT_ID>": units.findLast(({ depth }) => depth === 3)?.id,
    "<NEW_PARENT_ID>": units.find(({ depth }) => depth === 1)?.id,
    "<ROLE_KEY>": roles.nodes.at(-1).key,
  });
  const { createSavedSearch } = await gateway.run(
    `mutation { createSavedSearch(input: { name: "counted", visibility: PRIVATE, filter: { status: { eq: ACTIVE } } }) { savedSearch { id } } }`,
  );
  names["<SAVED_SEARCH_ID>"] = createSavedSearch.savedSearch.id;
  gateway.database.observe(() => {
    sent += 1;
  });
});

function variablesOf(name: string): Record<string, unknown> {
  const own = readdirSync(folder).includes(`${name}.variables.json`) ? read(`${name}.variables.json`) : "{}";
  const filled = Object.entries(names).reduce((text, [placeholder, id]) => text.replaceAll(placeholder, id), own);
  const more: Record<string, unknown> = {
    "find-people": { text: "an" },
    node: { id: names["<USER_ID>"] },
    "saved-search-changes": { id: names["<SAVED_SEARCH_ID>"] },
    "org-unit": { by: { id: names["<ORG_UNIT_ID>"] }, includeDescendants: true },
  };
  return { ...JSON.parse(filled), ...(more[name] as object) };
}

/** The document with its first operation of a kind alone, and with the variables that it declares. */
async function statementsOf(name: string, kind: "query" | "mutation"): Promise<number> {
  const { definitions } = parse(read(`${name}.graphql`));
  const operations = definitions.filter((one) => one.kind === Kind.OPERATION_DEFINITION);
  const operation = operations.find((one) => one.operation === kind) as OperationDefinitionNode;
  const fragments = definitions.filter((one) => one.kind === Kind.FRAGMENT_DEFINITION);
  const declared = new Set(operation.variableDefinitions?.map(({ variable }) => variable.name.value));
  const variables = Object.entries(variablesOf(name)).filter(([key]) => declared.has(key));
  sent = 0;
  await file.gateway.run([operation, ...fragments].map(print).join("\n"), Object.fromEntries(variables));
  return sent;
}

describe("The statements of the operations for front ends", () => {
  it.each(Object.entries(QUERIES))("%s sends %i", async (name, most) => {
    expect(await statementsOf(name, "query")).toBe(most);
  });

  it.each(Object.entries(MUTATIONS))("%s sends at most %i", async (name, most) => {
    expect(await statementsOf(name, "mutation")).toBeLessThanOrEqual(most);
  });

  it("are counted for every file that has a query", () => {
    const queries = readdirSync(folder).filter((one) => one.endsWith(".graphql") && /^query/m.test(read(one)));
    expect(queries.map((one) => one.replace(".graphql", "")).sort()).toEqual(Object.keys(QUERIES).sort());
  });
});
