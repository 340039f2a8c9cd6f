import pg from "pg";
import { passingCustody } from "../dist/features/audit/audit.custody.js";
import { PasswordHashing } from "../dist/features/auth/password.hashing.js";
import { SignInKeys } from "../dist/features/auth/sign-in.keys.js";
import { SIGN_IN_DEFAULTS } from "../dist/features/auth/sign-in.settings.js";

/** Everybody's, in benchmarks. */
export const PASSWORD = "violet cabbage 71 harbour";

const CAUSE = { kind: "SYSTEM", action: "bench.filled", actor: { kind: "SYSTEM", id: null, name: "bench" } };

/** Hashes passwords as a gateway with this master key does. */
export function hashingOf(masterKey: string): PasswordHashing {
  const { derive } = passingCustody(Buffer.from(masterKey, "base64"));
  return new PasswordHashing(SIGN_IN_DEFAULTS.argon2, new SignInKeys(derive, undefined).passwords);
}

/** Everybody has the password whose hash this is; gives the names of those who are active. */
export async function givePasswords(config: pg.ClientConfig, hash: string): Promise<string[]> {
  const client = new pg.Client(config);
  await client.connect();
  try {
    await client.query("BEGIN");
    await client.query("SELECT set_config('rollcall.cause', $1, true)", [JSON.stringify(CAUSE)]);
    await client.query(
      "INSERT INTO user_password (user_id, hash, alone, changed_at) SELECT id, $1, true, rollcall_now() FROM user_account",
      [hash],
    );
    await client.query("COMMIT");
    const { rows } = await client.query("SELECT username FROM user_account WHERE status = 'ACTIVE' ORDER BY id");
    return rows.map(({ username }) => username);
  } finally {
    await client.end();
  }
}
