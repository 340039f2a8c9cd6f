import type { GraphQLEnumType, GraphQLInputObjectType } from "graphql";
import { describe, expect, it } from "vitest";
import { userCatalogue } from "../../src/features/users/user.fields.ts";
import type { Permission } from "../../src/kernel/permissions.ts";
import { criteria } from "./matrix.inputs.ts";
import { Oracle } from "./matrix.oracle.ts";
import { askerCalled, NAMES, short, type World } from "./matrix.world.ts";

// biome-ignore lint/suspicious/noExplicitAny: errors have the shape of whatever was wrong.
type Any = any;

/** Who may ask about what: by every operator of every filter, every order and every facet. */
export function describeAsking(worldOf: () => World): void {
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
    const { errors = [] } = await worldOf().gateway.ask(`query (${declared}) { ${fields} }`, variables, token);
    return values.map(
      (_, place) => errors.find(({ path }) => path?.[0] === `a${place}` || path === undefined)?.extensions,
    );
  }

  describe("Asking", () => {
    /** Every way of asking by a filter, an order or a facet, beside the search itself. */
    const byFilter = (on: World["subjects"]): Record<string, (value: string) => string> => ({
      "usersAsOf(filter)": (v) =>
        `usersAsOf(first: 1, at: "${new Date().toISOString()}", filter: ${v}) { nodes { id } }`,
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
        const oracle = new Oracle(worldOf(), askerCalled(worldOf(), name));
        const { token } = oracle.asker;
        const all = [...criteria(worldOf().schema.getType("UserFilter") as GraphQLInputObjectType, worldOf().subjects)];
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
          const inside = filters.map((filter) => ({
            and: [filter, { orgUnit: { within: worldOf().subjects.division } }],
          }));
          const bounded = readOf(field).every(
            (one) => one === "USER_READ" || oracle.holds(one, [worldOf().subjects.division]),
          );
          const [boundedError] = await errorsOf("UserFilter!", inside.slice(0, 1), search, token);
          judge("users(filter) inside the division", field, boundedError, bounded);
          if (allowed) continue;
          for (const [where, way] of Object.entries(byFilter(worldOf().subjects)))
            for (const error of await errorsOf("UserFilter!", filters.slice(0, 1), way, token))
              judge(where, field, error, false);
        }
        expect(wrong).toEqual([]);
        expect(all.length).toBeGreaterThan(40);
      },
    );

    it.each(NAMES)("%s may sort and count by the same", async (name) => {
      const oracle = new Oracle(worldOf(), askerCalled(worldOf(), name));
      const wrong: string[] = [];
      for (const [type, way] of Object.entries({
        UserOrderField: (v: string) => `users(first: 1, orderBy: [{ field: ${v} }]) { nodes { id } }`,
        UserFacetField: (v: string) => `users(first: 1) { facets(by: [{ field: ${v} }], top: 1) { missingCount } }`,
      })) {
        const values = (worldOf().schema.getType(type) as GraphQLEnumType).getValues().map((value) => value.name);
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
}
