import { CAUSE_KINDS } from "../../database/cause.ts";
import { ID_PREFIXES, type IdKind } from "../../kernel/ids.ts";
import { catalogue, type Declared } from "../../search/catalogue.ts";
import type { Choice } from "../../search/field.ts";
import { CAUSE_KIND } from "../users/cause.types.ts";

export const AUDIT_OUTCOME: Choice = {
  name: "AuditOutcome",
  describe: "How an action ended.",
  values: {
    SUCCESS: "It was done.",
    DENIED: "It was refused, because the actor may not do it.",
    FAILED: "It was tried, and something else stood in the way.",
  },
};

type Rest = Omit<Declared, "column" | "describe" | "read">;

/** Whoever sees an event may ask about this; `AUDIT_READ` decides who sees it. */
const field = (column: string, describe: string, rest: Rest): Declared => ({
  column,
  describe,
  read: [],
  show: false,
  ...rest,
});

/** Everything that can be asked about an audit event, once. */
export const auditCatalogue = catalogue(
  { typeName: "AuditEvent", table: "audit_log", idColumn: "row_id", idKind: "AuditEvent" },
  {
    action: field("action", "What happened, dotted and stable, e.g. user.suspended.", {
      kind: "text",
      nullable: false,
    }),
    outcome: field("outcome", "How it ended.", { kind: "choice", choice: AUDIT_OUTCOME, nullable: false }),
    causeKind: field("kind", "What sort of thing made it happen.", {
      kind: "choice",
      choice: { ...CAUSE_KIND, values: CAUSE_KINDS },
      nullable: false,
    }),
    actorId: field("actor_id", "Who acted: a user or a service token.", {
      kind: "id",
      idKind: ["User", "ServiceToken"],
    }),
    subjectId: field("subject_id", "Whom or what it is about.", {
      kind: "id",
      idKind: Object.keys(ID_PREFIXES) as IdKind[],
    }),
    orgUnit: field("unit_id", "Events about users who stood in this unit or below it, before or after.", {
      kind: "unit",
      pathColumn: "unit_path",
    }),
    changedField: field("fields", "Any of the fields that changed, by public name.", { kind: "anyText" }),
    operationId: field("operation_id", "The operation that it was a part of.", { kind: "text" }),
    requestId: field("request_id", "The request's id, as in its response's x-request-id.", { kind: "text" }),
    ip: {
      ...field(
        "ip_token",
        "The network address of the actor: eq, ne, in, notIn and isNull only, since it is kept as a keyed hash.",
        {
          kind: "text",
        },
      ),
      read: ["USER_READ_SECURITY"],
    },
    occurredAt: field("at", "When it happened.", { kind: "instant", nullable: false }),
  },
);
