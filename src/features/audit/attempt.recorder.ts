import { type RawBuilder, sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import type { Database } from "../../database/database.ts";
import { outsideTurns } from "../../database/turn.ts";
import type { Attempt, RecordAttempt } from "../../graphql/attempts.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { type IdKind, newId } from "../../kernel/ids.ts";

/** The same attempt of the same actor within this time is one attempt. */
const REPEAT_MS = 1_000;
/** Attempts of one actor that are recorded in a minute; what goes beyond is only counted. */
const PER_MINUTE = 60;
const MINUTE_MS = 60_000;
/** Actors whose attempts are remembered; a gateway that hears of more at a time forgets the one that was quiet for longest. */
const ACTORS = 10_000;

/** What one actor tried lately. */
interface Lately {
  since: number;
  recorded: number;
  /** Attempts left out since the last one that was recorded. */
  omitted: number;
  last: ReadonlyMap<string, number>;
}

/**
 * Keeps denied and failed attempts, each in a transaction of its own. Whoever tries and tries fills the log no faster than
 * PER_MINUTE: what is left out is counted, and the next attempt that is recorded says how many they were.
 */
export class AttemptRecorder {
  readonly #database: Database;
  readonly #report: (error: unknown) => void;
  readonly #lately = new Map<string, Lately>();

  /** `report` is told of an attempt that could not be kept. */
  constructor(database: Database, report: (error: unknown) => void) {
    this.#database = database;
    this.#report = report;
  }

  readonly record: RecordAttempt = async (context, attempt) => {
    const omitted = this.#admit(context.viewer, attempt, performance.now());
    if (omitted === undefined) return;
    try {
      // Who tried and went away has tried.
      await outsideTurns(() => this.#write(context, attempt, omitted));
    } catch (error) {
      this.#report(error);
    }
  };

  /** How many attempts were left out before this one; undefined where it is to be left out as well. */
  #admit(actor: Viewer, { action, code, operation, subject, missing }: Attempt, now: number): number | undefined {
    const who = `${actor.kind}:${actor.id}`;
    const known = this.#lately.get(who);
    const begins = !known || now - known.since >= MINUTE_MS;
    const lately: Lately = begins ? { since: now, recorded: 0, omitted: known?.omitted ?? 0, last: new Map() } : known;
    const what = `${action} ${code} ${operation} ${subject?.uuid} ${missing?.uuid}`;
    const repeated = now - (lately.last.get(what) ?? Number.NEGATIVE_INFINITY) < REPEAT_MS;
    const admitted = !repeated && lately.recorded < PER_MINUTE;
    const recorded = lately.recorded + (admitted ? 1 : 0);
    const last = admitted ? new Map([...lately.last, [what, now]]) : lately.last;
    this.#remember(who, { since: lately.since, recorded, omitted: admitted ? 0 : lately.omitted + 1, last });
    return admitted ? lately.omitted : undefined;
  }

  #remember(who: string, lately: Lately): void {
    this.#lately.delete(who);
    this.#lately.set(who, lately);
    const [quietest] = this.#lately.keys();
    if (this.#lately.size > ACTORS && quietest !== undefined) this.#lately.delete(quietest);
  }

  async #write(context: GraphContext, attempt: Attempt, omitted: number): Promise<void> {
    const { action, code, operation, subject } = attempt;
    await this.#database.write(context.cause(action), async (tx) => {
      await tx.sql
        .insertInto("audit_attempt")
        .values({
          id: newId(),
          at: tx.now,
          action,
          outcome: outcomeOf(attempt),
          code,
          operation,
          subject_kind: subject?.kind ?? null,
          subject_id: subject?.uuid ?? null,
          omitted,
        })
        .execute();
    });
  }
}

type Outcome = Attempt["outcome"];

/** Where what an input may name is kept. */
const TABLES: Partial<Record<IdKind, string>> = {
  User: "user_account",
  OrgUnit: "org_unit",
  Role: "role",
  RoleGrant: "role_grant",
  Group: "user_group",
  ServiceToken: "service_token",
  Session: "session",
  SavedSearch: "saved_search",
};

/** To reach for what is there, out of sight, is denied; for what is not there at all it fails. Found out in the same statement either way. */
function outcomeOf({ outcome, missing }: Attempt): Outcome | RawBuilder<Outcome> {
  const table = missing && TABLES[missing.kind];
  if (!missing || !table) return outcome;
  return sql<Outcome>`CASE WHEN EXISTS (SELECT FROM ${sql.table(table)} WHERE id = ${missing.uuid}) THEN 'DENIED' ELSE 'FAILED' END`;
}
