import {
  type GraphQLArgument,
  type GraphQLEnumType,
  type GraphQLField,
  type GraphQLInputObjectType,
  type GraphQLObjectType,
  getNamedType,
  isObjectType,
} from "graphql";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { userCatalogue } from "../../src/features/users/user.fields.ts";
import type { ReadRule } from "../../src/graphql/rules.ts";
import type { Permission } from "../../src/kernel/permissions.ts";
import { ALL_PERMISSIONS } from "../../src/kernel/permissions.ts";
import { Socket } from "../support/socket.ts";
import { NOT_IN_THE_DEMO, OWN_ROOTS, rootArguments, subscriptions } from "./matrix.arguments.ts";
import { CHANGES, type Change, SAID_ELSEWHERE } from "./matrix.changes.ts";
import { selectionOf, unusedArguments } from "./matrix.documents.ts";
import { criteria, inputFor } from "./matrix.inputs.ts";
import { Oracle } from "./matrix.oracle.ts";
import { ANY, Pruning } from "./matrix.pruning.ts";
import { type Asker, startWorld, type World } from "./matrix.world.ts";

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

const NAMES = ["ada.admin", "dana.division", "harper.helpdesk", "audrey.auditor", "evan.employee"];
const askerCalled = (name: string) => world.askers.find((asker) => asker.name === name) as Asker;
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
        query: `{ ${name}${args} ${selectionOf(world.schema, getNamedType(type))} }`,
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
const short = (value: unknown) => (JSON.stringify(value) ?? "nothing").slice(0, 120);

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
      return ["Viewer", "PermissionGrant"].includes(type) || type in NOT_IN_THE_DEMO;
    };
    const missed = reachable(queryType()).filter((name) => !pruning.covered.has(name) && !exempt(name));
    expect(missed).toEqual([]);
  });

  it.each(NAMES)("%s is answered what the rules allow, over every path, and nothing else", async (name) => {
    const asker = askerCalled(name);
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
    const asker = askerCalled(name);
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

/** A catalogue's fields, by what they may be asked about under, with the permissions that reading them takes. */
const readOf = (name: string): readonly Permission[] => userCatalogue.fields.get(name)?.read ?? [];

/** Runs `one` under an alias for each of the values, given as variables of a type; gives each alias's error. */
async function errorsOf(
  type: string,
  values: readonly unknown[],
  one: (value: string) => string,
  token: string | null,
) {
  const declared = values.map((_, place) => `$v${place}: ${type}`).join(", ");
  const fields = values.map((_, place) => `a${place}: ${one(`$v${place}`)}`).join(" ");
  const variables = Object.fromEntries(values.map((value, place) => [`v${place}`, value]));
  const { errors = [] } = await world.gateway.ask(`query (${declared}) { ${fields} }`, variables, token);
  return values.map(
    (_, place) => errors.find(({ path }) => path?.[0] === `a${place}` || path === undefined)?.extensions,
  );
}

describe("Asking", () => {
  /** Every way of asking by a filter, an order or a facet, beside the search itself. */
  const byFilter = (on: World["subjects"]): Record<string, (value: string) => string> => ({
    "usersAsOf(filter)": (v) => `usersAsOf(first: 1, at: "${new Date().toISOString()}", filter: ${v}) { nodes { id } }`,
    "explainMatch(filter)": (v) => `explainMatch(userId: "${on.inside}", filter: ${v}) { matches }`,
    "filterCounts(filter)": (v) => `filterCounts(filter: ${v}) { count }`,
    "OrgUnit.members(filter)": (v) =>
      `orgUnit(by: { id: "${on.division}" }) { members(first: 1, filter: ${v}) { nodes { id } } }`,
    "User.reports(filter)": (v) =>
      `user(by: { id: "${on.inside}" }) { reports(first: 1, filter: ${v}) { totalCount } }`,
  });

  it.each(NAMES)(
    "%s may ask about what they read over the whole search, by every operator, and about nothing else",
    async (name) => {
      const oracle = new Oracle(world, askerCalled(name));
      const { token } = oracle.asker;
      const all = [...criteria(world.schema.getType("UserFilter") as GraphQLInputObjectType, world.subjects)];
      const wrong: string[] = [];
      const judge = (where: string, field: string, error: Any, allowed: boolean) => {
        // An operator that a field does not have says nothing of anybody.
        if (error?.code === "INVALID_INPUT") return;
        const refused = error?.code === "FIELD_FORBIDDEN";
        if (refused === allowed || (refused && !readOf(field).includes(error.permission)))
          wrong.push(
            `${where} of ${field} should be ${allowed ? "answered" : "refused"}, and is ${short(error ?? "answered")}`,
          );
      };
      for (const [field, filters] of all) {
        const allowed = oracle.mayAskAbout(readOf(field));
        const search = (v: string) => `users(first: 1, filter: ${v}) { nodes { id } }`;
        const errors = await errorsOf("UserFilter!", filters, search, token);
        for (const [place, error] of errors.entries())
          judge(`users(filter: ${short(filters[place])})`, field, error, allowed);
        const inside = filters.map((filter) => ({ and: [filter, { orgUnit: { within: world.subjects.division } }] }));
        const bounded = readOf(field).every(
          (one) => one === "USER_READ" || oracle.holds(one, [world.subjects.division]),
        );
        const [boundedError] = await errorsOf("UserFilter!", inside.slice(0, 1), search, token);
        judge("users(filter) inside the division", field, boundedError, bounded);
        if (allowed) continue;
        for (const [where, way] of Object.entries(byFilter(world.subjects)))
          for (const error of await errorsOf("UserFilter!", filters.slice(0, 1), way, token))
            judge(where, field, error, false);
      }
      expect(wrong).toEqual([]);
      expect(all.length).toBeGreaterThan(40);
    },
  );

  it.each(NAMES)("%s may sort and count by the same", async (name) => {
    const oracle = new Oracle(world, askerCalled(name));
    const wrong: string[] = [];
    for (const [type, way] of Object.entries({
      UserOrderField: (v: string) => `users(first: 1, orderBy: [{ field: ${v} }]) { nodes { id } }`,
      UserFacetField: (v: string) => `users(first: 1) { facets(by: [{ field: ${v} }], top: 1) { missingCount } }`,
    })) {
      const values = (world.schema.getType(type) as GraphQLEnumType).getValues().map((value) => value.name);
      const errors = await errorsOf(`${type}!`, values, way, oracle.asker.token);
      for (const [place, error] of errors.entries()) {
        const field = [...userCatalogue.fields.values()].find((one) =>
          [one.order, one.facet].includes(values[place] as string),
        );
        const allowed = oracle.mayAskAbout(field?.read ?? []);
        if ((error?.code === "FIELD_FORBIDDEN") === allowed) wrong.push(`${type}.${values[place]}: ${short(error)}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe("Changing", () => {
  const mutations = () => Object.values((world.schema.getMutationType() as GraphQLObjectType).getFields());
  const refusalOf = async (name: string, type: string, input: unknown, token: string | null) => {
    const query = `mutation ($input: ${type}) { ${name}(input: $input) { __typename } }`;
    return (await world.gateway.ask(query, { input }, token)).errors?.[0]?.extensions;
  };
  const least = (field: GraphQLField<unknown, unknown>) =>
    inputFor((field.args[0] as GraphQLArgument).type, "input", world.subjects);

  it("nobody changes anything without signing in, but by what is there for it", async () => {
    for (const field of mutations()) {
      if (field.extensions.caller === "anybody") continue;
      const refusal = await refusalOf(field.name, String(field.args[0]?.type), least(field), null);
      expect([field.name, refusal?.code]).toEqual([field.name, "UNAUTHENTICATED"]);
    }
  });

  it.each(NAMES)(
    "%s changes what they hold the permission over, is told of it where they may only see it, and of nothing else",
    async (name) => {
      const oracle = new Oracle(world, askerCalled(name));
      const on = world.subjects;
      const wrong: string[] = [];
      const guarded = mutations().filter(({ extensions }) => extensions.permission);
      for (const field of guarded) {
        const permission = field.extensions.permission as Permission;
        const type = String(field.args[0]?.type);
        if (!oracle.holdsAnywhere(permission)) {
          const refusal = await refusalOf(field.name, type, least(field), oracle.asker.token);
          if (refusal?.code !== "FORBIDDEN" || refusal.permission !== permission)
            wrong.push(`${field.name}: ${short(refusal)}`);
          continue;
        }
        const change = CHANGES[field.name];
        if (!change) {
          if (!SAID_ELSEWHERE[field.name])
            throw new Error(
              `The mutation ${field.name} has no line in CHANGES of test/access/matrix.changes.ts: over what must ${permission} be held?`,
            );
          continue;
        }
        for (const place of ["inside", "outside"] as const) {
          const subject = change.over === "user" ? on[place] : place === "inside" ? on.division : on.outsideUnit;
          const refusal = await refusalOf(field.name, type, change.input(subject, on, place), oracle.asker.token);
          const code = ["FORBIDDEN", "NOT_FOUND", "UNAUTHENTICATED"].includes(refusal?.code ?? "")
            ? refusal?.code
            : undefined;
          const expected = expectedRefusal(change, permission, subject, oracle);
          if (code !== expected)
            wrong.push(`${field.name} ${place}: ${short(refusal ?? "done")} where ${expected ?? "allowed"} is right`);
        }
      }
      expect(wrong).toEqual([]);
      expect(guarded.length).toBeGreaterThan(15);
    },
  );
});

function expectedRefusal(
  { over }: Change,
  permission: Permission,
  subject: string,
  oracle: Oracle,
): string | undefined {
  if (over === "anywhere") return undefined;
  if (over === "everywhere") return oracle.holdsEverywhere(permission) ? undefined : "FORBIDDEN";
  if (over === "user" && !oracle.seesUser(subject)) return "NOT_FOUND";
  if (over === "unit" && !oracle.seesUnit(subject)) return "NOT_FOUND";
  const path = over === "user" ? oracle.person(subject)?.unitPath : world.units.get(subject);
  return oracle.holds(permission, path ?? []) ? undefined : "FORBIDDEN";
}

describe("Following", () => {
  it("nobody follows anything without signing in", async () => {
    const socket = await Socket.open(world.gateway.url);
    socket.send({ type: "connection_init" });
    expect((await socket.closed).code).toBeGreaterThanOrEqual(4400);
  });

  it.each(NAMES)("%s follows what they may read, and is refused what they may not ask about", async (name) => {
    const oracle = new Oracle(world, askerCalled(name));
    const socket = await Socket.open(world.gateway.url, oracle.asker.token as string);
    const answer = async (query: string): Promise<Any> => {
      const started = socket.start(query);
      const [first] = await socket.waitFor(() => (started.messages.length > 0 ? started.messages : undefined));
      socket.send({ id: started.id, type: "complete" });
      return first;
    };
    const fields = (world.schema.getSubscriptionType() as GraphQLObjectType).getFields();
    for (const field of Object.keys(fields)) {
      const known = subscriptions(world)[field];
      if (!known)
        throw new Error(
          `The subscription ${field} has no line in subscriptions of test/access/matrix.arguments.ts: how does it begin, and what does it need?`,
        );
      const first = await answer(`subscription { ${field}(${known.args}) { __typename } }`);
      const refused = known.needs && !oracle.holdsAnywhere(known.needs);
      expect([field, first.type]).toEqual([field, refused ? "error" : "next"]);
    }
    for (const [field, read] of [...userCatalogue.fields].map(([key, one]) => [key, one.read] as const)) {
      if (oracle.mayAskAbout(read)) continue;
      const [filter] =
        criteria(world.schema.getType("UserFilter") as GraphQLInputObjectType, world.subjects).get(field) ?? [];
      if (!filter) continue;
      const started = socket.start(
        "subscription ($filter: UserFilter) { userEvents(filter: $filter) { __typename } }",
        { filter },
      );
      const [first] = await socket.waitFor(() => (started.messages.length > 0 ? started.messages : undefined));
      expect([field, first.type, first.payload[0]?.extensions.code]).toEqual([field, "error", "FIELD_FORBIDDEN"]);
    }
    await socket.close();
  });
});

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
