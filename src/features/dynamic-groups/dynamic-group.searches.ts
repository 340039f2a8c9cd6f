import type { Viewer } from "../../access/actor.ts";
import { requireAt } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { Tx } from "../../database/transaction.ts";
import { requireRecent } from "../../graphql/step-up.ts";
import { conflict, invalidInput, notFound } from "../../kernel/errors.ts";
import { fieldsUsed } from "../../search/fields-used.ts";
import type { Filter } from "../../search/filter.ts";
import { pathOfGroup } from "../groups/group.place.ts";
import type { ExaminedSearch, GroupHoldings, GroupSearches } from "../groups/group.service.ts";
import { mayReadSearch } from "../saved-searches/saved-search.access.ts";
import type { SearchUse } from "../saved-searches/saved-search.service.ts";
import { requireAskableFilter } from "../saved-searches/search.askable.ts";
import { userCatalogue } from "../users/user.fields.ts";
import type { UserQueries } from "../users/user.queries.ts";

/** What follows from belonging to groups: asked about by a filter that makes a group, membership would depend on itself. */
const CIRCULAR = ["roles", "permissions", "roleGrants", "groups", "groupKeys"];

/** Which saved searches may make groups, and what that asks of whoever changes them. */
export class DynamicGroupSearches implements GroupSearches, SearchUse {
  constructor(
    private readonly database: Database,
    private readonly users: UserQueries,
    private readonly holdings: GroupHoldings,
  ) {}

  /** Whoever makes a group of a search shows whom it finds: so they must be allowed to ask by it, and see everybody. */
  async examine(viewer: Viewer, searchId: string, inputPath: string): Promise<ExaminedSearch> {
    requireAt(viewer, "USER_READ", []);
    const search = await this.database.reader
      .selectFrom("saved_search")
      .select(["filter", "filter_hash", "owner_id", "token_id", "visibility"])
      .where("id", "=", searchId)
      .executeTakeFirst();
    const { owner_id: ownerId = null, token_id: tokenId = null, visibility = "PRIVATE" } = search ?? {};
    if (!search || !mayReadSearch(viewer, { ownerId, tokenId, visibility })) throw notFound("saved search", inputPath);
    const filter = search.filter as unknown as Filter;
    refuseCircle(filter, inputPath);
    await requireAskableFilter(this.users, viewer, filter);
    return { id: searchId, filterHash: search.filter_hash };
  }

  async hold(tx: Tx, search: ExaminedSearch, inputPath: string): Promise<void> {
    const found = await tx.sql
      .selectFrom("saved_search")
      .select("filter_hash")
      .where("id", "=", search.id)
      .forNoKeyUpdate()
      .executeTakeFirst();
    if (!found) throw notFound("saved search", inputPath);
    if (found.filter_hash !== search.filterHash)
      throw conflict("The saved search was edited at the same time: look at it again.", { inputPath });
  }

  /**
   * A filter that makes groups is edited by who manages them, sees everybody, holds all that the groups were granted, and has authenticated
   * as recently as giving a group another search wants.
   */
  async editing(tx: Tx, viewer: Viewer, searchId: string, filter: Filter): Promise<void> {
    const groups = await groupsOf(tx, searchId);
    if (groups.length === 0) return;
    requireRecent(viewer, "updateGroup");
    refuseCircle(filter, "input.filter");
    requireAt(viewer, "USER_READ", []);
    for (const { id, org_unit_id: orgUnitId } of groups) {
      requireAt(viewer, "GROUP_MANAGE", await pathOfGroup(tx, { orgUnitId }));
      await this.holdings.requireNoLess(tx, viewer, id, "input.filter");
    }
  }

  async deleting(tx: Tx, searchId: string): Promise<void> {
    if ((await groupsOf(tx, searchId)).length > 0)
      throw conflict("A group is made of this search: delete the group first, or give it another search.", {
        inputPath: "input.id",
        field: "groups",
      });
  }
}

const groupsOf = (tx: Tx, searchId: string) =>
  tx.sql
    .selectFrom("user_group")
    .select(["id", "org_unit_id"])
    .where("saved_search_id", "=", searchId)
    .orderBy("id")
    .forNoKeyUpdate()
    .execute();

function refuseCircle(filter: Filter, inputPath: string): void {
  const asked = fieldsUsed(filter, userCatalogue);
  const circular = CIRCULAR.filter((field) => asked.has(field));
  if (circular.length > 0)
    throw invalidInput([
      {
        path: inputPath,
        message: `asks about ${circular.join(" and ")}, which follow from the groups that a person belongs to: a search that makes a group cannot.`,
      },
    ]);
}
