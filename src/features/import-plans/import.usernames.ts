import { type Kysely, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import type { CompactMap } from "../../kernel/compact-map.ts";
import { fold } from "../../search/folding.ts";
import { PROFILE_TEXTS } from "../users/user.profile.ts";

type Cells = Readonly<Record<string, unknown>>;

/** What of a row a username can be made of. */
const text = (cells: Cells, name: string): string => (typeof cells[name] === "string" ? (cells[name] as string) : "");

/** The usernames that somebody may get, the best first: the local part of the address, the names, and both with the number behind them. */
function usernamesFor(cells: Cells, id: string): string[] {
  const number = (text(cells, "employeeNumber") || text(cells, "externalId")).replaceAll(/[\s\p{Cc}]+/gu, "");
  const email = text(cells, "email");
  const local = email.slice(0, Math.max(0, email.lastIndexOf("@")));
  const spoken = [text(cells, "givenName"), text(cells, "familyName")].filter((name) => name !== "").join(".");
  const plain = [local, spoken]
    .map((name) =>
      fold(name)
        .replaceAll(/[\s\p{Cc}]+/gu, ".")
        .slice(0, PROFILE_TEXTS.username.max - number.length - 8)
        .replace(/[\uD800-\uDBFF]$/, ""),
    )
    .filter((name) => name !== "");
  const numbered = number === "" ? [] : [...plain.map((name) => `${name}.${number}`), number];
  return [...plain, ...numbered, `user-${id.slice(-12)}`];
}

/** Gives everybody of a batch who has none a username that nobody has, that no row of the plan's file names, and that nobody was `given` before, folded. */
export async function usernamesOf(
  db: Kysely<Tables>,
  planId: string,
  people: readonly { id: string; cells: Cells }[],
  given: CompactMap<true>,
): Promise<ReadonlyMap<string, string>> {
  const wanting = people.filter(({ cells }) => text(cells, "username") === "");
  if (wanting.length === 0) return new Map();
  const candidates = new Map(wanting.map(({ id, cells }) => [id, usernamesFor(cells, id)]));
  const names = [...new Set([...candidates.values()].flat().map(fold))];
  const { rows } = await sql<{ key: string }>`
    SELECT k.key FROM unnest(${names}::text[]) k (key)
    WHERE EXISTS (SELECT FROM user_account u WHERE fold(u.username) = k.key AND u.status <> 'DELETED')
      OR EXISTS (SELECT FROM import_row r WHERE r.plan_id = ${planId} AND r.username = k.key)`.execute(db);
  const taken = new Set(rows.map(({ key }) => key));
  return new Map(
    wanting.map(({ id }) => {
      const list = candidates.get(id) as string[];
      const isFree = (folded: string) => !taken.has(folded) && !given.has(folded);
      const name = list.find((one) => isFree(fold(one))) ?? `user-${id}`;
      given.set(fold(name), true);
      return [id, name];
    }),
  );
}
