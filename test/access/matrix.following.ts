import { readFileSync } from "node:fs";
import { type GraphQLField, type GraphQLInputObjectType, type GraphQLObjectType, getNamedType } from "graphql";
import { describe, expect, it } from "vitest";
import { userCatalogue } from "../../src/features/users/user.fields.ts";
import { parsePosition } from "../../src/kernel/position.ts";
import { Socket } from "../support/socket.ts";
import { subscriptions, type Following as Way } from "./matrix.arguments.ts";
import { differences } from "./matrix.comparing.ts";
import { isNode, selectionOf, withFragments } from "./matrix.documents.ts";
import { criteria } from "./matrix.inputs.ts";
import { mayBound, Oracle } from "./matrix.oracle.ts";
import { Pruning } from "./matrix.pruning.ts";
import { type Asker, askerCalled, NAMES, type World } from "./matrix.world.ts";

// biome-ignore lint/suspicious/noExplicitAny: messages have the shape of whatever was followed.
type Any = any;

/** What only ever says where a subscription stands. */
const STANDS = new Set(["FeedCheckpoint"]);

/** Types of messages that nothing in the matrix brings about, each with the test that says who is told what. */
const SELDOM: Readonly<Record<string, string>> = {
  FeedReset: "test/feed/subscriptions.test.ts",
  SavedSearchSummary: "test/features/saved-searches/floods.test.ts",
};

const commitOf = (position: string): bigint => parsePosition(position).commit;

/** Who may follow what, and what they are told of each event. */
export function describeFollowing(worldOf: () => World, everything: () => Asker): void {
  describe("Following", () => {
    const fields = () => Object.values((worldOf().schema.getSubscriptionType() as GraphQLObjectType).getFields());
    const known = (name: string) => {
      const found = subscriptions(worldOf())[name];
      if (!found)
        throw new Error(
          `The subscription ${name} has no line in subscriptions of test/access/matrix.arguments.ts: how does it begin, and what does it need?`,
        );
      return found;
    };

    /** All that was told between two places in the log, but where the subscription stands; or the error that it was refused with. */
    async function toldOf(
      socket: Socket,
      { name, type }: GraphQLField<unknown, unknown>,
      { args }: Way,
    ): Promise<{ events?: Any[]; error?: Any }> {
      const named = getNamedType(type);
      // What is told is looked at without what lies beyond it, but for what an event is about.
      const deep = worldOf()
        .schema.getPossibleTypes(named as never)
        .some(isNode)
        ? 1
        : 0;
      const started = socket.start(
        withFragments(
          worldOf().schema,
          `subscription { ${name}(${args}) ${selectionOf(worldOf().schema, named, deep)} }`,
        ),
      );
      const until = commitOf(worldOf().until);
      const done = () => {
        const { type: kind, payload } = started.messages.at(-1) ?? {};
        if (kind === "error") return { error: payload[0].extensions };
        const failed = started.messages.find(({ payload: one }) => one?.errors);
        if (failed) throw new Error(JSON.stringify(failed.payload.errors[0]));
        const at = started.values.find(
          (value) => value.__typename === "FeedCheckpoint" && commitOf(value.position__FeedCheckpoint) >= until,
        );
        // What others bring about meanwhile, such as attempts that are denied, may be told before it.
        const isWithin = (value: Any) => commitOf(value[`position__${value.__typename}`]) <= until;
        return at && { events: started.values.filter((value) => !STANDS.has(value.__typename) && isWithin(value)) };
      };
      const told = await socket.waitFor(done);
      if (told.events) started.stop();
      return told;
    }

    /** What an asker should be told of what somebody was told who is told everything. */
    function expectedOf(truth: readonly Any[], pruning: Pruning, { types }: Way): Any[] {
      const wanted = ({ __typename, types__UserEvent: told }: Any) =>
        __typename !== "UserEvent" || !types || types.some((one) => told.includes(one));
      return truth.map((event) => pruning.prune(event)).filter((event) => event !== null && wanted(event));
    }

    it("nobody follows anything without signing in", async () => {
      const socket = await Socket.open(worldOf().gateway.url);
      socket.send({ type: "connection_init" });
      expect((await socket.closed).code).toBeGreaterThanOrEqual(4400);
    });

    const truths = new Map<string, Any[]>();

    it("covers every field of every message, with something there to be hidden", async () => {
      const { schema } = worldOf();
      const socket = await Socket.open(worldOf().gateway.url, everything().token as string);
      const pruning = new Pruning(schema, new Oracle(worldOf(), everything()));
      const messages = new Set<string>();
      for (const field of fields()) {
        for (const way of known(field.name)) {
          const { events = [] } = await toldOf(socket, field, way);
          truths.set(field.name + way.args, events);
          const expected = expectedOf(events, pruning, way);
          expect([field.name, way.args, differences(expected, events, "events")]).toEqual([field.name, way.args, []]);
        }
        for (const one of schema.getPossibleTypes(getNamedType(field.type) as never)) messages.add(one.name);
      }
      await socket.close();
      const missed = [...messages]
        .filter((type) => !STANDS.has(type) && !(type in SELDOM))
        .flatMap((type) =>
          Object.keys((schema.getType(type) as GraphQLObjectType).getFields()).map((one) => `${type}.${one}`),
        )
        .filter((one) => !pruning.covered.has(one));
      expect(missed).toEqual([]);
      const told = new Set([...truths.values()].flat().map(({ __typename }) => __typename));
      expect(Object.keys(SELDOM).filter((type) => !messages.has(type) || told.has(type))).toEqual([]);
      const silent = Object.entries(SELDOM).filter(([type, file]) => !readFileSync(file, "utf8").includes(type));
      expect(silent).toEqual([]);
    });

    it.each(NAMES)(
      "%s is told of the events that the rules allow, as far as these allow it, and of no others",
      async (name) => {
        const oracle = new Oracle(worldOf(), askerCalled(worldOf(), name));
        const socket = await Socket.open(worldOf().gateway.url, oracle.asker.token as string);
        const pruning = new Pruning(worldOf().schema, oracle);
        const wrong: string[] = [];
        for (const field of fields())
          for (const way of known(field.name)) {
            const { needs, everywhere } = way;
            const refused =
              way.refusal?.(oracle) ||
              (needs && !(everywhere ? oracle.holdsEverywhere(needs) : oracle.holdsAnywhere(needs)) && "FORBIDDEN");
            const { events, error } = await toldOf(socket, field, way);
            if (refused || error) {
              const right = refused && (error?.code === refused || error?.code === "NOT_FOUND");
              if (!right) wrong.push(`${field.name}(${way.args}): ${JSON.stringify(error)}`);
              continue;
            }
            const expected = expectedOf(truths.get(field.name + way.args) ?? [], pruning, way);
            wrong.push(...differences(expected, events, `${field.name}(${way.args})`));
          }
        await socket.close();
        expect(wrong).toEqual([]);
      },
    );

    it.each(NAMES)("%s is refused what they may not ask about, by every filter", async (name) => {
      const oracle = new Oracle(worldOf(), askerCalled(worldOf(), name));
      const socket = await Socket.open(worldOf().gateway.url, oracle.asker.token as string);
      const first = async (query: string, variables: object): Promise<Any> => {
        const started = socket.start(query, variables as Record<string, unknown>);
        const message = await socket.waitFor(() => started.messages[0]);
        if (message.type !== "error") started.stop();
        return message.type === "error" ? message.payload[0].extensions.code : message.type;
      };
      const filter = worldOf().schema.getType("UserFilter") as GraphQLInputObjectType;
      const filtered = fields().filter(({ args }) => args.some((arg) => getNamedType(arg.type).name === "UserFilter"));
      expect(filtered.length).toBeGreaterThan(1);
      for (const [field, [one]] of criteria(filter, worldOf())) {
        const [base = "", key] = field.split(".");
        const guard = key === undefined ? null : worldOf().attributes.get(key)?.permission;
        const read = [...(userCatalogue.fields.get(base)?.read ?? []), ...(guard ? [guard] : [])];
        if (oracle.mayAskAbout(read) || mayBound(oracle, field, worldOf().subjects.division)) continue;
        for (const { name: subscription } of filtered) {
          const query = `subscription ($filter: UserFilter!) { ${subscription}(filter: $filter) { __typename } }`;
          expect([subscription, field, await first(query, { filter: one })]).toEqual([
            subscription,
            field,
            "FIELD_FORBIDDEN",
          ]);
        }
      }
      await socket.close();
    });
  });
}
