import { heldOver } from "../../access/policy.ts";
import { pageRequest } from "../../graphql/paging.ts";
import { connectionText } from "../../graphql/plan-page.ts";
import type { PlanRun } from "../../graphql/plan-run.ts";
import { type PlanText, plan, verbatim } from "../../graphql/plan-text.ts";
import type { AskedField, Row, TypePlans } from "../../graphql/plan-type.ts";
import { columns, jsonOf, plainOf, quoted } from "../../graphql/plan-value.ts";
import { unplanned } from "../../graphql/planning.ts";
import { ID_PREFIXES, type IdKind, publicId } from "../../kernel/ids.ts";
import { printPosition } from "../../kernel/position.ts";
import type { Filter } from "../../search/filter.ts";
import { filterToSql } from "../../search/to-sql.ts";
import { auditCatalogue } from "./audit.fields.ts";
import { eventUuid } from "./audit-event.id.ts";
import { eventKeyset } from "./audit-event.order.ts";
import type { AuditEventQueries } from "./audit-event.queries.ts";

/*
 * What stands in clear about an event is read by one statement. What is encrypted (changes, reasons, names, addresses) only the gateway
 * can open: an operation that asks for it is the resolvers'.
 */

const CLEAR = `commit_number, ordinal, at, action, outcome, kind, operation_id, request_id, subject_kind, unit_id, unit_path, fields, actor_id,
  table_name, row_id`;

/** The places of all events that wait to be sealed, and whom each is about: read once for all lists of a statement. */
const WAITING = verbatim(`SELECT own.commit_id, own.ordinal, subject.id AS subject_id
  FROM feed_consumer done JOIN commit c ON c.number >= done.commit_number CROSS JOIN LATERAL (
    SELECT * FROM change WHERE commit_id = c.id AND NOT derived AND ordinal > CASE c.number WHEN done.commit_number THEN done.ordinal ELSE 0 END OFFSET 0) own
  CROSS JOIN LATERAL audit_subject(own.table_name, own.row_id, coalesce(own.after, own.before), c.actor_kind, c.actor_id) subject
  WHERE done.name = 'audit'`);

/**
 * Each event once, sealed or not: a statement sees at one moment how far the sealer is. What waits is worked out in full for the subject alone whose events are
 * asked for, however much else waits.
 */
const eventsIn = (waiting: PlanText): PlanText =>
  plan`(SELECT ${verbatim(CLEAR)}, subject_id, hash FROM audit_log UNION ALL
    SELECT found.*, w.subject_id, NULL::bytea FROM ${waiting} w CROSS JOIN LATERAL (
      SELECT ${verbatim(CLEAR)} FROM unsealed_clear u WHERE u.commit_id = w.commit_id AND u.ordinal = w.ordinal OFFSET 0) found) e`;

/** The events about a subject, the newest first. */
function eventsAbout(queries: AuditEventQueries, asked: AskedField, subject: PlanText): PlanText {
  const { planning } = asked;
  const { access } = planning;
  const filterIn = (run: PlanRun): unknown => asked.argumentsIn(run).filter;
  if (planning.decide((run) => filterIn(run) === null)) unplanned("A filter that is null is refused");
  const withFilter = planning.decide((run) => Object.keys((filterIn(run) as object | undefined) ?? {}).length > 0);
  const seen = access.where(heldOver(access.viewer, "AUDIT_READ"), auditCatalogue, "e");
  const which = withFilter ? plan` AND ${filtered(queries, asked)}` : verbatim("");
  const events = eventsIn(planning.once("waiting", WAITING));
  const keyset = eventKeyset("DESC");
  return connectionText(asked, {
    inRun: planning.keep((run) => ({ request: pageRequest(asked.argumentsIn(run)), keyset })),
    row: asked.belonging("p"),
    source: { from: plan`${events} WHERE ${seen} AND e.subject_id = ${subject}${which}`, alias: "e", id: "ordinal" },
    total: () => unplanned("Each half of the log is counted by itself"),
  });
}

/** The condition that a run's filter sets; what it may not ask about, and addresses, are left to the resolvers. */
function filtered(queries: AuditEventQueries, field: AskedField): PlanText {
  const { planning } = field;
  const asked = new WeakMap<PlanRun, Filter>();
  planning.dependsOnValues(() => true);
  planning.check(async (run) => {
    const { filter, tokens } = await queries.ask(run.viewer, field.argumentsIn(run).filter);
    if (tokens.size > 0) unplanned("An address is told apart by its token");
    asked.set(run, filter);
  });
  return planning.perRun((run) => {
    const { now, today } = run.context;
    return filterToSql(asked.get(run) as Filter, { catalogue: auditCatalogue, alias: "e", now, today });
  });
}

/** An event's place, told as `write` says. */
function placed({ planning }: AskedField, row: Row, write: (commit: bigint, ordinal: number) => string): PlanText {
  const place = plan`${row.at("commit_number")}::text || '.' || ${row.at("ordinal")}::text`;
  return planning.marks.around(place, (text) => {
    const [commit = "", ordinal = ""] = text.split(".");
    return JSON.stringify(write(BigInt(commit), Number(ordinal)));
  });
}

/** The subject's public id; null where there is none, or of a kind that has no id of its own. */
function subjectId({ planning, row }: AskedField): PlanText {
  const subject = plan`${row.at("subject_kind")} || ' ' || ${row.at("subject_id")}::text`;
  return planning.marks.around(
    subject,
    (text) => {
      const [kind = "", uuid = ""] = text.split(" ");
      return Object.hasOwn(ID_PREFIXES, kind) ? `"${publicId(kind as IdKind, uuid)}"` : "null";
    },
    true,
  );
}

const cause = (asked: AskedField): PlanText =>
  asked.objectOf(asked.row, ({ selection: { name }, row }) => {
    if (name === "kind") return quoted(row.at("kind"), false);
    if (name === "operationId") return jsonOf(row.at("operation_id"));
    return name === "requestId" ? jsonOf(row.at("request_id")) : unplanned(`${name} of a cause is encrypted`);
  });

/** How audit events are read as far as they stand in clear. */
export const auditEventPlans = (queries: AuditEventQueries): TypePlans => ({
  User: {
    fields: {
      auditEvents: (asked) =>
        asked.planning.access.reach("AUDIT_READ") === "nowhere"
          ? verbatim("'null'")
          : eventsAbout(queries, asked, asked.row.at("user_id")),
    },
  },
  AuditEvent: {
    fields: {
      id: (asked) => placed(asked, asked.row, (commit, ordinal) => publicId("AuditEvent", eventUuid(commit, ordinal))),
      position: (asked) => placed(asked, asked.row, (commit, ordinal) => printPosition({ commit, ordinal })),
      occurredAt: columns.instant("at", false),
      action: columns.json("action", false),
      outcome: columns.quoted("outcome", false),
      cause,
      subjectId,
      sealed: ({ row }) => plainOf(plan`(${row.at("hash")} IS NOT NULL)`, false),
      hash: ({ row }) => quoted(plan`encode(${row.at("hash")}, 'hex')`),
    },
  },
});
