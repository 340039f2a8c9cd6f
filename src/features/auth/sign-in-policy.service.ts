import { LockMode } from "@mikro-orm/core";
import type { Viewer } from "../../access/actor.ts";
import type { Author } from "../../access/author.ts";
import { type CommandOptions, carryOut } from "../../access/command.ts";
import { requireAt } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { Tx, Written } from "../../database/transaction.ts";
import { conflict, notFound } from "../../kernel/errors.ts";
import { newId } from "../../kernel/ids.ts";
import { requireVersion } from "../../kernel/version.ts";
import type { Filter } from "../../search/filter.ts";
import { parseFilterWithPaths } from "../../search/parse.ts";
import { userCatalogue } from "../users/user.fields.ts";
import type { UserQueries } from "../users/user.queries.ts";
import { type RequiredFactor, SignInPolicyEntity } from "./sign-in-policy.entity.ts";
import { SignInPolicy, type SignInPolicyRecord } from "./sign-in-policy.types.ts";

export interface CreateSignInPolicy extends CommandOptions {
  name: string;
  filter: object;
  require: RequiredFactor;
  graceDays: number;
}

export interface UpdateSignInPolicy extends CommandOptions {
  id: string;
  expectedVersion: number | undefined;
  name: string | undefined;
  filter: object | undefined;
  require: RequiredFactor | undefined;
  graceDays: number | undefined;
}

/** All of them are asked at every sign-in. */
const POLICIES_LIMIT = 100;

/** Who must have which factor: reads and writes it, for whoever holds SETTINGS_MANAGE everywhere. */
export class SignInPolicyService {
  constructor(
    private readonly database: Database,
    private readonly users: UserQueries,
  ) {}

  /** All policies, by name. */
  async list(viewer: Viewer): Promise<SignInPolicy[]> {
    requireAt(viewer, "SETTINGS_MANAGE", []);
    const rows = await this.database.reader
      .selectFrom("sign_in_policy")
      .selectAll()
      .orderBy("name")
      .orderBy("id")
      .execute();
    return rows.map(
      ({ grace_days: graceDays, created_at: createdAt, updated_at: updatedAt, filter, require, ...row }) =>
        new SignInPolicy({
          ...row,
          graceDays,
          createdAt,
          updatedAt,
          filter: filter as unknown as Filter,
          require: require as RequiredFactor,
        }),
    );
  }

  async create(author: Author, command: CreateSignInPolicy): Promise<Written<SignInPolicyRecord>> {
    const filter = await this.#filterOf(author.viewer, command.filter);
    const name = { mutation: "createSignInPolicy", action: "sign_in_policy.created" };
    return this.#record(
      await carryOut(this.database, author, name, command, async (tx) => {
        requireAt(author.viewer, "SETTINGS_MANAGE", []);
        const others = await tx.sql.selectFrom("sign_in_policy").select("id").execute();
        if (others.length >= POLICIES_LIMIT)
          throw conflict(`There are at most ${POLICIES_LIMIT} policies: delete one first.`, { limit: POLICIES_LIMIT });
        const { name, require, graceDays } = command;
        const dates = { createdAt: tx.now, updatedAt: tx.now };
        const policy = tx.em.create(SignInPolicyEntity, {
          id: newId(),
          version: 1,
          name,
          filter,
          require,
          graceDays,
          ...dates,
        });
        tx.em.persist(policy);
        return recordOf(policy);
      }),
    );
  }

  async update(author: Author, command: UpdateSignInPolicy): Promise<Written<SignInPolicyRecord>> {
    const filter = command.filter && (await this.#filterOf(author.viewer, command.filter));
    const name = { mutation: "updateSignInPolicy", action: "sign_in_policy.updated" };
    return this.#record(
      await carryOut(this.database, author, name, command, async (tx) => {
        const policy = await lockPolicy(tx, author.viewer, command.id);
        requireVersion(policy.version, command.expectedVersion);
        const { name = policy.name, require = policy.require, graceDays = policy.graceDays } = command;
        const changes = { name, require, graceDays, ...(filter ? { filter } : {}) };
        Object.assign(policy, changes, { version: policy.version + 1, updatedAt: tx.now });
        return recordOf(policy);
      }),
    );
  }

  delete(author: Author, command: CommandOptions & { id: string }): Promise<Written<{ id: string }>> {
    const name = { mutation: "deleteSignInPolicy", action: "sign_in_policy.deleted" };
    return carryOut(this.database, author, name, command, async (tx) => {
      tx.em.remove(await lockPolicy(tx, author.viewer, command.id));
      return { id: command.id };
    });
  }

  /** The filter as it is stored; what a search would refuse the viewer is refused. */
  async #filterOf(viewer: Viewer, input: object): Promise<Filter> {
    const parsed = parseFilterWithPaths(input, { catalogue: userCatalogue, path: "input.filter" });
    await this.users.requireAskable(viewer, parsed, new Map());
    return parsed.filter;
  }

  /** An answer that was kept for a repeat has its instants as text. */
  #record({ value, position }: Written<SignInPolicyRecord>): Written<SignInPolicyRecord> {
    const { createdAt, updatedAt } = value;
    return { value: { ...value, createdAt: new Date(createdAt), updatedAt: new Date(updatedAt) }, position };
  }
}

const recordOf = (policy: SignInPolicyEntity): SignInPolicyRecord => {
  const { id, version, name, filter, require, graceDays, createdAt, updatedAt } = policy;
  return { id, version, name, filter, require, graceDays, createdAt, updatedAt };
};

async function lockPolicy(tx: Tx, viewer: Viewer, id: string): Promise<SignInPolicyEntity> {
  requireAt(viewer, "SETTINGS_MANAGE", []);
  const policy = await tx.em.findOne(SignInPolicyEntity, id, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (!policy) throw notFound("sign-in policy", "input.id");
  return policy;
}
