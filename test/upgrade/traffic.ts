import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { parsePosition } from "../../src/kernel/position.ts";
import { SECRET } from "../support/gateway-process.ts";

/*
 * Writers and readers of several kinds, each at work all the time, at gateways of several versions in turn. What they ask is what clients of the
 * version before have always asked.
 */

// biome-ignore lint/suspicious/noExplicitAny: answers have the shape of whatever was asked.
type Any = any;

/** Who signs in: one of the demo's accounts. */
export interface Account {
  name: string;
  password: string;
}

/** A write that was acknowledged. */
export interface Acknowledged {
  commit: bigint;
  mutation: string;
  /** Whose profile it changed. */
  userId: string | undefined;
}

/** A title that everybody bears for a while whom the writers make. */
const TITLE = "Upgrade Rehearsal";
const ROLE = "employee";
const FOLLOWED = { name: "upgrade", filter: { status: { eq: "ACTIVE" }, title: { eq: TITLE } } };
/** So many rounds after it was made. */
const ROTATED_AFTER = 3;
/** After so long what may be repeated is. */
const PAUSE_MS = 50;

const READS: readonly string[] = [
  `{ users(filter: { status: { eq: ACTIVE }, roles: { any: ["${ROLE}"] } }, first: 20) { nodes { id displayName roles { key } manager { id } } } }`,
  "{ users(first: 1) { totalCount } }",
  '{ users(filter: { displayName: { contains: "an" } }, orderBy: [{ field: FAMILY_NAME }], first: 10) { nodes { id title } } }',
  "{ auditEvents(first: 10) { nodes { position action subjectId } } }",
  "{ orgUnits(first: 20) { nodes { id code } } }",
  "{ savedSearches(first: 10) { nodes { id name } } }",
];

/** What a mutation is asked for, beside its position. */
const SHOWN: Readonly<Record<string, string>> = {
  createUser: "user { id }",
  createOrgUnit: "orgUnit { id }",
  createSavedSearch: "savedSearch { id }",
  grantRole: "grant { id }",
  createServiceToken: "serviceToken { id }",
  rotateServiceToken: "secret",
};
/** Whoever repeats one of these does it twice: their input takes no key. */
const WITHOUT_KEY: ReadonlySet<string> = new Set(["createServiceToken", "rotateServiceToken"]);

export class Traffic {
  readonly acknowledged: Acknowledged[] = [];
  /** What was answered otherwise than it should have been, and not to be asked again. */
  readonly failed: string[] = [];
  /** How often a client was told to ask again. */
  repeated = 0;
  /** What must be found at the end: a query, and what it answers. */
  readonly expected: [query: string, answer: string][] = [];
  /** A search, and since when it is there: everybody whom the writers make and update joins it, and leaves it. */
  followed = { id: "", position: "" };

  #urls: readonly string[] = [];
  #turn = 0;
  #stopped = false;
  readonly #rounds: number[] = [];
  #working: Promise<unknown> = Promise.resolve();

  /** Begins at one gateway; goes on until it is stopped. */
  async begin(url: string, account: Account): Promise<void> {
    this.goTo(url);
    const { savedSearch, position } = await this.#change("createSavedSearch", FOLLOWED);
    this.followed = { id: savedSearch.id, position };
    const work = [
      () => this.#person(),
      await this.#roles(),
      await this.#units(),
      this.#machines(),
      () => this.#search(),
      () => this.#signIn(account),
      () => this.#read(),
    ];
    this.#working = Promise.all(work.map((round, place) => this.#repeat(round, place)));
  }

  /** Requests go to these from now on, one after another. */
  goTo(...urls: readonly string[]): void {
    this.#urls = urls;
  }

  /** Returns when everybody has done so many rounds that began from now on. */
  async further(rounds: number): Promise<void> {
    const wanted = this.#rounds.map((done) => done + rounds + 1);
    while (this.#rounds.some((done, place) => done < (wanted[place] ?? 0))) await sleep(PAUSE_MS);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#working;
  }

  async #repeat(round: () => Promise<void>, place: number): Promise<void> {
    this.#rounds[place] = 0;
    while (!this.#stopped) {
      try {
        await round();
      } catch (error) {
        this.failed.push(`${new Date().toISOString()} ${(error as Error).message}`);
        await sleep(PAUSE_MS);
      }
      this.#rounds[place]++;
    }
  }

  async #person(): Promise<void> {
    const { user } = await this.#change("createUser", { username: `upgrade-${randomUUID()}`, status: "ACTIVE" });
    await this.#change("updateUser", { id: user.id, title: TITLE }, user.id);
    await this.#change("deactivateUser", { id: user.id }, user.id);
    this.#expect(`user(by: { id: "${user.id}" }) { status title }`, { status: "INACTIVE", title: TITLE });
  }

  async #roles(): Promise<() => Promise<void>> {
    const { user } = await this.#change("createUser", { username: `upgrade-${randomUUID()}`, status: "ACTIVE" });
    this.#expect(`user(by: { id: "${user.id}" }) { status roles { key } }`, { status: "ACTIVE", roles: [] });
    return async () => {
      const { grant } = await this.#change("grantRole", { granteeId: user.id, roleKey: ROLE }, user.id);
      await this.#change("revokeRole", { grantId: grant.id }, user.id);
    };
  }

  /** A unit goes back and forth between two others, with a person in it. */
  async #units(): Promise<() => Promise<void>> {
    const unit = async (parentId: string | null) => {
      const code = `UP-${randomUUID().slice(0, 8)}`;
      return (await this.#change("createOrgUnit", { code, name: code, kind: "DEPARTMENT", parentId })).orgUnit.id;
    };
    const [here, there] = [await unit(null), await unit(null)];
    const moving = await unit(here);
    await this.#change("createUser", { username: `upgrade-${randomUUID()}`, status: "ACTIVE", orgUnitId: moving });
    this.#expect(`orgUnit(by: { id: "${moving}" }) { parent { id } }`, { parent: { id: here } });
    return async () => {
      await this.#change("moveOrgUnit", { id: moving, newParentId: there });
      await this.#change("moveOrgUnit", { id: moving, newParentId: here });
    };
  }

  /** Tokens of machines, each of which gets another secret some rounds later: what is hidden of it may have been sealed by another version then. */
  #machines(): () => Promise<void> {
    const tokens: string[] = [];
    return async () => {
      const input = { kind: "ORGANISATION", name: randomUUID(), permissions: ["USER_READ"] };
      tokens.push((await this.#change("createServiceToken", input)).serviceToken.id);
      if (tokens.length <= ROTATED_AFTER) return;
      const { secret } = await this.#change("rotateServiceToken", { id: tokens.shift() });
      await this.#ask("{ viewer { __typename } }", {}, secret);
    };
  }

  async #search(): Promise<void> {
    const name = `upgrade-${randomUUID()}`;
    const { savedSearch } = await this.#change("createSavedSearch", { ...FOLLOWED, name });
    this.#expect(`savedSearch(id: "${savedSearch.id}") { name }`, { name });
  }

  async #signIn(input: Account): Promise<void> {
    const mutation = "mutation ($input: SignInInput!) { signIn(input: $input) { accessToken position } }";
    const { signIn } = await this.#ask(mutation, { input }, "");
    this.#acknowledge("signIn", signIn.position);
    await this.#ask("{ viewer { __typename } }", {}, signIn.accessToken);
    const out = "mutation ($input: SignOutInput!) { signOut(input: $input) { position } }";
    const { signOut } = await this.#ask(out, { input: {} }, signIn.accessToken);
    this.#acknowledge("signOut", signOut.position);
  }

  async #read(): Promise<void> {
    for (const query of READS) await this.#ask(query, {});
  }

  #expect(query: string, answer: object): void {
    this.expected.push([query, JSON.stringify(answer)]);
  }

  /** A mutation, repeated by its key where the answer says so. Gives its payload. */
  async #change(mutation: string, given: object, userId?: string): Promise<Any> {
    const type = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input!`;
    const document = `mutation ($input: ${type}) { ${mutation}(input: $input) { ${SHOWN[mutation] ?? ""} position } }`;
    const key = WITHOUT_KEY.has(mutation) ? {} : { idempotencyKey: randomUUID() };
    const data = await this.#ask(document, { input: { ...given, ...key } });
    this.#acknowledge(mutation, data[mutation].position, userId ?? data[mutation].user?.id);
    return data[mutation];
  }

  #acknowledge(mutation: string, position: string, userId?: string): void {
    this.acknowledged.push({ commit: parsePosition(position).commit, mutation, userId });
  }

  /** Asks whichever gateway is next, and again what may be asked again (docs/errors.md); throws whatever else is no answer. */
  async #ask(query: string, variables: object, token: string = SECRET): Promise<Any> {
    for (;;) {
      const url = this.#urls[this.#turn++ % this.#urls.length];
      const response = await fetch(`${url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
        body: JSON.stringify({ query, variables }),
      }).catch((error: Error) => {
        throw new Error(`${query}: ${error.message}: ${error.cause}`);
      });
      const text = await response.text();
      const { data, errors } = text.startsWith("{") ? JSON.parse(text) : { data: null, errors: [{ message: text }] };
      if (response.ok && !errors) return data;
      if (response.headers.get("retry-after") === null && !errors?.[0]?.extensions?.retryAfterSeconds)
        throw new Error(`${response.status} to ${query} ${JSON.stringify(variables)}: ${JSON.stringify(errors)}`);
      this.repeated += 1;
      await sleep(PAUSE_MS);
    }
  }
}
