import { randomBytes } from "node:crypto";
import { sql } from "kysely";
import pg from "pg";
import type { Cause } from "../../src/database/cause.ts";
import type { Database } from "../../src/database/database.ts";
import { AuditKeys } from "../../src/feed/audit-keys.ts";
import type { Checkpoint } from "../../src/feed/checkpoint.ts";
import { sealBatch } from "../../src/feed/sealer.ts";
import { advanceVersions } from "../../src/feed/versions.ts";
import { newId } from "../../src/kernel/ids.ts";
import type { FreshDatabase } from "./database.ts";
import { seeded } from "./random.ts";
import { emailRow, grantRow, roleRow, unitRow, userRow } from "./rows.ts";

/*
 * Logs for tests of the sealer: writes of every sort, and sealing without a loop.
 */

export const someKeys = (): AuditKeys => new AuditKeys(randomBytes(32));

const trustHead = async (): Promise<void> => undefined;

/** Seals everything in the log, in batches of the given size. Gives how many events, and the chain's head. */
export async function sealAll(
  database: Database,
  keys: AuditKeys,
  size?: number,
): Promise<{ events: number; head: Checkpoint | undefined }> {
  while (await advanceVersions(database.reader, size));
  let events = 0;
  let head: Checkpoint | undefined;
  for (;;) {
    const batch = await sealBatch(database.reader, keys, trustHead, size);
    events += batch.events;
    head = batch.head ?? head;
    if (!batch.more) return { events, head };
  }
}

/** How many events the log holds, sealed or not. */
export async function eventsInLog(database: Database): Promise<number> {
  const { rows } = await sql<{ count: bigint }>`SELECT count(*) FROM change WHERE NOT derived`.execute(database.reader);
  return Number(rows[0]?.count);
}

/** Who acts in these tests: a person whose name and address must be found nowhere in clear. */
export const actor = { id: newId(), name: "Avery Actor", ip: "192.0.2.77" };

export const causeOf = (action: string): Cause => ({
  kind: "MUTATION",
  action,
  actor: { kind: "USER", id: actor.id, name: actor.name },
  ip: actor.ip,
  reason: "a confidential reason",
  requestId: "request-7",
});

/** Commits of every sort over the given number of people: made, moved, renamed, suspended, granted, deleted for good. */
export async function mixedWrites(
  database: Database,
  commits: number,
  random: () => number = seeded("mixed writes"),
): Promise<void> {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const units = [unitRow(), unitRow(), unitRow()];
  const roles = [roleRow(), roleRow()];
  const people: string[] = [];
  await database.write(causeOf("directory.arranged"), async (tx) => {
    await tx.sql.insertInto("org_unit").values(units).execute();
    await tx.sql.insertInto("role").values(roles).execute();
  });
  const join = async () => {
    const rows = Array.from({ length: 1 + Math.floor(random() * 4) }, () => userRow({ org_unit_id: pick(units).id }));
    await database.write(causeOf("user.created"), async (tx) => {
      await tx.sql.insertInto("user_account").values(rows).execute();
      await tx.sql
        .insertInto("user_email")
        .values(rows.map(({ id }) => emailRow(id)))
        .execute();
    });
    people.push(...rows.map(({ id }) => id));
  };
  const update = (action: string, values: object) => () =>
    database.write(causeOf(action), (tx) =>
      tx.sql.updateTable("user_account").set(values).where("id", "=", pick(people)).execute(),
    );
  const acts = [
    join,
    () => update("user.moved", { org_unit_id: pick(units).id })(),
    () => update("user.updated", { title: `Title ${random()}` })(),
    () => update("user.suspended", { status: pick(["ACTIVE", "SUSPENDED"]) })(),
    () =>
      database.write(causeOf("role.granted"), (tx) =>
        tx.sql
          .insertInto("role_grant")
          .values(grantRow(pick(people), pick(roles).id, { starts_at: tx.now, granted_at: tx.now }))
          .execute(),
      ),
    async () => {
      if (people.length < 5) return;
      const [gone] = people.splice(Math.floor(random() * people.length), 1);
      await database.write(causeOf("user.removed"), (tx) =>
        tx.sql
          .deleteFrom("user_account")
          .where("id", "=", gone as string)
          .execute(),
      );
    },
  ];
  await join();
  await join();
  for (let i = 0; i < commits; i++) await pick(acts)().catch(ignoreTwice);
}

/** Writes as a superuser who has switched the capture off, and on again behind it. */
export async function unseen({ owner }: Pick<FreshDatabase, "owner">, table: string, statement: string): Promise<void> {
  const client = new pg.Client(owner);
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      "SELECT tgname AS name FROM pg_trigger WHERE tgrelid = $1::regclass AND tgenabled = 'A'",
      [table],
    );
    await client.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
    await client.query(statement);
    await client.query(`ALTER TABLE ${table} ENABLE TRIGGER USER`);
    for (const { name } of rows) await client.query(`ALTER TABLE ${table} ENABLE ALWAYS TRIGGER ${name}`);
  } finally {
    await client.end();
  }
}

/** A grant that is there already is refused, which is as good a write as any here. */
function ignoreTwice(error: unknown): void {
  if ((error as { code?: string }).code !== "CONFLICT") throw error;
}
