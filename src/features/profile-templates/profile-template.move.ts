import { isDeepStrictEqual } from "node:util";
import type { Author } from "../../access/author.ts";
import type { Placed } from "../../access/policy.ts";
import type { Tx } from "../../database/transaction.ts";
import { conflict } from "../../kernel/errors.ts";
import type { UserEntity } from "../users/user.entity.ts";
import type { ProfileValues } from "../users/user.profile.ts";
import type { FactorChange, FieldChange, TemplateChanges } from "./profile-template.changes.ts";
import { strongestDemands } from "./profile-template.demands.ts";
import { notedFills, rememberFills } from "./profile-template.fills.ts";
import { endAll, grantAll, type HeldGrant, heldGrants, isSameGrant, lacking } from "./profile-template.grants.ts";
import { joinGroups, leaveGroups, lockGroups, type Membership, memberships } from "./profile-template.groups.ts";
import {
  applying,
  type Fill,
  fillsFor,
  loadTemplates,
  profileWith,
  valueIn,
  type WantedGrant,
  type WantedGroup,
  wantedGrants,
  wantedGroups,
} from "./profile-template.matching.ts";
import { merged, profileOf, without } from "./profile-template.profile.ts";

/*
 * A move brings somebody to what templates would give them if they were made now, with what was said of them and what the move says. What a
 * template filled and nobody changed was not said: it makes no other template fit, and another value may be offered for it. Grants and
 * memberships that came of templates end where none that fits has them any more; those that were given by hand are left.
 */

/** Somebody who moves: locked, as they were before. */
export interface Mover {
  user: UserEntity;
  placed: Placed;
  /** What the move says of them. */
  changes: ProfileValues;
  /** Which of the fields that templates offer are filled; undefined: all. */
  fill: readonly string[] | undefined;
  /** Which fields may be offered at all: what the viewer may not read they are neither shown nor write. */
  mayRead(field: string): boolean;
  /** Of whoever has no time zone. */
  orgTimezone: string;
}

/** The most that a move gives: every role and group that the templates want that fit, held already or not. */
export interface Promised {
  grants: Pick<WantedGrant, "roleId" | "scopeId">[];
  groups: string[];
}

/** What a move does of what templates gave, decided before anything is written. */
export interface MovePlan {
  mover: Mover;
  /** What is written: what the move says, and what is filled. */
  profile: ProfileValues;
  fields: FieldChange[];
  noted: Fill[];
  forgotten: string[];
  ending: HeldGrant[];
  granting: WantedGrant[];
  leaving: Membership[];
  joining: WantedGroup[];
  promised: Promised;
  factor: FactorChange;
}

/** Decides what a move does, and locks the groups that it is about. */
export async function planMove(tx: Tx, author: Author, mover: Mover, inputPath: string): Promise<MovePlan> {
  const { user, changes, orgTimezone } = mover;
  const current = profileOf(user);
  const { standing, changed } = await notedFills(tx, user.id, current);
  const given = merged(without(current, standing), changes);
  const fits = await applying(tx, await loadTemplates(tx.sql), given, orgTimezone);
  const offered = offers(
    mover,
    current,
    standing,
    fillsFor(fits, (field) => valueIn(given, field) == null && valueIn(changes, field) === undefined),
  );
  const [held, belonging] = [await heldGrants(tx, user.id), await memberships(tx, user.id)];
  const wanted = wantedGrants(fits, given.orgUnitId ?? null);
  const groups = wantedGroups(fits);
  const leaving = belonging.filter(
    ({ ofTemplate, groupId }) => ofTemplate && !groups.some((g) => g.groupId === groupId),
  );
  const joining = groups.filter(({ groupId }) => !belonging.some((member) => member.groupId === groupId));
  await lockGroups(
    tx,
    author.viewer,
    [...leaving, ...joining].map(({ groupId }) => groupId),
    inputPath,
  );
  const profile = merged(changes, profileWith(offered.fields.map(({ field, after }) => ({ field, value: after }))));
  const [before = null, after = null] = await strongestDemands(tx, [current, merged(current, profile)], orgTimezone);
  return {
    mover,
    profile,
    fields: offered.fields,
    noted: offered.noted,
    forgotten: [
      ...changed,
      ...offered.forgotten,
      ...[...standing].filter((field) => valueIn(changes, field) !== undefined),
    ],
    ending: held.filter((one) => one.ofTemplate && !wanted.some((other) => isSameGrant(one, other))),
    granting: lacking(wanted, held),
    leaving,
    joining,
    promised: {
      grants: wanted.map(({ roleId, scopeId }) => ({ roleId, scopeId })),
      groups: groups.map(({ groupId }) => groupId),
    },
    factor: { before, after },
  };
}

/**
 * Passes where a move gives nothing but what was promised when it was scheduled. What a profile says by its day may have been written by somebody
 * who may give none of it, the person too.
 */
export function requirePromised({ granting, joining }: MovePlan, promised: Promised, inputPath: string): void {
  const roles = granting.filter((one) => !promised.grants.some((other) => isSameGrant(one, other)));
  const groups = joining.filter(({ groupId }) => !promised.groups.includes(groupId));
  const more = [...roles.map(({ roleKey }) => roleKey), ...groups.map(({ key }) => key)];
  if (more.length > 0)
    throw conflict(
      `By now templates give what they did not when this was scheduled: ${more.join(", ")}. Move the person anew.`,
      { inputPath },
    );
}

/** Carries the plan out; `write` writes the profile. */
export async function carryOutMove(
  tx: Tx,
  author: Author,
  plan: MovePlan,
  write: (profile: ProfileValues) => Promise<void>,
  inputPath: string,
): Promise<TemplateChanges> {
  const { mover, fields } = plan;
  const userId = mover.user.id;
  const groupsLeft = await leaveGroups(tx, userId, plan.leaving, inputPath);
  const rolesEnded = await endAll(tx, author.viewer, mover.placed.unitPath, plan.ending, inputPath);
  await write(plan.profile);
  await tx.flush();
  await rememberFills(tx, [{ userId, noted: plan.noted, forgotten: plan.forgotten }]);
  const rolesGranted = await grantAll(tx, author, userId, plan.granting, inputPath);
  const groupsJoined = await joinGroups(tx, author.viewer, userId, plan.joining, inputPath);
  return { fields, rolesGranted, rolesEnded, groupsJoined, groupsLeft, factor: plan.factor };
}

/** What is offered and taken, and which fields are templates' from then on. */
function offers(
  { changes, fill, mayRead }: Mover,
  current: ProfileValues,
  standing: ReadonlySet<string>,
  wanted: readonly Fill[],
): { fields: FieldChange[]; noted: Fill[]; forgotten: string[] } {
  const byField = new Map(wanted.map((one) => [one.field, one]));
  const names = new Set([...standing, ...byField.keys()]);
  const result: { fields: FieldChange[]; noted: Fill[]; forgotten: string[] } = {
    fields: [],
    noted: [],
    forgotten: [],
  };
  for (const field of [...names].sort()) {
    if (valueIn(changes, field) !== undefined) continue;
    const fills = byField.get(field);
    const [before, after] = [valueIn(current, field) ?? null, fills?.value ?? null];
    const isSame = isDeepStrictEqual(before, after);
    if (!isSame && (!mayRead(field) || (fill && !fill.includes(field)))) continue;
    if (!isSame) result.fields.push({ field, before, after });
    if (fills) result.noted.push(fills);
    else result.forgotten.push(field);
  }
  return result;
}
