import { randomBytes } from "node:crypto";
import type { Cause } from "../../database/cause.ts";
import type { Database } from "../../database/database.ts";
import type { PasswordService } from "../auth/password.service.ts";
import { NAMED_ACCOUNTS } from "./demo.accounts.ts";
import { demoId } from "./demo.chance.ts";

/** An account of the demo that whoever sits at this machine may sign in with. */
export interface DemoAccount {
  username: string;
  name: string;
  /** What the account is for: the role that it is known by. */
  role: string;
  password: string;
}

const CAUSE: Cause = {
  kind: "SYSTEM",
  action: "user_password.demonstrated",
  actor: { kind: "SYSTEM", id: null, name: "demo" },
};

/** Four groups of five: 100 random bits. */
const newPassword = (): string => (randomBytes(20).toString("hex").slice(0, 20).match(/.{5}/g) as string[]).join("-");

/**
 * Gives the demo's named accounts a password, the same for all and new at every start, so that whoever tries the gateway can be each of
 * them. None where the directory is another one. To be called only where nobody but this machine can reach the gateway.
 */
export async function renewDemoPasswords(database: Database, passwords: PasswordService): Promise<DemoAccount[]> {
  const password = newPassword();
  const { value } = await database.write(CAUSE, async (tx) => {
    const people = await tx.sql
      .selectFrom("user_account")
      .select(["id", "username", "display_name"])
      .where(
        "id",
        "in",
        NAMED_ACCOUNTS.map(({ username }) => demoId("user", username)),
      )
      .where("status", "=", "ACTIVE")
      .execute();
    const accounts = NAMED_ACCOUNTS.flatMap(({ username, role }) => {
      const person = people.find((one) => one.username === username);
      return person ? [{ id: person.id, username, name: person.display_name, role, password }] : [];
    });
    for (const { id } of accounts) await passwords.set(tx, id, password, { inputPath: "password" });
    return accounts.map(({ id: _, ...account }) => account);
  });
  return value;
}
