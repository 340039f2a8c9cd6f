import { randomUUID } from "node:crypto";
import { type Conditioned, type Narrowed, type Reach, reachOf, type Viewer } from "../access/actor.ts";
import { heldOver, itself } from "../access/policy.ts";
import type { Permission } from "../kernel/permissions.ts";
import type { Catalogue } from "../search/field.ts";
import { columnsUsed, isRelative } from "../search/fields-used.ts";
import { and, FALSE, type Filter, or, TRUE } from "../search/filter.ts";
import { filterToSql } from "../search/to-sql.ts";
import type { Decide, PlanRun } from "./plan-run.ts";
import { compiled, fromKysely, Parameter, type PlanText } from "./plan-text.ts";

/** A row that a part of the statement reads, which is told of the columns that are used. */
interface ReadRow {
  readonly alias: string;
  at(column: string): unknown;
}

/** What stands for the viewer's own values while a plan is made; each becomes a parameter. Nobody can name them in the condition of an access rule. */
const OWN_ID = `the viewer's own id ${randomUUID()}`;
const UNITS_OF = `the units of ${randomUUID()} `;

/** While a plan is made: what depends on the moment is a parameter. */
const MOMENT = { now: new Date(0), today: "1970-01-01" };

/** Where the viewer holds a permission, whether over everybody there or over those who meet a condition. */
const heldIn = (viewer: Viewer, permission: Permission): Reach =>
  viewer.narrowed?.conditioned.get(permission)?.reach ?? reachOf(viewer, permission);

/**
 * Access inside a plan. The rules of `access/policy.ts` are asked about a viewer of whom is known where they hold a permission
 * (everywhere, over some units, nowhere) and under which condition, which the plan depends on, but not over which units: those are parameters.
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
    return new Parameter((run) => heldIn(run.viewer, permission));
  }

  /** Where a permission is held over everybody; one that an access rule bounds to some people is held nowhere so. */
  reach(permission: Permission): "everywhere" | "somewhere" | "nowhere" {
    return wayOf(reachOf(this.viewer, permission));
  }

  /** An access filter as a condition on a row that is found by something else: true or false where it does not depend on the row. */
  where(filter: Filter, catalogue: Catalogue, row: ReadRow | string): PlanText {
    const alias = typeof row === "string" ? row : row.alias;
    if (typeof row !== "string") for (const column of columnsUsed(filter, catalogue)) row.at(column);
    const condition = (at: { now: Date; today: string }) =>
      filterToSql(filter, { catalogue, alias, found: true, now: at.now, today: at.today });
    const key = {};
    const valuesIn = (run: PlanRun) => run.keep(key, () => compiled(condition(run.context)).parameters);
    const relative = isRelative(filter);
    return fromKysely(condition(MOMENT), (value, place) =>
      this.#parameterOf(value, (run) => (relative ? valuesIn(run)[place] : value)),
    );
  }

  /** What must hold for the viewer to hold all of these over a user, or be that user; true or false where no row decides it. */
  heldOver(permissions: readonly Permission[]): Filter | boolean {
    const needed = permissions.map((permission) => heldOver(this.viewer, permission));
    if (needed.every((one) => one === TRUE)) return true;
    const everyone = needed.includes(FALSE) ? undefined : and(...needed);
    if (this.viewer.userId === null) return everyone ?? false;
    return everyone ? or(itself(this.viewer), everyone) : itself(this.viewer);
  }

  #parameterOf(value: unknown, valueIn: (run: PlanRun) => unknown): Parameter {
    if (value === OWN_ID) return this.ownId;
    const [only] = Array.isArray(value) ? value : [];
    if (typeof only === "string" && only.startsWith(UNITS_OF))
      return this.unitsOf(only.slice(UNITS_OF.length) as Permission);
    return new Parameter(valueIn);
  }
}

const wayOf = (reach: Reach): "everywhere" | "somewhere" | "nowhere" =>
  reach === "everywhere" ? "everywhere" : reach.length > 0 ? "somewhere" : "nowhere";

/** A question that is asked once, when its answer is first wanted. */
function once<T>(ask: () => T): () => T {
  let asked: { answer: T } | undefined;
  return () => {
    asked ??= { answer: ask() };
    return asked.answer;
  };
}

const placeOf = (way: ReturnType<typeof wayOf>, permission: Permission): Reach =>
  way === "everywhere" ? way : way === "somewhere" ? [`${UNITS_OF}${permission}`] : [];

class PlannedViewer implements Viewer {
  readonly grants: Viewer["grants"];
  readonly #conditioned: Narrowed["conditioned"];
  readonly #isPerson = once(() => this.#decide(({ viewer }) => viewer.userId !== null));
  readonly #hasConditions = once(() => this.#decide(({ viewer }) => Boolean(viewer.narrowed?.conditioned.size)));
  readonly #decide: Decide;

  constructor(decide: Decide) {
    this.#decide = decide;
    this.grants = grantsIn(decide);
    this.#conditioned = conditionsIn(decide);
  }

  get userId(): string | null {
    return this.#isPerson() ? OWN_ID : null;
  }

  /** Conditions alone: hours and networks have decided already what is held. */
  get narrowed(): Narrowed | undefined {
    if (!this.#hasConditions()) return undefined;
    return { conditioned: this.#conditioned, refusals: [], passing: false, today: MOMENT.today };
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

/** What is known of the viewer by permission: each is a decision of the plan, asked for once. */
class Decided<T> extends Map<Permission, T> {
  readonly #known = new Map<Permission, T | undefined>();

  constructor(private readonly ask: (permission: Permission) => T | undefined) {
    super();
  }

  override get(permission: Permission): T | undefined {
    if (!this.#known.has(permission)) this.#known.set(permission, this.ask(permission));
    return this.#known.get(permission);
  }

  override has(permission: Permission): boolean {
    return this.get(permission) !== undefined;
  }
}

const grantsIn = (decide: Decide) =>
  new Decided<Reach>((permission) => {
    const way = decide((run) => wayOf(reachOf(run.viewer, permission)));
    return way === "nowhere" ? undefined : placeOf(way, permission);
  });

/** The conditions themselves are decisions of the plan: rules are few, and the same for many. */
const conditionsIn = (decide: Decide) =>
  new Decided<Conditioned>((permission) => {
    const text = decide(({ viewer }) => textOf(viewer.narrowed?.conditioned.get(permission)?.over));
    if (text === undefined) return undefined;
    const way = decide(({ viewer }) => wayOf(heldIn(viewer, permission)));
    return { reach: placeOf(way, permission), over: JSON.parse(text) as Filter };
  });

const texts = new WeakMap<Filter, string>();

function textOf(filter: Filter | undefined): string | undefined {
  if (!filter) return undefined;
  const text = texts.get(filter) ?? JSON.stringify(filter);
  texts.set(filter, text);
  return text;
}
