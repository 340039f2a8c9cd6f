import { sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import type { Author } from "../../access/author.ts";
import { type CommandOptions, carryOut } from "../../access/command.ts";
import type { Database } from "../../database/database.ts";
import type { Tx, Written } from "../../database/transaction.ts";
import { invalidInput, RollcallError } from "../../kernel/errors.ts";
import { publicId } from "../../kernel/ids.ts";
import { requireVersion } from "../../kernel/version.ts";
import type { Approvals } from "../approvals/approval.requests.ts";
import { type ContactLists, withOnePrimary } from "../users/user.contacts.ts";
import type { UserEntity } from "../users/user.entity.ts";
import type { ProfileValues } from "../users/user.profile.ts";
import type { UserService } from "../users/user.service.ts";
import { chainFor } from "./approval-policy.rules.ts";
import {
  type AnyOwnField,
  type EditableField,
  editableFields,
  namesAttribute,
  type OwnValues,
  ownValues,
  type SelfServiceSettings,
  writtenOf,
} from "./own-profile.fields.ts";
import { isSame, lockPerson, PROFILE_CHANGE_OTHERWISE, type ProfileChangePayload } from "./profile-change.ts";

export interface UpdateOwnProfile extends CommandOptions {
  expectedVersion: number | undefined;
  profile: ProfileValues;
  contacts: ContactLists;
}

export interface OwnProfileOutcome {
  userId: string;
  /** The request that the change waits for; null where it was made at once. */
  requestId: string | null;
}

/** What a person would have, and which of it waits for another's word. */
interface Wish extends Pick<CommandOptions, "reason"> {
  userId: string;
  sensitive: readonly AnyOwnField[];
  changes: ProfileChangePayload["changes"];
}

const HOUR_MS = 3_600_000;

/** Lets people change their own profile: what is theirs to edit at once, what is sensitive with another person's word. */
export class OwnProfileService {
  constructor(
    private readonly database: Database,
    private readonly users: UserService,
    private readonly approvals: Approvals,
    private readonly settings: SelfServiceSettings,
    /** The civil date that an instant falls on in ORG_TIMEZONE. */
    private readonly dateOf: (instant: Date) => string,
  ) {}

  /** What people may edit of themselves. */
  editable(): Promise<EditableField[]> {
    return editableFields(this.database.reader, this.settings);
  }

  /**
   * Changes the viewer's own profile whole, or not at all: where any of the fields that differ is sensitive, the whole change waits for approval.
   * INVALID_INPUT names every field that is not theirs to edit.
   */
  update(author: Author, command: UpdateOwnProfile): Promise<Written<OwnProfileOutcome>> {
    const { viewer } = author;
    const given = givenOf(command);
    const name = { mutation: "updateMyProfile", action: "user.self_updated" };
    return carryOut(this.database, author, name, command, async (tx) => {
      if (viewer.userId === null || viewer.session?.enrolmentOnly || (await isNarrowed(tx, viewer.tokenId)))
        throw new RollcallError(
          "FORBIDDEN",
          "Only a person changes their own profile, signed in or by a token that is not narrowed.",
        );
      const editable = await editableFields(tx.sql, this.settings);
      const wanted = requireEditable(given, editable);
      if (namesAttribute(Object.keys(wanted))) await this.users.holdDefinitions(tx);
      const user = await lockPerson(tx, viewer.userId);
      requireVersion(user.version, command.expectedVersion);
      const before = await ownValues(tx, user.id, Object.keys(wanted) as AnyOwnField[]);
      const fields = (Object.keys(wanted) as AnyOwnField[]).filter((field) => !isSame(wanted[field], before[field]));
      const userId = user.id;
      const sensitive = editable.filter((one) => one.sensitive && fields.includes(one.name)).map(({ name }) => name);
      if (sensitive.length === 0) {
        await this.users.writeDecided(tx, user, writtenOf(only(wanted, fields)));
        return { userId, requestId: null };
      }
      await this.#rehearse(tx, user, only(wanted, fields));
      await this.#withdraw(tx, userId, fields);
      const changes = fields.map((field) => ({ field, before: before[field] ?? null, after: wanted[field] ?? null }));
      return { userId, requestId: await this.#ask(tx, viewer, { userId, sensitive, changes, reason: command.reason }) };
    });
  }

  async #ask(tx: Tx, requester: Viewer, { userId, sensitive, changes, reason }: Wish): Promise<string> {
    const about = { userId, today: this.dateOf(tx.now), fields: sensitive };
    const { steps, expiresAfterHours, remindEveryHours } = await chainFor(tx, about, PROFILE_CHANGE_OTHERWISE);
    return this.approvals.request(tx, {
      kind: "PROFILE_CHANGE",
      requester,
      subjectId: publicId("User", userId),
      reason: reason ?? null,
      payload: { changes } satisfies ProfileChangePayload,
      steps,
      expiresAt: new Date(tx.now.getTime() + expiresAfterHours * HOUR_MS),
      remindEveryHours,
    });
  }

  /** What could not be carried out is refused now, with every violation, and not in two weeks. */
  async #rehearse(tx: Tx, user: UserEntity, wanted: OwnValues): Promise<void> {
    await sql`SAVEPOINT wish`.execute(tx.sql);
    await this.users.writeDecided(tx, user, writtenOf(wanted));
    await tx.flush();
    await sql`ROLLBACK TO SAVEPOINT wish`.execute(tx.sql);
    tx.em.clear();
  }

  /** A newer wish takes the place of those that still wait for the same fields. */
  async #withdraw(tx: Tx, userId: string, fields: readonly AnyOwnField[]): Promise<void> {
    const waiting = await tx.sql
      .selectFrom("approval_request")
      .select(["id", "payload"])
      .where("user_id", "=", userId)
      .where("requester_id", "=", userId)
      .where("kind", "=", "PROFILE_CHANGE")
      .where("state", "=", "PENDING")
      .execute();
    for (const { id, payload } of waiting)
      if ((payload as ProfileChangePayload).changes.some(({ field }) => fields.includes(field)))
        await this.approvals.cancel(tx, id);
  }
}

/** What was given, where all of it is the person's to edit; else INVALID_INPUT names each that is not, with what is. */
function requireEditable(given: Readonly<Record<string, unknown>>, editable: readonly EditableField[]): OwnValues {
  const allowed = editable.map(({ name }) => name);
  const refused = Object.keys(given).filter((field) => !(allowed as string[]).includes(field));
  if (refused.length === 0) return given;
  const message = "is not yours to change; ask whoever looks after your profile.";
  throw invalidInput(refused.map((field) => ({ path: `input.${field}`, message, allowed })));
}

/** Everything that a command gives, by field; lists as they will be kept, attributes one by one. */
function givenOf({ profile, contacts }: UpdateOwnProfile): Record<string, unknown> {
  const { phones, addresses } = contacts;
  const { attributes, ...single } = profile;
  const each = attributes
    ? Object.fromEntries(Object.entries(attributes).map(([key, value]) => [`attributes.${key}`, value]))
    : { attributes };
  const lists = {
    ...contacts,
    phones: phones && withOnePrimary(phones, "input.phones"),
    addresses: addresses && withOnePrimary(addresses, "input.addresses"),
  };
  return Object.fromEntries(
    Object.entries({ ...single, ...each, ...lists }).filter(([, value]) => value !== undefined),
  );
}

const only = (values: OwnValues, fields: readonly AnyOwnField[]): OwnValues =>
  Object.fromEntries(fields.map((field) => [field, values[field]]));

/** Whether a token may do only some of what its person may: then it does not speak for them. */
export async function isNarrowed(tx: Tx, tokenId: string | undefined): Promise<boolean> {
  if (tokenId === undefined) return false;
  const token = await tx.sql
    .selectFrom("service_token")
    .select("permissions")
    .where("id", "=", tokenId)
    .executeTakeFirst();
  return token?.permissions != null;
}
