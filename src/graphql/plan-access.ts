import { type Reach, reachOf, type Viewer } from "../access/actor.ts";
import { heldOver, itself } from "../access/policy.ts";
import type { Permission } from "../kernel/permissions.ts";
import type { Catalogue } from "../search/field.ts";
import { and, type Filter, or } from "../search/filter.ts";
import { filterToSql } from "../search/to-sql.ts";
import type { Decide } from "./plan-run.ts";
import { fromKysely, Parameter, type PlanText } from "./plan-text.ts";

/** What stands for the viewer's own values while a plan is made; each becomes a parameter. */
const OWN_ID = "the viewer's own id";
const UNITS_OF = "the units over which the viewer holds ";

/** Access filters do not depend on the moment. */
const MOMENT = { now: new Date(0), today: "1970-01-01" };

/**
 * Access inside a plan. The rules of `access/policy.ts` are asked about a viewer of whom is known where they hold a permission
 * (everywhere, over some units, nowhere), which the plan depends on, but not over which units: those are parameters.
 */
export class PlanAccess {
  /** To be given to the policy's rules. */
  readonly viewer: Viewer;

  constructor(decide: Decide) {
    this.viewer = new PlannedViewer(decide);
  }

  /** The viewer's own user id; null for a machine, which no row has. */
  readonly ownId = new Parameter((run) => run.viewer.userId);

  /** The units over which a permission is held; asked for only where it is held over some. */
  unitsOf(permission: Permission): Parameter {
    return new Parameter((run) => reachOf(run.viewer, permission));
  }

  reach(permission: Permission): "everywhere" | "somewhere" | "nowhere" {
    return wayOf(reachOf(this.viewer, permission));
  }

  /** An access filter as a condition on a row: true or false where it does not depend on the row. */
  where(filter: Filter, catalogue: Catalogue, alias: string): PlanText {
    return fromKysely(filterToSql(filter, { catalogue, alias, ...MOMENT }), (value) => this.#parameterOf(value));
  }

  /** What must hold for the viewer to hold all of these over a user, or be that user; true or false where no row decides it. */
  heldOver(permissions: readonly Permission[]): Filter | boolean {
    const ways = permissions.map((permission) => this.reach(permission));
    if (ways.every((way) => way === "everywhere")) return true;
    const everyone = ways.includes("nowhere")
      ? undefined
      : and(...permissions.map((one) => heldOver(this.viewer, one)));
    if (this.viewer.userId === null) return everyone ?? false;
    return everyone ? or(itself(this.viewer), everyone) : itself(this.viewer);
  }

  #parameterOf(value: unknown): Parameter {
    if (value === OWN_ID) return this.ownId;
    const [only] = Array.isArray(value) ? value : [];
    if (typeof only === "string" && only.startsWith(UNITS_OF))
      return this.unitsOf(only.slice(UNITS_OF.length) as Permission);
    return new Parameter(() => value);
  }
}

const wayOf = (reach: Reach): "everywhere" | "somewhere" | "nowhere" =>
  reach === "everywhere" ? "everywhere" : reach.length > 0 ? "somewhere" : "nowhere";

class PlannedViewer implements Viewer {
  readonly grants: Viewer["grants"];
  readonly #decide: Decide;

  constructor(decide: Decide) {
    this.#decide = decide;
    this.grants = new PlannedGrants(decide);
  }

  get userId(): string | null {
    return this.#decide((run) => run.viewer.userId !== null) ? OWN_ID : null;
  }

  get kind(): never {
    throw new Error("A plan does not depend on who the viewer is.");
  }

  get id(): never {
    return this.kind;
  }

  get name(): never {
    return this.kind;
  }

  get now(): never {
    throw new Error("A plan does not depend on the moment.");
  }
}

/** Every question is a decision of the plan. */
class PlannedGrants extends Map<Permission, Reach> {
  readonly #decide: Decide;

  constructor(decide: Decide) {
    super();
    this.#decide = decide;
  }

  override get(permission: Permission): Reach | undefined {
    const way = this.#decide((run) => wayOf(reachOf(run.viewer, permission)));
    return way === "everywhere" ? way : way === "somewhere" ? [`${UNITS_OF}${permission}`] : undefined;
  }

  override has(permission: Permission): boolean {
    return this.get(permission) !== undefined;
  }
}
