import { type GraphQLObjectType, getNamedType, isObjectType } from "graphql";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { ReadRule } from "../../src/graphql/rules.ts";
import type { Permission } from "../../src/kernel/permissions.ts";
import { ALL_PERMISSIONS } from "../../src/kernel/permissions.ts";
import { NOT_IN_THE_DEMO, OWN_ROOTS, rootArguments } from "./matrix.arguments.ts";
import { describeAsking } from "./matrix.asking.ts";
import { describeChanging } from "./matrix.changing.ts";
import { queryOf, unusedArguments } from "./matrix.documents.ts";
import { Oracle } from "./matrix.oracle.ts";
import { ANY, Pruning } from "./matrix.pruning.ts";
import { type Asker, askerCalled, NAMES, short, startWorld, type World } from "./matrix.world.ts";

/*
 * Every field of the schema, for everybody who asks, over every path: made from the schema, and compared with what the declared rules and
 * the rows of the grants say. Whoever adds to the schema and is told so here adds a line to test/access/matrix.arguments.ts.
 */

// A moment on a machine that has nothing else to do.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

let world: World;
/** Somebody who may do everything, whose answers the others' are made of. */
let everything: Asker;

beforeAll(async () => {
  world = await startWorld();
  const held = ALL_PERMISSIONS.map((one): [Permission, null] => [one, null]);
  everything = { name: "everything", token: world.gateway.admin, userId: null, held };
});

afterAll(() => world.close());

// biome-ignore lint/suspicious/noExplicitAny: answers have the shape of whatever was asked.
type Any = any;

const queryType = () => world.schema.getQueryType() as GraphQLObjectType;

/** What a root field needs beyond its declared rule, where its arguments or its description say so. */
function needed(name: string, args: string): { permission: Permission; everywhere: boolean } | undefined {
  if (name === "verifyAudit") return { permission: "AUDIT_READ", everywhere: true };
  if (args.includes("includeDeleted: true")) return { permission: "USER_DELETE", everywhere: false };
  const rule = queryType().getFields()[name]?.extensions.read as ReadRule;
  return rule.by === "anywhere" ? { permission: rule.permissions[0] as Permission, everywhere: false } : undefined;
}

/** What of an answer an asker should be given by a root. */
function expectedOf({ name, args }: Route, truth: Any, pruning: Pruning, oracle: Oracle): Any {
  if (name === "nodes") return truth.map((one: Any) => pruning.prune(one));
  const about = /userId: "(\w+)"/.exec(args)?.[1];
  return about && !oracle.seesUser(about) ? null : pruning.prune(truth);
}

interface Route {
  name: string;
  args: string;
  query: string;
}

function routes(): Route[] {
  const ways = rootArguments(world);
  return Object.values(queryType().getFields())
    .filter(({ name }) => !OWN_ROOTS.has(name))
    .flatMap((field) => {
      const { name, type } = field;
      if (!ways[name] && field.args.length > 0)
        throw new Error(
          `Query.${name} has no line in rootArguments of test/access/matrix.arguments.ts: how is it asked?`,
        );
      return (ways[name] ?? [""]).map((args) => ({
        name,
        args,
        query: queryOf(world.schema, `${name}${args}`, getNamedType(type)),
      }));
    });
}

/** Where an answer differs from what it should be, as paths. */
function differences(expected: Any, actual: Any, path: string): string[] {
  if (expected === ANY) return [];
  if (Array.isArray(expected) && Array.isArray(actual) && expected.length === actual.length)
    return expected.flatMap((one, place) => differences(one, actual[place], `${path}[${place}]`));
  if (isObject(expected) && isObject(actual))
    return Object.keys(expected).flatMap((key) => differences(expected[key], actual[key], `${path}.${key}`));
  return JSON.stringify(expected) === JSON.stringify(actual)
    ? []
    : [`${path}: ${short(actual)} was answered, ${short(expected)} is right`];
}

const isObject = (value: unknown): value is Record<string, Any> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

describe("Reading", () => {
  const truths = new Map<string, Any>();
  const truthOf = async ({ name, query }: Route): Promise<Any> => {
    const known = truths.get(query);
    if (known !== undefined) return known;
    const { data, errors } = await world.gateway.ask(query, {}, everything.token);
    if (errors) throw new Error(`${query.slice(0, 80)}: ${JSON.stringify(errors[0])}`);
    truths.set(query, data[name]);
    return data[name];
  };

  it("has an argument for everything that takes one", () => {
    expect(unusedArguments(world.schema)).toEqual([]);
  });

  it("covers every field that a query reaches, with something there to be hidden", async () => {
    const pruning = new Pruning(world.schema, new Oracle(world, everything));
    for (const route of routes()) {
      const truth = await truthOf(route);
      // Whoever may do everything is answered everything: the oracle takes nothing away.
      expect([route.args, differences(expectedOf(route, truth, pruning, pruning.oracle), truth, route.name)]).toEqual([
        route.args,
        [],
      ]);
    }
    const exempt = (name: string) => {
      const [type = ""] = name.split(".");
      return ["Viewer", "PermissionGrant", "EditableProfileField"].includes(type) || type in NOT_IN_THE_DEMO;
    };
    const missed = reachable(queryType()).filter((name) => !pruning.covered.has(name) && !exempt(name));
    expect(missed).toEqual([]);
  });

  it.each(NAMES)("%s is answered what the rules allow, over every path, and nothing else", async (name) => {
    const asker = askerCalled(world, name);
    const oracle = new Oracle(world, asker);
    const wrong: string[] = [];
    for (const route of routes()) {
      const truth = await truthOf(route);
      const { data, errors = [] } = await world.gateway.ask(route.query, {}, asker.token);
      const need = needed(route.name, route.args);
      const refused =
        need && !(need.everywhere ? oracle.holdsEverywhere(need.permission) : oracle.holdsAnywhere(need.permission));
      const where = `${route.name}${route.args}`;
      if (refused) {
        const [error] = errors;
        if (
          data?.[route.name] !== null ||
          error?.extensions.code !== "FORBIDDEN" ||
          error.extensions.permission !== need.permission
        )
          wrong.push(`${where}: should be FORBIDDEN without ${need.permission}, and is ${short(error ?? data)}`);
        continue;
      }
      if (errors.length > 0) wrong.push(`${where}: ${short(errors[0])}`);
      const pruning = new Pruning(world.schema, oracle);
      wrong.push(...differences(expectedOf(route, truth, pruning, oracle), data?.[route.name], where));
    }
    expect(wrong).toEqual([]);
  });

  it.each(NAMES)("%s is told by viewer who they are and what they hold", async (name) => {
    const asker = askerCalled(world, name);
    const { viewer } = await world.gateway.run(
      "{ viewer { user { id username email failedLoginCount roles { key } } grants { permission scopes { id } } } }",
      {},
      asker.token as string,
    );
    expect(viewer.user).toMatchObject({ id: asker.userId, username: name, failedLoginCount: expect.any(Number) });
    const held = new Map<string, (string | null)[]>();
    for (const [permission, unit] of asker.held) held.set(permission, [...(held.get(permission) ?? []), unit]);
    const told = Object.fromEntries(
      viewer.grants.map(({ permission, scopes }: Any) => [permission, scopes.map(({ id }: Any) => id).sort()]),
    );
    const expected = [...held].map(([permission, units]) => [
      permission,
      units.includes(null) ? [] : [...new Set(units)].sort(),
    ]);
    expect(told).toEqual(Object.fromEntries(expected));
  });

  it("nobody is answered anything, by any root, before or after what is asked for is looked at", async () => {
    const queries = routes().map(({ query }) => query);
    for (const query of [...queries, "{ viewer { grants { permission } } }"]) {
      const { data, errors } = await world.gateway.ask(query, {}, null);
      expect([query.slice(0, 60), errors?.[0]?.extensions.code]).toEqual([query.slice(0, 60), "UNAUTHENTICATED"]);
      for (const value of Object.values(data ?? {})) expect(value).toBeNull();
    }
  });
});

describeAsking(() => world);
describeChanging(() => world);

/** Every `Type.field` that can be reached from a type through output fields, roots and recursion into itself left out. */
function reachable(root: GraphQLObjectType): string[] {
  const found = new Set<string>();
  const seen = new Set<string>();
  const walk = (type: GraphQLObjectType): void => {
    if (seen.has(type.name)) return;
    seen.add(type.name);
    for (const field of Object.values(type.getFields())) {
      const named = getNamedType(field.type);
      if (type !== root && named !== type) found.add(`${type.name}.${field.name}`);
      const next = isObjectType(named) ? [named] : world.schema.getPossibleTypes(named as never);
      for (const one of isObjectType(named) || "getTypes" in named || "getInterfaces" in named ? next : []) walk(one);
    }
  };
  walk(root);
  return [...found];
}
