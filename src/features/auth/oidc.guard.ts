import { requireNoLess } from "../roles/role.seniority.ts";
import type { UserCascade } from "../users/user.service.ts";
import type { OidcIssuer } from "./oidc.settings.ts";

/**
 * Where an issuer's tokens find their user by a name, an address or an identity, whoever writes it decides who can come in as that person. So
 * they must hold no less than that person was granted; also where what they write is what was there.
 */
export const loginKeyGuard = (issuers: readonly OidcIssuer[]): UserCascade => ({
  async updating(tx, viewer, { id, profile, contacts }) {
    const written = {
      id: undefined,
      username: profile.username === undefined ? undefined : "input.username",
      email: contacts.emails !== undefined ? "input.emails" : contacts.email !== undefined ? "input.email" : undefined,
      identity: contacts.identities === undefined ? undefined : "input.identities",
    };
    const inputPath = issuers.map(({ userKey }) => written[userKey]).find((path) => path !== undefined);
    if (inputPath) await requireNoLess(tx, viewer, id, inputPath);
  },
});
