import { type Kysely, sql } from "kysely";
import type { Cause } from "../../database/cause.ts";
import type { Database } from "../../database/database.ts";
import type { Tables } from "../../database/tables.ts";
import type { Tx } from "../../database/transaction.ts";
import type { Consequence } from "../../kernel/consequence.ts";
import { conflict } from "../../kernel/errors.ts";
import { newId } from "../../kernel/ids.ts";
import { todayIn } from "../../search/civil-date.ts";
import { AttributeChecks } from "../attributes/attribute.checks.ts";
import type { TableSource } from "../tables/table.source.ts";
import type { UserCascade } from "../users/user.service.ts";
import { readDepartments, type StagedUnits } from "./department.rows.ts";
import type { Mapping } from "./employee.columns.ts";
import { personPlace, readEmployees, type StagedPeople } from "./employee.rows.ts";
import { type AbsentManager, type ImportProgress, type ImportReport, noCounts } from "./import.report.ts";
import { type PlannedPerson, planPeople } from "./person.plan.ts";
import { createPeople, findChanged, updatePeople } from "./person.write.ts";
import { RowProblems } from "./row.problem.ts";
import { planUnits } from "./unit.plan.ts";
import { completeUnits, createUnits, headsOf } from "./unit.write.ts";

/** The files of an import. */
export interface ImportSource {
  departments: TableSource;
  employees: TableSource;
  mapping?: Mapping | undefined;
}

export interface ImportOptions {
  /** In which "today" decides whether somebody has left. */
  timezone: string;
  /** Does everything but commit. */
  dryRun?: boolean;
  /** Applies the rows that can be used; otherwise one that cannot holds up all of them. */
  skipBadRows?: boolean;
  /** Who the log says it was. */
  actorName?: string;
  reason?: string;
  /** What later features do when somebody's status changes. */
  cascades?: readonly UserCascade[];
  /** Measures by the safety limits what the transaction is going to write; what it gives says which are exceeded. */
  measuring?: (tx: Tx) => Promise<() => Promise<string[]>>;
  /** Holds attributes to their definitions; keys without one are accepted where it does not say otherwise. */
  attributes?: AttributeChecks;
}

interface Staged {
  units: StagedUnits;
  people: StagedPeople;
}

/** Carries a report out of a transaction that it rolls back. */
class NotApplied extends Error {
  constructor(readonly report: ImportReport) {
    super("The import was rolled back.");
  }
}

/**
 * Makes departments into org units and employees into users, in one transaction. Whoever is known by their employee number is
 * changed where they differ, and the same files again change nothing. What the files do not name is left alone. With a row that
 * cannot be used nothing is applied, unless bad rows are skipped. A file that cannot be used at all is INVALID_INPUT.
 */
export async function importPeople(
  database: Database,
  source: ImportSource,
  options: ImportOptions,
  onProgress: (progress: ImportProgress) => void = () => undefined,
): Promise<ImportReport> {
  const reading = new RowProblems();
  const units = await readDepartments(
    source.departments,
    reading,
    bytesRead("READING_DEPARTMENTS", source.departments, onProgress),
  );
  const people = await readEmployees(
    source.employees,
    source.mapping,
    reading,
    bytesRead("READING_EMPLOYEES", source.employees, onProgress),
  );
  try {
    const { value, position } = await database.write(causeOf(options), (tx) =>
      // Each attempt at the transaction finds problems anew.
      apply(tx, { units: copyOf(units), people: copyOf(people) }, reading.copy(), options, onProgress),
    );
    return { ...value, position };
  } catch (error) {
    if (error instanceof NotApplied) return error.report;
    throw error;
  }
}

const copyOf = <T extends StagedUnits | StagedPeople>(staged: T): T => ({
  ...staged,
  rows: new Map(staged.rows as Map<string, never>),
  unusable: new Map(staged.unusable),
});

function causeOf({ actorName, reason }: ImportOptions): Cause {
  return {
    kind: "IMPORT",
    action: "import.applied",
    actor: { kind: "SYSTEM", id: null, name: actorName ?? "import" },
    operationId: newId(),
    ...(reason ? { reason } : {}),
  };
}

function bytesRead(
  stage: ImportProgress["stage"],
  { size }: TableSource,
  onProgress: (progress: ImportProgress) => void,
): (bytes: number) => void {
  let done = 0;
  return (bytes) => {
    done += bytes;
    onProgress({ stage, done, total: size });
  };
}

async function apply(
  tx: Tx,
  staged: Staged,
  problems: RowProblems,
  options: ImportOptions,
  onProgress: (progress: ImportProgress) => void,
): Promise<ImportReport> {
  const counts = noCounts();
  const exceeded = await options.measuring?.(tx);
  const units = await planUnits(tx, staged.units, problems);
  const heads = units.planned.flatMap(({ staged: { headKey } }) => headKey ?? []);
  const people = await planPeople(tx, staged.people, units, heads, {
    problems,
    attributes: options.attributes ?? new AttributeChecks(),
  });
  const isUnusable = (key: string) => staged.people.unusable.has(key);
  const headOf = headsOf(units.planned, staged.units, { idOf: people.idOf, isUnusable }, problems);
  const found = problems.sorted([staged.units.file, staged.people.file]);
  const nothing: ImportReport = { applied: false, counts, problems: found, absentManagers: [], consequences: [] };
  if (found.length > 0 && !options.skipBadRows) throw new NotApplied(nothing);

  const day = { now: tx.now, today: todayIn(tx.now, options.timezone) };
  const locate = (id: string): string => leavingPlace(staged.people, people.planned, id);
  const writer = { tx, day, counts, onProgress, locate };
  const changed = await findChanged(writer, people.planned);
  await createUnits(tx, units.planned);
  await createPeople(writer, people.planned);
  const consequences = await updatePeople(writer, changed, options.cascades ?? []);
  await completeUnits(tx, units.planned, headOf, counts);
  await requireWithin(exceeded);
  const managers = [...people.planned.flatMap(({ managerId }) => managerId ?? []), ...headOf.values()];
  const absentManagers = await absentAmong(tx.sql, [...new Set(managers)]);
  onProgress({ stage: "COMMITTING", done: 0 });
  const report = { ...nothing, applied: true, absentManagers, consequences: summed(consequences) };
  if (!options.dryRun) return report;
  await sql`SELECT conclude_transaction()`.execute(tx.sql); // All that could still refuse it.
  throw new NotApplied({ ...report, applied: false });
}

/** Refuses all of it where a second person would have to agree: whoever is to agree must see a plan first. */
async function requireWithin(exceeded: (() => Promise<string[]>) | undefined): Promise<void> {
  const limits = (await exceeded?.()) ?? [];
  if (limits.length === 0) return;
  throw conflict(
    `The import would exceed ${limits.length === 1 ? "a safety limit" : "safety limits"}: ${limits.join(", ")}. Nothing was imported: import the people by a plan, as npm run import -- FILE makes it, to which a second person can agree.`,
  );
}

function leavingPlace(people: StagedPeople, planned: readonly PlannedPerson[], id: string): string {
  const line = planned.find((person) => person.id === id)?.staged.line ?? 1;
  const { file, column } = personPlace(people, line, "terminatesOn");
  return `${file}:${line}: ${column}`;
}

/** One consequence of each kind. */
const summed = (consequences: readonly Consequence[]): Consequence[] =>
  [...Map.groupBy(consequences, ({ kind }) => kind)].map(([kind, some]) => ({
    kind,
    count: some.reduce((sum, { count }) => sum + count, 0),
    subjectIds: some.flatMap(({ subjectIds }) => subjectIds),
  }));

async function absentAmong(db: Kysely<Tables>, managers: readonly string[]): Promise<AbsentManager[]> {
  const { rows } = await sql<AbsentManager>`
    SELECT coalesce(m.employee_number, m.username) AS "employeeNumber", reports.count::integer AS "activeReports", units.codes AS "headOf"
    FROM user_account m
    CROSS JOIN LATERAL (SELECT count(*) FROM user_account r WHERE r.manager_id = m.id AND r.status = 'ACTIVE') reports
    CROSS JOIN LATERAL (SELECT ARRAY(SELECT o.code FROM org_unit o WHERE o.head_id = m.id ORDER BY 1) AS codes) units
    WHERE m.id = ANY (${managers}::uuid[]) AND m.status <> 'ACTIVE' AND (reports.count > 0 OR units.codes <> '{}')
    ORDER BY reports.count DESC, 1`.execute(db);
  return rows;
}
