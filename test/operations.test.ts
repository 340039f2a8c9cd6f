import { readdirSync, readFileSync } from "node:fs";
import {
  buildSchema,
  type DocumentNode,
  type GraphQLError,
  Kind,
  type OperationDefinitionNode,
  parse,
  validate,
} from "graphql";
import { getVariableValues } from "graphql/execution/values.js";
import { describe, expect, it } from "vitest";

const folder = new URL("../schema/operations/", import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, folder), "utf8");
const schema = buildSchema(readFileSync(new URL("../schema/schema.graphql", import.meta.url), "utf8"));
const files = readdirSync(folder);
const names = files.filter((file) => file.endsWith(".graphql")).map((file) => file.replace(".graphql", ""));

const operationsOf = (document: DocumentNode): OperationDefinitionNode[] =>
  document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);

describe("The operations for front ends", () => {
  it("are there", () => {
    expect(names.length).toBeGreaterThan(10);
  });

  it.each(names)("are valid against the schema: %s", (name) => {
    expect(validate(schema, parse(read(`${name}.graphql`))).map(({ message }) => message)).toEqual([]);
  });

  it.each(names)("begin with a comment that says what they are for: %s", (name) => {
    expect(read(`${name}.graphql`)).toMatch(/^# \S.*\n/);
  });

  it("have names of their own, so that code can be generated from all of them together", () => {
    const all = names.flatMap((name) => operationsOf(parse(read(`${name}.graphql`))).map((one) => one.name?.value));
    expect(all).not.toContain(undefined);
    expect(new Set(all).size).toBe(all.length);
  });

  it("belong to every file of variables", () => {
    const owners = files.filter((file) => file.endsWith(".json")).map((file) => file.replace(".variables.json", ""));
    expect(owners.filter((owner) => !names.includes(owner))).toEqual([]);
  });

  it.each(names.filter((name) => files.includes(`${name}.variables.json`)))(
    "take their ready variables: %s",
    (name) => {
      const variables = JSON.parse(read(`${name}.variables.json`)) as Record<string, unknown>;
      const operations = operationsOf(parse(read(`${name}.graphql`)));
      const declared = operations.flatMap((one) => one.variableDefinitions ?? []).map((one) => one.variable.name.value);
      expect(Object.keys(variables).filter((key) => !declared.includes(key))).toEqual([]);
      for (const { variableDefinitions = [] } of operations) {
        const { errors = [] } = getVariableValues(schema, variableDefinitions, variables);
        expect(errors.map((error: GraphQLError) => error.message)).toEqual([]);
      }
    },
  );
});
