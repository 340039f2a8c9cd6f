import type { Database } from "../database/database.ts";
import { StartError } from "../kernel/start-error.ts";

/** The id of the person whom `--user` names, without regard to case. */
export async function userOf(database: Database, username: string): Promise<string> {
  const user = await database.reader
    .selectFrom("user_account")
    .select("id")
    .where((eb) => eb(eb.fn("fold", ["username"]), "=", eb.fn("fold", [eb.val(username)])))
    .where("status", "<>", "DELETED")
    .executeTakeFirst();
  if (!user) throw new StartError("--user names nobody.");
  return user.id;
}
