import { LockMode } from "@mikro-orm/core";
import { reachOf, type Viewer } from "../../access/actor.ts";
import type { Author } from "../../access/author.ts";
import { type CommandOptions, carryOut } from "../../access/command.ts";
import { requireAt } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { Tx, Written } from "../../database/transaction.ts";
import { requireFollowable } from "../../feed/boundaries.ts";
import { conflict, invalidInput, notFound, type Violation } from "../../kernel/errors.ts";
import { newId } from "../../kernel/ids.ts";
import { ALL_PERMISSIONS, type Permission } from "../../kernel/permissions.ts";
import { requireVersion } from "../../kernel/version.ts";
import type { Filter } from "../../search/filter.ts";
import { parseFilterWithPaths } from "../../search/parse.ts";
import { userCatalogue } from "../users/user.fields.ts";
import type { UserQueries } from "../users/user.queries.ts";
import { AccessRuleEntity } from "./access-rule.entity.ts";
import { type Day, type Hours, isTimezone, minutesOf } from "./access-rule.hours.ts";
import { followedBy } from "./access-rule.narrowing.ts";
import { parseNetwork } from "./access-rule.networks.ts";
import type { AccessRuleRecord } from "./access-rule.types.ts";

/** Hours as they are sent: times of day as `08:00`. */
export interface GivenHours {
  days: readonly Day[];
  from: string;
  until: string;
}

interface Given {
  name: string;
  permissions: readonly Permission[];
  actor: object | null;
  object: object | null;
  hours: readonly GivenHours[] | null;
  timezone: string;
  networks: readonly string[] | null;
}

export type CreateAccessRule = CommandOptions & Given;
export type UpdateAccessRule = CommandOptions & { [key in keyof Given]: Given[key] | undefined } & {
  id: string;
  expectedVersion: number | undefined;
};

/** All of them are asked at every operation. */
const RULES_LIMIT = 100;

/** Permissions over people, of which a condition on a person can be asked. */
const OVER_PEOPLE: readonly Permission[] = [
  "USER_READ",
  "USER_READ_CONTACT",
  "USER_READ_SECURITY",
  "USER_UPDATE",
  "USER_LIFECYCLE",
  "USER_DELETE",
];

/**
 * Changes access rules; every command is one transaction and needs ROLE_MANAGE everywhere, which no rule can narrow: whoever holds it can
 * always mend them.
 */
export class AccessRuleService {
  constructor(
    private readonly database: Database,
    private readonly users: UserQueries,
  ) {}

  /** All rules by name, for whoever manages roles everywhere; null for everybody else. */
  async list(viewer: Viewer): Promise<AccessRuleRecord[] | null> {
    if (reachOf(viewer, "ROLE_MANAGE") !== "everywhere") return null;
    const rows = await this.database.reader
      .selectFrom("access_rule")
      .selectAll()
      .orderBy("name")
      .orderBy("id")
      .execute();
    return rows.map(
      ({ created_at, updated_at, ...row }) =>
        ({ ...row, createdAt: created_at, updatedAt: updated_at }) as AccessRuleRecord,
    );
  }

  async create(author: Author, command: CreateAccessRule): Promise<Written<AccessRuleRecord>> {
    requireAt(author.viewer, "ROLE_MANAGE", []);
    const values = await this.#valuesOf(author.viewer, command);
    requireCondition(values);
    const name = { mutation: "createAccessRule", action: "access_rule.created" };
    const written = await carryOut(this.database, author, name, command, async (tx) => {
      const others = await tx.sql.selectFrom("access_rule").select("id").execute();
      if (others.length >= RULES_LIMIT)
        throw conflict(`There are at most ${RULES_LIMIT} rules: delete one first.`, { limit: RULES_LIMIT });
      const dates = { createdAt: tx.now, updatedAt: tx.now };
      const rule = tx.em.create(AccessRuleEntity, { id: newId(), version: 1, ...values, ...dates } as never);
      tx.em.persist(rule);
      await requireFollowed(tx, rule);
      return recordOf(rule);
    });
    return this.#told(written);
  }

  async update(author: Author, command: UpdateAccessRule): Promise<Written<AccessRuleRecord>> {
    requireAt(author.viewer, "ROLE_MANAGE", []);
    const changes = await this.#valuesOf(author.viewer, command);
    const name = { mutation: "updateAccessRule", action: "access_rule.updated" };
    const written = await carryOut(this.database, author, name, command, async (tx) => {
      const rule = await lockRule(tx, command.id);
      requireVersion(rule.version, command.expectedVersion);
      Object.assign(rule, changes, { version: rule.version + 1, updatedAt: tx.now });
      requireCondition(rule);
      await requireFollowed(tx, rule);
      return recordOf(rule);
    });
    return this.#told(written);
  }

  async delete(author: Author, command: CommandOptions & { id: string }): Promise<Written<{ id: string }>> {
    requireAt(author.viewer, "ROLE_MANAGE", []);
    const name = { mutation: "deleteAccessRule", action: "access_rule.deleted" };
    return await carryOut(this.database, author, name, command, async (tx) => {
      tx.em.remove(await lockRule(tx, command.id));
      return { id: command.id };
    });
  }

  /** What was given, as it is stored; INVALID_INPUT lists everything that is not acceptable. */
  async #valuesOf(viewer: Viewer, given: Partial<Given>): Promise<Partial<AccessRuleEntity>> {
    const violations: Violation[] = [];
    if (given.permissions?.includes("ROLE_MANAGE"))
      violations.push({ path: "input.permissions", message: "must not name ROLE_MANAGE, by which rules are mended." });
    if (given.timezone !== undefined && !isTimezone(given.timezone))
      violations.push({ path: "input.timezone", message: "must be the name of a time zone, e.g. Europe/Zurich." });
    for (const [place, network] of (given.networks ?? []).entries())
      if (!parseNetwork(network))
        violations.push({
          path: `input.networks[${place}]`,
          message: "must be a block of addresses such as 10.0.0.0/8.",
        });
    const hours = given.hours && hoursOf(given.hours, violations);
    if (violations.length > 0) throw invalidInput(violations);
    const { name, permissions, timezone, networks } = given;
    const values = {
      name,
      permissions: permissions && ALL_PERMISSIONS.filter((one) => permissions.includes(one)),
      actor: await this.#filterOf(viewer, given.actor, "input.actor"),
      object: await this.#filterOf(viewer, given.object, "input.object"),
      hours,
      timezone,
      networks: networks && [...networks],
    };
    return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
  }

  /** A filter as it is stored; what a search would refuse the viewer is refused, or a rule would answer what they may not ask. */
  async #filterOf(viewer: Viewer, input: object | null | undefined, path: string): Promise<Filter | null | undefined> {
    if (!input) return input;
    const parsed = parseFilterWithPaths(input, { catalogue: userCatalogue, path });
    await this.users.requireAskable(viewer, parsed, new Map());
    return parsed.filter;
  }

  /** An answer that was kept for a repeat has its instants as text. */
  #told({ value, position }: Written<AccessRuleRecord>): Written<AccessRuleRecord> {
    const { createdAt, updatedAt } = value;
    return { value: { ...value, createdAt: new Date(createdAt), updatedAt: new Date(updatedAt) }, position };
  }
}

function hoursOf(given: readonly GivenHours[], violations: Violation[]): Hours[] {
  return given.map(({ days, from, until }, place) => {
    const read = (time: string, name: string): number => {
      const minutes = minutesOf(time);
      if (minutes === undefined)
        violations.push({
          path: `input.hours[${place}].${name}`,
          message: "must be a time of day from 00:00 to 24:00.",
        });
      return minutes ?? 0;
    };
    if (days.length === 0)
      violations.push({ path: `input.hours[${place}].days`, message: "must name at least one day." });
    return { days: [...new Set(days)], from: read(from, "from"), until: read(until, "until") };
  });
}

/** A rule must have something to ask, and what it asks of people must be asked of permissions over people. */
function requireCondition({ object, hours, networks, permissions = [] }: Partial<AccessRuleEntity>): void {
  if (!object && !hours && !networks)
    throw invalidInput([
      { path: "input", message: "needs object, hours or networks; to take permissions away, revoke the role." },
    ]);
  const other = object ? permissions.find((one) => !OVER_PEOPLE.includes(one)) : undefined;
  if (other)
    throw invalidInput([
      {
        path: "input.object",
        message: `cannot be asked of ${other}, which is not held over people alone.`,
        allowed: OVER_PEOPLE,
      },
    ]);
}

/** Where a rule asks about now, time must tell whom it concerns, and who comes into the sight that it leaves. */
const requireFollowed = (tx: Tx, rule: AccessRuleEntity): Promise<void> =>
  requireFollowable(tx.sql, followedBy(rule), "input.object");

const recordOf = (rule: AccessRuleEntity): AccessRuleRecord => {
  const { id, version, name, permissions, actor, object, hours, timezone, networks, createdAt, updatedAt } = rule;
  return { id, version, name, permissions, actor, object, hours, timezone, networks, createdAt, updatedAt };
};

async function lockRule(tx: Tx, id: string): Promise<AccessRuleEntity> {
  const rule = await tx.em.findOne(AccessRuleEntity, id, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (!rule) throw notFound("access rule", "input.id");
  return rule;
}
