import type { Viewer } from "../../access/actor.ts";
import { shownAttributes } from "../../access/attribute-policy.ts";
import { meetsOf } from "../../access/conditions.ts";
import { mayReadField, readableFields } from "../../access/field-policy.ts";
import { sightOf } from "../../access/policy.ts";
import type { Change, LoggedRow } from "../../feed/change.ts";
import { Moments } from "../../feed/moments.ts";
import type { GraphContext } from "../../graphql/context.ts";
import type { Notify, SubscriptionSource } from "../../graphql/subscription-source.ts";
import { invalidInput, RollcallError } from "../../kernel/errors.ts";
import { fieldOf } from "../../search/catalogue.ts";
import type { Field } from "../../search/field.ts";
import type { Moment } from "../../search/operator.ts";
import { parseFilterWithPaths } from "../../search/parse.ts";
import { compile } from "../../search/to-predicate.ts";
import { namedBy } from "./user.askable.ts";
import { userCatalogue } from "./user.fields.ts";
import type { UserQueries } from "./user.queries.ts";
import { type Difference, differences, shownValue, USER_EVENT_TYPES, type UserEventType } from "./user-event.kinds.ts";
import { UserEvent } from "./user-event.types.ts";

/** The field whose change a type tells of, where it tells of one. */
const TOLD_BY: Partial<Record<UserEventType, string>> = {
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

/** What decides whether somebody is in sight: whoever sees the person come or go knows that it changed. */
const DECIDES_SIGHT = new Set(["status", "orgUnit"]);

const ORDER = Object.keys(USER_EVENT_TYPES) as UserEventType[];

/** Events about people: what changed in a person's search row, for viewers in whose sight the filter held before or after. */
export class UserEventSource implements SubscriptionSource {
  readonly byRights = true;

  constructor(private readonly queries: UserQueries) {}

  /** Refuses a filter or a type that asks about what the viewer may not read. */
  async open(
    args: { filter?: unknown; types?: readonly UserEventType[] | null },
    context: GraphContext,
  ): Promise<Notify> {
    const { viewer } = context;
    if (args.filter === null)
      throw invalidInput([{ path: "filter", message: "must not be null; leave it out, or send {}." }]);
    const parsed = parseFilterWithPaths(args.filter ?? undefined, { catalogue: userCatalogue });
    await this.queries.requireAskable(viewer, parsed, new Map());
    const wanted = wantedTypes(viewer, args.types ?? undefined);
    const sees = compile(sightOf(viewer), userCatalogue);
    const satisfies = compile(parsed.filter, userCatalogue);
    const moments = new Moments(context.dateOf);
    const eventFor = (change: Change): UserEvent | undefined => {
      if (change.table !== "user_search") return undefined;
      const { before, after } = change;
      const { beforeAt, at } = moments.of(change);
      const seenBefore = before !== null && sees(before, beforeAt);
      const seenAfter = after !== null && sees(after, at);
      const concerned = (seenBefore && satisfies(before, beforeAt)) || (seenAfter && satisfies(after, at));
      return concerned ? eventOf(change, viewer, { seenBefore, seenAfter, beforeAt, at }, wanted) : undefined;
    };
    const notify = (changes: readonly Change[]) =>
      changes
        .map(eventFor)
        .filter((event) => event !== undefined)
        .map((message) => ({ position: message.position, message }));
    return Object.assign(notify, { named: namedBy(parsed.filter) });
  }
}

interface Sight extends StateMoments {
  seenBefore: boolean;
  seenAfter: boolean;
}

/** When the states before and after a change are asked. */
interface StateMoments {
  beforeAt: Moment;
  at: Moment;
}

function eventOf(
  change: Change,
  viewer: Viewer,
  { seenBefore, seenAfter, ...moments }: Sight,
  wanted: ReadonlySet<UserEventType>,
): UserEvent | undefined {
  const found = differences(change);
  const crossing = seenBefore !== seenAfter;
  const mayKnow = ({ field }: Difference) =>
    (crossing && DECIDES_SIGHT.has(field.name)) || readableDifference(viewer, field, change, moments);
  const types = new Set(found.filter(mayKnow).flatMap((difference) => difference.types));
  if (![...types].some((type) => wanted.has(type))) return undefined;
  const ordered = ORDER.filter((type) => types.has(type));
  return new UserEvent(change, ordered, seenAfter ? found : [], seenAfter);
}

/** Whether a viewer may read a field of a person in this state: where rights have conditions, at this moment, or at the viewer's own. */
export const readableAt = (
  viewer: Viewer,
  field: Difference["field"],
  row: LoggedRow | null,
  moment?: Moment,
): boolean =>
  row !== null &&
  mayReadField(
    viewer,
    field,
    row.user_id as string,
    row.unit_path as readonly string[],
    meetsOf(viewer, userCatalogue, row, moment),
  );

/** A field's value as a viewer may read it of a person in this state; of attributes those that they may. */
export function readableValue(viewer: Viewer, field: Field, row: LoggedRow | null, moment?: Moment): unknown {
  const value = shownValue(field, row);
  if (row === null || field.kind !== "attributes") return value;
  const place = { userId: row.user_id as string, unitPath: row.unit_path as readonly string[] };
  return shownAttributes(viewer, field, value, { ...place, meets: meetsOf(viewer, userCatalogue, row, moment) });
}

/** Whether a viewer may know that a field differs: of attributes, that one does which they may read. */
export function readableDifference(
  viewer: Viewer,
  field: Field,
  { before, after }: Change,
  { beforeAt, at }: Partial<StateMoments> = {},
): boolean {
  if (!readableAt(viewer, field, before, beforeAt) && !readableAt(viewer, field, after, at)) return false;
  if (field.kind !== "attributes") return true;
  const shown = (row: LoggedRow | null, moment?: Moment) => JSON.stringify(readableValue(viewer, field, row, moment));
  return shown(before, beforeAt) !== shown(after, at);
}

function wantedTypes(viewer: Viewer, types: readonly UserEventType[] | undefined): ReadonlySet<UserEventType> {
  if (types === undefined) return new Set(ORDER);
  if (types.length === 0)
    throw invalidInput([{ path: "types", message: "must name at least one type; leave it out for all." }]);
  const readable = readableFields(viewer, userCatalogue);
  for (const [place, type] of types.entries()) {
    const field = TOLD_BY[type];
    if (field === undefined || readable.has(field)) continue;
    const permission = fieldOf(userCatalogue, field).read.find((one) => !viewer.grants.has(one));
    throw new RollcallError("FIELD_FORBIDDEN", `${type} tells of ${field}, which may not be read.`, {
      field,
      inputPath: `types[${place}]`,
      ...(permission ? { permission } : {}),
    });
  }
  return new Set(types);
}
