import { sql } from "kysely";
import { expect, it } from "vitest";
import { makeUser, unique } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { plantRest } from "./planting.ts";
import { actAs, columnsWith, erase, erasers, plant, settle } from "./support.ts";
import { UNMARKED } from "./unmarked.ts";

const file = gatewayForFile();

it("Every column that can hold words holds the person's before they are erased, or says why not; and none does afterwards", async () => {
  const { gateway } = file;
  const pair = await erasers(gateway);
  const mark = unique("zqxmark");
  const id = await plant(gateway, mark);
  const other = await makeUser(gateway);
  await actAs(gateway, mark, id, other.id);
  await plantRest(gateway, mark, id, other.id);
  await settle(gateway);
  const { rows } = await sql<{ name: string }>`
    SELECT c.relname || '.' || a.attname AS name FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace
      AND a.atttypid IN ('text'::regtype, 'text[]'::regtype, 'jsonb'::regtype) ORDER BY 1`.execute(
    gateway.database.reader,
  );
  const all = rows.map(({ name }) => name);
  const marked = new Set(await columnsWith(gateway, mark, all));
  const unmarked = Object.values(UNMARKED)
    .flatMap((columns) => columns.trim().split(/\s+/))
    .sort();
  expect(all.filter((name) => !marked.has(name)).sort()).toEqual(unmarked);
  expect(await erase(gateway, id, pair)).toBe("APPROVED");
  expect(await settle(gateway)).toBe(1);
  expect(await columnsWith(gateway, mark, all)).toEqual([]);
});
