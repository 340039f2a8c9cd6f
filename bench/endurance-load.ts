import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { TypeID } from "typeid-js";
import { WebSocket } from "ws";
import { DEPARTMENTS, LOCATIONS, ROLES } from "./directory.ts";
import type { FeedGateway } from "./feed-gateway.ts";
import { Connection, postRequest } from "./load.ts";
import { PASSWORD } from "./passwords.ts";
import { seeded } from "./searches.ts";

/*
 * What a directory's gateway does all day, at a steady rate: reads of several kinds, changes, sign-ins, a bulk change now and then, and subscribers
 * that come and go.
 */

// biome-ignore lint/suspicious/noExplicitAny: answers have the shape of whatever was asked.
type Any = any;

const random = seeded(11);
const one = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;

/** Subscribers at any time, of each kind. */
const FOLLOWERS = 20;
/** One of them goes, and another comes, so often. */
const TURN_MS = 1_000;
const BULK_MS = 60_000;
/** An answer that is not there after so long never comes. */
const PATIENCE_MS = 60_000;

const PERSON =
  "query Person($id: ID!) { user(by: { id: $id }) { id displayName status title manager { id displayName } } }";
const PAGE = `query Page($filter: UserFilter) { users(filter: $filter, orderBy: [{ field: FAMILY_NAME }], first: 50) {
  nodes { id displayName title department manager { id displayName } roles { key name } } pageInfo { hasNextPage } } }`;
const COUNT = "query Count($filter: UserFilter) { users(filter: $filter, first: 1) { totalCount } }";
const AUDIT = "query Audit { auditEvents(first: 20) { nodes { position action } } }";
const UPDATE = "mutation Update($input: UpdateUserInput!) { updateUser(input: $input) { position } }";
const SIGN_IN = "mutation SignIn($input: SignInInput!) { signIn(input: $input) { accessToken } }";
const VIEWER = "query Viewer { viewer { __typename } }";
const SIGN_OUT = "mutation SignOut($input: SignOutInput!) { signOut(input: $input) { position } }";
const SAVE =
  "mutation Save($input: CreateSavedSearchInput!) { createSavedSearch(input: $input) { savedSearch { id } } }";
const PLAN = "mutation Plan($input: PlanBulkInput!) { planBulk(input: $input) { plan { id } } }";
const APPLY = "mutation Apply($input: ApplyBulkInput!) { applyBulk(input: $input) { plan { id } } }";
const EVENTS =
  "subscription Events { userEvents { __typename ... on UserEvent { position userId changes { field after } } } }";
const JOINS = `subscription Joins($id: ID!) { savedSearchChanges(id: $id) { __typename ... on SavedSearchChange { change position userId } } }`;
const MATCHES = `subscription Matches($filter: UserFilter!) { searchChanges(filter: $filter) { __typename ... on SavedSearchChange { change position userId } } }`;

/** What was answered in a while: milliseconds from when it was due. */
export interface Answered {
  reads: number[];
  changes: number[];
  signIns: number[];
  /** Events and notifications that subscribers were told. */
  told: number;
}

const nothing = (): Answered => ({ reads: [], changes: [], signIns: [], told: 0 });

export class EnduranceLoad {
  #answered = nothing();
  #stopped = false;
  #searches: string[] = [];
  #followers: WebSocket[] = [];
  #working: Promise<unknown> = Promise.resolve();

  readonly #gateway: FeedGateway;
  readonly #names: readonly string[];
  readonly #failed: (error: unknown) => void;

  /** Of people by these names, all of whom have the password; told of what ends it before its time. */
  constructor(gateway: FeedGateway, names: readonly string[], failed: (error: unknown) => void) {
    this.#gateway = gateway;
    this.#names = names;
    this.#failed = failed;
  }

  /** Begins with so many operations a second, over so many connections. */
  async begin(rate: number, connections: number): Promise<void> {
    const connection = await Connection.open(this.#gateway.port);
    for (const department of DEPARTMENTS) {
      const input = { name: department, filter: { department: { eq: department } }, visibility: "SHARED" };
      this.#searches.push((await this.#ask(connection, SAVE, { input })).createSavedSearch.savedSearch.id);
    }
    connection.close();
    for (let each = 0; each < 3 * FOLLOWERS; each++) this.#followers.push(await this.#follow(each));
    const everyMs = (connections * 1_000) / rate;
    const work = [
      this.#repeat(TURN_MS, 0, (turn) => this.#exchange(turn)),
      this.#repeat(BULK_MS, BULK_MS / 2, () => this.#bulk()),
    ];
    for (let place = 0; place < connections; place++) {
      const own = await Connection.open(this.#gateway.port);
      work.push(
        this.#repeat(everyMs, (place / connections) * everyMs, (_, due) => this.#operation(own, due)).finally(() =>
          own.close(),
        ),
      );
    }
    this.#working = Promise.all(work).catch(this.#failed);
  }

  /** What was answered since the last time. */
  take(): Answered {
    const answered = this.#answered;
    this.#answered = nothing();
    return answered;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#working;
    for (const socket of this.#followers) socket.terminate();
  }

  /** At a steady rate; where one takes longer, the next are late, which counts. */
  async #repeat(everyMs: number, firstMs: number, work: (turn: number, due: number) => Promise<void>): Promise<void> {
    let due = performance.now() + firstMs;
    for (let turn = 0; !this.#stopped; turn++, due += everyMs) {
      for (let wait = due - performance.now(); wait > 0 && !this.#stopped; wait = due - performance.now())
        await sleep(Math.min(wait, 500));
      if (!this.#stopped) await work(turn, due);
    }
  }

  async #operation(connection: Connection, due: number): Promise<void> {
    const kind = random();
    const { reads, changes, signIns } = this.#answered;
    const done = (list: number[]) => void list.push(performance.now() - due);
    if (kind < 0.02) {
      await this.#signInAndOut(connection);
      return done(signIns);
    }
    if (kind < 0.2) {
      const input = {
        id: this.#someone(),
        title: `Title ${Math.floor(random() * 1_000)}`,
        department: one(DEPARTMENTS),
      };
      await this.#ask(connection, UPDATE, { input });
      return done(changes);
    }
    if (kind < 0.6) await this.#ask(connection, PERSON, { id: this.#someone() });
    else if (kind < 0.8) await this.#ask(connection, PAGE, { filter: someFilter() });
    else if (kind < 0.95) await this.#ask(connection, COUNT, { filter: someFilter() });
    else await this.#ask(connection, AUDIT, {});
    done(reads);
  }

  async #signInAndOut(connection: Connection): Promise<void> {
    const input = { name: one(this.#names), password: PASSWORD };
    const { signIn } = await this.#ask(connection, SIGN_IN, { input }, "");
    await this.#ask(connection, VIEWER, {}, signIn.accessToken);
    await this.#ask(connection, SIGN_OUT, { input: {} }, signIn.accessToken);
  }

  async #bulk(): Promise<void> {
    const connection = await Connection.open(this.#gateway.port); // The last one was idle for longer than a server waits.
    const change = { set: { costCenter: `cc-${Math.floor(random() * 1_000)}` } };
    const target = { filter: { department: { eq: one(DEPARTMENTS) } } };
    const { planBulk } = await this.#ask(connection, PLAN, { input: { target, change } });
    await this.#ask(connection, APPLY, { input: { id: planBulk.plan.id } });
    connection.close();
  }

  /** One subscriber goes without a word or politely, and another comes in its place. */
  async #exchange(turn: number): Promise<void> {
    const place = turn % this.#followers.length;
    const going = this.#followers[place] as WebSocket;
    this.#followers[place] = await this.#follow(place);
    going.removeAllListeners("close");
    if (turn % 2 === 0) going.terminate();
    else going.close(1000);
  }

  /** Of each kind every third. Resolves when it has been told where it stands. */
  async #follow(place: number): Promise<WebSocket> {
    const socket = new WebSocket(`ws://127.0.0.1:${this.#gateway.port}/graphql`, "graphql-transport-ws");
    await once(socket, "open", { signal: AbortSignal.timeout(PATIENCE_MS) });
    const ready = Promise.withResolvers<void>();
    const payload = [
      { query: EVENTS },
      { query: JOINS, variables: { id: this.#searches[Math.floor(place / 3) % this.#searches.length] } },
      { query: MATCHES, variables: { filter: someFilter() } },
    ][place % 3];
    socket.on("message", (data: Buffer) => {
      if (data.includes('"connection_ack"')) socket.send(JSON.stringify({ id: "1", type: "subscribe", payload }));
      else if (data.includes('"userId"')) this.#answered.told += 1;
      else if (data.includes('"next"')) ready.resolve();
      else if (data.includes('"ping"')) socket.send('{"type":"pong"}');
    });
    socket.on("close", (code) => this.#failed(new Error(`A subscriber was closed with ${code}.`)));
    socket.send(
      JSON.stringify({ type: "connection_init", payload: { authorization: `Bearer ${this.#gateway.token}` } }),
    );
    await ready.promise;
    return socket;
  }

  async #ask(connection: Connection, query: string, variables: object, token = this.#gateway.token): Promise<Any> {
    const headers = { accept: "application/json", ...(token === "" ? {} : { authorization: `Bearer ${token}` }) };
    return JSON.parse((await connection.send(postRequest("/graphql", { query, variables }, headers))).toString()).data;
  }

  #someone(): string {
    return TypeID.fromUUID("user", one(this.#gateway.directory.userIds)).toString();
  }
}

const someFilter = () => ({
  status: { in: ["ACTIVE", "LOCKED"] },
  or: [{ department: { eq: one(DEPARTMENTS) } }, { location: { eq: one(LOCATIONS) } }],
  roles: { any: [one(ROLES)] },
});
