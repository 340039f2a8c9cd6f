import type { Permission } from "../../src/kernel/permissions.ts";
import type { Asker, Person, World } from "./matrix.world.ts";

/*
 * What an asker may see and do, said once more: from the rows of the tables and the sentences of the guide to access, and with
 * nothing of what the gateway decides by.
 */

export class Oracle {
  constructor(
    private readonly world: Pick<
      World,
      "people" | "units" | "grants" | "members" | "tokens" | "sessions" | "schedules" | "attributes"
    >,
    readonly asker: Asker,
  ) {}

  holdsAnywhere(permission: Permission): boolean {
    return this.asker.held.some(([held]) => held === permission);
  }

  /** Whether it is held at the end of a path of units; without a path (nowhere in particular) everywhere. What holds over some people only does not. */
  holds(permission: Permission, path: readonly string[]): boolean {
    return this.asker.held.some(
      ([held, unit, over]) => held === permission && over === undefined && (unit === null || path.includes(unit)),
    );
  }

  /** Whether it is held over a person. */
  holdsOver(permission: Permission, userId: string): boolean {
    const path = this.person(userId)?.unitPath ?? [];
    return this.asker.held.some(
      ([held, unit, over]) =>
        held === permission && (unit === null || path.includes(unit)) && (over === undefined || over(userId)),
    );
  }

  holdsEverywhere(permission: Permission): boolean {
    return this.holds(permission, []);
  }

  isSelf(userId: string): boolean {
    return this.asker.userId === userId;
  }

  person(userId: string): Person | undefined {
    return this.world.people.get(userId);
  }

  /** To whom a grant was given. */
  grantee(grantId: string): string {
    return this.world.grants.get(grantId) ?? "";
  }

  /** Whoever sees who holds roles sees groups, which hold them; everybody sees those that they belong to. */
  seesGroup(groupId: string): boolean {
    const members = this.world.members.get(groupId) ?? [];
    return this.holdsAnywhere("ROLE_READ") || members.some((userId) => this.isSelf(userId));
  }

  ownerOfSession(sessionId: string): string {
    return this.world.sessions.get(sessionId) ?? "";
  }

  /** Everybody sees those over whom they hold USER_READ, and themselves; deleted people are seen with USER_DELETE alone. */
  seesUser(userId: string): boolean {
    const person = this.person(userId);
    if (!person) return false;
    if (person.status === "DELETED" && !this.holdsOver("USER_DELETE", userId)) return false;
    return this.isSelf(userId) || this.holdsOver("USER_READ", userId);
  }

  /** For whom a step is scheduled. */
  personScheduled(transitionId: string): string {
    return this.world.schedules.get(transitionId) ?? "";
  }

  /** What is scheduled for a person is seen with USER_LIFECYCLE over them, and by nobody for being that person. */
  plansFor(userId: string): boolean {
    return this.seesUser(userId) && this.holdsOver("USER_LIFECYCLE", userId);
  }

  /** One's own; those of people with USER_READ_SECURITY over them; those of machines with SETTINGS_MANAGE over all that they reach. */
  seesToken(tokenId: string): boolean {
    const token = this.world.tokens.get(tokenId);
    if (!token) return false;
    if (token.userId !== null)
      return (
        this.isSelf(token.userId) || (this.seesUser(token.userId) && this.reads(["USER_READ_SECURITY"], token.userId))
      );
    const scopes = token.scopes ?? [null];
    return scopes.every((unit) =>
      this.holds("SETTINGS_MANAGE", unit === null ? [] : (this.world.units.get(unit) ?? [])),
    );
  }

  seesUnit(unitId: string): boolean {
    return this.holds("ORG_READ", this.world.units.get(unitId) ?? []);
  }

  /** Everybody reads what is held about themselves. */
  reads(permissions: readonly Permission[], userId: string): boolean {
    return this.isSelf(userId) || permissions.every((permission) => this.holdsOver(permission, userId));
  }

  /** The same in the audit log, which shows no values whose permission holds over some people only. */
  readsInLog(permissions: readonly Permission[], userId: string): boolean {
    const path = this.person(userId)?.unitPath ?? [];
    return this.isSelf(userId) || permissions.every((permission) => this.holds(permission, path));
  }

  /** Custom attributes of a person without those whose definition asks for more. */
  attributesOf(userId: string, all: Readonly<Record<string, unknown>>, inLog = false): object {
    const reads = (key: string) => {
      const permission = this.world.attributes.get(key)?.permission;
      if (!permission) return true;
      return inLog ? this.readsInLog([permission], userId) : this.reads([permission], userId);
    };
    return Object.fromEntries(Object.entries(all).filter(([key]) => reads(key)));
  }

  /** Whether a field with these read permissions may be asked about in a search that is bounded by nothing but sight. */
  mayAskAbout(permissions: readonly Permission[]): boolean {
    return permissions.every((permission) => permission === "USER_READ" || this.holdsEverywhere(permission));
  }

  /** People in sight who are in these statuses. */
  countOf(statuses: readonly string[], of: (person: Person) => boolean = () => true): number {
    return [...this.world.people.values()].filter(
      (person) => statuses.includes(person.status) && this.seesUser(person.id) && of(person),
    ).length;
  }
}

/** Whether a field is the org unit, and the asker reads that inside a unit: a filter that asks for people there is its own bound. */
export const mayBound = (oracle: Oracle, field: string, unit: string): boolean =>
  field === "orgUnit" && oracle.holds("ORG_READ", [unit]);

/** Whether an asker may decide the requests of the matrix: people who update the person do, but for requests about themselves. */
// biome-ignore lint/suspicious/noExplicitAny: answers have the shape of whatever was asked.
export const decides = (oracle: Oracle, request: any): boolean =>
  oracle.asker.userId !== null &&
  !oracle.isSelf(request.subjectId__ApprovalRequest) &&
  oracle.holdsOver("USER_UPDATE", request.subjectId__ApprovalRequest);
