import type { UserCascade } from "../users/user.service.ts";
import { endSessions, sessionsEnded } from "./session.ending.ts";

/** Whoever is no longer active is signed out everywhere; being active again, they sign in again. */
export const sessionCascade: UserCascade = {
  async statusesChanged(tx, moves) {
    const stopped = Map.groupBy(
      moves.filter(({ from, to }) => from === "ACTIVE" && to !== "ACTIVE"),
      ({ to }) => to,
    );
    const ended: string[] = [];
    for (const [to, people] of stopped)
      ended.push(...(await endSessions(tx, { userIds: people.map(({ userId }) => userId) }, to)));
    return sessionsEnded(ended);
  },
};
