import { setTimeout as sleep } from "node:timers/promises";
import { settle, withClient } from "./database.ts";
import { CAUSE, type FeedGateway } from "./feed-gateway.ts";

/** How the sealer took one large commit. */
export interface Sealed {
  events: number;
  perSecond: number;
  /** From the commit until its last event was sealed. */
  lagSeconds: number;
}

const LOOK_MS = 100;

/** As many for everybody; none of them is primary, so that search rows stay as they are. */
const NUMBERS = `
  INSERT INTO user_phone (id, user_id, place, value, is_primary)
  SELECT gen_random_uuid(), u.id, 1, '+49 30 ' || n, false
  FROM generate_series(1, $1::integer) n
  JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place, count(*) OVER () AS people FROM user_account) u ON u.place = 1 + n % u.people`;

/** Writes so many telephone numbers in one commit, and waits until the gateway has sealed it. */
export async function measureSealing({ clientConfig }: FeedGateway, rows: number): Promise<Sealed> {
  await settle(clientConfig());
  return await withClient(clientConfig(), async (client) => {
    const sealed = async () =>
      Number((await client.query<{ events: string }>("SELECT events FROM audit_head")).rows[0]?.events);
    const before = await sealed();
    await client.query(`BEGIN; SELECT set_config('rollcall.cause', '${CAUSE}', true)`);
    const { rowCount } = await client.query(NUMBERS, [rows]);
    await client.query("COMMIT");
    const committed = performance.now();
    const events = rowCount ?? 0;
    let first: { at: number; events: number } | undefined;
    for (;;) {
      const done = (await sealed()) - before;
      const now = performance.now();
      if (done > 0) first ??= { at: now, events: done };
      if (done < events) await sleep(LOOK_MS);
      else {
        const perSecond = first && now > first.at ? ((events - first.events) * 1_000) / (now - first.at) : Number.NaN;
        return { events, perSecond, lagSeconds: (now - committed) / 1_000 };
      }
    }
  });
}
