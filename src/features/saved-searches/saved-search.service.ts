import { LockMode } from "@mikro-orm/core";
import { sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import type { Author } from "../../access/author.ts";
import { type CommandOptions, carryOut } from "../../access/command.ts";
import type { Database } from "../../database/database.ts";
import type { Tx, Written } from "../../database/transaction.ts";
import { requireFollowable } from "../../feed/boundaries.ts";
import { conflict, notFound, RollcallError } from "../../kernel/errors.ts";
import { newId } from "../../kernel/ids.ts";
import { requireVersion } from "../../kernel/version.ts";
import type { Filter } from "../../search/filter.ts";
import { assertWithinLimits } from "../../search/limits.ts";
import { canonical, filterHash } from "../../search/normal-form.ts";
import { parseFilterWithPaths } from "../../search/parse.ts";
import { toInput } from "../../search/print.ts";
import { userCatalogue } from "../users/user.fields.ts";
import type { UserQueries } from "../users/user.queries.ts";
import { type Owner, ownerOf, requireEditable, requireShareable, watchedFields } from "./saved-search.access.ts";
import { SavedSearchEntity, type SavedSearchVisibility } from "./saved-search.entity.ts";

export interface CreateSavedSearch extends CommandOptions {
  name: string;
  description: string | null;
  visibility: SavedSearchVisibility;
  /** A UserFilter as GraphQL brings it. */
  filter: object;
  watch: readonly string[];
}

export interface UpdateSavedSearch extends CommandOptions {
  id: string;
  expectedVersion: number | undefined;
  name?: string | undefined;
  description?: string | null | undefined;
  visibility?: SavedSearchVisibility | undefined;
  filter?: object | undefined;
  watch?: readonly string[] | undefined;
}

export interface DeleteSavedSearch extends CommandOptions {
  id: string;
}

export interface SavedSearchOutcome {
  searchId: string;
}

/** What a later feature that builds on searches says to their changes, in the same transaction; each throws where it refuses. */
export interface SearchUse {
  /** Another filter is given to a search, which is locked. */
  editing(tx: Tx, viewer: Viewer, searchId: string, filter: Filter): Promise<void>;
  /** A search goes, which is locked. */
  deleting(tx: Tx, searchId: string): Promise<void>;
}

type Answer = Promise<Written<SavedSearchOutcome>>;

/** How many searches one owner may keep: as many as a person can make sense of, and a bound to what matching must carry for one. */
export const SEARCHES_PER_OWNER = 1_000;

/** Keeps searches under names; every command is one transaction. A filter is taken only where its author may search by it. */
export class SavedSearchService {
  constructor(
    private readonly database: Database,
    private readonly users: UserQueries,
    private readonly uses: readonly SearchUse[],
  ) {}

  /** Saves a search of the viewer's; CONFLICT where they have as many as anybody may, or it asks for one more distance from now than are followed. */
  async create(author: Author, command: CreateSavedSearch): Answer {
    const { viewer } = author;
    requireShareable(viewer, command.visibility);
    const watch = watchedFields(viewer, command.watch);
    const kept = await this.#keep(viewer, command.filter);
    return carryOut(
      this.database,
      author,
      { mutation: "createSavedSearch", action: "saved_search.created" },
      command,
      async (tx) => {
        const owner = ownerOf(viewer);
        await requireRoom(tx, owner);
        await requireFollowable(tx.sql, kept.filter, "input.filter");
        const { name, description, visibility } = command;
        const dates = { createdAt: tx.now, updatedAt: tx.now };
        const values = { name, description, visibility, watch, ...kept, ...owner, ...dates };
        const search = tx.em.create(SavedSearchEntity, { id: newId(), version: 1, ...values });
        tx.em.persist(search);
        return { searchId: search.id };
      },
    );
  }

  /** Changes what the command names; whatever is shared afterwards needs SAVED_SEARCH_SHARE. */
  async update(author: Author, command: UpdateSavedSearch): Answer {
    const { viewer } = author;
    const watch = command.watch && watchedFields(viewer, command.watch);
    const kept = command.filter && (await this.#keep(viewer, command.filter));
    return carryOut(
      this.database,
      author,
      { mutation: "updateSavedSearch", action: "saved_search.updated" },
      command,
      async (tx) => {
        const search = await lockEditable(tx, viewer, command.id);
        requireVersion(search.version, command.expectedVersion);
        const { name = search.name, description = search.description, visibility = search.visibility } = command;
        requireShareable(viewer, visibility);
        const differs = kept !== undefined && kept.filterHash !== search.filterHash;
        if (differs) {
          await requireFollowable(tx.sql, kept.filter, "input.filter");
          for (const use of this.uses) await use.editing(tx, viewer, search.id, kept.filter);
        }
        change(
          search,
          { name, description, visibility, watch: watch ?? search.watch, ...(differs ? kept : {}) },
          tx.now,
        );
        return { searchId: search.id };
      },
    );
  }

  delete(author: Author, command: DeleteSavedSearch): Answer {
    return carryOut(
      this.database,
      author,
      { mutation: "deleteSavedSearch", action: "saved_search.deleted" },
      command,
      async (tx) => {
        const search = await lockEditable(tx, author.viewer, command.id);
        for (const use of this.uses) await use.deleting(tx, search.id);
        tx.em.remove(search);
        return { searchId: command.id };
      },
    );
  }

  /** The filter as it is stored, where the viewer may search by it: what a search would refuse is refused. */
  async #keep(viewer: Viewer, input: object): Promise<{ filter: Filter; filterHash: string }> {
    const parsed = parseFilterWithPaths(input, { catalogue: userCatalogue, path: "input.filter" });
    await this.users.requireAskable(viewer, parsed, new Map());
    return { filter: keptForm(parsed.filter), filterHash: filterHash(parsed.filter, userCatalogue) };
  }
}

/**
 * The canonical form; or, where that is over a limit that the filter itself is not (folding lengthens some texts, and a negated operator is
 * a `not` around another), the filter as it came. So what is given back can always be asked again.
 */
function keptForm(filter: Filter): Filter {
  const form = canonical(filter, userCatalogue);
  try {
    assertWithinLimits(toInput(form, userCatalogue), "filter");
    return form;
  } catch (error) {
    if (error instanceof RollcallError && error.code === "FILTER_TOO_COMPLEX") return filter;
    throw error;
  }
}

/** Passes while the owner may save one more; others who save for the same owner at the same time wait. */
async function requireRoom(tx: Tx, { ownerId, tokenId }: Owner): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`rollcall.saved_search.${ownerId ?? tokenId}`}, 0))`.execute(
    tx.sql,
  );
  const { count } = await tx.sql
    .selectFrom("saved_search")
    .select((eb) => eb.fn.countAll<bigint>().as("count"))
    .where(ownerId === null ? "token_id" : "owner_id", "=", ownerId ?? tokenId)
    .executeTakeFirstOrThrow();
  if (count >= SEARCHES_PER_OWNER)
    throw conflict(`Nobody may keep more than ${SEARCHES_PER_OWNER} searches: delete one first.`, {
      limit: SEARCHES_PER_OWNER,
    });
}

/** The search, locked for this transaction, where the viewer may change it. */
async function lockEditable(tx: Tx, viewer: Viewer, id: string): Promise<SavedSearchEntity> {
  const search = await tx.em.findOne(SavedSearchEntity, id, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (!search) throw notFound("saved search", "input.id");
  requireEditable(viewer, search);
  return search;
}

/** Assigns what differs; the version and the time of change follow only where something does. */
function change(search: SavedSearchEntity, values: Partial<SavedSearchEntity>, now: Date): void {
  const differs = Object.entries(values).some(
    ([key, value]) => JSON.stringify(search[key as keyof SavedSearchEntity]) !== JSON.stringify(value),
  );
  if (differs) Object.assign(search, values, { version: search.version + 1, updatedAt: now });
}
