import { LockMode } from "@mikro-orm/core";
import { reachOf, type Viewer } from "../../access/actor.ts";
import type { Author } from "../../access/author.ts";
import { type CommandOptions, carryOut } from "../../access/command.ts";
import { requireAt } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { Tx, Written } from "../../database/transaction.ts";
import { conflict, invalidInput, notFound } from "../../kernel/errors.ts";
import { newId } from "../../kernel/ids.ts";
import { requireVersion } from "../../kernel/version.ts";
import type { Filter } from "../../search/filter.ts";
import { parseFilterWithPaths } from "../../search/parse.ts";
import type { SavedSearchQueries } from "../saved-searches/saved-search.queries.ts";
import { userCatalogue } from "../users/user.fields.ts";
import type { UserQueries } from "../users/user.queries.ts";
import type { Aspect } from "./bulk.change.ts";
import { SafetyLimitEntity } from "./safety-limit.entity.ts";
import type { SafetyLimitRecord } from "./safety-limit.types.ts";

interface Given {
  name: string;
  maxPeople: number | null;
  maxPercent: number | null;
  shareOf: "DIRECTORY" | "SCOPE";
  savedSearchId: string | null;
  aspects: readonly Aspect[];
  windowHours: number | null;
  windowOf: "PLANNER" | "EVERYBODY";
}

export type CreateSafetyLimit = CommandOptions & Given;
export type UpdateSafetyLimit = CommandOptions & { [key in keyof Given]: Given[key] | undefined } & {
  id: string;
  expectedVersion: number | undefined;
};

/** All of them are measured at every plan. */
const LIMITS = 50;

/** Changes safety limits; every command is one transaction and needs SETTINGS_MANAGE everywhere. */
export class SafetyLimitService {
  constructor(
    private readonly database: Database,
    private readonly users: UserQueries,
    private readonly searches: SavedSearchQueries,
  ) {}

  /** All limits by name, for whoever holds SETTINGS_MANAGE everywhere; null for everybody else. */
  async list(viewer: Viewer): Promise<SafetyLimitRecord[] | null> {
    if (reachOf(viewer, "SETTINGS_MANAGE") !== "everywhere") return null;
    const rows = await this.database.reader
      .selectFrom("safety_limit")
      .selectAll()
      .orderBy("name")
      .orderBy("id")
      .execute();
    return rows.map((row) => ({
      id: row.id,
      version: row.version,
      name: row.name,
      maxPeople: row.max_people,
      maxPercent: row.max_percent,
      shareOf: row.share_of,
      filter: row.filter as unknown as Filter | null,
      searchName: row.search_name,
      aspects: row.aspects as Aspect[],
      windowHours: row.window_hours,
      windowOf: row.window_of,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    }));
  }

  async create(author: Author, command: CreateSafetyLimit): Promise<Written<SafetyLimitRecord>> {
    requireAt(author.viewer, "SETTINGS_MANAGE", []);
    requireBound(command);
    const values = await this.#valuesOf(author.viewer, command);
    const name = { mutation: "createSafetyLimit", action: "safety_limit.created" };
    const written = await carryOut(this.database, author, name, command, async (tx) => {
      const others = await tx.sql.selectFrom("safety_limit").select("id").execute();
      if (others.length >= LIMITS)
        throw conflict(`There are at most ${LIMITS} safety limits: delete one first.`, { limit: LIMITS });
      const dates = { createdAt: tx.now, updatedAt: tx.now };
      const limit = tx.em.create(SafetyLimitEntity, {
        filter: null,
        searchName: null,
        ...values,
        ...dates,
        id: newId(),
        version: 1,
      } as never);
      tx.em.persist(limit);
      return recordOf(limit);
    });
    return told(written);
  }

  async update(author: Author, command: UpdateSafetyLimit): Promise<Written<SafetyLimitRecord>> {
    requireAt(author.viewer, "SETTINGS_MANAGE", []);
    const values = await this.#valuesOf(author.viewer, command);
    const name = { mutation: "updateSafetyLimit", action: "safety_limit.updated" };
    const written = await carryOut(this.database, author, name, command, async (tx) => {
      const limit = await lockLimit(tx, command.id);
      requireVersion(limit.version, command.expectedVersion);
      Object.assign(limit, values, { version: limit.version + 1, updatedAt: tx.now });
      requireBound(limit);
      return recordOf(limit);
    });
    return told(written);
  }

  delete(author: Author, command: CommandOptions & { id: string }): Promise<Written<{ id: string }>> {
    requireAt(author.viewer, "SETTINGS_MANAGE", []);
    const name = { mutation: "deleteSafetyLimit", action: "safety_limit.deleted" };
    return carryOut(this.database, author, name, command, async (tx) => {
      tx.em.remove(await lockLimit(tx, command.id));
      return { id: command.id };
    });
  }

  /** What was given, as it is stored; a saved search's filter is copied, where the viewer may ask by it. */
  async #valuesOf(viewer: Viewer, given: Partial<Given>): Promise<Partial<SafetyLimitEntity>> {
    const { name, maxPeople, maxPercent, shareOf, savedSearchId, aspects, windowHours, windowOf } = given;
    const values = {
      name,
      maxPeople,
      maxPercent,
      shareOf,
      aspects: aspects && [...new Set(aspects)],
      windowHours,
      windowOf,
      ...(savedSearchId === null ? { filter: null, searchName: null } : {}),
      ...(savedSearchId ? await this.#filterOf(viewer, savedSearchId) : {}),
    };
    return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
  }

  async #filterOf(viewer: Viewer, id: string): Promise<{ filter: Filter; searchName: string }> {
    const [search] = await this.searches.byIds(viewer, [id]);
    if (!search) throw notFound("saved search", "input.savedSearchId");
    const parsed = parseFilterWithPaths(search.filter, { catalogue: userCatalogue, path: "input.savedSearchId" });
    await this.users.requireAskable(viewer, parsed, new Map());
    return { filter: parsed.filter, searchName: search.name };
  }
}

function requireBound({ maxPeople, maxPercent }: Pick<Given, "maxPeople" | "maxPercent">): void {
  if (maxPeople === null && maxPercent === null)
    throw invalidInput([{ path: "input", message: "needs maxPeople or maxPercent." }]);
}

const recordOf = (limit: SafetyLimitEntity): SafetyLimitRecord => {
  const { id, version, name, maxPeople, maxPercent, shareOf, filter, searchName, aspects } = limit;
  const { windowHours, windowOf, createdAt, updatedAt } = limit;
  const bounds = { maxPeople, maxPercent, shareOf, filter, searchName, aspects, windowHours, windowOf };
  return { id, version, name, ...bounds, createdAt, updatedAt };
};

/** An answer that was kept for a repeat has its instants as text. */
function told({ value, position }: Written<SafetyLimitRecord>): Written<SafetyLimitRecord> {
  const { createdAt, updatedAt } = value;
  return { value: { ...value, createdAt: new Date(createdAt), updatedAt: new Date(updatedAt) }, position };
}

async function lockLimit(tx: Tx, id: string): Promise<SafetyLimitEntity> {
  const limit = await tx.em.findOne(SafetyLimitEntity, id, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (!limit) throw notFound("safety limit", "input.id");
  return limit;
}
