import { LockMode, type RequiredEntityData } from "@mikro-orm/core";
import type { Viewer } from "../../access/actor.ts";
import type { Author } from "../../access/author.ts";
import { type CommandOptions, carryOut } from "../../access/command.ts";
import { type Placed, requireOver } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { Tx } from "../../database/transaction.ts";
import type { Consequence } from "../../kernel/consequence.ts";
import { invalidInput, notFound } from "../../kernel/errors.ts";
import { newId } from "../../kernel/ids.ts";
import type { Permission } from "../../kernel/permissions.ts";
import type { Position } from "../../kernel/position.ts";
import { isSameJson } from "../../kernel/same.ts";
import { requireVersion } from "../../kernel/version.ts";
import type { AttributeChecks } from "../attributes/attribute.checks.ts";
import { type ContactLists, writeContacts } from "./user.contacts.ts";
import { type IdentitySource, UserEntity } from "./user.entity.ts";
import type { LifecyclePart } from "./user.following.ts";
import { LIFECYCLE, type LifecycleOperation } from "./user.lifecycle.ts";
import { placeOfUser } from "./user.place.ts";
import { ATTRIBUTES_LIMIT, PROFILE_TEXT_NAMES, type ProfileValues } from "./user.profile.ts";
import { mayReadAttribute } from "./user.readable.ts";
import { loadFacts, refuseErased, requireCreatable, requireWritable, takenNames } from "./user.rules.ts";
import { UserTransitions } from "./user.transitions.ts";

export interface CreateUser extends CommandOptions {
  profile: ProfileValues & { username: string };
  contacts: ContactLists;
  status: "PENDING" | "ACTIVE";
  source: IdentitySource;
  roleKeys: readonly string[];
  /** Whether what templates say of such people is given to them. */
  applyTemplates: boolean;
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
  /** What a deletion had brought about, and a restore does not take back. */
  notRestored?: readonly Consequence[];
}

/** What a later feature gives somebody who is being made. */
export interface Filled {
  defaults: ProfileValues;
  created(userId: string): Promise<Consequence[]>;
}

/** What later features do in the same transaction because of a user: any failure rolls all of it back. */
export interface UserCascade extends LifecyclePart {
  /** Before a user is written: what is filled in of what was not given, and what is done once they are there. */
  creating?(tx: Tx, author: Author, command: CreateUser): Promise<Filled | undefined>;
  created?(tx: Tx, author: Author, userId: string, roleKeys: readonly string[]): Promise<Consequence[]>;
  /** Before anything is written: throws where a later feature refuses it. */
  updating?(tx: Tx, viewer: Viewer, command: UpdateUser): Promise<void>;
}

type Answer = Promise<{ value: UserOutcome; position: Position }>;

/** Carries out what is asked of users; every command is one transaction and asks for its permission over the user, before and after. */
export class UserService {
  /** What moves people along the lifecycle, for whoever has a transaction of their own. */
  readonly transitions: UserTransitions;

  constructor(
    private readonly database: Database,
    private readonly cascades: readonly UserCascade[],
    private readonly attributes: AttributeChecks,
  ) {
    this.transitions = new UserTransitions(cascades);
  }

  create(author: Author, command: CreateUser): Answer {
    const name = { mutation: "createUser", action: "user.created" };
    return carryOut(this.database, author, name, command, (tx) => this.createIn(tx, author, command));
  }

  /** The same inside a transaction under way, for features that do more in it. */
  async createIn(tx: Tx, author: Author, command: CreateUser): Promise<UserOutcome> {
    const { profile } = command;
    const facts = await loadFacts(tx, author.viewer, [profile]);
    const place = requireCreatable(author.viewer, newId(), command, facts);
    const filled: Filled[] = [];
    for (const cascade of this.cascades) filled.push(...asList(await cascade.creating?.(tx, author, command)));
    const given = { ...command, profile: filledUp(profile, filled) };
    const user = tx.em.create(UserEntity, newAccount(place.userId, given, tx.now));
    const made = { id: user.id, before: {}, after: user.attributes, isNew: true };
    await this.attributes.require(tx, made, mayReadAttribute(author.viewer, place));
    await refuseTakenNames(tx, user);
    tx.em.persist(user);
    await tx.flush();
    await writeContacts(tx, user.id, command.contacts);
    await tx.flush();
    const consequences: Consequence[] = [];
    for (const cascade of this.cascades)
      consequences.push(...((await cascade.created?.(tx, author, user.id, command.roleKeys)) ?? []));
    for (const { created } of filled) consequences.push(...(await created(user.id)));
    return { userId: user.id, consequences };
  }

  update(author: Author, command: UpdateUser): Answer {
    const name = { mutation: "updateUser", action: "user.updated" };
    return carryOut(this.database, author, name, command, (tx) => this.updateIn(tx, author, command));
  }

  /** The same inside a transaction under way, for features that do more in it. */
  async updateIn(tx: Tx, author: Author, command: UpdateUser): Promise<UserOutcome> {
    const { profile } = command;
    if (profile.attributes !== undefined) await this.attributes.share(tx);
    const { user, placed } = await lockUser(tx, author.viewer, command, "USER_UPDATE");
    requireWritable(author.viewer, placed, command, await loadFacts(tx, author.viewer, [profile]));
    for (const cascade of this.cascades) await cascade.updating?.(tx, author.viewer, command);
    await this.writeDecided(tx, user, command, mayReadAttribute(author.viewer, placed));
    return { userId: user.id, consequences: [] };
  }

  /** Keeps what attributes may hold as it is until the transaction ends: to be asked before a person is locked. */
  holdDefinitions(tx: Tx): Promise<void> {
    return this.attributes.share(tx);
  }

  /**
   * Writes values of a profile in a transaction under way, for a feature that has decided that they may be written; names that are taken and
   * attributes that do not fit their definitions are refused. The user is one whom it has locked. Gives whether anything differs from what
   * was there. `mayKnow` says of which attributes that are not given it may be told that they are missing.
   */
  async writeDecided(
    tx: Tx,
    user: UserEntity,
    { profile, contacts }: Pick<UpdateUser, "profile" | "contacts">,
    mayKnow: (attribute: string) => boolean = () => true,
  ): Promise<boolean> {
    const before = user.attributes;
    const profileChanged = assignProfile(user, profile);
    if (profile.attributes !== undefined)
      await this.attributes.require(tx, { id: user.id, before, after: user.attributes, isNew: false }, mayKnow);
    // The names of a deleted user are free for others; whether they still are is asked when one is restored.
    if (profileChanged && user.status !== "DELETED") await refuseTakenNames(tx, user);
    const contactsChanged = await writeContacts(tx, user.id, contacts);
    if (profileChanged || contactsChanged) touch(user, tx.now);
    return profileChanged || contactsChanged;
  }

  /** Moves a user along one edge of the lifecycle, with everything that follows from it. */
  transition(author: Author, command: TransitionUser): Answer {
    const { operation } = command;
    const name = { mutation: `${operation}User`, action: LIFECYCLE[operation].action };
    return carryOut(this.database, author, name, command, (tx) => {
      tx.about.add(command.id);
      return this.transitions.move(tx, author.viewer, operation, { ...command, reason: command.reason ?? null });
    });
  }
}

const asList = <T>(one: T | undefined): T[] => (one === undefined ? [] : [one]);

/** A profile with what was not given filled in; of attributes key by key. */
function filledUp(profile: CreateUser["profile"], filled: readonly Filled[]): CreateUser["profile"] {
  return filled.reduce((given, { defaults }) => {
    const attributes = { ...defaults.attributes, ...given.attributes };
    const kept = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    return { ...defaults, ...kept, username: given.username, attributes };
  }, profile);
}

const touch = (user: UserEntity, now: Date): void => {
  user.version += 1;
  user.updatedAt = now;
};

/** The user, locked for this transaction, where the viewer may do this to them; NOT_FOUND where they may not see them. */
async function lockUser(
  tx: Tx,
  viewer: Viewer,
  { id, expectedVersion }: Pick<UpdateUser, "id" | "expectedVersion">,
  permission: Permission,
): Promise<{ user: UserEntity; placed: Placed }> {
  const user = await tx.em.findOne(UserEntity, id, { lockMode: LockMode.PESSIMISTIC_WRITE });
  const placed = user && (await placeOfUser(tx.sql, id, viewer));
  if (!placed) throw notFound("user", "input.id");
  requireOver(viewer, permission, placed);
  refuseErased(user);
  requireVersion(user.version, expectedVersion);
  return { user, placed };
}

/** What is said of somebody who is being made. */
export type NewPerson = Pick<CreateUser, "profile" | "status" | "source"> & { reason?: string | null | undefined };

/** The values of somebody new. */
export function newAccount(id: string, { profile, status, source, reason }: NewPerson, now: Date): NewAccount {
  const texts = Object.fromEntries(PROFILE_TEXT_NAMES.map((name) => [name, profile[name] ?? null]));
  const spoken = [profile.givenName, profile.familyName].filter(Boolean).join(" ");
  return {
    ...texts,
    id,
    version: 1,
    username: profile.username,
    displayName: profile.displayName ?? (spoken || profile.username),
    status,
    statusReason: reason ?? null,
    statusChangedAt: now,
    employeeType: profile.employeeType ?? null,
    tags: [...new Set(profile.tags ?? [])],
    attributes: mergeAttributes({}, profile.attributes),
    source,
    hiredOn: profile.hiredOn ?? null,
    terminatesOn: profile.terminatesOn ?? null,
    orgUnitId: profile.orgUnitId ?? null,
    managerId: profile.managerId ?? null,
    createdAt: now,
    updatedAt: now,
  };
}

/** What is set of an account when it is made; everything else of it is empty. */
export type NewAccount = RequiredEntityData<UserEntity> & { id: string; attributes: Record<string, unknown> };

/** Assigns what differs; gives whether anything does. */
export function assignProfile(user: UserEntity, { tags, attributes, ...single }: ProfileValues): boolean {
  const values: Record<string, unknown> = { ...single };
  if (tags) values.tags = [...new Set(tags)];
  if (attributes !== undefined) values.attributes = mergeAttributes(attributes && user.attributes, attributes);
  let changed = false;
  for (const [name, value] of Object.entries(values)) {
    const before = user[name as keyof UserEntity];
    if (value === undefined || isSameJson(before, value)) continue;
    Object.assign(user, { [name]: value });
    changed = true;
  }
  return changed;
}

/** The attributes that result; INVALID_INPUT where they are more than a user may have. */
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
  return Object.fromEntries(kept);
}

async function refuseTakenNames(tx: Tx, user: UserEntity): Promise<void> {
  const taken = (await takenNames(tx, [user])).get(user.id);
  if (taken) throw taken;
}
