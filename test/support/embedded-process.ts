/*
 * A gateway's process as far as its database is concerned: opens the directory that it is given, says so, and writes one
 * role after another, saying each id once its write is acknowledged. It stops only when it is killed.
 */
import { openDatabase } from "../../src/database/database.ts";
import { newId } from "../../src/kernel/ids.ts";

const [dataDir, template] = process.argv.slice(2);
const database = await openDatabase({
  kind: "embedded",
  dataDir: dataDir ?? "",
  template: template ?? "",
  statementTimeoutMs: 60_000,
});
process.stdout.write("open\n");
const cause = { kind: "SYSTEM", action: "test.arranged", actor: { kind: "SYSTEM", id: null, name: "test" } } as const;
for (;;) {
  const id = newId();
  await database.write(cause, (tx) =>
    tx.sql.insertInto("role").values({ id, key: id, name: "x", created_at: tx.now, updated_at: tx.now }).execute(),
  );
  process.stdout.write(`${id}\n`);
}
