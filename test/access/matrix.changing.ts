import type { GraphQLArgument, GraphQLField, GraphQLObjectType } from "graphql";
import { describe, expect, it } from "vitest";
import type { Permission } from "../../src/kernel/permissions.ts";
import { CHANGES, type Change, OF_VIEWERS, type OfViewer, SAID_ELSEWHERE } from "./matrix.changes.ts";
import { speaksOf } from "./matrix.comparing.ts";
import { inputFor } from "./matrix.inputs.ts";
import { decides, Oracle } from "./matrix.oracle.ts";
import { describePayloads } from "./matrix.payloads.ts";
import { type Asker, askerCalled, NAMES, short, type World } from "./matrix.world.ts";

type Mutation = GraphQLField<unknown, unknown>;
// biome-ignore lint/suspicious/noExplicitAny: errors have the shape of whatever was wrong.
type Any = any;

/** What an error is of that says whether somebody may. */
const RIGHTS = new Set(["FORBIDDEN", "NOT_FOUND", "UNAUTHENTICATED"]);

/** Ids of whatever does not exist, by what stands before the underscore. */
const absent = (id: string): string => id.replace(/_.*$/, "_00000000000000000000000000");

/** Who may change what, what they are told of it, and what it answers. */
export function describeChanging(worldOf: () => World, everything: () => Asker): void {
  const mutations = (): Mutation[] =>
    Object.values((worldOf().schema.getMutationType() as GraphQLObjectType).getFields());
  const typeOf = (field: Mutation) => String(field.args[0]?.type);
  const errorOf = async (field: Mutation, input: unknown, token: string | null): Promise<Any> => {
    const query = `mutation ($input: ${typeOf(field)}) { ${field.name}(input: $input) { __typename } }`;
    return (await worldOf().gateway.ask(query, { input }, token)).errors?.[0];
  };
  const least = (field: Mutation) => inputFor((field.args[0] as GraphQLArgument).type, "input", worldOf().subjects);
  const guarded = () => mutations().filter(({ extensions }) => extensions.permission);
  const permissionOf = ({ extensions }: Mutation) => extensions.permission as Permission;

  /** Makes something by somebody who may do everything; gives the id of what the payload shows first. */
  const make = async (name: string, input: object): Promise<string> => {
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input!`;
    const shown = name
      .replace(/^create/, "")
      .replace(/^(AccessRule|SafetyLimit|.*Policy|.*Template)$/, (one) => one.replace(/^.*(?=[A-Z])/, ""));
    const field = `${shown[0]?.toLowerCase()}${shown.slice(1)}`;
    const made = await worldOf().gateway.run(
      `mutation ($input: ${type}) { ${name}(input: $input) { ${field} { id } } }`,
      { input },
    );
    return made[name][field].id;
  };

  /** Whether an error says of something out of sight what it says of something that is not there. */
  async function tellsApart(
    field: Mutation,
    input: Record<string, unknown>,
    id: string,
    told: Any,
    token: string | null,
  ): Promise<string[]> {
    const elsewhere = await errorOf(field, JSON.parse(JSON.stringify(input).replaceAll(id, absent(id))), token);
    const bare = ({ message, extensions }: Any = {}) =>
      JSON.stringify([message, extensions]).replaceAll(id, "").replaceAll(absent(id), "");
    if (bare(told) === bare(elsewhere)) return [];
    return [`${field.name} tells ${id} apart from what is not there: ${short(told)} and ${short(elsewhere)}`];
  }

  describe("Changing", () => {
    it("has a line for every mutation that somebody signed in may call, and for no other", () => {
      const elsewhere = Object.entries(SAID_ELSEWHERE);
      expect([...Object.keys(CHANGES), ...Object.keys(SAID_ELSEWHERE)].sort()).toEqual(
        guarded()
          .map(({ name }) => name)
          .sort(),
      );
      const own = mutations().filter(({ extensions }) => extensions.caller === "viewer");
      expect(Object.keys(OF_VIEWERS).sort()).toEqual(own.map(({ name }) => name).sort());
      expect(elsewhere.filter(([name, file]) => !speaksOf(name, file))).toEqual([]);
    });

    it("nobody changes anything without signing in, but by what is there for it", async () => {
      for (const field of mutations()) {
        if (field.extensions.caller === "anybody") continue;
        const error = await errorOf(field, least(field), null);
        expect([field.name, error?.extensions.code]).toEqual([field.name, "UNAUTHENTICATED"]);
      }
    });

    it.each(NAMES)(
      "%s changes what they hold the permission over, is told of it where they may only see it, and of nothing else",
      async (name) => {
        const oracle = new Oracle(worldOf(), askerCalled(worldOf(), name));
        const { token } = oracle.asker;
        const on = worldOf().subjects;
        const wrong: string[] = [];
        for (const field of guarded()) {
          const permission = permissionOf(field);
          if (!oracle.holdsAnywhere(permission)) {
            const error = await errorOf(field, least(field), token);
            if (error?.extensions.code !== "FORBIDDEN" || error.extensions.permission !== permission)
              wrong.push(`${field.name}: ${short(error)}`);
            continue;
          }
          const change = CHANGES[field.name];
          if (!change) continue;
          for (const place of ["inside", "outside"] as const) {
            const subject = change.over === "user" ? on[place] : place === "inside" ? on.division : on.outsideUnit;
            const input = await change.input(subject, on, place, make);
            const error = await errorOf(field, input, token);
            const code = error?.extensions.code;
            const expected = expectedRefusal(change, permission, subject, oracle, place);
            if ((RIGHTS.has(code) ? code : undefined) !== expected)
              wrong.push(`${field.name} ${place}: ${short(error ?? "done")} where ${expected ?? "allowed"} is right`);
            if (expected === "NOT_FOUND" && typeof input.id === "string" && code === "NOT_FOUND")
              wrong.push(...(await tellsApart(field, input, input.id, error, token)));
          }
        }
        expect(wrong).toEqual([]);
      },
    );

    it.each(NAMES)("%s changes what is their own, and what of others' they hold the permission over", async (name) => {
      const oracle = new Oracle(worldOf(), askerCalled(worldOf(), name));
      const { token } = oracle.asker;
      const on = worldOf().subjects;
      const wrong: string[] = [];
      const fields = mutations().filter((field) => OF_VIEWERS[field.name]);
      for (const field of fields)
        for (const place of ["inside", "outside"] as const) {
          const own = OF_VIEWERS[field.name] as OfViewer;
          const input = own.input(on[place], on, place);
          // Which version it is, is asked before whether one may; who may is stopped by that.
          if (own.needs === "decides" && expectedOfViewer(own, on[place], oracle, place)) delete input.expectedVersion;
          const error = await errorOf(field, input, token);
          const code = error?.extensions.code;
          const expected = expectedOfViewer(own, on[place], oracle, place);
          if ((RIGHTS.has(code) ? code : undefined) !== expected)
            wrong.push(`${field.name} ${place}: ${short(error ?? "done")} where ${expected ?? "allowed"} is right`);
          if (expected === "NOT_FOUND" && code === "NOT_FOUND" && typeof input.id === "string")
            wrong.push(...(await tellsApart(field, input, input.id, error, token)));
        }
      expect(wrong).toEqual([]);
    });
  });

  describePayloads(worldOf, everything);

  function expectedRefusal(
    { over }: Change,
    permission: Permission,
    subject: string,
    oracle: Oracle,
    place: "inside" | "outside",
  ): string | undefined {
    if (over === "anywhere") return undefined;
    if (over === "everywhere") return oracle.holdsEverywhere(permission) ? undefined : "FORBIDDEN";
    if (over === "schedule") return oracle.plansFor(worldOf().subjects[place]) ? undefined : "NOT_FOUND";
    if (over === "group" && !oracle.holdsAnywhere("ROLE_READ")) return "NOT_FOUND";
    if (over === "user" && !oracle.seesUser(subject)) return "NOT_FOUND";
    if (over === "unit" && !oracle.seesUnit(subject)) return "NOT_FOUND";
    if (over === "user") return oracle.holdsOver(permission, subject) ? undefined : "FORBIDDEN";
    return oracle.holds(permission, worldOf().units.get(subject) ?? []) ? undefined : "FORBIDDEN";
  }

  function expectedOfViewer(
    { needs }: OfViewer,
    subject: string,
    oracle: Oracle,
    place: "inside" | "outside",
  ): string | undefined {
    if (needs === "nothing") return undefined;
    if (needs === "session") return "FORBIDDEN";
    if (needs === "unseen") return "NOT_FOUND";
    if (needs === "link") return "UNAUTHENTICATED";
    if (needs === "decides" || needs === "asked") {
      const { insideApproval, outsideApproval } = worldOf().subjects;
      const request = {
        id: place === "inside" ? insideApproval : outsideApproval,
        subjectId__ApprovalRequest: subject,
      };
      if (decides(oracle, request)) return needs === "asked" ? "FORBIDDEN" : undefined;
      // Whoever sees one that is over is told that it is.
      const over = needs === "decides" && place === "inside";
      return oracle.holds("AUDIT_READ", oracle.person(subject)?.unitPath ?? [])
        ? over
          ? undefined
          : "FORBIDDEN"
        : "NOT_FOUND";
    }
    if (!oracle.seesUser(subject)) return "NOT_FOUND";
    if (needs.hiddenBy && !oracle.reads([needs.hiddenBy], subject)) return "NOT_FOUND";
    return oracle.holdsOver(needs.permission, subject) ? undefined : "FORBIDDEN";
  }
}
