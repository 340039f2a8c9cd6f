import { LockMode } from "@mikro-orm/core";
import { covers, reachOf, type Viewer } from "../../access/actor.ts";
import type { Author } from "../../access/author.ts";
import { type CommandOptions, carryOut } from "../../access/command.ts";
import { maySee, requireAnywhere, requireAt, requireOver } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { Tx, Written } from "../../database/transaction.ts";
import { conflict, invalidInput, notFound, RollcallError } from "../../kernel/errors.ts";
import type { Permission } from "../../kernel/permissions.ts";
import { pathOfUnit } from "../org/org-unit.path.ts";
import { requireHeld } from "../roles/role.holding.ts";
import { placeOfUser } from "../users/user.place.ts";
import { ServiceTokenEntity } from "./service-token.entity.ts";
import { addToken, UNKNOWN_MAKER } from "./service-token.service.ts";
import { hashOfSecret, newSecret } from "./token.secret.ts";

/** Whose a token is: a person's, whose grants then decide; or a machine's of the organisation, with permissions of its own. */
export type ServiceTokenKind = "PERSONAL" | "ORGANISATION";

export interface CreateServiceToken extends CommandOptions {
  kind: ServiceTokenKind;
  name: string;
  permissions: readonly Permission[] | null;
  scopeIds: readonly string[] | null;
  expiresAt: Date | null;
}

export interface RotateServiceToken extends CommandOptions {
  id: string;
  overlapMs: number;
}

export interface RevokeServiceToken extends CommandOptions {
  id: string;
}

export interface TokenOutcome {
  tokenId: string;
}

/** With the secret, which is told this once. */
export interface SecretOutcome extends TokenOutcome {
  secret: string;
}

/** The longest that a person's token lasts; whoever needs it for longer rotates nothing and makes another one. */
export const PERSONAL_TOKEN_DAYS = 366;
/** Tokens that one person may have at a time: more than a person can keep track of. */
export const PERSONAL_TOKENS = 50;
export const SCOPES_LIMIT = 100;
const DAY_MS = 86_400_000;

/**
 * What the API does with tokens; every command is one transaction. Nobody gives a token more than they hold themselves, nor for longer,
 * and a person makes tokens of their own only when they signed in: a token that leaks cannot make another one.
 */
export class ServiceTokenCommands {
  constructor(private readonly database: Database) {}

  /** Makes a token of the viewer's own, or with SETTINGS_MANAGE over all of its scope one of the organisation. */
  create(author: Author, command: CreateServiceToken): Promise<Written<SecretOutcome>> {
    const secret = newSecret();
    const name = { mutation: "createServiceToken", action: "token.created" };
    return carryOut(this.database, author, name, command, async (tx) => {
      if (command.expiresAt && command.expiresAt <= tx.now)
        throw invalidInput([{ path: "input.expiresAt", message: "must be in the future." }]);
      const { viewer } = author;
      const whose =
        command.kind === "PERSONAL" ? await personal(tx, viewer, command) : await ofOrganisation(tx, viewer, command);
      return { tokenId: addToken(tx, { ...whose, name: command.name, secret, expiresAt: command.expiresAt }), secret };
    });
  }

  /** Gives a token another secret; the former one opens for as long as it is said to. Its end stays what it was. */
  rotate(author: Author, command: RotateServiceToken): Promise<Written<SecretOutcome>> {
    const secret = newSecret();
    const name = { mutation: "rotateServiceToken", action: "token.rotated" };
    return carryOut(this.database, author, name, command, async (tx) => {
      const token = await lockVisible(tx, author.viewer, command.id);
      requireLive(token, tx.now);
      await requireMayTakeOver(tx, author.viewer, token);
      const overlaps = command.overlapMs > 0;
      Object.assign(token, {
        previousHash: overlaps ? token.hash : null,
        previousUntil: overlaps ? new Date(tx.now.getTime() + command.overlapMs) : null,
        hash: hashOfSecret(secret),
        rotatedAt: tx.now,
        makerIds: token.userId === null ? await madeAlsoBy(tx, author.viewer, token) : null,
      });
      return { tokenId: token.id, secret };
    });
  }

  /** Ends a token at once and for good, with both of its secrets; CONFLICT where it has ended already. */
  revoke(author: Author, command: RevokeServiceToken): Promise<Written<TokenOutcome>> {
    const name = { mutation: "revokeServiceToken", action: "token.revoked" };
    return carryOut(this.database, author, name, command, async (tx) => {
      const { viewer } = author;
      const token = await lockVisible(tx, viewer, command.id);
      if (token.userId !== null) {
        const place = await placeOfUser(tx.sql, token.userId, viewer);
        if (token.userId !== viewer.userId && place) requireOver(viewer, "SESSION_MANAGE", place);
      } else if (!isItself(viewer, token))
        for (const path of await scopePaths(tx, token)) requireAt(viewer, "SETTINGS_MANAGE", path);
      requireLive(token, tx.now);
      token.revokedAt = tx.now;
      return { tokenId: token.id };
    });
  }
}

/** Passes where the person proved in this session, or elsewhere, who they are; a session that is good for enrolling alone is no proof. */
function requireSignedIn({ tokenId, session }: Viewer, message: string, inputPath: string): void {
  if (tokenId !== undefined || session?.enrolmentOnly) throw refused(message, inputPath);
}

const isItself = (viewer: Viewer, token: ServiceTokenEntity): boolean => viewer.tokenId === token.id;

const refused = (message: string, inputPath?: string): RollcallError =>
  new RollcallError("FORBIDDEN", message, inputPath ? { inputPath } : {});

/** A token of the viewer's own, narrowed to permissions that they hold somewhere. */
async function personal(tx: Tx, viewer: Viewer, { permissions, scopeIds, expiresAt }: CreateServiceToken) {
  const { userId } = viewer;
  if (userId === null)
    throw refused("A machine has no tokens of its own: it makes those of the organisation.", "input.kind");
  requireSignedIn(
    viewer,
    "Sign in to make a token of your own: a token cannot make another one for its person.",
    "input.kind",
  );
  if (scopeIds !== null)
    throw invalidInput([
      { path: "input.scopeIds", message: "goes with ORGANISATION: a person's grants say over whom." },
    ]);
  const latest = new Date(tx.now.getTime() + PERSONAL_TOKEN_DAYS * DAY_MS);
  if (!expiresAt || expiresAt > latest)
    throw invalidInput([
      {
        path: "input.expiresAt",
        message: `must be given for a token of your own, and at most ${PERSONAL_TOKEN_DAYS} days from now.`,
        limit: PERSONAL_TOKEN_DAYS,
      },
    ]);
  for (const permission of permissions ?? []) requireAnywhere(viewer, permission);
  // Others who make tokens for the same person at the same time wait, and so does whoever suspends them.
  const person = await tx.sql
    .selectFrom("user_account")
    .select("status")
    .where("id", "=", userId)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (person?.status !== "ACTIVE") throw conflict("Only a user who is ACTIVE can have a token.");
  const { count } = await tx.sql
    .selectFrom("service_token")
    .select((eb) => eb.fn.countAll<bigint>().as("count"))
    .where("user_id", "=", userId)
    .where("revoked_at", "is", null)
    .where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", tx.now)]))
    .executeTakeFirstOrThrow();
  if (count >= PERSONAL_TOKENS)
    throw conflict(`Nobody may have more than ${PERSONAL_TOKENS} tokens: revoke one first.`, {
      limit: PERSONAL_TOKENS,
    });
  return { userId, ...(permissions ? { permissions } : {}) };
}

/** A token of the organisation: over each of its units the viewer must manage settings and hold everything that it allows. */
async function ofOrganisation(tx: Tx, viewer: Viewer, { permissions, scopeIds, expiresAt }: CreateServiceToken) {
  if (!permissions)
    throw invalidInput([{ path: "input.permissions", message: "must be given for a token of the organisation." }]);
  for (const path of scopeIds ? await lockScopes(tx, viewer, scopeIds) : [[]]) {
    requireAt(viewer, "SETTINGS_MANAGE", path);
    await requireHeld(
      tx,
      viewer,
      permissions,
      { path, until: expiresAt, untilPath: "input.expiresAt" },
      "input.permissions",
    );
  }
  return { permissions, scopeIds: scopeIds ?? ("everywhere" as const), makerIds: await secretGoesTo(tx, viewer) };
}

/** Who learns a secret that the viewer is told: the person, or everybody who was ever told a secret of the machine. */
async function secretGoesTo(tx: Tx, viewer: Viewer): Promise<readonly string[]> {
  if (viewer.userId !== null) return [viewer.userId];
  const own = viewer.tokenId === undefined ? null : await tx.em.findOne(ServiceTokenEntity, viewer.tokenId);
  return own?.makerIds ?? [UNKNOWN_MAKER];
}

const madeAlsoBy = async (tx: Tx, viewer: Viewer, { makerIds }: ServiceTokenEntity): Promise<string[]> => [
  ...new Set([...(makerIds ?? [UNKNOWN_MAKER]), ...(await secretGoesTo(tx, viewer))]),
];

/** The paths of these units, which stay until this transaction ends; NOT_FOUND where the viewer may not see one. */
async function lockScopes(tx: Tx, viewer: Viewer, ids: readonly string[]): Promise<(readonly string[])[]> {
  await tx.sql
    .selectFrom("org_unit")
    .select("id")
    .where("id", "in", [...ids])
    .orderBy("id")
    .forKeyShare()
    .execute();
  const paths: (readonly string[])[] = [];
  for (const [place, id] of ids.entries()) {
    const path = await pathOfUnit(tx.sql, id);
    if (path.length === 0 || !covers(reachOf(viewer, "ORG_READ"), path))
      throw notFound("org unit", `input.scopeIds[${place}]`);
    paths.push(path);
  }
  return paths;
}

/** The token, locked for this transaction; NOT_FOUND where the viewer may not see it. */
async function lockVisible(tx: Tx, viewer: Viewer, id: string): Promise<ServiceTokenEntity> {
  const token = await tx.em.findOne(ServiceTokenEntity, id, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (!token || !(await isVisible(tx, viewer, token))) throw notFound("token", "input.id");
  return token;
}

/** The rule of `inSight` in service-token.queries.ts, about one token and by the base tables. */
async function isVisible(tx: Tx, viewer: Viewer, token: ServiceTokenEntity): Promise<boolean> {
  if (token.userId === null) {
    const reach = reachOf(viewer, "SETTINGS_MANAGE");
    return isItself(viewer, token) || (await scopePaths(tx, token)).every((path) => covers(reach, path));
  }
  if (token.userId === viewer.userId) return true;
  const place = await placeOfUser(tx.sql, token.userId, viewer);
  return place !== undefined && maySee(viewer, place) && covers(reachOf(viewer, "USER_READ_SECURITY"), place.unitPath);
}

/** The paths of the units over which a machine's token holds; one that is empty: everywhere. */
async function scopePaths(tx: Tx, { scopeIds }: ServiceTokenEntity): Promise<(readonly string[])[]> {
  if (scopeIds === null) return [[]];
  return Promise.all(scopeIds.map((id) => pathOfUnit(tx.sql, id)));
}

/**
 * Passes where the viewer may learn a new secret of the token: it is the one that they sent, or their own and they signed in; or one of the
 * organisation that they could have made as it is.
 */
async function requireMayTakeOver(tx: Tx, viewer: Viewer, token: ServiceTokenEntity): Promise<void> {
  if (isItself(viewer, token)) return;
  if (token.userId !== null) {
    if (token.userId !== viewer.userId) throw refused("Only the person whose token it is can rotate it.", "input.id");
    requireSignedIn(viewer, "Sign in to rotate another token of your own.", "input.id");
    return;
  }
  for (const path of await scopePaths(tx, token)) {
    requireAt(viewer, "SETTINGS_MANAGE", path);
    await requireHeld(tx, viewer, token.permissions ?? [], { path, until: token.expiresAt }, "input.id");
  }
}

function requireLive(token: ServiceTokenEntity, now: Date): void {
  if (token.revokedAt) throw conflict("This token was revoked already.", { inputPath: "input.id" });
  if (token.expiresAt && token.expiresAt <= now) throw conflict("This token has expired.", { inputPath: "input.id" });
}
