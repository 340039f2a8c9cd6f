import { readFileSync } from "node:fs";
import { buildSchema, type DocumentNode, type GraphQLInputObjectType, parse, validate } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { repeat } from "../support/random.ts";
import { patience, rounds } from "../support/rounds.ts";
import { faultOf } from "./answers.ts";
import { Choice } from "./choice.ts";
import { type Asked, Documents } from "./documents.ts";
import { Filters } from "./filters.ts";
import { spoilt } from "./mutants.ts";
import { type Raw, type Sent, Victim } from "./victim.ts";
import { makeWorld, type World } from "./world.ts";

/* Strangers send one gateway what they like: every answer is one of the family, nothing of the inside is in it, and the gateway goes on as before. */

const schema = buildSchema(readFileSync(new URL("../../schema/schema.graphql", import.meta.url), "utf8"));
const VALID = rounds(100, 10_000);
const SPOILT = rounds(150, 5_000);
const HOSTILE = rounds(80, 2_000);
/** What the second half of a storm may leave behind: four kilobytes of each request would be more. What the first half leaves is caches that fill. */
const MOST_GROWTH_MB = 20;
const LANES = 6;

const CONTROL = `{ users(filter: { username: { startsWith: "person-" } }, orderBy: [{ field: USERNAME }], first: 50) { totalCount } }`;

let victim: Victim;
let world: World;
/** What the gateway answers before anything was sent to it. */
let control: string;
let permissions: string[];

beforeAll(async () => {
  victim = await Victim.start();
  world = await makeWorld(victim);
  control = await asControl();
  permissions = await permissionsNow();
});
afterAll(() => victim?.stop());

/** What no change of the directory changes. */
const asControl = async (): Promise<string> =>
  JSON.stringify(await victim.run("{ __schema { types { name fields { name } } } }"));

/** What the victim's administrator may do. */
const permissionsNow = async (): Promise<string[]> =>
  (await victim.run("{ viewer { grants { permission } } }")).viewer.grants.map(
    ({ permission }: { permission: string }) => permission,
  );

/** Sends `count` requests, several at a time; gives what was wrong with answers, and by how much the second half let the memory grow. */
async function storm(
  count: number,
  one: () => Promise<string | undefined>,
): Promise<{ faults: string[]; grownMb: number }> {
  const faults: string[] = [];
  const send = async (some: number): Promise<number> => {
    let left = some;
    const lane = async () => {
      while (left-- > 0) {
        const fault = await one().catch((error: unknown) => `no answer: ${error}`);
        if (fault) faults.push(fault);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    return await victim.memory();
  };
  const half = await send(Math.ceil(count / 2));
  const grownMb = (await send(Math.floor(count / 2))) - half;
  return { faults: faults.slice(0, 20), grownMb };
}

const told = (fault: string | undefined, who: string, sent: unknown): string | undefined =>
  fault && `${fault}\n${who} sent ${JSON.stringify(sent).slice(0, 2_000)}`;

function isValid({ query }: Asked): boolean {
  let document: DocumentNode;
  try {
    document = parse(query);
  } catch {
    return false; // a text that GraphQL cannot write
  }
  try {
    return validate(schema, document).length === 0;
  } catch {
    return true; // what GraphQL fails at is sent all the more
  }
}

/** Makes documents one after another, each of them valid. */
function validDocuments(choice: Choice): () => Asked {
  const documents = new Documents(schema, choice, world.pool);
  return () => {
    for (;;) {
      const asked = documents.next();
      if (isValid(asked)) return asked;
    }
  };
}

describe("A gateway that strangers send what they like", () => {
  it(
    `answers or refuses ${HOSTILE} hostile filters`,
    async () => {
      const choice = new Choice("hostile filters");
      const filters = new Filters(schema.getType("UserFilter") as GraphQLInputObjectType, choice);
      const before = await victim.run(CONTROL);
      const { faults, grownMb } = await storm(HOSTILE, async () => {
        const filter = filters.next();
        const asker = choice.of(world.askers);
        const field = choice.of([
          "users(first: 3, filter: $f) { totalCount nodes { id username } }",
          "filterCounts(filter: $f) { count }",
          "estimateSearch(filter: $f) { __typename }",
          "formatFilter(filter: $f)",
        ]);
        const raw = await victim.ask(
          { query: `query ($f: UserFilter!) { ${field} }`, variables: { f: filter } },
          asker.token,
        );
        return told(faultOf(raw, asker.hidden), asker.name, filter);
      });
      expect(faults, repeat).toEqual([]);
      expect(grownMb).toBeLessThan(MOST_GROWTH_MB);
      expect(await victim.run(CONTROL)).toEqual(before);
    },
    patience(HOSTILE / 100),
  );

  it(
    `answers or refuses ${VALID} documents that are valid, with whatever values`,
    async () => {
      const choice = new Choice("valid documents");
      const next = validDocuments(choice);
      const kinds = { answered: 0, refused: 0 };
      const { faults, grownMb } = await storm(VALID, async () => {
        const asked = next();
        // Half of them by whoever may do everything: to the others most is refused before it is tried.
        const asker = choice.of(choice.yes(0.4) ? world.askers.slice(-1) : world.askers);
        const raw = await victim.ask(asked, asker.token);
        kinds[raw.body.includes('"errors"') ? "refused" : "answered"] += 1;
        return told(faultOf(raw, asker.hidden), asker.name, asked);
      });
      expect(faults, repeat).toEqual([]);
      expect(grownMb).toBeLessThan(MOST_GROWTH_MB);
      // Where nearly everything is refused, little is tried.
      expect(kinds.answered).toBeGreaterThan(VALID / 20);
    },
    patience(VALID / 100),
  );

  it(
    `answers or refuses ${SPOILT} requests that were spoilt`,
    async () => {
      const choice = new Choice("spoilt requests");
      const next = validDocuments(choice);
      const { faults, grownMb } = await storm(SPOILT, async () => {
        const asker = choice.of(world.askers);
        const sent = spoilt(next(), choice);
        const headers: Record<string, string> = asker.token === null ? {} : { authorization: `Bearer ${asker.token}` };
        const raw = await victim.send({ ...sent, headers: { ...headers, ...sent.headers } });
        return told(faultOfSpoilt(sent, raw, asker.hidden), asker.name, { ...sent, body: sent.body?.toString() });
      });
      expect(faults, repeat).toEqual([]);
      expect(grownMb).toBeLessThan(MOST_GROWTH_MB);
    },
    patience(SPOILT / 100),
  );

  it("answers the same as before, and its audit log is whole", async () => {
    expect(await asControl()).toEqual(control);
    // What the administrator may not do now is what access rules bound that are there: among what was sent as theirs is what makes some.
    const { accessRules } = await victim.run("{ accessRules { permissions } }");
    const bounded = new Set(accessRules.flatMap((rule: { permissions: string[] }) => rule.permissions));
    const now = await permissionsNow();
    expect(permissions.filter((one) => !now.includes(one) && !bounded.has(one))).toEqual([]);
    expect(now.filter((one) => !permissions.includes(one))).toEqual([]);
    const { verifyAudit } = await victim.run("{ verifyAudit { verified } }");
    expect(verifyAudit).toEqual({ verified: true });
  });

  it("is up, and tells of no failure in its log", () => {
    expect(victim.alive).toBe(true);
    expect(victim.lines).toEqual([]);
  });
});

/** What is there to be seen of keys needs no GraphQL, and the answer to HEAD has no body. */
function faultOfSpoilt({ method, path }: Sent, raw: Raw, hidden: readonly string[]): string | undefined {
  if (method === "HEAD") return raw.status < 500 && raw.body === "" ? undefined : `the status ${raw.status}`;
  if (path === "/.well-known/jwks.json" && raw.status === 200) return undefined;
  return faultOf(raw, hidden);
}
