import { type GraphQLObjectType, getNamedType, isObjectType } from "graphql";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { userCatalogue } from "../../src/features/users/user.fields.ts";
import type { ReadRule } from "../../src/graphql/rules.ts";
import { parseId } from "../../src/kernel/ids.ts";
import type { Permission } from "../../src/kernel/permissions.ts";
import { ALL_PERMISSIONS } from "../../src/kernel/permissions.ts";
import {
  fillArguments,
  NOT_IN_THE_DEMO,
  OWN_ROOTS,
  rootArguments,
  subscriptions,
  type Way,
} from "./matrix.arguments.ts";
import { describeAsking } from "./matrix.asking.ts";
import { describeChanging } from "./matrix.changing.ts";
import { differences, speaksOf } from "./matrix.comparing.ts";
import { askable, askedBy } from "./matrix.coverage.ts";
import { selectionOf, WHOLE, wholeOf, withFragments } from "./matrix.documents.ts";
import { describeFollowing } from "./matrix.following.ts";
import { Oracle } from "./matrix.oracle.ts";
import { Pruning } from "./matrix.pruning.ts";
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
  fillArguments(world);
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
function expectedOf({ name, way }: Route, truth: Any, pruning: Pruning): Any {
  const { oracle } = pruning;
  const given = truth[name];
  if (name === "nodes") return given.map((one: Any) => pruning.prune(one));
  const about = /userId: "(\w+)"/.exec(way.args)?.[1];
  if (about && !oracle.seesUser(about)) return null;
  const { keep } = way;
  const page = given && Object.keys(given).find((key) => key.startsWith("nodes__"));
  if (!keep || oracle.asker === everything || given === null) return pruning.prune(given, false, truth[name + WHOLE]);
  if (!page) return keep(oracle, given) ? pruning.prune(given) : null;
  const nodes = given[page].filter((one: Any) => keep(oracle, one));
  const counted = Object.keys(given).filter((key) => /^(totalCount|edges)__/.test(key));
  const [total, edges] = [
    counted.find((key) => key.startsWith("total")),
    counted.find((key) => key.startsWith("edges")),
  ];
  const kept = given[edges as string].filter((_: Any, place: number) => keep(oracle, given[page][place]));
  return pruning.prune({ ...given, [page]: nodes, [edges as string]: kept, [total as string]: nodes.length });
}

interface Route {
  name: string;
  way: Way;
  /** What the asker is asked, and what somebody who may do everything is. */
  query: string;
  truth: string;
}

/** The selection of a node whose kind its id tells: all kinds at once are asked for by nodes. */
function ofKind(args: string): string {
  const type = world.schema.getType(parseId(/"(\w+)"/.exec(args)?.[1] as string)?.kind as string) as GraphQLObjectType;
  return `{ __typename ... on ${type.name} ${selectionOf(world.schema, type)} }`;
}

let made: Route[] | undefined;
/** Made once: a document of everything is long. */
function routes(): Route[] {
  made ??= allRoutes();
  return made;
}

function allRoutes(): Route[] {
  const ways = rootArguments(world);
  return Object.values(queryType().getFields())
    .filter(({ name }) => !OWN_ROOTS.has(name))
    .flatMap((field) => {
      const { name } = field;
      const type = getNamedType(field.type);
      if (!ways[name] && field.args.length > 0)
        throw new Error(
          `Query.${name} has no line in rootArguments of test/access/matrix.arguments.ts: how is it asked?`,
        );
      const ids = wholeOf(type);
      const query = (args: string, light = false) => {
        const all = ids ? ` ${name}${WHOLE}: ${name}${args.replace(/first: \d+/, "first: 500")} ${ids}` : "";
        const whole = `{ ${name}${args} ${light ? (ids ?? "{ __typename id }") : name === "node" ? ofKind(args) : selectionOf(world.schema, type)}${all} }`;
        return withFragments(world.schema, whole);
      };
      return (ways[name] ?? [""]).map((one) => {
        const way = typeof one === "string" ? { args: one } : one;
        return { name, way, query: query(way.args, way.light), truth: query(way.truth ?? way.args, way.light) };
      });
    });
}

describe("Reading", () => {
  const truths = new Map<string, Any>();
  const truthOf = async ({ truth }: Route): Promise<Any> => {
    const known = truths.get(truth);
    if (known !== undefined) return known;
    const { data, errors } = await world.gateway.ask(truth, {}, everything.token);
    if (errors) throw new Error(`${truth.slice(0, 80)}: ${JSON.stringify(errors[0])}`);
    truths.set(truth, data);
    return data;
  };

  it("goes by the rules that are written down: one that changes is looked at here", async () => {
    const said = (extensions: Any): string => {
      const { by, permissions = [] } = extensions.read ?? { by: extensions.caller };
      return [extensions.permission ?? by, ...permissions].join(" ");
    };
    const declared = Object.values(world.schema.getTypeMap()).flatMap((type) =>
      isObjectType(type) && !type.name.startsWith("__")
        ? Object.values(type.getFields()).flatMap(({ name, extensions }) => {
            const ruled = { ...type.extensions, ...extensions };
            return said(ruled).includes("_") || ruled.caller ? [`${type.name}.${name}: ${said(ruled)}`] : [];
          })
        : [],
    );
    const catalogued = [...userCatalogue.fields.values()].map(({ name, read }) => `user ${name}: ${read.join(" ")}`);
    await expect(`${[...declared, ...catalogued].sort().join("\n")}\n`).toMatchFileSnapshot("rules.txt");
  });

  it("asks with every argument, and with every field of every input", () => {
    const followed = Object.entries(subscriptions(world)).flatMap(([name, ways]) =>
      ways.map(({ args }) => `subscription { ${name}(${args}) { __typename } }`),
    );
    const asked = [...routes().map(({ query }) => query), ...followed].map((one) => askedBy(world.schema, one));
    const covered = new Set(asked.flatMap((names) => [...names]));
    expect(askable(world.schema).filter((name) => !covered.has(name))).toEqual([]);
  });

  it("covers every field that a query reaches, with something there to be hidden", async () => {
    const covered = new Set<string>();
    for (const route of routes()) {
      const truth = await truthOf(route);
      const pruning = new Pruning(world.schema, new Oracle(world, everything), route.way.args);
      // Whoever may do everything is answered everything: the oracle takes nothing away.
      const wrong = differences(expectedOf(route, truth, pruning), truth[route.name], route.name);
      expect([route.way.args, wrong]).toEqual([route.way.args, []]);
      for (const name of pruning.covered) covered.add(name);
    }
    const atRoots = new Set(Object.values(queryType().getFields()).map(({ type }) => getNamedType(type).name));
    const exempt = (name: string) => {
      const [type = ""] = name.split(".");
      // Of a page inside something else the nodes are enough.
      const page = type.replace(/Edge$/, "Connection");
      if ((name.endsWith("Connection.edges") || page !== type) && !atRoots.has(page)) return true;
      return ["Viewer", "PermissionGrant", "EditableProfileField"].includes(type) || type in NOT_IN_THE_DEMO;
    };
    const reached = reachable(queryType());
    expect(reached.filter((name) => !covered.has(name) && !exempt(name))).toEqual([]);
    // What is told of elsewhere is there, is not told of here, and has a test that asks for it.
    const stale = Object.entries(NOT_IN_THE_DEMO).filter(([type, file]) => {
      const own = reached.filter((name) => name.startsWith(`${type}.`));
      const asks = waysTo(type).some((field) => speaksOf(field, file));
      return own.length === 0 || own.some((name) => covered.has(name)) || !asks;
    });
    expect(stale).toEqual([]);
  });

  it.each(NAMES)("%s is answered what the rules allow, over every path, and nothing else", async (name) => {
    const asker = askerCalled(world, name);
    const oracle = new Oracle(world, asker);
    const wrong: string[] = [];
    for (const route of routes()) {
      const truth = await truthOf(route);
      const { data, errors = [] } = await world.gateway.ask(route.query, {}, asker.token);
      const need = needed(route.name, route.way.args);
      const refused =
        need && !(need.everywhere ? oracle.holdsEverywhere(need.permission) : oracle.holdsAnywhere(need.permission));
      const where = `${route.name}${route.way.args}`;
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
      const refusal = route.way.refusal?.(oracle);
      if (refusal) {
        const code = errors[0]?.extensions.code;
        if (code !== refusal || data?.[route.name]) wrong.push(`${where}: ${code} where ${refusal} is right`);
        continue;
      }
      if (errors.length > 0) wrong.push(`${where}: ${short(errors[0])}`);
      const pruning = new Pruning(world.schema, oracle, route.way.args);
      wrong.push(...differences(expectedOf(route, truth, pruning), data?.[route.name], where));
    }
    expect(wrong).toEqual([]);
  });

  it.each(NAMES)("%s is told by viewer who they are and what they hold", async (name) => {
    const asker = askerCalled(world, name);
    const user = selectionOf(world.schema, world.schema.getType("User") as GraphQLObjectType);
    const { viewer } = await world.gateway.run(
      `{ viewer { user ${user} grants { permission scopes { id } } session { id } editableProfileFields { name }
        savedSearches(first: 100) { nodes { owner { id } } } auditEvents(first: 100) { nodes { subjectId } } } }`,
      {},
      asker.token as string,
    );
    const byId = await world.gateway.run(
      `query ($id: ID!) { user(by: { id: $id }) ${user} }`,
      { id: asker.userId },
      asker.token as string,
    );
    expect(differences(byId.user, viewer.user, "viewer.user")).toEqual([]);
    expect([viewer.user.id__User, viewer.user.username__User, viewer.session]).toEqual([asker.userId, name, null]);
    expect(viewer.user.failedLoginCount__User).toEqual(expect.any(Number));
    for (const { subjectId } of viewer.auditEvents.nodes) expect(subjectId).toBe(asker.userId);
    for (const { owner } of viewer.savedSearches.nodes) expect(owner.id).toBe(asker.userId);
    const held = new Map<string, (string | null)[]>();
    for (const [permission, unit, over] of asker.held)
      if (!over) held.set(permission, [...(held.get(permission) ?? []), unit]);
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

describeAsking(
  () => world,
  () => everything,
);
describeFollowing(
  () => world,
  () => everything,
);
describeChanging(
  () => world,
  () => everything,
);

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

/** The names of the fields by which a type is come to. */
const waysTo = (name: string): string[] =>
  Object.values(world.schema.getTypeMap()).flatMap((type) =>
    isObjectType(type)
      ? Object.values(type.getFields()).flatMap((field) => (getNamedType(field.type).name === name ? [field.name] : []))
      : [],
  );
