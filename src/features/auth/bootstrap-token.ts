import { sql } from "kysely";
import type { Cause } from "../../database/cause.ts";
import type { Database } from "../../database/database.ts";
import type { Tx } from "../../database/transaction.ts";
import { ALL_PERMISSIONS } from "../../kernel/permissions.ts";
import { StartError } from "../../kernel/start-error.ts";
import { ServiceTokenEntity } from "./service-token.entity.ts";
import { addToken } from "./service-token.service.ts";
import { hashOfSecret, newSecret } from "./token.secret.ts";

const NAME = "bootstrap";

const CAUSE: Cause = {
  kind: "SYSTEM",
  action: "token.bootstrapped",
  actor: { kind: "SYSTEM", id: null, name: "Rollcall" },
};

/**
 * Makes sure that somebody can begin: a token named `bootstrap` with every permission everywhere, also those that a later
 * version adds. It follows the secret that is given; without one it is made at random, only where there is no token at all, and
 * the secret is returned, this once. One that was revoked stays so, until another secret is given.
 */
export async function ensureBootstrapToken(database: Database, given: string | undefined): Promise<string | undefined> {
  const { value } = await database.write(CAUSE, async (tx) => {
    // Several gateways may start at once on a database without a token.
    await sql`SELECT pg_advisory_xact_lock(hashtextextended('rollcall.bootstrap', 0))`.execute(tx.sql);
    const token = await tx.em.findOne(
      ServiceTokenEntity,
      { name: NAME, userId: null, revokedAt: null },
      { orderBy: { createdAt: "asc", id: "asc" } },
    );
    if (token) {
      if (ALL_PERMISSIONS.some((permission) => !token.permissions?.includes(permission)))
        token.permissions = [...ALL_PERMISSIONS];
      if (given !== undefined && !(await isKnown(tx, given, token.id))) token.hash = hashOfSecret(given);
      return undefined;
    }
    if (given !== undefined) {
      if (!(await isKnown(tx, given))) addBootstrap(tx, given);
      return undefined;
    }
    if (await tx.sql.selectFrom("service_token").select("id").limit(1).executeTakeFirst()) return undefined;
    const secret = newSecret();
    addBootstrap(tx, secret);
    return secret;
  });
  return value;
}

const addBootstrap = (tx: Tx, secret: string): string =>
  addToken(tx, { name: NAME, secret, permissions: ALL_PERMISSIONS, scopeIds: "everywhere" });

/** Whether a bootstrap token has this secret already; refuses the secret of any other token, or of a revoked one where another is live. */
async function isKnown(tx: Tx, secret: string, live?: string): Promise<boolean> {
  const known = await tx.em.findOne(ServiceTokenEntity, { hash: hashOfSecret(secret) });
  if (!known) return false;
  if (known.name !== NAME || (live !== undefined && known.id !== live))
    throw new StartError(
      "BOOTSTRAP_TOKEN is the secret of another token, or of one that was revoked: choose one that was never used.",
    );
  return true;
}
