import type { GraphQLArgument, GraphQLField, GraphQLInputObjectType, GraphQLObjectType } from "graphql";
import { describe, expect, it } from "vitest";
import { userCatalogue } from "../../src/features/users/user.fields.ts";
import type { Permission } from "../../src/kernel/permissions.ts";
import { Socket } from "../support/socket.ts";
import { subscriptions } from "./matrix.arguments.ts";
import { CHANGES, type Change, SAID_ELSEWHERE } from "./matrix.changes.ts";
import { criteria, inputFor } from "./matrix.inputs.ts";
import { Oracle } from "./matrix.oracle.ts";
import { askerCalled, NAMES, short, type World } from "./matrix.world.ts";

// biome-ignore lint/suspicious/noExplicitAny: messages have the shape of whatever was followed.
type Any = any;

/** Who may change what, and who may follow what. */
export function describeChanging(worldOf: () => World): void {
  describe("Changing", () => {
    const mutations = () => Object.values((worldOf().schema.getMutationType() as GraphQLObjectType).getFields());
    const refusalOf = async (name: string, type: string, input: unknown, token: string | null) => {
      const query = `mutation ($input: ${type}) { ${name}(input: $input) { __typename } }`;
      return (await worldOf().gateway.ask(query, { input }, token)).errors?.[0]?.extensions;
    };
    const least = (field: GraphQLField<unknown, unknown>) =>
      inputFor((field.args[0] as GraphQLArgument).type, "input", worldOf().subjects);

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
        const oracle = new Oracle(worldOf(), askerCalled(worldOf(), name));
        const on = worldOf().subjects;
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
    if (over === "group" && !oracle.holdsAnywhere("ROLE_READ")) return "NOT_FOUND";
    if (over === "user" && !oracle.seesUser(subject)) return "NOT_FOUND";
    if (over === "unit" && !oracle.seesUnit(subject)) return "NOT_FOUND";
    const path = over === "user" ? oracle.person(subject)?.unitPath : worldOf().units.get(subject);
    return oracle.holds(permission, path ?? []) ? undefined : "FORBIDDEN";
  }

  describe("Following", () => {
    it("nobody follows anything without signing in", async () => {
      const socket = await Socket.open(worldOf().gateway.url);
      socket.send({ type: "connection_init" });
      expect((await socket.closed).code).toBeGreaterThanOrEqual(4400);
    });

    it.each(NAMES)("%s follows what they may read, and is refused what they may not ask about", async (name) => {
      const oracle = new Oracle(worldOf(), askerCalled(worldOf(), name));
      const socket = await Socket.open(worldOf().gateway.url, oracle.asker.token as string);
      const answer = async (query: string): Promise<Any> => {
        const started = socket.start(query);
        const [first] = await socket.waitFor(() => (started.messages.length > 0 ? started.messages : undefined));
        socket.send({ id: started.id, type: "complete" });
        return first;
      };
      const fields = (worldOf().schema.getSubscriptionType() as GraphQLObjectType).getFields();
      for (const field of Object.keys(fields)) {
        const known = subscriptions(worldOf())[field];
        if (!known)
          throw new Error(
            `The subscription ${field} has no line in subscriptions of test/access/matrix.arguments.ts: how does it begin, and what does it need?`,
          );
        const first = await answer(`subscription { ${field}(${known.args}) { __typename } }`);
        const refused =
          known.needs && !(known.everywhere ? oracle.holdsEverywhere(known.needs) : oracle.holdsAnywhere(known.needs));
        expect([field, first.type]).toEqual([field, refused ? "error" : "next"]);
      }
      for (const [field, read] of [...userCatalogue.fields].map(([key, one]) => [key, one.read] as const)) {
        if (oracle.mayAskAbout(read)) continue;
        const [filter] =
          criteria(worldOf().schema.getType("UserFilter") as GraphQLInputObjectType, worldOf().subjects).get(field) ??
          [];
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
}
