import type { UserCascade } from "../users/user.service.ts";
import { endSessions, sessionsEnded } from "./session.ending.ts";

/** Whoever is no longer active is signed out everywhere; being active again, they sign in again. */
export const sessionCascade: UserCascade = {
  follows: {
    async END_SESSIONS(tx, moves) {
      const ended: string[] = [];
      for (const [to, people] of Map.groupBy(moves, (move) => move.to))
        ended.push(...(await endSessions(tx, { userIds: people.map(({ userId }) => userId) }, to)));
      return sessionsEnded(ended);
    },
  },
};
