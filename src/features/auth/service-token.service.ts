import type { Cause } from "../../database/cause.ts";
import type { Database } from "../../database/database.ts";
import type { Tx, Written } from "../../database/transaction.ts";
import { conflict, invalidInput, notFound } from "../../kernel/errors.ts";
import { newId } from "../../kernel/ids.ts";
import { ALL_PERMISSIONS, type Permission } from "../../kernel/permissions.ts";
import { ServiceTokenEntity } from "./service-token.entity.ts";
import { hashOfSecret, newSecret } from "./token.secret.ts";

/** A token to be made: of a person, whose grants then decide, or of a machine, with permissions of its own. */
export interface IssueToken {
  name: string;
  holder: { userId: string } | { permissions: readonly Permission[]; scopeIds: readonly string[] | "everywhere" };
  /** Null: never. */
  expiresAt: Date | null;
}

export interface IssuedToken {
  tokenId: string;
  /** Told this once. */
  secret: string;
}

export const TOKEN_NAME_LIMIT = 128;

/** Makes and revokes tokens; every command is one transaction. Whoever calls has decided that they may. */
export class ServiceTokenService {
  constructor(private readonly database: Database) {}

  /** Makes a token and gives its secret, of which only a hash is kept. A person must be active, units must exist. */
  issue(cause: Cause, command: IssueToken): Promise<Written<IssuedToken>> {
    const secret = newSecret();
    return this.database.write(cause, async (tx) => {
      const { name, holder, expiresAt } = command;
      if (name.trim() === "" || name.length > TOKEN_NAME_LIMIT)
        throw invalidInput([
          { path: "name", message: `must have 1 to ${TOKEN_NAME_LIMIT} characters.`, limit: TOKEN_NAME_LIMIT },
        ]);
      if (expiresAt && expiresAt <= tx.now)
        throw invalidInput([{ path: "expiresAt", message: "must be in the future." }]);
      if ("userId" in holder) {
        await requireActive(tx, holder.userId);
        return { tokenId: addToken(tx, { name, secret, expiresAt, userId: holder.userId }), secret };
      }
      const { permissions, scopeIds } = holder;
      if (scopeIds !== "everywhere") await requireUnits(tx, scopeIds);
      return { tokenId: addToken(tx, { name, secret, expiresAt, permissions, scopeIds }), secret };
    });
  }

  /** Ends a token at once and for good; NOT_FOUND where there is none, CONFLICT where it was revoked already. */
  revoke(cause: Cause, tokenId: string): Promise<Written<void>> {
    return this.database.write(cause, async (tx) => {
      const token = await tx.em.findOne(ServiceTokenEntity, tokenId);
      if (!token) throw notFound("token");
      if (token.revokedAt) throw conflict("This token was revoked already.");
      token.revokedAt = tx.now;
    });
  }
}

interface NewToken {
  name: string;
  secret: string;
  expiresAt?: Date | null;
  userId?: string;
  permissions?: readonly Permission[];
  scopeIds?: readonly string[] | "everywhere";
  /** Who is told the secret of a machine's; absent where it is not known who that is. */
  makerIds?: readonly string[];
}

/** Stands among a token's makers for somebody of whom it is not known who they are. */
export const UNKNOWN_MAKER = "00000000-0000-0000-0000-000000000000";

/** Adds a token to the transaction's unit of work and gives its id. */
export function addToken(
  tx: Tx,
  { name, secret, expiresAt, userId, permissions, scopeIds, makerIds }: NewToken,
): string {
  const token = tx.em.create(ServiceTokenEntity, {
    id: newId(),
    name,
    hash: hashOfSecret(secret),
    previousHash: null,
    previousUntil: null,
    userId: userId ?? null,
    permissions: permissions ? ALL_PERMISSIONS.filter((permission) => permissions.includes(permission)) : null,
    scopeIds: scopeIds === undefined || scopeIds === "everywhere" ? null : [...new Set(scopeIds)],
    makerIds: userId ? null : [...(makerIds ?? [UNKNOWN_MAKER])],
    createdAt: tx.now,
    rotatedAt: null,
    expiresAt: expiresAt ?? null,
    revokedAt: null,
  });
  tx.em.persist(token);
  return token.id;
}

async function requireActive(tx: Tx, userId: string): Promise<void> {
  const user = await tx.sql
    .selectFrom("user_account")
    .select("status")
    .where("id", "=", userId)
    .forShare()
    .executeTakeFirst();
  if (!user) throw notFound("user");
  if (user.status !== "ACTIVE") throw conflict("Only a user who is ACTIVE can have a token.");
}

async function requireUnits(tx: Tx, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) throw invalidInput([{ path: "scopeIds", message: "must name at least one org unit." }]);
  const found = await tx.sql
    .selectFrom("org_unit")
    .select("id")
    .where("id", "in", [...ids])
    .forKeyShare()
    .execute();
  if (new Set(ids).size !== found.length) throw notFound("org unit");
}
