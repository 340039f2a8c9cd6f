import type { Viewer } from "../../access/actor.ts";
import type { Author } from "../../access/author.ts";
import { type CommandOptions, carryOut } from "../../access/command.ts";
import type { Database } from "../../database/database.ts";
import type { Tx, Written } from "../../database/transaction.ts";
import type { Consequence } from "../../kernel/consequence.ts";
import { conflict } from "../../kernel/errors.ts";
import { newId } from "../../kernel/ids.ts";
import { requireVersion } from "../../kernel/version.ts";
import { requireVisibleUser } from "../users/user.place.ts";
import { GroupEntity } from "./group.entity.ts";
import { lockManaged, requirePlace } from "./group.place.ts";
import { seesGroups } from "./group.queries.ts";

export interface CreateGroup extends CommandOptions {
  key: string;
  name: string;
  description: string | null;
  ownerId: string | null;
  orgUnitId: string | null;
  /** Null: a static group. */
  savedSearchId: string | null;
}

/** Absent: as it is; null: cleared. */
export interface UpdateGroup extends CommandOptions {
  id: string;
  expectedVersion: number | undefined;
  name?: string | undefined;
  description?: string | null | undefined;
  ownerId?: string | null | undefined;
  orgUnitId?: string | null | undefined;
  savedSearchId?: string | undefined;
}

export interface DeleteGroup extends CommandOptions {
  id: string;
}

export interface GroupOutcome {
  groupId: string;
}

/** What groups need to know of the roles that they were granted. */
export interface GroupHoldings {
  /** Passes where the viewer holds everything that the group was granted, where and for as long as it was; FORBIDDEN names what they lack. */
  requireNoLess(tx: Tx, viewer: Viewer, groupId: string, inputPath: string): Promise<void>;
  /** Passes where roles stay managed when these people, or without a list everybody, belong to the group no more; CONFLICT otherwise. */
  keepRoleManager(tx: Tx, groupId: string, userIds: readonly string[] | undefined, inputPath: string): Promise<void>;
  /** Ends what the group was granted, as it goes. */
  end(tx: Tx, groupId: string): Promise<Consequence[]>;
}

/** A saved search that may make a group, as it was looked at before the transaction. */
export interface ExaminedSearch {
  id: string;
  filterHash: string;
}

/** What groups need to know of saved searches. */
export interface GroupSearches {
  /** The search, where the viewer may make a group of it; NOT_FOUND, FORBIDDEN or INVALID_INPUT otherwise. Outside a transaction. */
  examine(viewer: Viewer, searchId: string, inputPath: string): Promise<ExaminedSearch>;
  /** Keeps it as it was examined until the transaction ends; CONFLICT where it was edited meanwhile. */
  hold(tx: Tx, search: ExaminedSearch, inputPath: string): Promise<void>;
}

type Answer<T> = Promise<Written<T>>;

/** Changes groups; every command is one transaction and needs GROUP_MANAGE where the group stands. Who belongs to them: group.members.ts. */
export class GroupService {
  constructor(
    private readonly database: Database,
    private readonly holdings: GroupHoldings,
    private readonly searches: GroupSearches,
  ) {}

  async create(author: Author, command: CreateGroup): Answer<GroupOutcome> {
    const { viewer } = author;
    const search =
      command.savedSearchId === null
        ? undefined
        : await this.searches.examine(viewer, command.savedSearchId, "input.savedSearchId");
    const name = { mutation: "createGroup", action: "group.created" };
    return carryOut(this.database, author, name, command, async (tx) => {
      await requirePlace(tx, viewer, command.orgUnitId, "input.orgUnitId");
      if (command.ownerId) await requireVisibleUser(tx, viewer, command.ownerId, "input.ownerId");
      if (search) await this.searches.hold(tx, search, "input.savedSearchId");
      await refuseTakenKey(tx, command.key);
      const { key, description, ownerId, orgUnitId, savedSearchId } = command;
      const group = tx.em.create(GroupEntity, {
        id: newId(),
        version: 1,
        key,
        name: command.name,
        description,
        kind: savedSearchId === null ? "STATIC" : "DYNAMIC",
        savedSearchId,
        ownerId,
        orgUnitId,
        createdAt: tx.now,
        updatedAt: tx.now,
      });
      tx.em.persist(group);
      return { groupId: group.id };
    });
  }

  /** Changes what the command names; another search needs everything that the group was granted. */
  async update(author: Author, command: UpdateGroup): Answer<GroupOutcome> {
    const { viewer } = author;
    // Whoever may not see groups learns nothing of searches by naming them here.
    const search =
      command.savedSearchId === undefined || !seesGroups(viewer)
        ? undefined
        : await this.searches.examine(viewer, command.savedSearchId, "input.savedSearchId");
    const name = { mutation: "updateGroup", action: "group.updated" };
    return carryOut(this.database, author, name, command, async (tx) => {
      const group = await lockManaged(tx, viewer, command.id, "input.id");
      requireVersion(group.version, command.expectedVersion);
      if (command.orgUnitId !== undefined) await requirePlace(tx, viewer, command.orgUnitId, "input.orgUnitId");
      if (command.ownerId) await requireVisibleUser(tx, viewer, command.ownerId, "input.ownerId");
      if (search) {
        if (group.kind === "STATIC")
          throw conflict("A static group has no search, and no group changes its kind.", {
            inputPath: "input.savedSearchId",
          });
        await this.searches.hold(tx, search, "input.savedSearchId");
        await this.holdings.requireNoLess(tx, viewer, group.id, "input.savedSearchId");
      }
      const { name: called = group.name, description = group.description, ownerId = group.ownerId } = command;
      const { orgUnitId = group.orgUnitId, savedSearchId = group.savedSearchId } = command;
      change(group, { name: called, description, ownerId, orgUnitId, savedSearchId }, tx.now);
      return { groupId: group.id };
    });
  }

  /** Deletes a group; what it was granted ends. CONFLICT where nobody who is active would manage roles any more. */
  delete(author: Author, command: DeleteGroup): Answer<GroupOutcome & { consequences: Consequence[] }> {
    const name = { mutation: "deleteGroup", action: "group.deleted" };
    return carryOut(this.database, author, name, command, async (tx) => {
      const group = await lockManaged(tx, author.viewer, command.id, "input.id");
      await this.holdings.keepRoleManager(tx, group.id, undefined, "input.id");
      const consequences = await this.holdings.end(tx, group.id);
      await tx.sql.deleteFrom("user_group").where("id", "=", group.id).execute();
      return { groupId: command.id, consequences };
    });
  }
}

/** Assigns what differs; the version and the time of change follow only where something does. */
function change(group: GroupEntity, values: Partial<GroupEntity>, now: Date): void {
  const differs = Object.entries(values).some(([key, value]) => group[key as keyof GroupEntity] !== value);
  if (differs) Object.assign(group, values, { version: group.version + 1, updatedAt: now });
}

/** The unique index refuses it too; here the answer names the input. */
async function refuseTakenKey(tx: Tx, key: string): Promise<void> {
  const taken = await tx.sql
    .selectFrom("user_group")
    .select("id")
    .where((eb) => eb(eb.fn("fold", ["key"]), "=", eb.fn("fold", [eb.val(key)])))
    .executeTakeFirst();
  if (taken) throw conflict("This key is taken by another group.", { inputPath: "input.key", field: "key" });
}
