import type { GraphQLEnumType, GraphQLInputObjectType } from "graphql";
import { beforeAll, describe, expect, it } from "vitest";
import { userCatalogue } from "../../src/features/users/user.fields.ts";
import type { Permission } from "../../src/kernel/permissions.ts";
import { criteria } from "./matrix.inputs.ts";
import { mayBound, Oracle } from "./matrix.oracle.ts";
import { filteredInputs, type Path, pathsAnswering, pathsTaking, SAYS_NOTHING } from "./matrix.paths.ts";
import { type Asker, askerCalled, NAMES, short, type World } from "./matrix.world.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers have the shape of whatever was asked.
type Any = any;

/** Operators by which a criterion on the org unit bounds what is searched. */
const BOUNDING = new Set(["eq", "in", "within", "withinAny"]);

const operatorOf = (filter: object): string => Object.keys(Object.values(filter)[0])[0] ?? "";

/** What is told of somebody by others, who may be out of sight: it may be asked about by whoever sees everybody. */
const tellsOfOthers = (field: string, filter: object): boolean =>
  field === "directReportCount" || (field === "manager" && ["isNull", "status"].includes(operatorOf(filter)));

interface Answer {
  data: Any;
  error: Any;
}

/** How a mutation that holds a filter of people is asked with one, and what it needs; or the test that says who may write which filter. */
const FILTERED: Readonly<Record<string, { needs: Permission; input(filter: object): object } | string>> = {
  "createAccessRule.input.actor": "test/features/access-rules/rules.test.ts",
  "createAccessRule.input.object": "test/features/access-rules/rules.test.ts",
  "createApprovalPolicy.input.filter": "test/features/self-service/approval-policies.test.ts",
  "createExport.input.filter": {
    needs: "USER_READ",
    input: (filter) => ({ filter, columns: ["username"], format: "CSV" }),
  },
  "createProfileTemplate.input.filter": "test/features/profile-templates/templates.test.ts",
  "createRetentionPolicy.input.filter": "test/features/retention/running.test.ts",
  "createSavedSearch.input.filter": { needs: "USER_READ", input: (filter) => ({ name: "Asking", filter }) },
  "createSignInPolicy.input.filter": "test/features/auth/policies.test.ts",
  "planImport.input.missing.scope": "test/features/import-plans/sight.test.ts",
  "planBulk.input.target.filter": {
    needs: "BULK_RUN",
    input: (filter) => ({ target: { filter }, change: { set: { nickName: "x" } } }),
  },
  "updateAccessRule.input.actor": "test/features/access-rules/rules.test.ts",
  "updateAccessRule.input.object": "test/features/access-rules/rules.test.ts",
  "updateApprovalPolicy.input.filter": "test/features/self-service/approval-policies.test.ts",
  "updateProfileTemplate.input.filter": "test/features/profile-templates/templates.test.ts",
  "updateRetentionPolicy.input.filter": "test/features/retention/running.test.ts",
  "updateSavedSearch.input.filter": "test/features/saved-searches/visibility.test.ts",
  "updateSignInPolicy.input.filter": "test/features/auth/policies.test.ts",
};

/** Who may ask about what: by every operator of every filter, every order and every facet, at every place that takes them. */
export function describeAsking(worldOf: () => World, everything: () => Asker): void {
  /** What reading a field takes; of custom attributes also what their definition asks for. */
  const readOf = (name: string): readonly Permission[] => {
    const [field = "", key] = name.split(".");
    const guard = key === undefined ? undefined : worldOf().attributes.get(key)?.permission;
    return [...(userCatalogue.fields.get(field)?.read ?? []), ...(guard ? [guard] : [])];
  };

  /** Runs `one` under an alias for each of the values, given as variables of a type; gives each alias's answer. */
  async function answersOf(
    type: string,
    values: readonly unknown[],
    one: (value: string) => string,
    token: string | null,
    kind = "query",
  ): Promise<Answer[]> {
    if (values.length === 0) return [];
    const declared = values.map((_, place) => `$v${place}: ${type}`).join(", ");
    const fields = values.map((_, place) => `a${place}: ${one(`$v${place}`)}`).join(" ");
    const variables = Object.fromEntries(values.map((value, place) => [`v${place}`, value]));
    const asked = await worldOf().gateway.ask(`${kind} (${declared}) { ${fields} }`, variables, token);
    const { data, errors = [] } = asked as { data: Any; errors?: Any[] };
    return values.map((_, place) => ({
      data: data?.[`a${place}`],
      error: errors.find(({ path }) => path?.[0] === `a${place}` || path === undefined)?.extensions,
    }));
  }

  const filters = new Map<string, readonly object[]>();
  /** Of each field's filters, whom each finds among the matrix's people, asked by somebody who may do everything. */
  const found = new Map<string, readonly string[][]>();
  const search = (v: string) => `users(first: 100, filter: ${v}) { totalCount nodes { id } }`;
  const people = () => [worldOf().subjects.inside, worldOf().subjects.outside, worldOf().subjects.homeless];
  const bounded = (filter: object) => ({ and: [filter, { id: { in: people() } }] });
  const idsOf = ({ data }: Answer): string[] => (data?.nodes ?? []).map(({ id }: Any) => id);

  /** Of what is answered or refused, what should not be. */
  function judge(where: string, field: string, { error, data }: Answer, allowed: boolean): string[] {
    const estimated = data?.accepted === false && data.estimatedRows === null;
    const refused =
      (error?.code === "FIELD_FORBIDDEN" && readOf(field).includes(error.permission)) ||
      (estimated && readOf(field).some((one) => data.reasons[0].includes(one)));
    if (refused !== allowed && (refused || (!error && data !== undefined))) return [];
    const right = allowed ? "answered" : "refused";
    return [`${where} of ${field} should be ${right}, and is ${short(error ?? "answered")}`];
  }

  /** Whether an asker may ask by a filter about a field: what they read over the whole search; and the org unit where it is its own bound. */
  const mayAsk = (oracle: Oracle, field: string, filter: object): boolean => {
    if (tellsOfOthers(field, filter) && !oracle.holdsEverywhere("USER_READ")) return false;
    const bounds = mayBound(oracle, field, worldOf().subjects.division) && BOUNDING.has(operatorOf(filter));
    return bounds || oracle.mayAskAbout(readOf(field));
  };

  /** Everybody answers `null` for a thing that they do not see: then there is no place to ask at. */
  const seesHolder = async ({ holder }: Path, { token }: Asker): Promise<boolean> =>
    holder === undefined ||
    (await worldOf().gateway.run("query ($id: ID!) { node(id: $id) { id } }", { id: holder }, token ?? "")).node !==
      null;

  describe("Asking", () => {
    beforeAll(async () => {
      const world = worldOf();
      for (const [field, some] of criteria(world.schema.getType("UserFilter") as GraphQLInputObjectType, world)) {
        const answers = await answersOf("UserFilter!", some.map(bounded), search, everything().token);
        const has = some.map((one, place) => !isNoOperator(field, one, (answers[place] as Answer).error));
        filters.set(
          field,
          some.filter((_, place) => has[place]),
        );
        found.set(field, answers.filter((_, place) => has[place]).map(idsOf));
      }
    });

    it("covers every field of the catalogue that can be asked about, and every attribute", () => {
      const world = worldOf();
      const asked = Object.keys((world.schema.getType("UserFilter") as GraphQLInputObjectType).getFields());
      const expected = asked.filter((name) => !["and", "or", "not", "attributes"].includes(name));
      const keys = [...world.attributes.keys()].map((key) => `attributes.${key}`);
      expect([...filters.keys()].sort()).toEqual([...expected, ...keys].sort());
      expect(expected.filter((name) => !userCatalogue.fields.has(name))).toEqual([]);
      expect([...filters].filter(([, some]) => some.length === 0)).toEqual([]);
      expect([...found.values()].flat().filter((ids) => ids.length > 0 && ids.length < 3).length).toBeGreaterThan(20);
    });

    it.each(NAMES)(
      "%s may ask about what they read over the whole search, by every operator, finds whom they see, and may ask about nothing else",
      async (name) => {
        const oracle = new Oracle(worldOf(), askerCalled(worldOf(), name));
        const { token } = oracle.asker;
        const wrong: string[] = [];
        for (const [field, some] of filters) {
          const answers = await answersOf("UserFilter!", some.map(bounded), search, token);
          for (const [place, answer] of answers.entries()) {
            const where = `users(filter: ${short(some[place])})`;
            const allowed = mayAsk(oracle, field, some[place] as object);
            wrong.push(...judge(where, field, answer, allowed));
            const ids = (found.get(field)?.[place] ?? []).filter((id) => oracle.seesUser(id));
            if (allowed && (answer.data?.totalCount !== ids.length || String(idsOf(answer)) !== String(ids)))
              wrong.push(`${where} finds ${short(answer.data)}, and should find ${short(ids)}`);
          }
          const within = { and: [some[0], { orgUnit: { within: worldOf().subjects.division } }] };
          const inside =
            readOf(field).every((one) => one === "USER_READ" || oracle.holds(one, [worldOf().subjects.division])) &&
            (!tellsOfOthers(field, some[0] as object) || oracle.holdsEverywhere("USER_READ"));
          const [answer] = await answersOf("UserFilter!", [within], search, token);
          if (oracle.holds("ORG_READ", [worldOf().subjects.division]))
            wrong.push(...judge("users(filter) inside the division", field, answer as Answer, inside));
        }
        expect(wrong).toEqual([]);
      },
    );

    it.each(NAMES)("%s may ask about the same at every other place, and about nothing else", async (name) => {
      const oracle = new Oracle(worldOf(), askerCalled(worldOf(), name));
      const { token } = oracle.asker;
      const wrong: string[] = [];
      const fields = [...filters.keys()];
      const first = (field: string): object => filters.get(field)?.[0] as object;
      const denied = fields.filter((field) => !mayAsk(oracle, field, first(field)));
      // What bounds a search bounds nothing beside others.
      const open = {
        or: fields.filter((field) => oracle.mayAskAbout(readOf(field)) && !denied.includes(field)).map(first),
      };
      for (const path of pathsTaking(worldOf(), "UserFilter")) {
        if (!(await seesHolder(path, oracle.asker))) continue;
        const values = [...denied.map(first), open];
        const answers = await answersOf("UserFilter!", values, path.ask, token);
        for (const [place, answer] of answers.entries())
          wrong.push(
            ...judge(
              path.name,
              denied[place] ?? "username",
              answer,
              place === denied.length || SAYS_NOTHING.has(path.name),
            ),
          );
      }
      for (const [input, way] of Object.entries(FILTERED)) {
        if (typeof way === "string" || !oracle.holdsAnywhere(way.needs)) continue;
        const [mutation = ""] = input.split(".");
        const type = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input!`;
        // One a request: what a mutation refuses keeps those behind it from being carried out.
        for (const field of denied) {
          const asked = [way.input(first(field))];
          const [answer] = await answersOf(
            type,
            asked,
            (v) => `${mutation}(input: ${v}) { __typename }`,
            token,
            "mutation",
          );
          wrong.push(...judge(input, field, answer as Answer, false));
        }
      }
      expect(wrong).toEqual([]);
    });

    it("knows every input of a mutation that holds a filter of people", () => {
      expect(filteredInputs(worldOf().schema).sort()).toEqual(Object.keys(FILTERED).sort());
    });

    it.each(NAMES)("%s may sort by the same, and is answered in that order whom they see", async (name) => {
      const oracle = new Oracle(worldOf(), askerCalled(worldOf(), name));
      const { token } = oracle.asker;
      const wrong: string[] = [];
      const byField = (worldOf().schema.getType("UserOrderField") as GraphQLEnumType).getValues().map((one) => ({
        order: [{ field: one.name }],
        field: [...userCatalogue.fields.values()].find(({ order }) => order === one.name)?.name as string,
      }));
      const byKey = [...worldOf().attributes.keys()].map((key) => ({
        order: [{ attributeKey: key, direction: "DESC", nulls: "FIRST" }],
        field: `attributes.${key}`,
      }));
      const orders = [...byField, ...byKey];
      const mayBy = ({ field }: { field: string }) => oracle.mayAskAbout(readOf(field));
      const values = orders.map(({ order }) => order);
      const few = `{ id: { in: ${JSON.stringify(people())} } }`;
      const sorted = (v: string) => `users(first: 100, filter: ${few}, orderBy: ${v}) { nodes { id } }`;
      const right = await answersOf("[UserOrder!]!", values, sorted, everything().token);
      for (const [place, answer] of (await answersOf("[UserOrder!]!", values, sorted, token)).entries()) {
        const order = orders[place] as (typeof orders)[0];
        wrong.push(...judge(`users(orderBy: ${short(order.order)})`, order.field, answer, mayBy(order)));
        const ids = idsOf(right[place] as Answer).filter((id) => oracle.seesUser(id));
        if (mayBy(order) && String(idsOf(answer)) !== String(ids))
          wrong.push(`users(orderBy: ${short(order.order)}) gives ${idsOf(answer)} where ${ids} is right`);
      }
      const denied = orders.filter((one) => !mayBy(one));
      const others = [...denied, ...orders.filter(mayBy).slice(0, 1)];
      for (const path of pathsTaking(worldOf(), "UserOrder")) {
        if (!(await seesHolder(path, oracle.asker))) continue;
        const answers = await answersOf(
          "[UserOrder!]!",
          others.map(({ order }) => order),
          path.ask,
          token,
        );
        for (const [place, answer] of answers.entries())
          wrong.push(...judge(path.name, (others[place] as (typeof orders)[0]).field, answer, place >= denied.length));
      }
      expect(wrong).toEqual([]);
    });

    it.each(NAMES)("%s may count by the same, and is told the numbers of whom they see", async (name) => {
      const oracle = new Oracle(worldOf(), askerCalled(worldOf(), name));
      const { token } = oracle.asker;
      const wrong: string[] = [];
      const facets = [
        ...(worldOf().schema.getType("UserFacetField") as GraphQLEnumType).getValues().map((one) => ({
          by: { field: one.name },
          field: [...userCatalogue.fields.values()].find(({ facet }) => facet === one.name)?.name as string,
        })),
        ...[...worldOf().attributes.keys()].map((key) => ({ by: { attributeKey: key }, field: `attributes.${key}` })),
      ];
      const values = facets.map(({ by }) => by);
      const counted = "buckets { value count } missingCount otherCount";
      const over = (ids: readonly string[]) => (v: string) =>
        `users(first: 1, filter: { id: { in: ${JSON.stringify(ids)} } }) { facets(by: [${v}], top: 50) { ${counted} } }`;
      const alone = await Promise.all(
        people().map((id) => answersOf("FacetInput!", values, over([id]), everything().token)),
      );
      for (const [place, answer] of (await answersOf("FacetInput!", values, over(people()), token)).entries()) {
        const { by, field } = facets[place] as (typeof facets)[0];
        const allowed = oracle.mayAskAbout(readOf(field));
        wrong.push(...judge(`facets(by: ${short(by)})`, field, answer, allowed));
        if (!allowed) continue;
        const seen = alone.filter((_, person) => oracle.seesUser(people()[person] as string));
        const right = sumOf(seen.map((answers) => answers[place]?.data.facets[0]));
        if (JSON.stringify(sumOf([answer.data?.facets[0]])) !== JSON.stringify(right))
          wrong.push(`facets(by: ${short(by)}) counts ${short(answer.data)} where ${short(right)} is right`);
      }
      const denied = facets.filter(({ field }) => !oracle.mayAskAbout(readOf(field)));
      const others = [...denied, ...facets.filter((one) => !denied.includes(one)).slice(0, 1)];
      for (const path of pathsAnswering(
        worldOf(),
        "UserConnection",
        (v) => `{ facets(by: [${v}], top: 1) { missingCount } }`,
      )) {
        if (!(await seesHolder(path, oracle.asker))) continue;
        const answers = await answersOf(
          "FacetInput!",
          others.map(({ by }) => by),
          path.ask,
          token,
        );
        for (const [place, answer] of answers.entries())
          wrong.push(...judge(path.name, (others[place] as (typeof facets)[0]).field, answer, place >= denied.length));
      }
      expect(wrong).toEqual([]);
    });
  });
}

/** Whether a filter was refused since the field has no such operator: all that it has are asked by. Any other refusal is a mistake of this test. */
function isNoOperator(field: string, filter: object, error: Any): boolean {
  if (!error) return false;
  const [operand] = Object.values(filter);
  const [operator = ""] = Object.keys(operand);
  const { message, allowed = [] } = error.violations?.[0] ?? {};
  if (message === "is no operator of this field." && !allowed.includes(operator)) return true;
  throw new Error(`${field} ${short(filter)} is not answered: ${JSON.stringify(error)}`);
}

/** Facets of some people, taken together: their buckets by value. */
function sumOf(facets: readonly Any[]): object {
  const counts = new Map<string, number>();
  for (const { value, count } of facets.flatMap(({ buckets }) => buckets))
    counts.set(value, (counts.get(value) ?? 0) + count);
  const rest = (name: string) => facets.reduce((sum, facet) => sum + facet[name], 0);
  return { buckets: [...counts].sort(), missing: rest("missingCount"), other: rest("otherCount") };
}
