import type { TableData } from "./personal-data.classes.ts";

const BOOKKEEPING = "Bookkeeping of the log, which speaks of nobody.";
const SEALED =
  "That something happened, when, to which id and by which: the proof. Values, names, reasons and addresses are sealed under the person's key, which is destroyed.";

/** The log, and what keeps it. */
export const LOG_TABLES: Readonly<Record<string, TableData>> = {
  change: {
    fate: "LOG",
    columns: {
      plain: "commit_id ordinal table_name row_id operation hidden derived",
      words: "before after",
      secret: "digests",
    },
  },
  commit: {
    fate: "LOG",
    columns: {
      plain: "id number at xid started_at kind action actor_kind actor_id operation_id request_id since about",
      personal: "ip",
      name: "actor_name",
      words: "reason",
    },
  },
  audit_log: {
    person: "subject_id",
    fate: "STAYS",
    why: SEALED,
    columns: {
      plain:
        "commit_number ordinal at action outcome kind actor_kind actor_id operation_id request_id table_name row_id operation subject_kind subject_id unit_id unit_path fields",
      secret: "ip_token sealed sealed_actor hash",
    },
  },
  subject_key: {
    person: "subject_id",
    fate: "STAYS",
    why: "The mark that the person's key was destroyed, so that no other is made.",
    columns: { plain: "subject_id", secret: "wrapped" },
  },
  trail: { fate: "STAYS", why: BOOKKEEPING, columns: { plain: "commit_id" } },
  trail_person: {
    fate: "STAYS",
    why: "Whose search row is still to follow, by id: it goes within minutes, and with the person.",
    columns: { plain: "user_id commit_id" },
  },
  search_transition: {
    fate: "STAYS",
    why: "Who joined and left which search, by places in the log: it holds no value and names nobody.",
    columns: { plain: "search_id commit_number ordinal kind" },
  },
  audit_head: { fate: "STAYS", why: BOOKKEEPING, columns: { plain: "one events hash" } },
  audit_partition: {
    fate: "STAYS",
    why: BOOKKEEPING,
    columns: { plain: "name month from_commit to_commit events_before hash_before detached_at" },
  },
  audit_detachment: {
    fate: "STAYS",
    why: BOOKKEEPING,
    columns: { plain: "id partition month from_commit to_commit events last_hash" },
  },
  feed_consumer: { fate: "STAYS", why: BOOKKEEPING, columns: { plain: "name commit_number ordinal" } },
  digest_key: { fate: "STAYS", why: BOOKKEEPING, columns: { plain: "one", secret: "key" } },
  version_head: { fate: "STAYS", why: BOOKKEEPING, columns: { plain: "one begins first_at" } },
  group_head: { fate: "STAYS", why: BOOKKEEPING, columns: { plain: "one followed" } },
  group_built: { fate: "STAYS", why: BOOKKEEPING, columns: { plain: "group_id search_id built" } },
  feed_head: { fate: "STAYS", why: BOOKKEEPING, columns: { plain: "one number at since" } },
  org_day: { fate: "STAYS", why: BOOKKEEPING, columns: { plain: "begins day" } },
  time_edge: { fate: "STAYS", why: BOOKKEEPING, columns: { plain: "field key months rest filters since" } },
  time_passed: { fate: "STAYS", why: BOOKKEEPING, columns: { plain: "one at" } },
  schema_floor: { fate: "STAYS", why: BOOKKEEPING, columns: { plain: "one migration" } },
  schema_migration: { fate: "STAYS", why: BOOKKEEPING, columns: { plain: "id name executed_at" } },
};
