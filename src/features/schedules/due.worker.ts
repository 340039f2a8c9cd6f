import { sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import type { Database } from "../../database/database.ts";
import type { Tx } from "../../database/transaction.ts";
import { RollcallError } from "../../kernel/errors.ts";
import { viewerOfAuthor } from "../auth/author.viewer.ts";
import type { Step, StepOutcome, UserTransitions } from "../users/user.transitions.ts";
import { authorOf, causeOf, type DueStep, keyOf, nextDue, type Progress, STEP_COLUMNS } from "./due.work.ts";
import { isOtherStep, type StepTakers, stepOf } from "./scheduled-step.ts";

/*
 * What is due is taken in the order of its instants, whatever was meanwhile. One gateway at a time is at it: each commit begins by taking an
 * advisory lock of the transaction, which a process that dies gives up. That a step is DONE, or FAILED, is written in the commit that takes
 * it; so it is taken once, or not at all and then again. Many steps that are alike share a commit; where one of them throws, each is taken
 * alone. What is refused is FAILED with its reason. What fails for a cause of the gateway's own stays due, and is tried again by the next run;
 * so do all later steps of the same person.
 */

const LOCK = 7_260_313_311;

/** Why a step was not taken, as it is stored and shown. */
export interface TransitionFailure {
  code: string;
  message: string;
  from?: string | undefined;
  permission?: string | undefined;
  field?: string | undefined;
}

type Taken = { taken: number } | "BUSY";

export class DueWorker {
  constructor(
    private readonly database: Database,
    private readonly transitions: UserTransitions,
    private readonly dateOf: (instant: Date) => string,
    /** Told what stands in the way of a step that is tried again. */
    private readonly report: (error: unknown) => void,
    /** Who takes what is no step of the lifecycle. */
    private readonly takers: StepTakers,
  ) {}

  /** Takes every step that is due; gives how many were taken or have failed. Any number of gateways may call it. */
  async run(): Promise<number> {
    const progress: Progress & { skipping: string[] } = { after: undefined, skipping: [] };
    for (let done = 0; ; ) {
      const steps = await nextDue(this.database, progress);
      const last = steps.at(-1);
      if (!last) return done;
      const taken = await this.#takeAll(steps, progress.skipping);
      if (taken === "BUSY") return done;
      done += taken.taken;
      progress.after = last;
    }
  }

  /** All in one commit; where that fails, each in its own. */
  async #takeAll(steps: readonly DueStep[], skipping: string[]): Promise<Taken> {
    try {
      return await this.#commit(steps);
    } catch (error) {
      if (steps.length === 1) return this.#failed(steps[0] as DueStep, error, skipping);
    }
    let taken = 0;
    for (const step of steps) {
      const one = await this.#takeAll([step], skipping);
      if (one === "BUSY") return one;
      taken += one.taken;
    }
    return { taken };
  }

  async #failed(step: DueStep, error: unknown, skipping: string[]): Promise<Taken> {
    if (error instanceof RollcallError && step.scheduledId !== null) {
      const { value } = await this.database.write(causeOf(step, "transition.failed"), async (tx) => {
        if (!(await leads(tx))) return "BUSY" as const;
        const due = await lockDue(tx, [step]);
        await finish(tx, due, [{ userId: step.userId, refusal: error }]);
        return { taken: due.length };
      });
      return value;
    }
    await this.database.ping(); // Where it does not answer, no other step fares better.
    this.report(error);
    skipping.push(step.userId);
    return { taken: 0 };
  }

  async #commit(steps: readonly DueStep[]): Promise<Taken> {
    const [first] = steps as [DueStep];
    const { value } = await this.database.write(causeOf(first, stepOf(first.operation).action), async (tx) => {
      if (!(await leads(tx))) return "BUSY" as const;
      const due = await lockDue(tx, steps);
      if (due.length === 0) return { taken: 0 };
      for (const { userId } of due) tx.about.add(userId);
      const viewer = await viewerOfAuthor(tx, first.outlivesAuthor ? GATEWAY : authorOf(first), this.dateOf);
      const outcomes = viewer
        ? await this.#take(tx, viewer, due)
        : due.map(({ userId }) => ({ userId, refusal: AUTHOR_GONE }));
      await finish(tx, due, outcomes);
      return { taken: due.length };
    });
    return value;
  }

  /** Steps that are alike, in the order in which they are given. */
  async #take(tx: Tx, viewer: Viewer, due: readonly DueStep[]): Promise<StepOutcome[]> {
    const { operation } = due[0] as DueStep;
    if (!isOtherStep(operation)) return this.transitions.moveAll(tx, viewer, operation, due.map(stepOfLifecycle));
    const outcomes: StepOutcome[] = [];
    for (const { userId, scheduledId } of due) {
      const step = { userId, scheduledId: scheduledId as string };
      const consequences = await this.takers[operation](tx, { viewer, cause: () => tx.cause }, step);
      outcomes.push({ userId, consequences, notRestored: [] });
    }
    return outcomes;
  }
}

const stepOfLifecycle = ({ userId, until, reason, scheduledId }: DueStep): Step => ({
  id: userId,
  until,
  reason,
  ...(scheduledId ? { scheduledId } : {}),
});

const GATEWAY = { kind: "SYSTEM", id: null, name: "scheduler" } as const;
const AUTHOR_GONE = new RollcallError(
  "UNAUTHENTICATED",
  "Whoever scheduled this is no longer active, or the token that they did it with expired or was revoked.",
);

/** Whether this transaction is the one that takes what is due. */
async function leads(tx: Tx): Promise<boolean> {
  const { rows } = await sql<{ taken: boolean }>`SELECT pg_try_advisory_xact_lock(${LOCK}) AS taken`.execute(tx.sql);
  return rows[0]?.taken === true;
}

/** Those of the steps that are still what they were, and due: people are locked first, as everybody locks them, then what is scheduled. */
async function lockDue(tx: Tx, steps: readonly DueStep[]): Promise<DueStep[]> {
  const users = steps.map(({ userId }) => userId);
  const { rows: people } = await sql<{ id: string; operation: string | null }>`
    SELECT id, CASE WHEN status_until <= ${tx.now} THEN CASE status WHEN 'LOCKED' THEN 'unlock' WHEN 'SUSPENDED' THEN 'reinstate' END END AS operation
    FROM user_account WHERE id = ANY (${users}::uuid[]) ORDER BY id FOR UPDATE`.execute(tx.sql);
  const ending = new Map(people.map(({ id, operation }) => [id, operation]));
  const scheduled = steps.flatMap(({ scheduledId }) => scheduledId ?? []);
  const { rows } = await sql<DueStep>`
    SELECT ${STEP_COLUMNS} FROM scheduled_transition WHERE id = ANY (${scheduled}::uuid[]) AND state = 'SCHEDULED' AND due_at <= ${tx.now}
    ORDER BY due_at, id FOR UPDATE`.execute(tx.sql);
  const waiting = new Map(rows.map((row) => [row.scheduledId, row]));
  return steps.flatMap((step) => {
    if (step.scheduledId === null) return ending.get(step.userId) === step.operation ? [step] : [];
    const now = waiting.get(step.scheduledId);
    return now && keyOf(now) === keyOf(step) ? [now] : [];
  });
}

/** What became of each step is written beside it: done with its receipt, or failed with its reason. */
async function finish(tx: Tx, due: readonly DueStep[], outcomes: readonly StepOutcome[]): Promise<void> {
  const rows = due.flatMap(({ scheduledId }, place) => {
    const outcome = outcomes[place] as StepOutcome;
    return scheduledId === null ? [] : [{ id: scheduledId, outcome }];
  });
  if (rows.length === 0) return;
  await tx.flush();
  await sql`
    UPDATE scheduled_transition t SET state = CASE WHEN r.failure IS NULL THEN 'DONE' ELSE 'FAILED' END, failure = r.failure,
      consequences = r.consequences, finished_at = ${tx.now}, updated_at = ${tx.now}, version = t.version + 1
    FROM unnest(${rows.map(({ id }) => id)}::uuid[], ${rows.map(({ outcome }) => failureText(outcome))}::jsonb[],
      ${rows.map(({ outcome }) => JSON.stringify(outcome.refusal ? [] : outcome.consequences))}::jsonb[]) r (id, failure, consequences)
    WHERE t.id = r.id`.execute(tx.sql);
}

function failureText({ refusal }: StepOutcome): string | null {
  if (!refusal) return null;
  const { from, permission, field } = refusal.details;
  return JSON.stringify({
    code: refusal === AUTHOR_GONE ? "AUTHOR_INACTIVE" : refusal.code,
    message: refusal.message,
    from,
    permission,
    field,
  } satisfies TransitionFailure);
}
