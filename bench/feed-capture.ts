import type pg from "pg";
import { withClient } from "./database.ts";
import { CAUSE, type FeedGateway } from "./feed-gateway.ts";
import { quantileOf } from "./results.ts";

const middleOf = (values: readonly number[]): number => quantileOf(values, 0.5);

/** Seconds that one UPDATE of so many rows takes. */
export interface Captured {
  rows: number;
  /** With its triggers off. */
  bare: number;
  /** With capture. */
  captured: number;
  /** What the commit does behind it: which search rows it concerns, assertions, its number. */
  concluded: number;
}

/** Changes all telephone numbers, each time rolled back and cleaned up, with capture and with all triggers of the table off in turn. */
export async function measureCapture({ clientConfig }: FeedGateway, { rounds }: { rounds: number }): Promise<Captured> {
  return await withClient(clientConfig(), async (client) => {
    const found = { bare: [] as number[], captured: [] as number[], concluded: [] as number[] };
    let rows = 0;
    const bare = async () => {
      await client.query("BEGIN; ALTER TABLE user_phone DISABLE TRIGGER USER");
      found.bare.push(await secondsOf(client, UPDATE));
    };
    const captured = async () => {
      await client.query(`BEGIN; SELECT set_config('rollcall.cause', '${CAUSE}', true)`);
      found.captured.push(await secondsOf(client, UPDATE));
      found.concluded.push(await secondsOf(client, "SELECT conclude_transaction()"));
      const { rows: counted } = await client.query(
        "SELECT count(*) FROM change WHERE commit_id = (SELECT max(id) FROM commit) AND NOT derived",
      );
      rows = Number(counted[0]?.count);
    };
    for (let round = 0; round < rounds; round++) {
      for (const way of round % 2 === 0 ? [bare, captured] : [captured, bare]) {
        await way();
        await client.query("ROLLBACK");
        await client.query("VACUUM user_phone, change, commit");
      }
    }
    const { bare: without, captured: capturing, concluded } = found;
    return { rows, bare: middleOf(without), captured: middleOf(capturing), concluded: middleOf(concluded) };
  });
}

const UPDATE = "UPDATE user_phone SET type = 'work'";

async function secondsOf(client: pg.Client, statement: string): Promise<number> {
  const began = performance.now();
  await client.query(statement);
  return (performance.now() - began) / 1_000;
}
