import { sql } from "kysely";
import type { Database } from "./database/database.ts";
import type { SignInService } from "./features/auth/sign-in.service.ts";
import type { MailDelivery } from "./features/mail/mail.delivery.ts";
import type { UserCounting } from "./features/users/user.counting.ts";
import type { ReplicaReads } from "./feed/replica-reads.ts";
import type { Readiness } from "./server/health.ts";
import type { Metrics } from "./server/metrics.ts";

/** How far a consumer of the log is behind its head. */
interface Consumer {
  name: string;
  commits: number;
  seconds: number;
}

/** What is read of the database every few seconds. */
interface Figures {
  position: number;
  consumers: readonly Consumer[];
  keptSeconds: number;
  trailing: number;
  mailWaiting: number;
  retention: { policies: number; waiting: number; lastRunSeconds: number | undefined };
  bulk: readonly BulkWork[];
}

/** Bulk plans of a kind that are planned or carried out, or wait for their turn. */
interface BulkWork {
  kind: string;
  working: number;
  silent: number;
}

/** The feed's consumers by what people call them. */
const CONSUMERS: Readonly<Record<string, string>> = { audit: "sealer", versions: "versions", matcher: "matcher" };

/** The first commit that a consumer has not taken as a whole. */
const BEHIND = sql`commit_number + CASE ordinal WHEN 2147483647 THEN 1 ELSE 0 END`;

async function read(database: Database): Promise<Figures> {
  const { rows } = await sql<{
    position: bigint;
    kept: number | null;
    trailing: bigint | null;
    mail: bigint;
    policies: bigint;
    waiting: bigint;
    last_run: number | null;
    consumers: { name: string; commits: number; seconds: number | null }[] | null;
    bulk: BulkWork[] | null;
  }>`
    SELECT head.number AS position,
      (SELECT extract(epoch FROM rollcall_now() - c.at)::float8 FROM commit c ORDER BY c.number LIMIT 1) AS kept,
      (SELECT count(*) FROM trail_person WHERE EXISTS (SELECT FROM trail)) AS trailing,
      (SELECT count(*) FROM mail_delivery) AS mail,
      (SELECT count(*) FROM retention_policy WHERE enabled) AS policies,
      (SELECT count(*) FROM retention_run WHERE state = 'WAITING_APPROVAL') AS waiting,
      (SELECT extract(epoch FROM rollcall_now() - max(finished_at))::float8 FROM retention_run WHERE state = 'DONE') AS last_run,
      (SELECT json_agg(work) FROM (SELECT lower(kind) AS kind, count(*) AS working, extract(epoch FROM rollcall_now() - max(updated_at)) AS silent
        FROM bulk_plan WHERE state = 'PLANNING' OR state IN ('READY', 'APPLYING') GROUP BY kind) work) AS bulk,
      (SELECT json_agg(json_build_object('name', next.name, 'commits', head.number - next.number + 1,
          'seconds', extract(epoch FROM rollcall_now() - c.at)))
        FROM (SELECT name, ${BEHIND} AS number FROM feed_consumer) next LEFT JOIN commit c ON c.number = next.number) AS consumers
    FROM feed_head head`.execute(database.reader);
  const [row] = rows;
  const consumers = (row?.consumers ?? []).map(({ name, commits, seconds }) => ({
    name: CONSUMERS[name] ?? name,
    commits,
    seconds: commits > 0 ? Math.max(0, seconds ?? 0) : 0,
  }));
  const keptSeconds = Math.max(0, row?.kept ?? 0);
  const retention = {
    policies: Number(row?.policies ?? 0),
    waiting: Number(row?.waiting ?? 0),
    lastRunSeconds: row?.last_run ?? undefined,
  };
  const mailWaiting = Number(row?.mail ?? 0);
  return {
    position: Number(row?.position ?? 0),
    consumers,
    keptSeconds,
    trailing: Number(row?.trailing ?? 0),
    mailWaiting,
    retention,
    bulk: bulkOf(row?.bulk ?? []),
  };
}

/** A line for each kind, also where none of it is at work. */
const bulkOf = (working: readonly BulkWork[]): BulkWork[] =>
  ["change", "revert", "import"].map((kind) => {
    const found = working.find((work) => work.kind === kind);
    return { kind, working: found?.working ?? 0, silent: Math.max(0, found?.silent ?? 0) };
  });

/** Lends the database's figures to the metrics; the work that is returned reads those that take a statement. */
export function measureDatabase(database: Database, metrics: Metrics): () => Promise<void> {
  let figures: Figures | undefined;
  const consumers = (of: (consumer: Consumer) => number) => () =>
    (figures?.consumers ?? []).map((consumer) => [consumer.name, of(consumer)] as const);
  database.observe((seconds) => metrics.statement(seconds));
  metrics.gauge("feed_position", "The number of the last commit in the feed.", () => figures?.position);
  metrics.gauges(
    "feed_consumer_lag_commits",
    "Commits that a consumer of the log has still to take, whichever gateway is at it.",
    "consumer",
    consumers(({ commits }) => commits),
  );
  metrics.gauges(
    "feed_consumer_lag_seconds",
    "Age of the oldest commit that a consumer of the log has still to take.",
    "consumer",
    consumers(({ seconds }) => seconds),
  );
  metrics.gauge("feed_kept_seconds", "Age of the oldest commit that is still in the log.", () => figures?.keptSeconds);
  metrics.gauge(
    "trailing_people",
    "People of whom a far-reaching change of a role or a group is still to tell.",
    () => figures?.trailing,
  );
  metrics.gauge("mail_waiting", "Mails that wait to be sent.", () => figures?.mailWaiting);
  const bulk = (of: (work: BulkWork) => number) => () =>
    (figures?.bulk ?? []).map((work) => [work.kind, of(work)] as const);
  metrics.gauges(
    "bulk_working",
    "Bulk changes, reverts and imports that are planned or carried out, or wait for their turn.",
    "kind",
    bulk(({ working }) => working),
  );
  metrics.gauges(
    "bulk_silent_seconds",
    "Since any of those at work was last got on with; 0 where there are none.",
    "kind",
    bulk(({ silent }) => silent),
  );
  metrics.gauge("retention_policies", "Retention policies that are enabled.", () => figures?.retention.policies);
  metrics.gauge(
    "retention_last_run_seconds",
    "Since the last run of a retention policy was over; absent where there was none.",
    () => figures?.retention.lastRunSeconds,
  );
  metrics.gauge(
    "retention_runs_waiting",
    "Runs of retention policies that wait for a second person.",
    () => figures?.retention.waiting,
  );
  metrics.gauge("db_pool_connections", "Open connections to the database.", () => database.poolState.total);
  metrics.gauge("db_pool_idle", "Open connections to the database that nobody uses.", () => database.poolState.idle);
  metrics.gauge(
    "db_pool_waiting",
    "Requests that wait for a connection to the database.",
    () => database.poolState.waiting,
  );
  return async () => {
    figures = await read(database);
  };
}

/** Lends to the metrics whether the gateway takes work; gives what tells so. */
export function measureReadiness(readiness: Readiness, metrics: Metrics): Readiness {
  metrics.gauge("ready", "1 where the gateway takes work, as /readyz says, else 0.", () =>
    Number(readiness.state().ready),
  );
  metrics.gauge("warnings", "How many warnings /readyz has; 0 where the gateway takes no work.", () => {
    const state = readiness.state();
    return state.ready ? state.warnings.length : 0;
  });
  return readiness;
}

/** Lends to the metrics how sign-ins ended. */
export function measureSignIns({ outcomes }: Pick<SignInService, "outcomes">, metrics: Metrics): void {
  metrics.counts(
    "sign_ins_total",
    "Sign-ins of this process by outcome: opened, challenged (a second factor is asked for), refused, limited.",
    "outcome",
    () => Object.entries(outcomes),
  );
}

/** Lends to the metrics what became of mails. */
export function measureMail({ counts }: Pick<MailDelivery, "counts">, metrics: Metrics): void {
  metrics.counts(
    "mails_total",
    "Attempts of this process at sending a mail, by outcome: sent, postponed, given_up.",
    "outcome",
    () => Object.entries(counts),
  );
}

/** Lends the replica's figures to the metrics. */
export function measureReplica({ counts }: ReplicaReads, metrics: Metrics): void {
  metrics.gauge("queries_replica", "Queries since the start that the replica answered.", () => counts.replica);
  metrics.gauge("queries_primary", "Queries since the start that the primary answered.", () => counts.primary);
}

/** Lends the figures of counting in memory to the metrics. */
export function measureCounting(counting: UserCounting, metrics: Metrics): void {
  metrics.gauge("counting_ready", "1 where counts are answered from memory, 0 while the database answers.", () =>
    Number(counting.ready),
  );
  metrics.gauge("counting_rows", "People in the index of counts; absent without one.", () => counting.state?.rows);
  metrics.gauge(
    "counting_bytes",
    "About how much memory the index of counts takes; absent without one.",
    () => counting.state?.bytes,
  );
}
