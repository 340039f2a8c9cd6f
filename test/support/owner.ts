import pg from "pg";

/** Does what only the owner of the tables may do. */
export async function asOwner(owner: pg.ClientConfig, statement: string): Promise<void> {
  const client = new pg.Client(owner);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** From now on a change of a role or a group tells of at most so many people in its own commit; of others in commits that trail. */
export const tellsAtOnce = (owner: pg.ClientConfig, people: number): Promise<void> =>
  asOwner(
    owner,
    `CREATE OR REPLACE FUNCTION reached_at_once() RETURNS integer LANGUAGE sql STABLE AS $$ SELECT ${people} $$`,
  );
