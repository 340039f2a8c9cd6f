import fc from "fast-check";
import { sql } from "kysely";
import { expect, it, onTestFinished } from "vitest";
import type { Viewer } from "../../../src/access/actor.ts";
import { sightOf } from "../../../src/access/policy.ts";
import { narrow } from "../../../src/features/access-rules/access-rule.narrowing.ts";
import { resolveViewer } from "../../../src/features/auth/viewer.ts";
import { userCatalogue } from "../../../src/features/users/user.fields.ts";
import { followTrail } from "../../../src/feed/trail.ts";
import { rightsOf } from "../../../src/graphql/subscription-sharing.ts";
import { publicId } from "../../../src/kernel/ids.ts";
import { printPosition } from "../../../src/kernel/position.ts";
import { and, type Filter, not } from "../../../src/search/filter.ts";
import { parseFilter } from "../../../src/search/parse.ts";
import { printText } from "../../../src/search/text-form.ts";
import { filterToSql } from "../../../src/search/to-sql.ts";
import { UNITS } from "../../search/support/vocabulary.ts";
import { grant, makeHolder, makeRole } from "../../support/directory.ts";
import { TestGateway } from "../../support/gateway.ts";
import { tellsAtOnce } from "../../support/owner.ts";
import { patience, rounds } from "../../support/rounds.ts";
import { Socket, type Started } from "../../support/socket.ts";
import { RandomDirectory, TITLES, writes } from "./random-directory.ts";
import { searches } from "./random-filters.ts";
import { CHANGES, FOLLOW, FOLLOW_FILTER, fold, saveSearch } from "./support.ts";

const STEPS = rounds(30, 3_000);
const SEARCHES = rounds(5, 16);
const UPDATE = `mutation ($input: UpdateSavedSearchInput!) { updateSavedSearch(input: $input) { position } }`;
const DELETED: Filter = { kind: "criterion", field: "status", operator: "eq", operand: "DELETED" };

// biome-ignore lint/suspicious/noExplicitAny: the shape of an answer is the document's.
type Any = any;

interface Asker {
  token: string;
  viewer: () => Promise<Viewer>;
}

/** What one viewer has read of one search: undefined where they may not ask by it. */
interface Read {
  ids: ReadonlySet<string>;
  position: string;
  access: string;
}

interface Saved {
  id: string;
  filter: object;
  tree: Filter;
  since: string;
  reads: Map<Asker, Read | undefined>;
}

/** Asks again for as long as searches are not matched so far yet, as whoever is told STALE_READ does. */
async function asked(ask: () => Promise<Any>): Promise<Any> {
  for (;;) {
    const answer = await ask();
    if (answer.errors?.[0]?.extensions.code !== "STALE_READ") return answer;
  }
}

class World {
  readonly saved: Saved[] = [];
  /** What was told, and by which sort of cause. */
  readonly told = new Set<string>();
  constructor(
    readonly gateway: TestGateway,
    readonly askers: readonly Asker[],
  ) {}

  /** Whom a search shows at the head, at the head's instant, by SQL alone; and the head. */
  async expected(tree: Filter, viewer: Viewer): Promise<{ ids: Set<string>; position: string }> {
    const head = await this.gateway.database.reader.selectFrom("feed_head").selectAll().executeTakeFirstOrThrow();
    const at = { now: head.at, today: head.at.toISOString().slice(0, 10) };
    const condition = filterToSql(and(sightOf(viewer), not(DELETED), tree), {
      catalogue: userCatalogue,
      alias: "u",
      ...at,
    });
    const { rows } = await sql<{ id: string }>`SELECT user_id AS id FROM user_search u WHERE ${condition}`.execute(
      this.gateway.database.reader,
    );
    return {
      ids: new Set(rows.map(({ id }) => publicId("User", id))),
      position: printPosition({ commit: head.number }),
    };
  }

  /** Folds what happened since the last look, and compares it with a fresh answer. */
  async look(search: Saved, asker: Asker, step: string): Promise<void> {
    const viewer = await asker.viewer();
    const access = rightsOf(viewer);
    const now = await this.expected(search.tree, viewer);
    const known = search.reads.get(asker);
    const variables = { id: search.id, after: known?.position ?? search.since, through: now.position, first: 500 };
    const answer = await asked(() => this.gateway.ask<Any>(CHANGES, variables, asker.token));
    const code = answer.errors?.[0]?.extensions.code;
    if (code === "FIELD_FORBIDDEN" || code === "NOT_FOUND") {
      search.reads.set(asker, undefined);
      return;
    }
    expect(answer.errors, step).toBeUndefined();
    if (known && known.access === access) {
      const { nodes } = answer.data.savedSearch.changes;
      for (const { change, cause } of nodes)
        this.told
          .add(change)
          .add(cause.kind)
          .add(`${change} ${this.askers.indexOf(asker)}`);
      const folded = fold(known.ids, nodes);
      const story = `${step}: ${printText(search.tree, userCatalogue)}`;
      expect({ story, ids: [...folded].sort() }).toEqual({ story, ids: [...now.ids].sort() });
    }
    search.reads.set(asker, { ...now, access });
  }
}

/** Who asks by a token, with the rights of that moment and what access rules leave of them. */
const viewerOf = (gateway: TestGateway, token: string) => async (): Promise<Viewer> =>
  narrow((await resolveViewer(gateway.database, `Bearer ${token}`)) as Viewer, {
    ip: undefined,
    dateOf: (instant) => instant.toISOString().slice(0, 10),
  });

const REVOKE = "mutation ($input: RevokeRoleInput!) { revokeRole(input: $input) { position } }";

/** An administrator of some units, who is given others again and again. */
class Delegate {
  #turn = 0;
  private constructor(
    private readonly gateway: TestGateway,
    readonly token: string,
    private readonly id: string,
    private readonly role: string,
    private grantId: string,
  ) {}

  static async make(gateway: TestGateway): Promise<Delegate> {
    const { id, token, grantId } = await makeHolder(gateway, [], unitId(1));
    await gateway.run(REVOKE, { input: { grantId } });
    const { key } = await makeRole(gateway, [
      "USER_READ",
      "USER_READ_CONTACT",
      "USER_READ_SECURITY",
      "ORG_READ",
      "ROLE_READ",
    ]);
    return new Delegate(gateway, token, id, key, await grant(gateway, id, key, { scopeId: unitId(1) }));
  }

  async reassign(): Promise<void> {
    await this.gateway.run(REVOKE, { input: { grantId: this.grantId } });
    const scopes = [{ scopeId: unitId(2) }, {}, { scopeId: unitId(0) }, { scopeId: unitId(1) }];
    this.grantId = await grant(this.gateway, this.id, this.role, scopes[this.#turn++ % scopes.length]);
  }
}

const CREATE_RULE = "mutation ($input: CreateAccessRuleInput!) { createAccessRule(input: $input) { rule { id } } }";
const DELETE_RULE = "mutation ($input: DeleteAccessRuleInput!) { deleteAccessRule(input: $input) { position } }";

/** Somebody who reads everything, of those people alone whom an access rule leaves: of others again and again, and now and then of everybody. */
class Ruled {
  #turn = 0;
  #rule: string | undefined;
  private constructor(
    private readonly gateway: TestGateway,
    readonly token: string,
    private readonly id: string,
  ) {}

  static async make(gateway: TestGateway): Promise<Ruled> {
    const { id, token } = await makeHolder(gateway, ["USER_READ", "USER_READ_CONTACT", "USER_READ_SECURITY"]);
    const ruled = new Ruled(gateway, token, id);
    await ruled.rule();
    return ruled;
  }

  async rule(): Promise<void> {
    if (this.#rule) await this.gateway.run(DELETE_RULE, { input: { id: this.#rule } });
    this.#rule = undefined;
    const object = SEEN[this.#turn++ % SEEN.length];
    if (!object) return;
    const input = { name: "Rule", permissions: ["USER_READ"], actor: { id: { eq: this.id } }, object };
    this.#rule = (await this.gateway.run(CREATE_RULE, { input })).createAccessRule.rule.id;
  }
}

/** What rules leave in sight, in turn; undefined: everybody. */
const SEEN = [
  { createdAt: { olderThan: "P40D" } },
  { department: { isNull: true } },
  undefined,
  { or: [{ title: { eq: "Ann" } }, { lastLoginAt: { withinLast: "P30D" } }] },
];

const WAITS = [11, 1, 32, 3].map((days) => days * 86_400_000 + 1);

/** Among the searches of every run, so that time and moves always have somebody to tell of. */
const ALWAYS = [
  { createdAt: { olderThan: "P30D" } },
  { status: { eq: "ACTIVE" } },
  { lastLoginAt: { withinLast: "P30D" } },
];

const unitId = (n: number): string => publicId("OrgUnit", UNITS[n] as string);

it(
  "What is folded over the first answer is what a fresh search finds, at every position, for every viewer, whatever happens",
  async () => {
    const first = await TestGateway.start({ times: { checkpointMs: 60_000 } });
    onTestFinished(() => first.close());
    const second = await TestGateway.over(first.database, { times: { checkpointMs: 60_000 } });
    onTestFinished(() => second.close());
    let matching = first;
    onTestFinished(async () => {
      if (matching !== first) await matching.close();
    });
    matching.searches.matching.start();
    const directory = new RandomDirectory(first.database);
    await directory.begin();
    // What roles bring to two or more trails behind them, now and then.
    await tellsAtOnce(first.database.connectionConfig.owner, 1);
    const delegate = await Delegate.make(first);
    const ruled = await Ruled.make(first);
    const askers = [first.admin, delegate.token, ruled.token].map((token) => ({
      token,
      viewer: viewerOf(first, token),
    }));
    const world = new World(first, askers);
    const drawn = [...ALWAYS, ...fc.sample(searches, STEPS)];
    const nextFilter = () => drawn.shift() ?? {};
    const live: { search: Saved; started: Started; kind: string; after: string }[] = [];
    const socket = await Socket.open(second.url, second.admin);
    onTestFinished(() => socket.kill());
    for (let n = 0; n < SEARCHES; n++) {
      const given = nextFilter();
      // Some are bounded, so that whoever sees those units alone may ask about more.
      const filter = n % 3 === 2 ? { and: [given, { orgUnit: { within: unitId(1) } }] } : given;
      const made = await saveSearch(first, { filter, watch: ["title", "status"], visibility: "SHARED" });
      const search: Saved = {
        id: made.id,
        filter,
        tree: parseFilter(filter, { catalogue: userCatalogue }),
        since: made.position,
        reads: new Map(),
      };
      world.saved.push(search);
      const after = made.position;
      live.push({ search, after, kind: "saved", started: socket.start(FOLLOW, { id: made.id, after: made.position }) });
      const variables = { filter, watch: ["title", "status"], after };
      live.push({ search, after, kind: "ad hoc", started: socket.start(FOLLOW_FILTER, variables) });
    }
    for (const { started } of live) await started.ready();
    const edited = new Set<Saved>();
    for (const [n, write] of fc.sample(writes, STEPS).entries()) {
      if (n % 10 === 5) {
        // Somebody comes in the middle of whatever is matched at that moment.
        const search = world.saved[n % SEARCHES] as Saved;
        const after = printPosition(await first.database.head());
        const writing = directory.write({ does: "everybody", department: TITLES[n % TITLES.length] as string });
        const variables = { filter: search.filter, watch: ["title", "status"], after };
        const late = { search, after, kind: `late, since step ${n}`, started: socket.start(FOLLOW_FILTER, variables) };
        if (!edited.has(search)) live.push(late);
        await writing;
      }
      await directory.write(write);
      const step = `step ${n}, ${JSON.stringify(write)}`;
      if (n % 4 === 3) await directory.write({ does: "wait", ms: WAITS[(n >> 2) % WAITS.length] as number });
      if (n % 3 === 2) await followTrail(first.database, 2);
      if (n % 20 === 19) {
        // Another gateway takes over, wherever the first one stands.
        await matching.searches.matching.stop();
        if (matching !== first) await matching.close();
        matching = await TestGateway.over(first.database);
        matching.searches.matching.start();
      }
      if (n % 25 === 24) {
        const search = world.saved[n % SEARCHES] as Saved;
        search.filter = nextFilter();
        search.tree = parseFilter(search.filter, { catalogue: userCatalogue });
        const { updateSavedSearch } = await first.run(UPDATE, { input: { id: search.id, filter: search.filter } });
        search.since = updateSavedSearch.position;
        search.reads.clear();
        edited.add(search);
      }
      if (n % 15 === 14) await delegate.reassign();
      if (n % 12 === 11) await ruled.rule();
      for (const search of world.saved) for (const asker of askers) await world.look(search, asker, step);
    }
    expect([...world.told]).toEqual(expect.arrayContaining(["JOINED", "LEFT", "TIME", "SYSTEM"]));
    // What the sockets were told is what the pages say.
    for (const { search, started, kind, after: since } of live) {
      if (edited.has(search)) continue;
      const { position } = await world.expected(search.tree, await (askers[0] as Asker).viewer());
      const pages: Any[] = [];
      for (let after = since, more = true; more; ) {
        const { savedSearch } = await first.run(CHANGES, { id: search.id, after, through: position, first: 500 });
        pages.push(...savedSearch.changes.nodes);
        ({ endPosition: after, hasNextPage: more } = savedSearch.changes);
      }
      const told = (list: Any[]) => list.map(({ position, change, userId }) => `${position} ${change} ${userId}`);
      await started.until(() => started.events.length >= pages.length);
      expect({ kind, told: told(started.events) }).toEqual({ kind, told: told(pages) });
    }
  },
  patience(STEPS),
);
