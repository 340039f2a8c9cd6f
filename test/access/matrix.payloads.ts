import { type GraphQLField, type GraphQLObjectType, getNamedType, isObjectType } from "graphql";
import { describe, expect, it } from "vitest";
import type { Permission } from "../../src/kernel/permissions.ts";
import { makeUser, unique } from "../support/directory.ts";
import { differences, speaksOf } from "./matrix.comparing.ts";
import { fieldOfAlias, isNode, selectionOf } from "./matrix.documents.ts";
import { EFFECTS, type Effect, type Made, SEEN_ELSEWHERE } from "./matrix.effects.ts";
import { Oracle } from "./matrix.oracle.ts";
import { ANY, Pruning, UNCOMPARED } from "./matrix.pruning.ts";
import { type Asker, askerCalled, NAMES, type World } from "./matrix.world.ts";

// biome-ignore lint/suspicious/noExplicitAny: payloads have the shape of whatever was done.
type Any = any;

/** Those who see the least of what they may change first. */
const NARROWEST = [...NAMES].reverse();

const IN_YEARS = new Date(Date.now() + 700 * 86_400_000).toISOString();

/** Those of people that are made here are not among those that the oracle knows. */
const COUNTS = new Set(["memberCount"]);

/** Answers of `node`, but for what differs from moment to moment. */
function loosely(value: Any): Any {
  if (value === ANY) return ANY;
  if (Array.isArray(value)) return value.map(loosely);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([alias, one]) => [
    alias,
    UNCOMPARED.has(fieldOfAlias(alias)) || COUNTS.has(fieldOfAlias(alias)) ? ANY : loosely(one),
  ]);
  return Object.fromEntries(entries);
}

/** What mutations answer: no more than the same asker is answered about the same things by `node`, which the rest of the matrix looks at. */
export function describePayloads(worldOf: () => World, everything: () => Asker): void {
  describe("Payloads", () => {
    const mutations = (): Readonly<Record<string, GraphQLField<unknown, unknown>>> =>
      (worldOf().schema.getMutationType() as GraphQLObjectType).getFields();
    /** By how many each mutation was carried out. */
    const done = new Map<string, number>();
    /** Why one was not. */
    const failed = new Map<string, string>();

    /** Carries out a mutation with all of its payload; undefined where it is refused. */
    async function payloadOf({ mutation, input }: Effect, made: Made, token: string): Promise<Any> {
      const { schema, gateway, subjects } = worldOf();
      const field = mutations()[mutation] as GraphQLField<unknown, unknown>;
      const query = `mutation ($input: ${field.args[0]?.type}) {
        ${mutation}(input: $input) ${selectionOf(schema, getNamedType(field.type), 0)} }`;
      const { data, errors } = await gateway.ask(query, { input: input(made, subjects) }, token);
      if (errors) failed.set(mutation, errors[0]?.message as string);
      return errors ? undefined : data[mutation];
    }

    /** The things that stand in a payload, also those in its lists. */
    function thingsIn(payload: Any): [string, Any][] {
      const { schema } = worldOf();
      return Object.entries(payload)
        .flatMap(([alias, value]) => [value].flat().map((one): [string, Any] => [alias, one]))
        .filter(([, one]) => one?.__typename && isNode(schema.getType(one.__typename) as GraphQLObjectType));
    }

    async function lookAt(where: string, payload: Any, oracle: Oracle): Promise<string[]> {
      const { schema, gateway, people } = worldOf();
      const wrong: string[] = [];
      for (const [alias, thing] of thingsIn(payload)) {
        const type = schema.getType(thing.__typename) as GraphQLObjectType;
        const id = thing[`id__${type.name}`];
        const query = `query ($id: ID!) { node(id: $id) { ... on ${type.name} ${selectionOf(schema, type, 0)} } }`;
        const { node } = await gateway.run(query, { id }, oracle.asker.token as string);
        wrong.push(...differences(loosely(node), thing, `${where}.${alias}`));
        if (!people.has(id)) continue;
        const truth = (await gateway.run(query, { id }, everything().token as string)).node;
        wrong.push(...differences(loosely(new Pruning(schema, oracle).prune(truth)), thing, `${where}.${alias}`));
      }
      for (const [alias, all] of Object.entries(payload))
        for (const { subjectIds__Consequence: ids = [] } of [all].flat().filter((one) => one !== null) as Any[])
          for (const id of ids.filter((one: string) => people.has(one) && !oracle.seesUser(one)))
            wrong.push(`${where}.${alias} names ${id}, who is out of sight`);
      return wrong;
    }

    it.each(NARROWEST)("%s is answered of what they change no more than they see of it", async (name) => {
      const world = worldOf();
      const oracle = new Oracle(world, askerCalled(world, name));
      const person = await makeUser(world.gateway, {
        orgUnitId: world.subjects.insideUnit,
        email: `${unique("payload")}@example.org`,
        phone: "+41 44 000 00 00",
      });
      const made: Made = { person: person.id, later: IN_YEARS, name: unique("payload") };
      const wrong: string[] = [];
      for (const effect of EFFECTS) {
        const permission = mutations()[effect.mutation]?.extensions.permission as Permission | undefined;
        if (permission && !oracle.holdsAnywhere(permission)) continue;
        // Two of those who may are enough.
        if ((done.get(effect.mutation) ?? 0) >= 2) continue;
        const payload = await payloadOf(effect, made, oracle.asker.token as string);
        if (!payload) continue;
        done.set(effect.mutation, (done.get(effect.mutation) ?? 0) + 1);
        if (effect.keep) made[effect.keep[0]] = idIn(payload, effect.keep[1]);
        wrong.push(...(await lookAt(effect.mutation, payload, oracle)));
      }
      expect(wrong).toEqual([]);
    });

    it("are looked at for every mutation whose payload holds more than words, or by a test of its own", () => {
      const holds = ({ type, extensions }: GraphQLField<unknown, unknown>) =>
        extensions.caller !== "anybody" &&
        Object.values((getNamedType(type) as GraphQLObjectType).getFields()).some((one) =>
          isObjectType(getNamedType(one.type)),
        );
      const all = Object.values(mutations())
        .filter(holds)
        .map(({ name }) => name);
      const missed = all.filter((name) => !done.has(name) && !(name in SEEN_ELSEWHERE));
      expect(missed.map((name) => `${name}: ${failed.get(name)}`)).toEqual([]);
      expect(Object.keys(SEEN_ELSEWHERE).filter((name) => done.has(name) || !all.includes(name))).toEqual([]);
      expect(Object.entries(SEEN_ELSEWHERE).filter(([name, file]) => !speaksOf(name, file))).toEqual([]);
    });
  });
}

const idIn = (payload: Any, field: string): string => {
  const [, thing] = Object.entries(payload).find(([alias]) => fieldOfAlias(alias) === field) ?? [];
  return (thing as Any)?.[`id__${(thing as Any)?.__typename}`];
};
