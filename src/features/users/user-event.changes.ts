import type DataLoader from "dataloader";
import type { Change } from "../../feed/change.ts";
import type { GraphContext } from "../../graphql/context.ts";
import type { FieldChange } from "../../graphql/field-change.ts";
import { type IdKind, publicId } from "../../kernel/ids.ts";
import type { OrgUnitLoader } from "../org/org-unit.loaders.ts";
import type { UserLoader } from "./user.loaders.ts";
import type { Difference } from "./user-event.kinds.ts";
import { readableAt, readableDifference, readableValue } from "./user-event.source.ts";

/** Loads whom and what an event's values name, as far as the viewer may see them. */
export interface NamedLoaders {
  people: UserLoader;
  units: OrgUnitLoader;
}

/** The action of a commit that erases somebody: nobody is told what they were. */
const ERASED = "user.erased";

type Loader = DataLoader<string, object | undefined>;

/** What differs in a change as the viewer may read it: by public names, with values as a query shows them. */
export async function fieldChanges(
  change: Change,
  told: readonly Pick<Difference, "field">[],
  context: GraphContext,
  loaders: NamedLoaders,
): Promise<FieldChange[]> {
  return Promise.all(told.map((difference) => fieldChange(change, difference, context, loaders)));
}

async function fieldChange(
  change: Change,
  { field }: Pick<Difference, "field">,
  context: GraphContext,
  loaders: NamedLoaders,
): Promise<FieldChange> {
  const { before, after } = change;
  const redacted: FieldChange = { field: field.name, before: null, after: null, redacted: true };
  if (change.commit.cause.action === ERASED) return redacted;
  if (![before, after].every((row) => row === null || readableAt(context.viewer, field, row))) return redacted;
  // What differs in attributes may be nothing that the viewer may read.
  if (field.kind === "attributes" && !readableDifference(context.viewer, field, change)) return redacted;
  const values = [before, after].map((row) => readableValue(context.viewer, field, row));
  const shown = await Promise.all(values.map((value) => shownAs(field.name, value, context, loaders)));
  if (shown.includes(undefined)) return redacted;
  return { field: field.name, before: shown[0], after: shown[1], redacted: false };
}

/** A value of a search row as a query would show it; undefined where it names somebody or something out of sight. */
export async function shownAs(
  field: string,
  value: unknown,
  context: GraphContext,
  { people, units }: NamedLoaders,
): Promise<unknown> {
  if (value === null) return null;
  if (field === "manager") return visibleId("User", context.load(people), value as string);
  if (field === "orgUnit") return visibleId("OrgUnit", context.load(units), value as string);
  if (field === "roleGrants")
    return Promise.all((value as Grant[]).map((grant) => shownGrant(grant, context.load(units))));
  return value;
}

const visibleId = async (kind: IdKind, loader: Loader, uuid: string): Promise<string | undefined> =>
  (await loader.load(uuid)) ? publicId(kind, uuid) : undefined;

interface Grant {
  id: string;
  role: string;
  scopePath: readonly string[] | null;
  grantedAt: string;
  startsAt: string;
  expiresAt: string | null;
}

async function shownGrant({ id, role, scopePath, ...times }: Grant, units: Loader) {
  const scope = scopePath?.at(-1);
  const scopeId = scope === undefined ? null : ((await visibleId("OrgUnit", units, scope)) ?? null);
  const { grantedAt, startsAt, expiresAt } = times;
  return {
    id: publicId("RoleGrant", id),
    role,
    everywhere: scopePath === null,
    scopeId,
    grantedAt,
    startsAt,
    expiresAt,
  };
}
