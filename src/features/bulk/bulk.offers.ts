import { reachOf, type Viewer } from "../../access/actor.ts";
import { type Placed, requireOver } from "../../access/policy.ts";
import type { Tx } from "../../database/transaction.ts";
import { notFound, RollcallError } from "../../kernel/errors.ts";
import { profileWith, type WantedGrant } from "../profile-templates/profile-template.matching.ts";
import { offersFor } from "../profile-templates/profile-template.offers.ts";
import { merged } from "../profile-templates/profile-template.profile.ts";
import { OTHER_STEPS } from "../schedules/scheduled-step.ts";
import type { UserEntity, UserStatus } from "../users/user.entity.ts";
import type { ProfileValues } from "../users/user.profile.ts";
import { mayReadNamed } from "../users/user.readable.ts";
import type { GroupChange, PersonChange, RoleChange } from "./bulk.change.ts";
import { tagsAfter, withLists } from "./bulk.lists.ts";
import { holds } from "./bulk.roles.ts";
import type { Standings } from "./bulk.standing.ts";

/** What templates add to a change of somebody. */
export interface Offered {
  /** The change's profile, with what is filled; undefined where nothing is. */
  profile: ProfileValues | undefined;
  fills: readonly { field: string; value: unknown; templateId: string }[];
  roles: readonly RoleChange[];
  groups: readonly GroupChange[];
}

export const NOTHING_OFFERED: Offered = { profile: undefined, fills: [], roles: [], groups: [] };

interface Asked {
  user: UserEntity;
  placed: Placed;
  /** Where they will stand. */
  status: UserStatus;
  change: PersonChange;
}

/**
 * What templates have for somebody and they lack. Fields that the viewer may not read are not filled. ILLEGAL_TRANSITION for whoever has no access and
 * none to come: what is given to them would wait for them.
 */
export function offeredTo(viewer: Viewer, { user, placed, status, change }: Asked, standings: Standings): Offered {
  const { templates, roles, groups, facts } = standings;
  if (!templates || !change.templates) return NOTHING_OFFERED;
  if (!OTHER_STEPS.transfer.from.includes(status))
    throw new RollcallError("ILLEGAL_TRANSITION", `Templates give nothing to a user who is ${status}.`, {
      from: status,
    });
  const { profile } = change;
  const unitId = profile?.orgUnitId;
  const unitPath = unitId === undefined ? placed.unitPath : unitId === null ? [] : (facts.units.get(unitId) ?? []);
  const changes = { ...withLists(user, change), tags: tagsAfter(user, change) };
  const offers = offersFor(templates, { user, changes, unitPath, templateIds: change.templates.ids });
  const mayRead = mayReadNamed(viewer, placed);
  const keepsNoAttribute = profile?.attributes === null;
  const fills = offers.fills.filter(
    ({ field }) => mayRead(field) && !(keepsNoAttribute && field.startsWith("attributes.")),
  );
  if (fills.length > 0) requireOver(viewer, "USER_UPDATE", placed, "userId");
  const own = unitPath.at(-1);
  if (own !== undefined) roles?.scopes.set(own, unitPath);
  const isNamed = (roleId: string, scopeId: string | null) =>
    change.addRoles?.some((one) => roles?.graph.byKey(one.roleKey)?.id === roleId && (one.scopeId ?? null) === scopeId);
  const lacking = ({ roleId, scopeId }: WantedGrant) =>
    roles !== undefined && !holds(roles, user.id, roleId, scopeId) && !isNamed(roleId, scopeId);
  const outside = (groupId: string) => !groups?.held.get(user.id)?.some((member) => member.groupId === groupId);
  return {
    profile: fills.length > 0 ? merged(profile ?? {}, profileWith(fills)) : undefined,
    fills,
    roles: offers.grants.filter(lacking).map(({ roleKey, scopeId, templateId }) => ({ roleKey, scopeId, templateId })),
    groups: offers.groups
      .filter(({ groupId }) => outside(groupId))
      .map(({ groupId, templateId }) => ({ groupId, templateId })),
  };
}

/** Passes where the viewer may see the templates that a change names; NOT_FOUND otherwise. */
export async function requireTemplates(tx: Tx, viewer: Viewer, { templates }: PersonChange): Promise<void> {
  const ids = templates?.ids ?? [];
  if (ids.length === 0) return;
  const seen = reachOf(viewer, "SETTINGS_MANAGE") === "everywhere";
  const found = seen ? await tx.sql.selectFrom("profile_template").select("id").where("id", "in", ids).execute() : [];
  const known = new Set(found.map(({ id }) => id));
  const missing = ids.findIndex((id) => !known.has(id));
  if (missing >= 0) throw notFound("profile template", `input.change.applyTemplates.templateIds[${missing}]`);
}

/** What puts back which values are templates': what was remembered of the same fields before. */
export function undoFills(
  { id }: UserEntity,
  { fills }: PersonChange,
  offered: Offered,
  { templates }: Standings,
): Pick<PersonChange, "fills"> {
  const fields = [...(fills?.noted ?? offered.fills).map(({ field }) => field), ...(fills?.forgotten ?? [])];
  if (fields.length === 0) return {};
  const noted = (templates?.noted.get(id) ?? [])
    .filter(({ field }) => fields.includes(field))
    .map(({ field, value, templateId }) => ({ field, value, templateId }));
  return { fills: { noted, forgotten: fields.filter((name) => !noted.some(({ field }) => field === name)) } };
}
