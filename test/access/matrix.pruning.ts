import type { GraphQLObjectType, GraphQLSchema } from "graphql";
import { userCatalogue } from "../../src/features/users/user.fields.ts";
import type { ReadRule } from "../../src/graphql/rules.ts";
import type { Permission } from "../../src/kernel/permissions.ts";
import { fieldOf } from "../../src/search/catalogue.ts";
import { fieldOfAlias, isNode } from "./matrix.documents.ts";
import type { Oracle } from "./matrix.oracle.ts";
import { APPROVAL_CHANGE } from "./matrix.world.ts";

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
const UNCOMPARED = new Set([
  "position",
  "cursor",
  "startCursor",
  "endPosition",
  "endCursor",
  "followedTo",
  "hasNextPage",
  "cost",
  "hash",
  "sealed",
]);

/** Numbers and texts that a query reckons within the viewer's sight: what each should be. Of a new one, say it here. */
const ALIVE = ["ACTIVE", "PENDING", "INACTIVE", "LOCKED", "SUSPENDED", "ARCHIVED"];
const idOf = (user: Any): string => user?.id ?? user?.id__User;

/** A change of a field of a person, as far as the catalogue lets it be read. Who reads other values is said by the tests of the audit log. */
function redacted(oracle: Oracle, userId: string, change: Any): Any {
  const field = userCatalogue.fields.get(change.field__FieldChange);
  if (!field || !oracle.person(userId)) return ANY;
  if (oracle.reads(field.read, userId)) return change;
  return { ...change, before__FieldChange: null, after__FieldChange: null, redacted__FieldChange: true };
}

/** Whether an asker may decide the requests of the matrix: people who update the person do, but for requests about themselves. */
const decides = (oracle: Oracle, request: Any): boolean =>
  oracle.asker.userId !== null &&
  !oracle.isSelf(request.subjectId__ApprovalRequest) &&
  oracle.holds("USER_UPDATE", oracle.person(request.subjectId__ApprovalRequest)?.unitPath ?? []);

const changeOf = (change: object): Any =>
  Object.fromEntries([
    ["__typename", "FieldChange"],
    ...Object.entries(change).map(([name, value]) => [`${name}__FieldChange`, value]),
  ]);
const CHANGED = changeOf({ ...APPROVAL_CHANGE, redacted: false });
const HIDDEN = changeOf({ field: APPROVAL_CHANGE.field, before: null, after: null, redacted: true });

type Reckon = (oracle: Oracle, parent: Any, truth: Any, alias: string) => unknown;
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
  "AccessExplanation.allowed": (oracle) => oracle.holdsAnywhere("AUDIT_READ"),
  "AccessExplanation.obstacles": (oracle) => (oracle.holdsAnywhere("AUDIT_READ") ? [] : ["NOT_GRANTED"]),
  "AccessExplanation.rules": () => [],
  "SearchEstimate.estimatedRows": (oracle, _, truth) => (oracle.holdsEverywhere("USER_READ") ? truth : null),
  "BulkLimitFinding.people": (oracle, _, truth) => (oracle.holdsEverywhere("SETTINGS_MANAGE") ? truth : null),
  "BulkLimitFinding.of": (oracle, _, truth) => (oracle.holdsEverywhere("SETTINGS_MANAGE") ? truth : null),
  "BulkLimitFinding.earlier": (oracle, _, truth) => (oracle.holdsEverywhere("SETTINGS_MANAGE") ? truth : null),
  "AuditEvent.ip": (oracle, event, truth) =>
    oracle.reads(["USER_READ", "USER_READ_SECURITY"], event.subjectId__AuditEvent) ? truth : null,
  "AuditEvent.changes": (oracle, event, truth) =>
    truth.map((change: Any) => redacted(oracle, event.subjectId__AuditEvent, change)),
  "ApprovalRequest.changes": (oracle, request) => [decides(oracle, request) ? CHANGED : HIDDEN],
  "ApprovalRequest.reason": (oracle, request) => (decides(oracle, request) ? "Why not" : null),
  "ApprovalRequest.subjectName": (oracle, request) =>
    decides(oracle, request) ? oracle.person(request.subjectId__ApprovalRequest)?.displayName : null,
  "ApprovalRequest.viewerMayDecide": (oracle, request) =>
    request.state__ApprovalRequest === "PENDING" && decides(oracle, request),
  // Who is told these is said with the request, and by test/features/approvals/deciding.test.ts.
  "ApprovalStep.comment": () => ANY,
  "ApprovalFailure.message": () => ANY,
  "SavedSearchChange.changes": (oracle, change, truth) =>
    truth.map((one: Any) => redacted(oracle, change.userId__SavedSearchChange, one)),
};

export class Pruning {
  /** Every field that stood in an answer for somebody to read, as `Type.field`. */
  readonly covered = new Set<string>();

  constructor(
    private readonly schema: GraphQLSchema,
    readonly oracle: Oracle,
  ) {}

  /** What is left of a value. Of lists, what may not be seen is absent; elsewhere it is null. */
  prune(value: Any, everythingSeen = false): Any {
    if (Array.isArray(value)) {
      const left = value.map((one) => this.prune(one, everythingSeen));
      return left.filter((one, place) => one !== null || value[place] === null);
    }
    if (value === null || typeof value !== "object" || typeof value.__typename !== "string") return value;
    const type = this.schema.getType(value.__typename) as GraphQLObjectType;
    if (!everythingSeen && isNode(type) && !this.#sees(type.name, value)) return null;
    if (type.name === "SavedSearchChange" && !this.oracle.seesUser(value.userId__SavedSearchChange)) return null;
    if (type.name === "RetentionPreview" && !this.#sees("RetentionPolicy", {})) return null;
    if (type.name.endsWith("Edge") && this.prune(value[`node__${type.name}`]) === null) return null;
    const pruned: Any = { __typename: value.__typename };
    for (const [alias, truth] of Object.entries(value))
      if (alias !== "__typename") pruned[alias] = alias === "id" ? truth : this.#field(type, alias, value, truth);
    return type.name.endsWith("Connection") ? recount(pruned, value, this.oracle) : pruned;
  }

  #field(type: GraphQLObjectType, alias: string, parent: Any, truth: Any): Any {
    const name = fieldOfAlias(alias);
    this.covered.add(`${type.name}.${name}`);
    if (UNCOMPARED.has(name)) return ANY;
    const reckon = RECKONED[`${type.name}.${name}`];
    if (reckon) {
      this.#cover(truth);
      return reckon(this.oracle, parent, truth, alias);
    }
    const rule = this.#rule(type, name);
    if (!this.#allows(type, name, parent, rule)) return null;
    if (rule.by === "scoped" && (typeof truth === "number" || typeof truth === "string"))
      throw new Error(
        `${type.name}.${name} is reckoned within the viewer's sight: say what it should be in RECKONED of test/access/matrix.pruning.ts.`,
      );
    if (["Role.members", "Group.members"].includes(`${type.name}.${name}`)) return this.#pruneHolders(truth);
    const wraps = type.name.endsWith("Connection") || type.name.endsWith("Edge");
    return this.prune(truth, !wraps && (rule.by === "carried" || rule.by === "over"));
  }

  /** What a reckoned value holds is said with it. */
  #cover(value: Any): void {
    if (Array.isArray(value)) for (const one of value) this.#cover(one);
    else if (value?.__typename)
      for (const alias of Object.keys(value)) this.covered.add(`${value.__typename}.${fieldOfAlias(alias)}`);
  }

  /** Who holds a role, or belongs to a group, is told of those alone whose roles may be seen. */
  #pruneHolders(page: Any): Any {
    const known = (user: Any) => this.oracle.reads(["ROLE_READ"], idOf(user));
    const name = page.__typename;
    const nodes = page[`nodes__${name}`].filter(known);
    const complete = page[`totalCount__${name}`] === page[`nodes__${name}`].length;
    return this.prune({ ...page, [`nodes__${name}`]: nodes, [`totalCount__${name}`]: complete ? nodes.length : -1 });
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

/** Totals and facets of what is left of a page, which holds the whole result. */
function recount(pruned: Any, truth: Any, oracle: Oracle): Any {
  const name = pruned.__typename as string;
  const nodes: Any[] = pruned[`nodes__${name}`] ?? [];
  // Of a page that is not the whole result nothing can be said here.
  if (truth[`totalCount__${name}`] !== (truth[`nodes__${name}`] ?? []).length) return ANY;
  pruned[`totalCount__${name}`] = nodes.length;
  for (const alias of Object.keys(pruned).filter((one) => fieldOfAlias(one) === "facets"))
    pruned[alias] = truth[alias].map((facet: Any) => ({
      ...facet,
      buckets__Facet: facet.buckets__Facet
        .map((bucket: Any) => ({
          ...bucket,
          count__FacetBucket: nodes.filter((node) => oracle.person(idOf(node))?.status === bucket.value__FacetBucket)
            .length,
        }))
        .filter((bucket: Any) => bucket.count__FacetBucket > 0),
    }));
  return pruned;
}
