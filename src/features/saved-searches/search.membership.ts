import { reachOf, type Viewer } from "../../access/actor.ts";
import { heldOver, sightOf } from "../../access/policy.ts";
import type { Change, LoggedRow } from "../../feed/change.ts";
import type { Moments } from "../../feed/moments.ts";
import { fieldOf } from "../../search/catalogue.ts";
import type { Field } from "../../search/field.ts";
import { columnsUsed, isRelative } from "../../search/fields-used.ts";
import { and, type Filter, not } from "../../search/filter.ts";
import { compile, type Predicate } from "../../search/to-predicate.ts";
import { userCatalogue } from "../users/user.fields.ts";
import { DELETED } from "../users/user.queries.ts";
import { shownValue } from "../users/user-event.kinds.ts";
import { readableDifference } from "../users/user-event.source.ts";
import { type MembershipChange, SavedSearchChange } from "./saved-search-change.types.ts";

/** Whom to look for, and of which fields changes are told where somebody stays. */
export interface Search {
  filter: Filter;
  watch: readonly string[];
}

/** On which sides of a change a filter holds, leaving sight aside. */
export interface Standing {
  before: boolean;
  after: boolean;
}

/** Whom a search by a filter shows: as `users(filter:)` does, never anybody who is deleted. */
export const shownBy = (filter: Filter): Filter => and(filter, not(DELETED));

/** A search as one viewer sees it: what a change of somebody's search row is told as, if at all. */
export class ViewedSearch {
  readonly #holds: Predicate;
  readonly #sees: Predicate;
  readonly #watched: readonly Field[];
  /** The columns of a search row on which the viewer's sight depends. */
  readonly sight: ReadonlySet<string>;

  constructor(
    search: Search,
    private readonly viewer: Viewer,
    private readonly moments: Moments,
  ) {
    this.#holds = compile(shownBy(search.filter), userCatalogue);
    this.#sees = compile(sightOf(viewer), userCatalogue);
    this.sight = columnsOfSight(heldOver(viewer, "USER_READ"));
    this.#watched = search.watch.map((name) => fieldOf(userCatalogue, name));
  }

  /** Where the filter holds, evaluated. */
  standing(change: Change): Standing {
    const { beforeAt, at } = this.moments.of(change);
    const { before, after } = change;
    return {
      before: before !== null && this.#holds(before, beforeAt),
      after: after !== null && this.#holds(after, at),
    };
  }

  /** What is told; undefined where the viewer is shown no difference. */
  notification(change: Change, standing: Standing = this.standing(change)): SavedSearchChange | undefined {
    if (!standing.before && !standing.after) return undefined;
    const { beforeAt, at } = this.moments.of(change);
    const seenBefore = change.before !== null && this.#sees(change.before, beforeAt);
    const seenAfter = change.after !== null && this.#sees(change.after, at);
    const kind = kindOf(standing.before && seenBefore, standing.after && seenAfter);
    if (!kind) return undefined;
    const told = seenBefore && seenAfter ? this.#differing(change) : [];
    if (kind === "CHANGED" && told.length === 0) return undefined;
    return new SavedSearchChange(change, kind, told, seenAfter);
  }

  #differing(change: Change): { field: Field }[] {
    const moments = this.moments.of(change);
    return this.#watched
      .filter(
        (field) =>
          differs(field, change.before, change.after) && readableDifference(this.viewer, field, change, moments),
      )
      .map((field) => ({ field }));
  }
}

/** Whether a viewer sees some people and not others, so that their moving can show or hide them. */
export const hasBoundedSight = (viewer: Viewer): boolean => reachOf(viewer, "USER_READ") !== "everywhere";

/** The column that differs where time alone took somebody over a boundary. */
const RECKONED_AT = "reckoned_at";

/** The columns of a search row that decide whom this filter shows, where sight is bounded by it. */
export function columnsOfSight(shown: Filter): ReadonlySet<string> {
  const columns = columnsUsed(shown, userCatalogue);
  return isRelative(shown) ? new Set([...columns, RECKONED_AT]) : columns;
}

/** Whether a change may move somebody into or out of sight that depends on these columns, whatever any filter says. */
export function isMove({ commit, before, after }: Change, columns: Iterable<string>): boolean {
  if (before === null || after === null) return false;
  for (const column of columns)
    if (column === RECKONED_AT ? commit.cause.kind === "TIME" : !isSame(before[column], after[column])) return true;
  return false;
}

const isSame = (a: LoggedRow[string], b: LoggedRow[string]): boolean =>
  a === b || JSON.stringify(a) === JSON.stringify(b);

function kindOf(before: boolean, after: boolean): MembershipChange | undefined {
  if (before && after) return "CHANGED";
  if (after) return "JOINED";
  return before ? "LEFT" : undefined;
}

const differs = (field: Field, before: LoggedRow | null, after: LoggedRow | null): boolean =>
  JSON.stringify(shownValue(field, before)) !== JSON.stringify(shownValue(field, after));
