import type { Consequence } from "../../kernel/consequence.ts";
import { publicId } from "../../kernel/ids.ts";
import type { UserCascade } from "../users/user.service.ts";
import { endLinks, type LinkPurpose } from "./link.issue.ts";

const ALL: readonly LinkPurpose[] = ["INVITATION", "EMAIL_VERIFICATION", "PASSWORD_RESET"];

/** Links of these people hold no more, one for each time that somebody stands here: nobody is shown a link, so it is told whose they were. */
export const linksEnded = (owners: readonly string[]): Consequence[] =>
  owners.length === 0
    ? []
    : [
        {
          kind: "LINKS_ENDED",
          count: owners.length,
          subjectIds: [...new Set(owners)].sort().map((id) => publicId("User", id)),
        },
      ];

/** Links are of no use to whoever is not active, nor later, when they are active again. Whoever becomes active keeps an invitation. */
export const linkCascade: UserCascade = {
  follows: {
    async END_LINKS(tx, moves) {
      const people = moves.map(({ userId }) => userId);
      return linksEnded(await endLinks(tx, people, ALL));
    },
  },
};
