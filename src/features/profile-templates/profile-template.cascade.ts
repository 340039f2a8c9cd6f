import type { UserCascade } from "../users/user.service.ts";
import { consequencesOf } from "./profile-template.changes.ts";
import { rememberFills } from "./profile-template.fills.ts";
import { grantAll, heldGrants, lacking } from "./profile-template.grants.ts";
import { joinGroups, lockGroups } from "./profile-template.groups.ts";
import {
  applying,
  fillsFor,
  loadTemplates,
  profileWith,
  valueIn,
  wantedGrants,
  wantedGroups,
} from "./profile-template.matching.ts";

const INPUT = "input.applyTemplates";

/**
 * Whoever joins is given what the templates say that fit what was said of them: empty fields are filled, roles granted by the rules of
 * grantRole, and groups joined by those of addGroupMembers. What was given, null included, is left as it is.
 */
export const templateCascade = (orgTimezone: string): UserCascade => ({
  async creating(tx, author, { profile, applyTemplates }) {
    if (!applyTemplates) return undefined;
    const templates = await applying(tx, await loadTemplates(tx.sql), profile, orgTimezone);
    if (templates.length === 0) return undefined;
    const fills = fillsFor(templates, (field) => valueIn(profile, field) === undefined);
    const groups = wantedGroups(templates);
    await lockGroups(
      tx,
      author.viewer,
      groups.map(({ groupId }) => groupId),
      INPUT,
    );
    return {
      defaults: profileWith(fills),
      async created(userId) {
        await rememberFills(tx, [{ userId, noted: fills, forgotten: [] }]);
        const wanted = lacking(wantedGrants(templates, profile.orgUnitId ?? null), await heldGrants(tx, userId));
        const rolesGranted = await grantAll(tx, author, userId, wanted, INPUT);
        const groupsJoined = await joinGroups(tx, author.viewer, userId, groups, INPUT);
        return consequencesOf({ rolesGranted, rolesEnded: [], groupsJoined, groupsLeft: [] });
      },
    };
  },
});
