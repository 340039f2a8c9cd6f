import { readFileSync } from "node:fs";
import {
  buildSchema,
  type GraphQLField,
  type GraphQLFieldMap,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isNullableType,
  isObjectType,
} from "graphql";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Viewer } from "../src/access/actor.ts";
import { entities } from "../src/assembly.ts";
import { gatewayOver } from "../src/gateway.ts";
import { GraphContext } from "../src/graphql/context.ts";
import { applyRules, type Caller, carried, type ReadRule } from "../src/graphql/rules.ts";
import { ALL_PERMISSIONS, type Permission } from "../src/kernel/permissions.ts";
import { freshDatabase } from "./support/database.ts";

/*
 * The schema as it is emitted, and as it runs: both are walked from end to end, so that nothing joins them undescribed or unguarded.
 */

const emitted = buildSchema(readFileSync(new URL("../schema/schema.graphql", import.meta.url), "utf8"));
const typesOf = (schema: GraphQLSchema) =>
  Object.values(schema.getTypeMap()).filter((type) => !isIntrospectionType(type));

let gateway: Awaited<ReturnType<typeof gatewayOver>>;

beforeAll(async () => {
  const { database } = await freshDatabase({ entities });
  gateway = await gatewayOver(database, "UTC", pino({ level: "silent" }));
});

afterAll(() => gateway.close());

/** Mutations that nobody has to sign in for, by name. */
const FOR_ANYBODY: readonly string[] = [
  "acceptInvitation",
  "beginPasskeySignIn",
  "completeSignIn",
  "refreshSession",
  "requestPasswordReset",
  "resetPassword",
  "signIn",
];

type Running = [name: string, type: GraphQLObjectType, field: GraphQLField<unknown, unknown>];

/** Every field of an object type that runs, under its name in the schema. */
const runningFields = (): Running[] =>
  typesOf(gateway.schema)
    .filter(isObjectType)
    .flatMap((type) =>
      Object.values(type.getFields()).map((field): Running => [`${type.name}.${field.name}`, type, field]),
    );

const rootFields = (type: GraphQLObjectType | null | undefined) =>
  Object.values((type?.getFields() ?? {}) as GraphQLFieldMap<unknown, unknown>);

/** What a viewer may do who holds these permissions everywhere; nobody signed in where there are none. */
function asking(permissions?: readonly Permission[]): GraphContext {
  const grants = new Map((permissions ?? []).map((permission) => [permission, "everywhere" as const]));
  const viewer: Viewer = { kind: "SERVICE", id: null, name: "test", userId: null, grants, now: new Date() };
  const context = (): GraphContext =>
    new GraphContext(
      permissions && viewer,
      "test",
      undefined,
      () => "2026-11-20",
      async () => context(),
    );
  return context();
}

/** The error that a resolver gives for these arguments. */
const refusal = async (
  resolve: unknown,
  context: GraphContext,
): Promise<{ code?: string; details?: object } | undefined> => {
  try {
    await (resolve as (...given: unknown[]) => unknown)({}, {}, context, {});
    return undefined;
  } catch (error) {
    return error as { code?: string };
  }
};

describe("The emitted schema", () => {
  it("describes every type, field, argument, input field and enum value", () => {
    const bare = typesOf(emitted).flatMap((type) => {
      const members: { name: string; description?: string | null | undefined }[] = [];
      if (isObjectType(type) || isInterfaceType(type))
        for (const field of Object.values(type.getFields()))
          members.push(field, ...field.args.map((arg) => ({ ...arg, name: `${field.name}(${arg.name})` })));
      if (isInputObjectType(type)) members.push(...Object.values(type.getFields()));
      if (isEnumType(type)) members.push(...type.getValues());
      const own = type.description ? [] : [type.name];
      return [...own, ...members.filter(({ description }) => !description).map(({ name }) => `${type.name}.${name}`)];
    });
    expect(bare).toEqual([]);
  });

  it("marks @oneOf every input that says to take exactly one, and no other", () => {
    const inputs = typesOf(emitted).filter(isInputObjectType);
    const marked = inputs.filter(({ isOneOf }) => isOneOf).map(({ name }) => name);
    expect(marked).toEqual(
      inputs.filter(({ description }) => description?.includes("exactly one")).map(({ name }) => name),
    );
    expect(marked.length).toBeGreaterThan(3);
  });

  it("lets a root field be null, so that one that is refused leaves its siblings their answers", () => {
    const strict = rootFields(emitted.getQueryType()).filter(({ type }) => !isNullableType(type));
    // The list of `nodes` has a place for every id, which are null themselves.
    expect(strict.map(({ name }) => name)).toEqual(["nodes"]);
  });

  it("is the one that runs", () => {
    const names = (schema: GraphQLSchema) =>
      typesOf(schema)
        .map(({ name }) => name)
        .sort();
    expect(names(gateway.schema)).toEqual(names(emitted));
  });
});

describe("The running schema", () => {
  it("has a read rule for every field, and a permission or a caller for every mutation", () => {
    const mutation = gateway.schema.getMutationType();
    const bare = runningFields().filter(([, type, { extensions }]) =>
      type === mutation
        ? !ALL_PERMISSIONS.includes(extensions.permission as Permission) &&
          !["viewer", "anybody"].includes(extensions.caller as Caller)
        : !(extensions.read ?? type.extensions.read),
    );
    expect(bare.map(([name]) => name)).toEqual([]);
    expect(runningFields().length).toBeGreaterThan(200);
  });

  it("has mutations for anybody where one comes to sign in, and nowhere else", () => {
    const open = rootFields(gateway.schema.getMutationType()).filter(
      ({ extensions }) => extensions.caller === "anybody",
    );
    expect(open.map(({ name }) => name)).toEqual(FOR_ANYBODY);
  });

  it("bounds every root field by what the viewer sees or holds", () => {
    const rules = rootFields(gateway.schema.getQueryType()).map(({ name, extensions }) => [
      name,
      (extensions.read as ReadRule).by,
    ]);
    expect(rules.filter(([, by]) => by !== "scoped" && by !== "anywhere")).toEqual([]);
  });

  it("leaves it to the sources of subscriptions who may subscribe: a rule that would not be enforced is not declared", () => {
    const rules = rootFields(gateway.schema.getSubscriptionType()).map(({ name, extensions }) => [
      name,
      (extensions.read as ReadRule).by,
    ]);
    expect(rules.filter(([, by]) => by !== "scoped")).toEqual([]);
    expect(rules.length).toBeGreaterThan(0);
  });

  it("answers nobody who has not signed in", async () => {
    const { schema } = gateway;
    const roots = [schema.getQueryType(), schema.getMutationType()].flatMap(rootFields);
    for (const { name, resolve } of roots.filter((root) => !FOR_ANYBODY.includes(root.name)))
      expect([name, (await refusal(resolve, asking()))?.code]).toEqual([name, "UNAUTHENTICATED"]);
    for (const { name, subscribe } of rootFields(schema.getSubscriptionType()))
      expect([name, (await refusal(subscribe, asking()))?.code]).toEqual([name, "UNAUTHENTICATED"]);
  });

  it("refuses every mutation to whoever holds everything but its permission", async () => {
    for (const { name, resolve, extensions } of rootFields(gateway.schema.getMutationType())) {
      const permission = extensions.permission as Permission | undefined;
      if (!permission) continue; // Whose it is instead is said above.
      const context = asking(ALL_PERMISSIONS.filter((held) => held !== permission));
      expect([name, await refusal(resolve, context)]).toMatchObject([
        name,
        { code: "FORBIDDEN", details: { permission } },
      ]);
    }
  });

  it("shows nothing of a user that needs a permission over them to whoever holds none", async () => {
    const guarded = runningFields().filter(
      ([, type, { extensions }]) => ((extensions.read ?? type.extensions.read) as ReadRule | undefined)?.by === "over",
    );
    const user = { userId: "somebody", unitPath: ["here"], deleted: false };
    for (const [name, , { resolve }] of guarded)
      expect([name, await (resolve as (...given: unknown[]) => unknown)(user, {}, asking([]), {})]).toEqual([
        name,
        null,
      ]);
    expect(guarded.map(([name]) => name)).toEqual(
      expect.arrayContaining(["User.emails", "User.roles", "User.permissions"]),
    );
  });
});

describe("A field that joins the schema", () => {
  const text = { type: GraphQLString, description: "A text." };
  const guarded = { ...text, extensions: { read: carried } };

  it("stops the gateway from starting where it has no read rule", () => {
    const type = new GraphQLObjectType({ name: "Planted", fields: { guarded, bare: text } });
    const query = new GraphQLObjectType({
      name: "Query",
      fields: { planted: { type, extensions: { read: carried } } },
    });
    expect(() => applyRules(new GraphQLSchema({ query }))).toThrow("Planted.bare declares no read rule");
  });

  it("stops the gateway from starting where it is a mutation without a permission", () => {
    const query = new GraphQLObjectType({ name: "Query", fields: { guarded } });
    const mutation = new GraphQLObjectType({ name: "Mutation", fields: { bare: guarded } });
    expect(() => applyRules(new GraphQLSchema({ query, mutation }))).toThrow("Mutation.bare declares no permission");
  });

  it("may have the rule of its type", () => {
    const type = new GraphQLObjectType({ name: "Planted", fields: { bare: text }, extensions: { read: carried } });
    const query = new GraphQLObjectType({
      name: "Query",
      fields: { planted: { type, extensions: { read: carried } } },
    });
    expect(() => applyRules(new GraphQLSchema({ query }))).not.toThrow();
  });
});
