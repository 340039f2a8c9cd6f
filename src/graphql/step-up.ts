import type { Viewer } from "../access/actor.ts";
import { RollcallError } from "../kernel/errors.ts";

const MINUTE = 60;

/** People's own factors, and what signs in without a person: whoever has them needs no session. */
const CREDENTIALS = [
  "addPasskey",
  "beginPasskeyEnrolment",
  "beginTotpEnrolment",
  "createRecoveryCodes",
  "removeFactor",
  "resetUserFactors",
  "createServiceToken",
  "rotateServiceToken",
  "createSignInPolicy",
  "updateSignInPolicy",
  "deleteSignInPolicy",
];

/** Who may come in. */
const ENTRANCE = [
  "createUser",
  "inviteUser",
  "onboard",
  "activateUser",
  "unlockUser",
  "reinstateUser",
  "restoreUser",
  "scheduleTransition",
  "changeScheduledTransition",
  "cancelScheduledTransition",
  "offboard",
  "cancelOffboarding",
  "deleteUser",
  "eraseUser",
  "releaseLegalHold",
  "requestEmailVerification",
  "verifyEmail",
];

/** Who may do what, and see what: by roles, by belonging to groups and units, and by templates and plans that give both. */
const RIGHTS = [
  "createRole",
  "updateRole",
  "deleteRole",
  "grantRole",
  "revokeRole",
  "createAccessRule",
  "updateAccessRule",
  "deleteAccessRule",
  "updateGroup",
  "deleteGroup",
  "addGroupMembers",
  "removeGroupMembers",
  "createProfileTemplate",
  "updateProfileTemplate",
  "deleteProfileTemplate",
  "transfer",
  "moveOrgUnit",
  "deleteOrgUnit",
  "updateAttributeDefinition",
  "deleteAttributeDefinition",
];

/** What changes many people, and what holds it back. */
const MANY = [
  "applyBulk",
  "approve",
  "delegateApprovals",
  "createApprovalPolicy",
  "updateApprovalPolicy",
  "deleteApprovalPolicy",
  "createSafetyLimit",
  "updateSafetyLimit",
  "deleteSafetyLimit",
  "createRetentionPolicy",
  "updateRetentionPolicy",
  "deleteRetentionPolicy",
  "runRetention",
];

const within = (minutes: number, mutations: readonly string[]): [string, number][] =>
  mutations.map((mutation) => [mutation, minutes * MINUTE]);

/**
 * Mutations that want a recent authentication, and how recent, in seconds: those that change who may come in, and who may do what. A
 * session that somebody left open, or took, is not enough for them. Every other mutation stands with its reason in the test of it.
 */
export const STEP_UP: Readonly<Record<string, number>> = Object.fromEntries([
  ...within(15, CREDENTIALS),
  ...within(60, [...ENTRANCE, ...RIGHTS, ...MANY]),
]);

/**
 * Passes where the viewer has proved recently enough that it is them, or where the mutation does not ask. FORBIDDEN otherwise, with how recent
 * it must be (RFC 9470's max_age): `reauthenticate` mends it. A token without a session has nobody behind it who could be asked.
 */
export function requireRecent({ session, now }: Viewer, mutation: string): void {
  const seconds = Object.hasOwn(STEP_UP, mutation) ? STEP_UP[mutation] : undefined;
  if (seconds === undefined || !session) return;
  if (now.getTime() - session.authenticatedAt.getTime() <= seconds * 1000) return;
  throw new RollcallError("FORBIDDEN", "This wants a recent authentication: reauthenticate first.", {
    maxAuthenticationAgeSeconds: seconds,
  });
}
