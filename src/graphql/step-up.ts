import type { Viewer } from "../access/actor.ts";
import { RollcallError } from "../kernel/errors.ts";

const MINUTE = 60;

/**
 * Mutations that want a recent authentication, and how recent, in seconds: those that change who may come in, and who may do what. A
 * session that somebody left open, or took, is not enough for them.
 */
export const STEP_UP: Readonly<Record<string, number>> = {
  addPasskey: 15 * MINUTE,
  beginPasskeyEnrolment: 15 * MINUTE,
  beginTotpEnrolment: 15 * MINUTE,
  createRecoveryCodes: 15 * MINUTE,
  removeFactor: 15 * MINUTE,
  resetUserFactors: 15 * MINUTE,
  createRole: 60 * MINUTE,
  updateRole: 60 * MINUTE,
  deleteRole: 60 * MINUTE,
  grantRole: 60 * MINUTE,
  createAccessRule: 60 * MINUTE,
  updateAccessRule: 60 * MINUTE,
  deleteAccessRule: 60 * MINUTE,
  deleteUser: 60 * MINUTE,
  createSignInPolicy: 15 * MINUTE,
  updateSignInPolicy: 15 * MINUTE,
  deleteSignInPolicy: 15 * MINUTE,
  inviteUser: 60 * MINUTE,
  createServiceToken: 15 * MINUTE,
  rotateServiceToken: 15 * MINUTE,
};

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
