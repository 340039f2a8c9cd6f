import type { UserCascade } from "../users/user.service.ts";
import { endSessions, sessionsEnded } from "./session.ending.ts";

/** Whoever is no longer active is signed out everywhere; being active again, they sign in again. */
export const sessionCascade: UserCascade = {
  async statusChanged(tx, userId, from, to) {
    if (from !== "ACTIVE" || to === "ACTIVE") return [];
    return sessionsEnded(await endSessions(tx, { userId }, to));
  },
};
