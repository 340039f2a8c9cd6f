import { sql } from "kysely";
import { expect, it } from "vitest";
import { CAPTURED_TABLES, HIDDEN_COLUMNS } from "../../src/database/captured-tables.ts";
import { databaseForTest } from "../support/database.ts";

/** Tables whose writes are no changes of the directory, and why. A new table is captured, or has its reason here. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  commit: "the log itself, written by triggers only",
  change: "the log itself, written by triggers only",
  feed_head: "the log itself, written by triggers only",
  version_head: "from when on versions are kept: giving up the past is no change of what is",
  retention_item:
    "people of a retention run, with what became of them: the change itself is in the log, under its operationId",
  feed_consumer: "how far consumers have followed the log: following is no change",
  time_passed: "how far time has been passed: what it changes is in the log",
  time_edge: "what filters ask of time, derived by the commits that save them",
  org_day: "when days begin, as the list of time zones has it",
  org_unit_path: "derived from org_unit by the commit, and nothing shows it but through what is captured",
  user_version: "states of a captured table, written behind the log",
  matched_search: "saved searches as of the matcher's place in the log, written behind it",
  search_transition: "what matching found in the log, written behind it",
  trail: "causes of changes of which is still to be told, which are in the log",
  trail_person: "of whom is still to be told: what it is follows from what is captured",
  group_head: "how far groups have followed what matching found: following is no change",
  group_built: "when a group was last made equal to its search; its members are in the log",
  live_filter: "what somebody is subscribed to at this moment: following is no change",
  audit_log: "the sealed log, appended to only, protected by its own chain",
  audit_head: "the sealed log's head",
  audit_partition: "the sealed log's parts",
  digest_key: "a key to what the log does not show: it must not be in the log itself",
  subject_key: "keys of the sealed log: a key must not be in the log that it closes",
  mail_delivery: "messages that wait to be sent, with links in them: what is sent is in the log, and no link may be",
  password_reset_request: "addresses that were typed, until they are looked up: whose they are is in the log",
  service_token_use: "when tokens were last used, written in batches: use is no change",
  idempotency_key: "first answers, kept for a day; what the mutations changed is in the log",
  session_use: "when sessions were last seen and which refresh token is next: use is no change",
  factor_use: "which code or counter came last: use is no change",
  sign_in_counter: "attempts since a window began; what follows from them is in the log",
  sign_in_fact: "what sign-ins have to tell, on its way into user_security, which is captured",
  sign_in_challenge: "sign-ins under way, minutes old; the session that one becomes is in the log",
  viewer_budget: "what viewers have used of a minute's budget: asking is no change",
  factor_grace: "when a policy first asked for a factor: bookkeeping of the policy, which is captured",
  attribute_holder: "derived from user_search by the commit: who holds a value that must be unique",
  attribute_index: "derived from attribute_definition: which attributes are ordered, and how far that is",
  user_attribute: "derived from user_search by the commit: an index, which nothing shows",
  schema_floor: "how old a gateway may be; written by the owner of the tables",
  bulk_item:
    "people of a bulk change, with what was found and done: the change itself is in the log, under its operationId",
  import_upload_part: "the content of a file that was uploaded, for days; that it was is in the log",
  import_row: "rows of a file while a plan is made of it, within one transaction",
  import_problem: "what is wrong with a file: nothing of it is a change",
  import_attempt: "how often making a plan was begun: what becomes of the plan is captured",
  bulk_effect: "who would join or leave a search if a plan were applied: a prediction is no change",
  schema_migration: "which migrations ran; written by the owner of the tables",
};

it("Every table is captured, or stands on the list of exceptions with its reason", async () => {
  const { database } = await databaseForTest();
  const { rows } = await sql<{ name: string; triggers: string[] }>`
    SELECT c.relname AS name, ARRAY(
      SELECT t.tgname::text FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgenabled = 'A' ORDER BY t.tgname) AS triggers
    FROM pg_class c
    WHERE c.relkind IN ('r', 'p', 'f') AND NOT c.relispartition AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
      AND c.relpersistence <> 't'`.execute(database.reader);
  const captured = rows.filter(({ triggers }) =>
    ["capture_delete", "capture_insert", "capture_update", "refuse_key_change", "refuse_truncate"].every((name) =>
      triggers.includes(name),
    ),
  );
  const names = (list: readonly { name: string }[]) => list.map(({ name }) => name).sort();
  expect(names(rows.filter((row) => !captured.includes(row)))).toEqual(Object.keys(EXCEPTIONS).sort());
  expect(names(captured)).toEqual([...CAPTURED_TABLES].sort());
  const { rows: hidden } = await sql<{ name: string; columns: string[]; isWhole: boolean }>`
    SELECT c.relname AS name, hidden.columns,
      position('(SELECT ' || (
        SELECT string_agg(format(CASE WHEN a.atttypid = 'timestamptz'::regtype THEN 'instant_text(n.%1$I) AS %1$I' ELSE 'n.%1$I' END, a.attname), ', ' ORDER BY a.attnum)
        FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> ALL (hidden.columns)) || ') after' IN p.prosrc) > 0 AS "isWhole"
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
    CROSS JOIN LATERAL (SELECT substring(p.prosrc FROM '-- capture_table\\(.*, ''(\\{.*\\})''\\)')::text[] AS columns) hidden
    WHERE t.tgname = 'capture_insert'`.execute(database.reader);
  expect(
    Object.fromEntries(hidden.flatMap(({ name, columns }) => (columns.length > 0 ? [[name, columns]] : []))),
  ).toEqual(HIDDEN_COLUMNS);
  // A migration that gives a captured table a column calls capture_table again.
  expect(hidden.flatMap(({ name, isWhole }) => (isWhole ? [] : name))).toEqual([]);
});
