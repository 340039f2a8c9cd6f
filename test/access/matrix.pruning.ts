import type { GraphQLObjectType, GraphQLSchema } from "graphql";
import { userCatalogue } from "../../src/features/users/user.fields.ts";
import type { ReadRule } from "../../src/graphql/rules.ts";
import type { Permission } from "../../src/kernel/permissions.ts";
import { fieldOf } from "../../src/search/catalogue.ts";
import { SHUT } from "./matrix.askers.ts";
import { fieldOfAlias, isNode, WHOLE } from "./matrix.documents.ts";
import { APPROVAL_CHANGE } from "./matrix.furnishing.ts";
import { decides, type Oracle } from "./matrix.oracle.ts";

/*
 * What an asker should be answered, from what somebody was answered who may see everything: whatever the declared rules refuse is
 * taken out of it. Nothing here asks the gateway.
 */

// biome-ignore lint/suspicious/noExplicitAny: answers have the shape of whatever was asked.
type Any = any;

/** Where the catalogue has another name for what a version shows. */
const OF_VERSION: Readonly<Record<string, string>> = {
  orgUnitPath: "orgUnit",
  managerId: "manager",
  roleKeys: "roles",
};

/** Stands for a value that is not compared: places in the log and cursors, which say nothing of anybody. */
export const ANY = Symbol("any");
export const UNCOMPARED = new Set([
  "asOf",
  "position",
  "cursor",
  "startCursor",
  "endPosition",
  "endCursor",
  "followedTo",
  "cost",
  "hash",
  "sealed",
]);

/** Numbers and texts that a query reckons within the viewer's sight: what each should be. Of a new one, say it here. */
const ALIVE = ["ACTIVE", "PENDING", "INACTIVE", "LOCKED", "SUSPENDED", "ARCHIVED"];
const idOf = (thing: Any): string => thing?.id ?? thing?.[`id__${thing.__typename}`];

/** A change of a field of a person, as far as the catalogue lets it be read. Who reads other values is said by the tests of the audit log. */
function redacted(oracle: Oracle, userId: string, change: Any, inLog = false): Any {
  const field = userCatalogue.fields.get(change.field__FieldChange);
  if (!field || !oracle.person(userId)) return ANY;
  const hidden = { ...change, before__FieldChange: null, after__FieldChange: null, redacted__FieldChange: true };
  if (!(inLog ? oracle.readsInLog(field.read, userId) : oracle.reads(field.read, userId))) return hidden;
  if (field.kind !== "attributes") return change;
  const shown = (value: Any) => value && oracle.attributesOf(userId, value, inLog);
  const [before, after] = [shown(change.before__FieldChange), shown(change.after__FieldChange)];
  if (JSON.stringify(before) === JSON.stringify(after)) return hidden;
  return { ...change, before__FieldChange: before, after__FieldChange: after };
}

/** What must be read of a person to be told what of theirs ended with a step of the lifecycle. */
const NAMED_IN_RECEIPTS: Readonly<Record<string, readonly Permission[]>> = {
  SESSIONS_ENDED: ["USER_READ", "USER_READ_SECURITY"],
  TOKENS_REVOKED: ["USER_READ", "USER_READ_SECURITY"],
  GRANTS_ENDED: ["USER_READ", "ROLE_READ"],
};

const changeOf = (change: object): Any =>
  Object.fromEntries([
    ["__typename", "FieldChange"],
    ...Object.entries(change).map(([name, value]) => [`${name}__FieldChange`, value]),
  ]);
const CHANGED = changeOf({ ...APPROVAL_CHANGE, redacted: false });
const HIDDEN = changeOf({ field: APPROVAL_CHANGE.field, before: null, after: null, redacted: true });

/** What stands in the way of the permission that explainAccess was asked about, over the person that it names. */
function obstaclesOf(oracle: Oracle, args: string): string[] {
  const permission = /permission: (\w+)/.exec(args)?.[1] as Permission;
  const about = /userId: "(\w+)"/.exec(args)?.[1];
  if (about ? oracle.holdsOver(permission, about) : oracle.holdsAnywhere(permission)) return [];
  const shut = SHUT[oracle.asker.name]?.[permission];
  if (shut) return [shut];
  if (!oracle.holdsAnywhere(permission)) return ["NOT_GRANTED"];
  return oracle.asker.held.some(([held, , over]) => held === permission && over) ? ["OBJECT"] : ["OUT_OF_REACH"];
}

/** The field whose change an event about a person tells of by its type; of the others anybody in whose sight the person is may know. */
const TOLD_BY: Readonly<Record<string, string>> = {
  MOVED: "orgUnit",
  MANAGER_CHANGED: "manager",
  ROLE_GRANTED: "roleGrants",
  ROLE_REVOKED: "roleGrants",
  GROUP_JOINED: "groupKeys",
  GROUP_LEFT: "groupKeys",
  SIGNED_IN: "lastLoginAt",
  SESSION_ENDED: "activeSessionCount",
  PASSWORD_CHANGED: "passwordChangedAt",
  MFA_CHANGED: "mfaMethods",
};

/** What a plan sets, as whoever did not plan it is shown it: what may be read of everybody, and the names of the rest. */
function shownChange(oracle: Oracle, { set, ...others }: Any): Any {
  const hidden = Object.keys(set).filter(
    (name) => !fieldOf(userCatalogue, name).read.every((one) => oracle.holdsEverywhere(one)),
  );
  const shown = Object.fromEntries(Object.entries(set).filter(([name]) => !hidden.includes(name)));
  return { ...others, set: hidden.length > 0 ? { ...shown, redacted: hidden } : shown };
}

type Reckon = (oracle: Oracle, parent: Any, truth: Any, alias: string, args: string) => unknown;
const RECKONED: Readonly<Record<string, Reckon>> = {
  "Actor.name": (oracle, actor, truth) =>
    actor.kind__Actor !== "USER" || oracle.reads(["USER_READ"], idOf(actor.user__Actor))
      ? truth
      : "somebody out of sight",
  "OrgUnit.memberCount": (oracle, unit, _, alias) =>
    oracle.countOf(ALIVE, ({ unitPath }) =>
      alias.endsWith("__asked") ? unitPath.includes(unit.id__OrgUnit) : unitPath.at(-1) === unit.id__OrgUnit,
    ),
  "FilterNodeCount.count": (oracle) => oracle.countOf(["ACTIVE", "LOCKED"]),
  "FilterNodeCount.countWithout": (oracle) => oracle.countOf(ALIVE),
  "AccessExplanation.allowed": (oracle, _, __, ___, args) => obstaclesOf(oracle, args).length === 0,
  "AccessExplanation.obstacles": (oracle, _, __, ___, args) => obstaclesOf(oracle, args),
  "AccessExplanation.rules": () => [],
  "SearchEstimate.estimatedRows": (oracle, _, truth) => (oracle.holdsEverywhere("USER_READ") ? truth : null),
  "BulkPlan.change": (oracle, _, truth) => truth && shownChange(oracle, truth),
  "BulkLimitFinding.people": (oracle, _, truth) => (oracle.holdsEverywhere("SETTINGS_MANAGE") ? truth : null),
  "BulkLimitFinding.of": (oracle, _, truth) => (oracle.holdsEverywhere("SETTINGS_MANAGE") ? truth : null),
  "BulkLimitFinding.earlier": (oracle, _, truth) => (oracle.holdsEverywhere("SETTINGS_MANAGE") ? truth : null),
  "AuditEvent.ip": (oracle, event, truth) =>
    oracle.readsInLog(["USER_READ", "USER_READ_SECURITY"], event.subjectId__AuditEvent) ? truth : null,
  "AuditEvent.changes": (oracle, event, truth) =>
    truth.map((change: Any) => redacted(oracle, event.subjectId__AuditEvent, change, true)),
  "AuditEvent.consequences": (oracle, event, truth) =>
    truth.map((one: Any) => {
      const read = NAMED_IN_RECEIPTS[one.kind__Consequence] ?? [];
      return oracle.readsInLog(read, event.subjectId__AuditEvent) ? one : { ...one, subjectIds__Consequence: [] };
    }),
  "ApprovalRequest.changes": (oracle, request) => [decides(oracle, request) ? CHANGED : HIDDEN],
  "ApprovalRequest.reason": (oracle, request) => (decides(oracle, request) ? "Why not" : null),
  "ApprovalRequest.subjectName": (oracle, request) =>
    decides(oracle, request) ? oracle.person(request.subjectId__ApprovalRequest)?.displayName : null,
  "ApprovalRequest.viewerMayDecide": (oracle, request) =>
    request.state__ApprovalRequest === "PENDING" && decides(oracle, request),
  // Who is told these is said with the request, and by test/features/approvals/deciding.test.ts.
  "ApprovalStep.comment": () => ANY,
  "ApprovalFailure.message": () => ANY,
  "UserEvent.types": (oracle, event, truth) =>
    truth.filter((type: string) => {
      const read = userCatalogue.fields.get(TOLD_BY[type] ?? "id")?.read ?? [];
      return oracle.reads(read, event.userId__UserEvent);
    }),
  "UserEvent.changes": (oracle, event, truth) =>
    truth.map((one: Any) => redacted(oracle, event.userId__UserEvent, one)),
  "SavedSearchChangePage.hasNextPage": () => ANY,
  // Of watched fields those alone are told that may be read.
  "SavedSearchChange.changes": (oracle, change, truth) =>
    truth
      .map((one: Any) => redacted(oracle, change.userId__SavedSearchChange, one))
      .filter((one: Any) => one === ANY || !one.redacted__FieldChange),
  "BulkCsv.text": (oracle, _, truth) =>
    truth
      .split("\r\n")
      .filter((line: string) => !/^user_\w{26},/.test(line) || oracle.seesUser(line.split(",")[0] as string))
      .join("\r\n"),
};

export class Pruning {
  /** Every field that stood in an answer for somebody to read, as `Type.field`. */
  readonly covered = new Set<string>();

  constructor(
    private readonly schema: GraphQLSchema,
    readonly oracle: Oracle,
    /** The text of the arguments that the root was asked with. */
    private readonly args = "",
  ) {}

  /**
   * What is left of a value. Of lists, what may not be seen is absent; elsewhere it is null. Of a page that is not all of what it is a page of,
   * `whole` has the ids of all.
   */
  prune(value: Any, everythingSeen = false, whole?: Any): Any {
    if (Array.isArray(value)) {
      const left = value.map((one) => this.prune(one, everythingSeen));
      return left.filter((one, place) => one !== null || value[place] === null);
    }
    if (value === null || typeof value !== "object" || typeof value.__typename !== "string") return value;
    const type = this.schema.getType(value.__typename) as GraphQLObjectType;
    if (!everythingSeen && isNode(type) && !this.#sees(type.name, value)) return null;
    if (type.name === "SavedSearchChange" && !this.oracle.seesUser(value.userId__SavedSearchChange)) return null;
    if (type.name === "RetentionPreview" && !this.#sees("RetentionPolicy", {})) return null;
    if (type.name === "BulkItem" && !this.oracle.seesUser(value.userId__BulkItem)) return null;
    if (type.name === "UserEvent" && !this.oracle.seesUser(value.userId__UserEvent)) return null;
    if (type.name === "ApprovalRequestEvent" && this.prune(value.request__ApprovalRequestEvent) === null) return null;
    if (type.name.endsWith("Edge") && this.prune(value[`node__${type.name}`]) === null) return null;
    const pruned: Any = { __typename: value.__typename };
    for (const [alias, truth] of Object.entries(value))
      if (alias !== "__typename") pruned[alias] = alias === "id" ? truth : this.#field(type, alias, value, truth);
    // Who stays is told of for what changed of them, and of nothing else.
    const changed = pruned.change__SavedSearchChange === "CHANGED" && pruned.changes__SavedSearchChange;
    if (changed && changed.length === 0) return null;
    return type.name.endsWith("Connection") ? recount(pruned, value, this.oracle, whole && this.prune(whole)) : pruned;
  }

  #field(type: GraphQLObjectType, alias: string, parent: Any, truth: Any): Any {
    const name = fieldOfAlias(alias);
    this.covered.add(`${type.name}.${name}`);
    if (UNCOMPARED.has(name)) return ANY;
    const reckon = RECKONED[`${type.name}.${name}`];
    if (reckon) {
      this.#cover(truth);
      return reckon(this.oracle, parent, truth, alias, this.args);
    }
    const rule = this.#rule(type, name);
    if (!this.#allows(type, name, parent, rule)) return null;
    if (rule.by === "scoped" && (typeof truth === "number" || typeof truth === "string"))
      throw new Error(
        `${type.name}.${name} is reckoned within the viewer's sight: say what it should be in RECKONED of test/access/matrix.pruning.ts.`,
      );
    const whole = alias.endsWith(WHOLE) ? undefined : parent[alias + WHOLE];
    if (["Role.members", "Group.members"].includes(`${type.name}.${name}`)) return this.#pruneHolders(truth, whole);
    if (name === "attributes" && truth !== null)
      return this.oracle.attributesOf(
        type.name === "UserVersion" ? parent.userId__UserVersion : parent.id__User,
        truth,
      );
    const wraps = type.name.endsWith("Connection") || type.name.endsWith("Edge");
    return this.prune(truth, !wraps && (rule.by === "carried" || rule.by === "over"), whole);
  }

  /** What a reckoned value holds is said with it. */
  #cover(value: Any): void {
    if (Array.isArray(value)) for (const one of value) this.#cover(one);
    else if (value?.__typename)
      for (const alias of Object.keys(value)) this.covered.add(`${value.__typename}.${fieldOfAlias(alias)}`);
  }

  /** Who holds a role, or belongs to a group, is told of those alone whose roles may be seen. */
  #pruneHolders(page: Any, whole: Any): Any {
    const known = ({ id, id__User }: Any) => this.oracle.reads(["ROLE_READ"], id ?? id__User);
    const name = page.__typename;
    const holders = (one: Any) => {
      const nodes = one[`nodes__${name}`].filter(known);
      return { ...one, [`nodes__${name}`]: nodes, [`totalCount__${name}`]: nodes.length };
    };
    const complete = page[`totalCount__${name}`] === page[`nodes__${name}`].length;
    return this.prune(complete ? holders(page) : page, false, whole && holders(whole));
  }

  #rule(type: GraphQLObjectType, name: string): ReadRule {
    return (type.getFields()[name]?.extensions.read ?? type.extensions.read) as ReadRule;
  }

  #allows(type: GraphQLObjectType, name: string, parent: Any, rule: ReadRule): boolean {
    const about = type.name === "UserVersion" ? parent.userId__UserVersion : parent.id__User;
    if (rule.by === "over") return this.oracle.reads(rule.permissions, about);
    if (`${type.name}.${name}` === "User.auditEvents") return this.oracle.holdsAnywhere("AUDIT_READ");
    if (`${type.name}.${name}` === "User.scheduledTransitions") return this.oracle.plansFor(parent.id__User);
    if (`${type.name}.${name}` === "Group.roleGrants") return this.oracle.holdsAnywhere("ROLE_READ");
    const masked = type.name === "User" || (type.name === "UserVersion" && rule.by === "masked");
    const field = masked ? userCatalogue.fields.get(OF_VERSION[name] ?? name) : undefined;
    if (!field || (type.name === "User" && field.show === false)) return true;
    return this.oracle.reads(fieldOf(userCatalogue, field.name).read as readonly Permission[], about);
  }

  /** Whether a thing is in sight, by its kind. Of a new kind, say it here. */
  #sees(type: string, value: Any): boolean {
    const { oracle } = this;
    const id = value.id ?? value[`id__${type}`];
    switch (type) {
      case "User":
        return oracle.seesUser(id);
      case "UserVersion":
        return oracle.seesUser(value.userId__UserVersion);
      case "OrgUnit":
        return oracle.seesUnit(id);
      case "Group":
        return oracle.seesGroup(id);
      case "Role":
        return oracle.holdsAnywhere("ROLE_READ");
      case "RoleGrant": {
        const grantee = oracle.grantee(id);
        if (grantee.startsWith("group_")) return oracle.holdsAnywhere("ROLE_READ");
        return oracle.seesUser(grantee) && oracle.reads(["ROLE_READ"], grantee);
      }
      case "SavedSearch":
        return oracle.holdsAnywhere("USER_READ");
      case "AuditEvent": {
        const person = oracle.person(value.subjectId__AuditEvent);
        return oracle.holds("AUDIT_READ", person?.unitPath ?? []);
      }
      case "Session": {
        const owner = oracle.ownerOfSession(id);
        return oracle.seesUser(owner) && oracle.reads(["USER_READ_SECURITY"], owner);
      }
      case "ApprovalRequest":
        return (
          decides(oracle, value) ||
          oracle.holds("AUDIT_READ", oracle.person(value.subjectId__ApprovalRequest)?.unitPath ?? [])
        );
      case "ScheduledTransition":
        return oracle.plansFor(oracle.personScheduled(id));
      case "BulkPlan":
        return oracle.holdsEverywhere("BULK_RUN");
      case "ImportTemplate":
        return oracle.holdsAnywhere("IMPORT_RUN");
      case "SafetyLimit":
        return oracle.holdsEverywhere("SETTINGS_MANAGE");
      case "RetentionPolicy":
      case "RetentionRun":
        return oracle.holdsEverywhere("SETTINGS_MANAGE") || oracle.holdsEverywhere("USER_LIFECYCLE");
      case "AccessRule":
        return oracle.holdsEverywhere("ROLE_MANAGE");
      case "AttributeDefinition":
        return oracle.holdsAnywhere("USER_READ");
      case "ApprovalPolicy":
      case "SignInPolicy":
      case "ProfileTemplate":
        return oracle.holdsEverywhere("SETTINGS_MANAGE");
      case "ServiceToken":
        return oracle.seesToken(id);
      default:
        throw new Error(`Who sees a ${type}? Say it in #sees of test/access/matrix.pruning.ts.`);
    }
  }
}

/** Totals and facets of what is left of a page; of one that is not all, the ids of what stands on it, which `whole` tells, and what is known of them. */
function recount(pruned: Any, truth: Any, oracle: Oracle, whole: Any): Any {
  const name = pruned.__typename as string;
  const [nodesOf, totalOf] = [`nodes__${name}`, `totalCount__${name}`];
  const nodes: Any[] = pruned[nodesOf] ?? [];
  const size = (truth[nodesOf] ?? []).length;
  const complete = truth[totalOf] === size;
  if (!complete && !whole) throw new Error(`A page of ${name} is not all: ask for all, or for fewer.`);
  pruned[totalOf] = complete ? nodes.length : whole[totalOf];
  const page = `pageInfo__${name}`;
  if (page in pruned) pruned[page].hasNextPage__PageInfo = !complete && whole[totalOf] > size;
  for (const alias of Object.keys(pruned).filter((one) => fieldOfAlias(one) === "facets"))
    pruned[alias] = complete ? truth[alias].map((facet: Any) => facetOf(facet, nodes, oracle)) : ANY;
  if (complete) return pruned;
  const known = new Map(nodes.map((node) => [idOf(node), node]));
  const first = (truth[nodesOf] ?? [])[0];
  const shown = whole[nodesOf]
    .slice(0, size)
    .map(({ id, __typename: type }: Any) => known.get(id) ?? { [first && "id" in first ? "id" : `id__${type}`]: id });
  const [edges, edge] = [`edges__${name}`, name.replace(/Connection$/, "Edge")];
  return {
    ...pruned,
    [nodesOf]: shown,
    ...(edges in pruned ? { [edges]: shown.map((node: Any) => ({ [`node__${edge}`]: node })) } : {}),
  };
}

/** A facet of people by status, counted anew. */
const facetOf = (facet: Any, nodes: readonly Any[], oracle: Oracle): Any => ({
  ...facet,
  buckets__Facet: facet.buckets__Facet
    .map((bucket: Any) => {
      const inIt = nodes.filter((node) => oracle.person(idOf(node))?.status === bucket.value__FacetBucket);
      return { ...bucket, count__FacetBucket: inIt.length };
    })
    .filter((bucket: Any) => bucket.count__FacetBucket > 0),
});
