import { consequence } from "../../kernel/consequence.ts";
import { publicId } from "../../kernel/ids.ts";
import type { UserCascade } from "../users/user.service.ts";
import { grantWanted } from "./profile-template.grants.ts";
import { applying, defaultsFor, loadTemplates, wantedGrants } from "./profile-template.matching.ts";

/**
 * Whoever joins is given what the templates say that fit what was said of them: empty fields are filled, and roles granted by the rules of
 * grantRole. What was given, null included, is left as it is.
 */
export const templateCascade: UserCascade = {
  async creating(tx, author, { profile, applyTemplates }) {
    if (!applyTemplates) return undefined;
    const templates = await applying(tx, await loadTemplates(tx.sql), profile);
    if (templates.length === 0) return undefined;
    const isEmpty = (field: string, key?: string) =>
      key === undefined
        ? profile[field as keyof typeof profile] === undefined
        : !Object.hasOwn(profile.attributes ?? {}, key);
    return {
      defaults: defaultsFor(templates, isEmpty),
      async created(userId) {
        const wanted = wantedGrants(templates, profile.orgUnitId ?? null);
        const ids = await grantWanted(tx, author, userId, wanted, "input.applyTemplates");
        return consequence(
          "ROLES_GRANTED",
          ids.map((id) => publicId("RoleGrant", id)),
        );
      },
    };
  },
};
