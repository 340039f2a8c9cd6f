import { createHash } from "node:crypto";
import {
  type DocumentNode,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
} from "graphql";
import { getVariableValues } from "graphql/execution/values.js";
import type { Database } from "../database/database.ts";
import { tookTooLong, wasCancelled } from "../database/error-mapping.ts";
import { currentTurn } from "../database/turn.ts";
import { type GraphContext, Unforeseen } from "./context.ts";
import { type Form, type OperationPlan, PlanForms } from "./plan-forms.ts";
import { ObjectWriter } from "./plan-object.ts";
import { PlanRun } from "./plan-run.ts";
import { joined, keptText, type PlanText, plan, type SentText, statementOf } from "./plan-text.ts";
import { Row, type TypePlans } from "./plan-type.ts";
import { isRefusal, Planning, Unplanned } from "./planning.ts";

/** A statement that is longer would take the database longer to plan than the resolvers to answer. */
const TEXT_LIMIT = 100_000;

/** An operation as it is asked for. */
export interface PlannableOperation {
  document: DocumentNode;
  operationName?: string | null | undefined;
  /** As they were sent. */
  variables?: Readonly<Record<string, unknown>> | null | undefined;
}

/** Whether the resolvers would ask the database for the same once more: there is one field, beside `__typename`. */
const hasOnePart = ({ selectionSet: { selections } }: OperationDefinitionNode): boolean =>
  selections.every(({ kind }) => kind === Kind.FIELD) &&
  selections.filter((one) => one.kind === Kind.FIELD && one.name.value !== "__typename").length === 1;

/** Texts of one plan that are prepared; further ones are planned each time. */
const NAMES = 8;

/** What is longer is remembered by what it is hashed to. */
const LONG = 500;

/** What the values of a look-up come to at the most, in characters: others wait behind it. The resolvers ask by longer ones each by itself. */
const LOOK_UP_LENGTH = 250_000;

/** What texts come to, and those in lists, in characters. */
function lengthOf(values: readonly unknown[]): number {
  let length = 0;
  for (const value of values) {
    if (typeof value === "string") length += value.length;
    else if (Array.isArray(value)) length += lengthOf(value);
  }
  return length;
}

const hashOf = (text: string): string => createHash("sha256").update(text).digest("base64url").slice(0, 32);

/** The name under which a text is prepared, which is another for every text, whoever shares the connection. */
function nameOf({ text, own }: SentText, names: Map<string, string>): string | undefined {
  const key = own.length > LONG ? hashOf(own) : own;
  const known = names.get(key);
  if (known !== undefined || names.size >= NAMES) return known;
  const name = `plan_${hashOf(text)}`;
  names.set(key, name);
  return name;
}

/** Whether it is one look-up and nothing else, which is lost at no price where somebody else asks than was expected. */
const isShort = ({ isLookUp, checks, valueSensitive }: Planning): boolean =>
  isLookUp && checks.length === 0 && valueSensitive.length === 0;

/**
 * Answers queries by one statement each, whose result is the JSON text of `data`. A query, or one with such variables or of such
 * a viewer, of which any part has no plan or is to be refused, it leaves to the resolvers, which answer it alike.
 */
export class Planner {
  readonly #forms = new PlanForms();
  /** Operations of which no form is known that could go ahead of finding out who asks. */
  readonly #waiting = new WeakSet<OperationDefinitionNode>();

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly types: TypePlans,
    private readonly database: Database,
    private readonly report: (error: unknown) => void,
  ) {}

  /**
   * The JSON text of the operation's data; undefined where the resolvers are to answer. Its document is valid. Of a context that is only expected: undefined also where
   * that has to be waited for.
   */
  async answer(asked: PlannableOperation, context: GraphContext): Promise<string | undefined> {
    const operation = getOperationAST(asked.document, asked.operationName);
    if (operation?.operation !== OperationTypeNode.QUERY || !context.identified) return undefined;
    if (context.behind && (this.#waiting.has(operation) || !this.#forms.knows(operation))) return undefined;
    const { coerced } = getVariableValues(this.schema, operation.variableDefinitions ?? [], asked.variables ?? {});
    if (!coerced) return undefined;
    const run = new PlanRun(context, coerced);
    if (context.behind) return await this.#answerAhead(operation, run);
    try {
      const plan = this.#planFor(operation, asked.document, run);
      return plan && (await this.#carryOut(plan, run));
    } catch (error) {
      // What the resolvers would refuse they are to refuse; what the database could not do they may do in smaller parts, where there are any.
      if (wasCancelled(error) && hasOnePart(operation))
        currentTurn()?.end(tookTooLong(this.database.statementTimeoutMs));
      if (!isRefusal(error) && !wasCancelled(error)) this.report(error);
      return undefined;
    }
  }

  async #carryOut({ text, planning, names }: OperationPlan, run: PlanRun): Promise<string | undefined> {
    for (const passes of planning.checks) await passes(run);
    const statement = statementOf(text, run);
    const name = planning.isPrepared(run) ? nameOf(statement, names) : undefined;
    const { isLookUp } = planning;
    if (isLookUp && lengthOf(statement.values) > LOOK_UP_LENGTH) return undefined;
    const rows = await this.database
      .readsFor(run.context)
      .read({ text: statement.text, values: statement.values, name, isLookUp, follows: run.context.behind });
    const found = rows[0]?.[0] as string | null;
    if (found === null && run.mayAssume && planning.assumptions.length > 0)
      return this.#carryOut({ text, planning, names }, run.again());
    return planning.marks.resolve(found as string, run);
  }

  /** By a plan that was made before, and for nobody but who is expected to ask; what stands in the way comes again once it is known who does. */
  async #answerAhead(operation: OperationDefinitionNode, run: PlanRun): Promise<string | undefined> {
    let form: Form | undefined;
    try {
      form = this.#forms.find(operation, run);
      if (form?.plan && form.goesAhead) return await this.#carryOut(form.plan, run);
    } catch (error) {
      if (!(error instanceof Unforeseen)) return undefined;
      if (form) form.goesAhead = false;
    }
    if (!this.#forms.someGoAhead(operation)) this.#waiting.add(operation);
    return undefined;
  }

  #planFor(operation: OperationDefinitionNode, document: DocumentNode, run: PlanRun): OperationPlan | undefined {
    const known = this.#forms.find(operation, run);
    if (known) return known.plan;
    const form = this.#plan(operation, document, run);
    this.#forms.add(operation, form);
    if (form.goesAhead) this.#waiting.delete(operation);
    return form.plan;
  }

  #plan(operation: OperationDefinitionNode, document: DocumentNode, run: PlanRun): Form {
    const planning = new Planning(run);
    const { decisions } = planning;
    const none = { decisions, plan: undefined, goesAhead: false };
    try {
      const text = this.#text(operation, document, planning);
      if (text.length > TEXT_LIMIT) return none;
      return { decisions, plan: { text: keptText(text), planning, names: new Map() }, goesAhead: isShort(planning) };
    } catch (error) {
      if (error instanceof Unplanned) return none;
      throw error;
    } finally {
      planning.end();
    }
  }

  #text({ selectionSet }: OperationDefinitionNode, { definitions }: DocumentNode, planning: Planning): PlanText {
    const query = this.schema.getQueryType();
    if (!query) throw new Unplanned("There is nothing to query.");
    const fragments = definitions.filter((one) => one.kind === Kind.FRAGMENT_DEFINITION);
    const byName = new Map(fragments.map((fragment) => [fragment.name.value, fragment]));
    const writer = new ObjectWriter(this.schema, this.types, byName, planning);
    const data = writer.object(query, [selectionSet], new Row("nothing", "single"));
    if (planning.assumptions.length === 0) return plan`${planning.before}SELECT ${data}`;
    return plan`${planning.before}SELECT CASE WHEN ${joined(planning.assumptions, " AND ")} THEN ${data} END`;
  }
}
