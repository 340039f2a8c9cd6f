import type { Cause } from "../../database/cause.ts";
import type { Database } from "../../database/database.ts";
import { ServiceTokenEntity } from "../auth/service-token.entity.ts";
import { addToken } from "../auth/service-token.service.ts";
import { newSecret } from "../auth/token.secret.ts";
import { demoId } from "./demo.chance.ts";

const NAME = "demo";
const ADMINISTRATOR = demoId("user", "ada.admin");
const CAUSE: Cause = {
  kind: "SYSTEM",
  action: "token.demonstrated",
  actor: { kind: "SYSTEM", id: null, name: "demo" },
};

/**
 * A token of the demo's administrator, new at every start: the one of the start before holds no longer. Undefined where the
 * directory is not the demo's, or its administrator is no longer active.
 */
export async function renewDemoToken(database: Database): Promise<string | undefined> {
  const { value } = await database.write(CAUSE, async (tx) => {
    const administrator = await tx.sql
      .selectFrom("user_account")
      .select("status")
      .where("id", "=", ADMINISTRATOR)
      .forShare()
      .executeTakeFirst();
    if (administrator?.status !== "ACTIVE") return undefined;
    for (const token of await tx.em.find(ServiceTokenEntity, { name: NAME, userId: ADMINISTRATOR, revokedAt: null }))
      token.revokedAt = tx.now;
    const secret = newSecret();
    addToken(tx, { name: NAME, secret, userId: ADMINISTRATOR });
    return secret;
  });
  return value;
}
