import type { UserCascade } from "../users/user.service.ts";
import { endLinks, type LinkPurpose } from "./link.issue.ts";

const ALL: readonly LinkPurpose[] = ["INVITATION", "EMAIL_VERIFICATION", "PASSWORD_RESET"];

/** Links are of no use to whoever is not active, nor later, when they are active again. Whoever becomes active keeps an invitation. */
export const linkCascade: UserCascade = {
  follows: {
    async END_LINKS(tx, moves) {
      await endLinks(
        tx,
        moves.map(({ userId }) => userId),
        ALL,
      );
      return [];
    },
  },
};
