import { sql } from "kysely";
import type { Tx } from "../../database/transaction.ts";
import { CompactMap } from "../../kernel/compact-map.ts";
import type { Filter } from "../../search/filter.ts";
import type { Moment } from "../../search/operator.ts";
import { filterToSql } from "../../search/to-sql.ts";
import type { PersonChange } from "../bulk/bulk.change.ts";
import { type InOrder, nextTogether } from "../bulk/bulk.order.ts";
import { lockEverybody } from "../bulk/bulk.standing.ts";
import type { Candidate } from "../bulk/bulk.store.ts";
import { userCatalogue } from "../users/user.fields.ts";
import type { ProfileValues } from "../users/user.profile.ts";
import { attributeOf } from "./import.reading.ts";
import type { FindUnit } from "./import.units.ts";
import { usernamesOf } from "./import.usernames.ts";

const BATCH = 1_000;

/** What is to be made of people whom the directory knows, or does not. */
export type ImportMode = "CREATE" | "UPDATE" | "BOTH";

export interface CandidateParts {
  tx: Tx;
  planId: string;
  mode: ImportMode;
  newStatus: "PENDING" | "ACTIVE";
  unitOf: FindUnit;
  moment: Moment;
  /** Who is deactivated where no row means them; undefined: nobody. */
  missing: Filter | undefined;
  /** Whom of these their changes would leave as they are, with their versions, by a look that locks nobody. */
  unchangedAmong(people: readonly Candidate[]): Promise<ReadonlyMap<string, number>>;
}

interface StagedRow {
  source_row: number;
  /** Where the plan shows it. */
  place?: number;
  step: number;
  new_id: string;
  user_id: string | null;
  manager_id: string | null;
  /** The version at which the row was seen to change nothing of the person. */
  unchanged: number | null;
  cells: Record<string, unknown>;
}

const inOrder = ({ new_id: id, step, user_id, manager_id: managerId }: StagedRow): InOrder => ({
  id,
  step,
  isMade: user_id === null,
  managerId,
});

/** Everybody whom a plan is for: the usable rows in the order in which they need each other, then who is missing. */
export async function* importCandidates(parts: CandidateParts): AsyncGenerator<Candidate[]> {
  const { tx, planId } = parts;
  const usernames = new CompactMap<true>();
  await noteUnchanged(parts);
  await lockPeople(parts);
  // Whoever is made may get what somebody of an earlier step gives up: where the file changes anybody, nobody is made before their step.
  const order = (await changesSomebody(parts))
    ? sql`step, source_row`
    : sql`step - (beside IS NOT NULL)::integer, coalesce(beside, source_row), beside IS NOT NULL, source_row`;
  await sql`
    DECLARE import_rows NO SCROLL CURSOR FOR SELECT source_row, (row_number() OVER (ORDER BY step, source_row))::integer - 1 AS place, step, new_id, user_id, manager_id, unchanged, cells FROM import_row
    WHERE plan_id = ${planId} AND NOT bad ORDER BY ${order}`.execute(tx.sql);
  for (let left: readonly StagedRow[] = [], isEnd = false; ; ) {
    while (left.length <= BATCH && !isEnd) {
      const { rows } = await sql<StagedRow>`FETCH FORWARD ${sql.lit(BATCH)} FROM import_rows`.execute(tx.sql);
      left = [...left, ...rows];
      isEnd = rows.length < BATCH;
    }
    if (left.length === 0) break;
    // Who is needed is there before who needs them.
    const batch = nextTogether(left, BATCH, inOrder);
    left = left.slice(batch.length);
    yield await candidatesIn(parts, batch, usernames);
  }
  yield* missingPeople(parts);
}

/** Whether a plan is for people alone whom it makes: then no row changes anybody. */
export async function makesOnly({
  tx,
  planId,
  mode,
  missing,
}: Pick<CandidateParts, "tx" | "planId" | "mode" | "missing">): Promise<boolean> {
  if (missing) return false;
  if (mode === "CREATE") return true;
  const { rows } = await sql`
    SELECT FROM import_row WHERE plan_id = ${planId} AND user_id IS NOT NULL AND NOT bad LIMIT 1`.execute(tx.sql);
  return rows.length === 0;
}

/** Whether a row may change somebody whom the directory knows. */
async function changesSomebody({ tx, planId }: CandidateParts): Promise<boolean> {
  const { rows } = await sql`
    SELECT FROM import_row WHERE plan_id = ${planId} AND user_id IS NOT NULL AND NOT bad AND unchanged IS NULL LIMIT 1`.execute(
    tx.sql,
  );
  return rows.length > 0;
}

/** Notes beside the rows who stays as they are: whoever is in the file for nothing is not locked while it is rehearsed, and can sign in. */
async function noteUnchanged(parts: CandidateParts): Promise<void> {
  const { tx, planId } = parts;
  for (let after = -1; ; ) {
    const { rows }: { rows: StagedRow[] } = await sql<StagedRow>`
      SELECT source_row, step, new_id, user_id, manager_id, unchanged, cells FROM import_row
      WHERE plan_id = ${planId} AND source_row > ${after} AND user_id IS NOT NULL AND NOT bad ORDER BY source_row LIMIT ${BATCH}`.execute(
      tx.sql,
    );
    const last = rows.at(-1);
    if (!last) return;
    const unchanged = await parts.unchangedAmong(await candidatesIn(parts, rows, new CompactMap()));
    const noted = rows.filter(({ user_id }) => unchanged.has(user_id as string));
    await sql`
      UPDATE import_row r SET unchanged = n.version
      FROM unnest(${noted.map((row) => row.source_row)}::integer[], ${noted.map((row) => unchanged.get(row.user_id as string))}::integer[]) n (row, version)
      WHERE r.plan_id = ${planId} AND r.source_row = n.row`.execute(tx.sql);
    after = last.source_row;
  }
}

/** Locks everybody who may be changed in the order of their ids, as every plan does; their batches come in another one. */
async function lockPeople({ tx, planId, missing, moment }: CandidateParts): Promise<void> {
  const others = missing
    ? sql`UNION SELECT u.user_id FROM user_search u WHERE ${filterToSql(missing, { catalogue: userCatalogue, alias: "u", ...moment })}`
    : sql``;
  const named = sql`SELECT user_id FROM import_row WHERE plan_id = ${planId} AND user_id IS NOT NULL AND NOT bad AND unchanged IS NULL`;
  await lockEverybody(tx, sql`${named} ${others}`);
}

async function candidatesIn(
  parts: CandidateParts,
  rows: readonly StagedRow[],
  usernames: CompactMap<true>,
): Promise<Candidate[]> {
  const { tx, planId, mode, newStatus, unitOf } = parts;
  const made = rows.filter(({ user_id }) => user_id === null).map(({ new_id: id, cells }) => ({ id, cells }));
  const names = await usernamesOf(tx.sql, planId, made, usernames);
  return rows.map(({ source_row: row, place, step, new_id, user_id, manager_id, unchanged, cells }) => {
    const origin = { row, place, step: step + 1, isOwn: true, unchangedAt: unchanged ?? undefined };
    if (user_id !== null && mode === "CREATE") return { userId: user_id, change: {}, ...origin };
    const change = changeOf(cells, unitOf, manager_id);
    if (user_id !== null) return { userId: user_id, change, ...origin };
    const username = (cells.username as string | undefined) ?? names.get(new_id);
    const create = { status: newStatus, source: "IMPORT" } as const;
    return { userId: new_id, change: { ...change, create, profile: { ...change.profile, username } }, ...origin };
  });
}

const CONTACTS = ["email", "phone"] as const;
/** Targets that are no field of the profile by their own name. */
const ELSEWHERE = new Set<string>([...CONTACTS, "externalId", "orgUnit", "manager"]);

/** What a row says of a person, as the single mutation would take it. */
function changeOf(cells: Record<string, unknown>, unitOf: FindUnit, managerId: string | null): PersonChange {
  const profile: Record<string, unknown> = {};
  const attributes: Record<string, unknown> = {};
  for (const [target, value] of Object.entries(cells)) {
    const key = attributeOf(target);
    if (key !== undefined) attributes[key] = value;
    else if (!ELSEWHERE.has(target)) profile[target] = value;
  }
  if (Object.keys(attributes).length > 0) profile.attributes = attributes;
  if ("orgUnit" in cells) profile.orgUnitId = cells.orgUnit === null ? null : unitOf(cells.orgUnit as string);
  if ("manager" in cells) profile.managerId = managerId;
  const contacts = {
    ...Object.fromEntries(CONTACTS.filter((name) => name in cells).map((name) => [name, cells[name]])),
    ...(typeof cells.externalId === "string"
      ? { identity: { source: "IMPORT", issuer: null, externalId: cells.externalId } as const }
      : {}),
  };
  return {
    ...(Object.keys(profile).length > 0 ? { profile: profile as ProfileValues } : {}),
    ...(Object.keys(contacts).length > 0 ? { contacts } : {}),
  };
}

async function* missingPeople({ tx, planId, missing, moment }: CandidateParts): AsyncGenerator<Candidate[]> {
  if (!missing) return;
  const who = filterToSql(missing, { catalogue: userCatalogue, alias: "u", ...moment });
  const status = { operation: "deactivate", until: null } as const;
  for (let after: string | null = null; ; ) {
    const page: { rows: { id: string }[] } = await sql<{ id: string }>`
      SELECT u.user_id AS id FROM user_search u
      WHERE ${who} AND (${after}::uuid IS NULL OR u.user_id > ${after}::uuid)
        AND NOT EXISTS (SELECT FROM import_row r WHERE r.plan_id = ${planId} AND r.user_id = u.user_id)
      ORDER BY u.user_id LIMIT ${BATCH}`.execute(tx.sql);
    const last = page.rows.at(-1);
    if (!last) return;
    // Behind everybody whom the file has: a step that none of them can have.
    yield page.rows.map(({ id: userId }) => ({
      userId,
      change: { status },
      isOwn: true,
      isMissing: true,
      step: 2_000_000_000,
    }));
    after = last.id;
  }
}
