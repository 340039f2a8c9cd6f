import { withdrawMail } from "../mail/mail.outbox.ts";
import type { UserCascade } from "../users/user.service.ts";
import { endLinks, type LinkPurpose } from "./link.issue.ts";

const ALL: readonly LinkPurpose[] = ["INVITATION", "EMAIL_VERIFICATION", "PASSWORD_RESET"];

/** Links are of no use to whoever is not active, nor later, when they are active again. Whoever becomes active keeps an invitation. */
export const linkCascade: UserCascade = {
  follows: {
    async END_LINKS(tx, moves) {
      const people = moves.map(({ userId }) => userId);
      await endLinks(tx, people, ALL);
      await withdrawMail(tx, people, ALL);
      return [];
    },
  },
};
