import { LockMode } from "@mikro-orm/core";
import { covers, reachOf, type Viewer } from "../../access/actor.ts";
import type { Author } from "../../access/author.ts";
import { type CommandOptions, carryOut } from "../../access/command.ts";
import { mayReadField } from "../../access/field-policy.ts";
import { type Placed, requireAt, requireNoGain, requireOver } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { Tx } from "../../database/transaction.ts";
import { type Consequence, consequence } from "../../kernel/consequence.ts";
import { conflict, forbidden, invalidInput, notFound } from "../../kernel/errors.ts";
import { newId, publicId } from "../../kernel/ids.ts";
import type { Position } from "../../kernel/position.ts";
import { requireVersion } from "../../kernel/version.ts";
import { fieldOf } from "../../search/catalogue.ts";
import { pathOfUnit } from "../org/org-unit.path.ts";
import { type ContactLists, writeContacts } from "./user.contacts.ts";
import { type EmployeeType, type IdentitySource, UserEntity, type UserStatus } from "./user.entity.ts";
import { userCatalogue } from "./user.fields.ts";
import { LIFECYCLE, type LifecycleOperation, targetOf } from "./user.lifecycle.ts";
import { managersAbove, metBy, requireVisibleUser } from "./user.place.ts";
import { ATTRIBUTES_LIMIT, PROFILE_TEXT_NAMES, type ProfileText } from "./user.profile.ts";

/** The single values of a profile. Absent: as it is; null: cleared. */
export type ProfileValues = { [name in ProfileText]?: string | null | undefined } & {
  employeeType?: EmployeeType | null | undefined;
  tags?: readonly string[] | undefined;
  /** Merged key by key; a null value removes its key, null removes all. */
  attributes?: Readonly<Record<string, unknown>> | null | undefined;
  hiredOn?: string | null | undefined;
  terminatesOn?: string | null | undefined;
  orgUnitId?: string | null | undefined;
  managerId?: string | null | undefined;
};

export interface CreateUser extends CommandOptions {
  profile: ProfileValues & { username: string };
  contacts: ContactLists;
  status: "PENDING" | "ACTIVE";
  source: IdentitySource;
  roleKeys: readonly string[];
}

export interface UpdateUser extends CommandOptions {
  id: string;
  expectedVersion: number | undefined;
  profile: ProfileValues;
  contacts: ContactLists;
}

export interface TransitionUser extends CommandOptions {
  id: string;
  expectedVersion: number | undefined;
  operation: LifecycleOperation;
  until: Date | null;
}

export interface UserOutcome {
  userId: string;
  consequences: Consequence[];
}

/** What later features do in the same transaction because of a user: any failure rolls all of it back. */
export interface UserCascade {
  created?(tx: Tx, author: Author, userId: string, roleKeys: readonly string[]): Promise<Consequence[]>;
  /** Before anything is written: throws where a later feature refuses it. */
  updating?(tx: Tx, viewer: Viewer, command: UpdateUser): Promise<void>;
  statusChanged?(tx: Tx, userId: string, from: UserStatus, to: UserStatus): Promise<Consequence[]>;
}

type Answer = Promise<{ value: UserOutcome; position: Position }>;

/** Carries out what is asked of users; every command is one transaction and asks for its permission over the user, before and after. */
export class UserService {
  constructor(
    private readonly database: Database,
    private readonly cascades: readonly UserCascade[],
  ) {}

  create(author: Author, command: CreateUser): Answer {
    return carryOut(this.database, author, { mutation: "createUser", action: "user.created" }, command, async (tx) => {
      const { profile } = command;
      const unitPath = await placeAt(tx, author.viewer, "USER_CREATE", profile.orgUnitId ?? null);
      if (givesContacts(command.contacts)) requireAt(author.viewer, "USER_READ_CONTACT", unitPath);
      if (profile.managerId) await requireManager(tx, author.viewer, profile.managerId);
      const user = newUser(tx, command);
      await refuseTakenNames(tx, user);
      tx.em.persist(user);
      await tx.flush();
      await writeContacts(tx, user.id, command.contacts);
      await tx.flush();
      const consequences: Consequence[] = [];
      for (const cascade of this.cascades) {
        consequences.push(...((await cascade.created?.(tx, author, user.id, command.roleKeys)) ?? []));
      }
      return { userId: user.id, consequences };
    });
  }

  update(author: Author, command: UpdateUser): Answer {
    return carryOut(this.database, author, { mutation: "updateUser", action: "user.updated" }, command, async (tx) => {
      const { profile } = command;
      const user = await lockUser(tx, author.viewer, command.id, "USER_UPDATE", command.expectedVersion);
      await requireWritable(tx, author.viewer, user, command);
      for (const cascade of this.cascades) await cascade.updating?.(tx, author.viewer, command);
      const profileChanged = assignProfile(user, profile);
      // The names of a deleted user are free for others; whether they still are is asked when one is restored.
      if (profileChanged && user.status !== "DELETED") await refuseTakenNames(tx, user);
      const contactsChanged = await writeContacts(tx, user.id, command.contacts);
      if (profileChanged || contactsChanged) touch(user, tx.now);
      return { userId: user.id, consequences: [] };
    });
  }

  /** Moves a user along one edge of the lifecycle, with everything that follows from it. */
  transition(author: Author, command: TransitionUser): Answer {
    const { operation } = command;
    const name = { mutation: `${operation}User`, action: LIFECYCLE[operation].action };
    return carryOut(this.database, author, name, command, (tx) => this.move(tx, author.viewer, command));
  }

  /** The same in a transaction under way. */
  async move(tx: Tx, viewer: Viewer, command: TransitionUser): Promise<UserOutcome> {
    const { operation } = command;
    const { permission } = LIFECYCLE[operation];
    const user = await lockUser(tx, viewer, command.id, permission, command.expectedVersion);
    const from = user.status;
    const to = targetOf(operation, from, user.statusBefore ?? null);
    if (command.until && command.until <= tx.now)
      throw invalidInput([{ path: "input.until", message: "must be in the future." }]);
    if (operation === "restore") await refuseTakenNames(tx, user);
    Object.assign(user, {
      status: to,
      statusReason: command.reason ?? null,
      statusChangedAt: tx.now,
      statusUntil: command.until,
      statusBefore: to === "DELETED" ? from : null,
      deletedAt: to === "DELETED" ? tx.now : null,
    });
    touch(user, tx.now);
    await tx.flush();
    const consequences = await orphanedReports(tx, user.id, from, to);
    for (const cascade of this.cascades)
      consequences.push(...((await cascade.statusChanged?.(tx, user.id, from, to)) ?? []));
    return { userId: user.id, consequences };
  }
}

const touch = (user: UserEntity, now: Date): void => {
  user.version += 1;
  user.updatedAt = now;
};

/** The user, locked for this transaction, where the viewer may do this to them; NOT_FOUND where they may not see them. */
async function lockUser(
  tx: Tx,
  viewer: Viewer,
  id: string,
  permission: Parameters<typeof requireOver>[1],
  expectedVersion: number | undefined,
): Promise<UserEntity> {
  const user = await tx.em.findOne(UserEntity, id, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (!user) throw notFound("user", "input.id");
  const unitPath = user.orgUnitId ? await pathOfUnit(tx.sql, user.orgUnitId) : [];
  const meets = await metBy(tx.sql, user.id, viewer);
  requireOver(viewer, permission, { userId: user.id, unitPath, deleted: user.status === "DELETED", meets });
  requireVersion(user.version, expectedVersion);
  return user;
}

/** The path of the unit, where the permission is held over it; without a unit it must be held everywhere. NOT_FOUND where the viewer may not even see the unit. */
async function placeAt(
  tx: Tx,
  viewer: Viewer,
  permission: "USER_CREATE" | "USER_UPDATE",
  unitId: string | null,
): Promise<readonly string[]> {
  const path = unitId ? await pathOfUnit(tx.sql, unitId) : [];
  const known = covers(reachOf(viewer, permission), path) || covers(reachOf(viewer, "ORG_READ"), path);
  if (unitId && (path.length === 0 || !known)) throw notFound("org unit", "input.orgUnitId");
  requireAt(viewer, permission, path);
  return path;
}

/** Passes where the viewer may write these values; asked also of values that would stay as they are, so that nobody finds out by trying. */
async function requireWritable(
  tx: Tx,
  viewer: Viewer,
  user: UserEntity,
  { profile, contacts }: UpdateUser,
): Promise<void> {
  const unitPath = user.orgUnitId ? await pathOfUnit(tx.sql, user.orgUnitId) : [];
  const place = { userId: user.id, unitPath, meets: await metBy(tx.sql, user.id, viewer) };
  if (profile.orgUnitId !== undefined) {
    const to = await placeAt(tx, viewer, "USER_UPDATE", profile.orgUnitId);
    requireNoGain(viewer, unitPath, to, "input.orgUnitId");
    requireReadable(viewer, "orgUnit", place, "input.orgUnitId");
  }
  if (givesContacts(contacts)) requireReadable(viewer, "email", place);
  if (profile.managerId) await requireManager(tx, viewer, profile.managerId, user.id);
}

const givesContacts = ({ email, phone, emails, phones, addresses }: ContactLists): boolean =>
  [email, phone, emails, phones, addresses].some((given) => given !== undefined);

/**
 * Passes where the viewer may read a field that they write. Else what does not change would tell them what was there: the
 * version stays as it is, and so does the log.
 */
function requireReadable(
  viewer: Viewer,
  name: string,
  { userId, unitPath, meets }: Omit<Placed, "deleted">,
  inputPath?: string,
): void {
  const field = fieldOf(userCatalogue, name);
  if (mayReadField(viewer, field, userId, unitPath, meets)) return;
  const missing = field.read.find((permission) => !covers(reachOf(viewer, permission), unitPath));
  throw forbidden(missing ?? "USER_READ", inputPath);
}

/** Passes where the manager is somebody whom the viewer may see, not deleted, and not below the user. */
async function requireManager(tx: Tx, viewer: Viewer, managerId: string, userId?: string): Promise<void> {
  await requireVisibleUser(tx, viewer, managerId, "input.managerId");
  if (!userId) return;
  if (managerId === userId || (await managersAbove(tx.sql, managerId)).includes(userId))
    throw conflict("A user cannot report to themselves, directly or through others.", {
      inputPath: "input.managerId",
      field: "manager",
    });
}

function newUser(tx: Tx, { profile, status, source, reason }: CreateUser): UserEntity {
  const texts = Object.fromEntries(PROFILE_TEXT_NAMES.map((name) => [name, profile[name] ?? null]));
  const spoken = [profile.givenName, profile.familyName].filter(Boolean).join(" ");
  return tx.em.create(UserEntity, {
    ...texts,
    id: newId(),
    version: 1,
    username: profile.username,
    displayName: profile.displayName ?? (spoken || profile.username),
    status,
    statusReason: reason ?? null,
    statusChangedAt: tx.now,
    employeeType: profile.employeeType ?? null,
    tags: [...new Set(profile.tags ?? [])],
    attributes: mergeAttributes({}, profile.attributes),
    source,
    hiredOn: profile.hiredOn ?? null,
    terminatesOn: profile.terminatesOn ?? null,
    orgUnitId: profile.orgUnitId ?? null,
    managerId: profile.managerId ?? null,
    createdAt: tx.now,
    updatedAt: tx.now,
  });
}

/** Assigns what differs; gives whether anything does. */
function assignProfile(user: UserEntity, { tags, attributes, ...single }: ProfileValues): boolean {
  const values: Record<string, unknown> = { ...single };
  if (tags) values.tags = [...new Set(tags)];
  if (attributes !== undefined) values.attributes = mergeAttributes(attributes && user.attributes, attributes);
  let changed = false;
  for (const [name, value] of Object.entries(values)) {
    const before = user[name as keyof UserEntity];
    if (value === undefined || JSON.stringify(before ?? null) === JSON.stringify(value)) continue;
    Object.assign(user, { [name]: value });
    changed = true;
  }
  return changed;
}

/** The attributes that result, by key; INVALID_INPUT where they are more than a user may have. */
function mergeAttributes(
  before: Readonly<Record<string, unknown>> | null,
  changes: Readonly<Record<string, unknown>> | null | undefined,
): Record<string, unknown> {
  const kept = Object.entries({ ...before, ...changes }).filter(([, value]) => value !== null);
  if (kept.length > ATTRIBUTES_LIMIT)
    throw invalidInput([
      {
        path: "input.attributes",
        message: `must not leave more than ${ATTRIBUTES_LIMIT} attributes.`,
        limit: ATTRIBUTES_LIMIT,
      },
    ]);
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The unique indexes refuse these too; here the answer names the input. */
async function refuseTakenNames(tx: Tx, user: UserEntity): Promise<void> {
  for (const [column, field, value] of [
    ["username", "username", user.username],
    ["employee_number", "employeeNumber", user.employeeNumber],
  ] as const) {
    if (!value) continue;
    const taken = await tx.sql
      .selectFrom("user_account")
      .select("id")
      .where((eb) => eb(eb.fn("fold", [column]), "=", eb.fn("fold", [eb.val(value)])))
      .where("status", "<>", "DELETED")
      .where("id", "<>", user.id)
      .executeTakeFirst();
    if (taken) throw conflict(`This ${field} is taken by another user.`, { inputPath: `input.${field}`, field });
  }
}

/** Whoever still reports to somebody who stops being active is reported, and keeps the manager until given another. */
async function orphanedReports(tx: Tx, userId: string, from: UserStatus, to: UserStatus): Promise<Consequence[]> {
  if (from !== "ACTIVE" || to === "ACTIVE") return [];
  const reports = await tx.sql
    .selectFrom("user_account")
    .select("id")
    .where("manager_id", "=", userId)
    .where("status", "<>", "DELETED")
    .orderBy("id")
    .execute();
  return consequence(
    "REPORTS_ORPHANED",
    reports.map(({ id }) => publicId("User", id)),
  );
}
