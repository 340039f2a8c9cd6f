import pg from "pg";
import { withClient } from "./database.ts";
import { CAUSE, type FeedGateway } from "./feed-gateway.ts";
import { quantileOf } from "./results.ts";

const middleOf = (values: readonly number[]): number => quantileOf(values, 0.5);

/** Commits a second of so many clients, in order and without one. */
export interface Committed {
  clients: number;
  numbered: number;
  unnumbered: number;
}

/** What a commit does besides taking its place in the log and waking whoever follows it, which is done in the order of commits as well. */
const UNNUMBERED = `
CREATE OR REPLACE FUNCTION number_commit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF last_ordinal(NEW.id) = 0 THEN
    RAISE EXCEPTION 'the log''s constraints cannot be immediate while a transaction writes';
  END IF;
  PERFORM derive_rows(NEW.id, rollcall_now());
  RETURN NULL;
END $$`;

/** Rounds in turn, each way first in every other one. The gateway must have been stopped: what is committed without a number is never read. */
export async function measureCommits(
  { clientConfig, directory }: FeedGateway,
  { clients, seconds, rounds }: { clients: number; seconds: number; rounds: number },
): Promise<Committed> {
  return await withClient(clientConfig(), async (owner) => {
    const { rows } = await owner.query("SELECT pg_get_functiondef('number_commit'::regproc) AS text");
    const ways = { numbered: rows[0]?.text as string, unnumbered: UNNUMBERED };
    const found = { numbered: [] as number[], unnumbered: [] as number[] };
    for (let round = 0; round <= rounds; round++) {
      for (const way of round % 2 === 0
        ? (["numbered", "unnumbered"] as const)
        : (["unnumbered", "numbered"] as const)) {
        await owner.query(ways[way]);
        const made = await commitsOf(clientConfig(), directory.userIds, { clients, seconds });
        if (round > 0) found[way].push(made); // The first round warms up.
      }
    }
    await owner.query(ways.numbered);
    return { clients, numbered: middleOf(found.numbered), unnumbered: middleOf(found.unnumbered) };
  });
}

/** How many commits a second so many clients make, each changing one person after another. */
async function commitsOf(
  config: pg.ClientConfig,
  userIds: readonly string[],
  { clients, seconds }: { clients: number; seconds: number },
): Promise<number> {
  const open = await Promise.all(
    Array.from({ length: clients }, async () => {
      const client = new pg.Client(config);
      await client.connect();
      return client;
    }),
  );
  const began = performance.now();
  let commits = 0;
  await Promise.all(
    open.map(async (client, place) => {
      for (let turn = place; performance.now() < began + seconds * 1_000; turn += clients) {
        await client.query(`BEGIN; SELECT set_config('rollcall.cause', '${CAUSE}', true);
          UPDATE user_account SET title = 'Title ${began + turn}' WHERE id = '${userIds[turn % userIds.length]}'; COMMIT`);
        commits += 1;
      }
    }),
  );
  const took = (performance.now() - began) / 1_000;
  await Promise.all(open.map((client) => client.end()));
  return commits / took;
}
