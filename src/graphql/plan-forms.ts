import type { OperationDefinitionNode } from "graphql";
import type { PlanRun } from "./plan-run.ts";
import type { KeptText } from "./plan-text.ts";
import type { Decision, Planning } from "./planning.ts";

/** Forms of one operation that are kept: with and without its optional parts, for viewers who may see more or less. */
const FORMS = 32;
/** What all forms together may take, in bytes. */
const BYTES = 64 * 1024 * 1024;
/** What a decision, and a part of a text that is not text, takes with what it remembers, in bytes; about. */
const PART = 500;

/** How an operation is answered by one statement. */
export interface OperationPlan {
  text: KeptText;
  planning: Planning;
  /** The names of its prepared statements, by what their texts have of their own: one, but for orders and sizes of pages. */
  names: Map<string, string>;
}

/** What runs that answer its decisions alike have in common: a plan, or that there is none. */
export interface Form {
  decisions: readonly Decision[];
  plan: OperationPlan | undefined;
  /** Whether what it asks may be sent before it is known who asks. */
  goesAhead: boolean;
}

interface Kept {
  form: Form;
  /** Whether it was taken since it was last looked at. */
  used: boolean;
}

/** What is known of a form that may be gone with its document. */
interface Place {
  kept: WeakRef<Kept>;
  siblings: WeakRef<Kept[]>;
  bytes: number;
}

/**
 * Forms by their operations, gone with them: documents are kept by others. Of those that were not taken for long, so many are let go that all together take no
 * more than they may.
 */
export class PlanForms {
  readonly #byOperation = new WeakMap<OperationDefinitionNode, Kept[]>();
  /** The oldest first. */
  readonly #places = new Set<Place>();
  #bytes = 0;

  constructor(private readonly limit: number = BYTES) {}

  /** What those take that are kept, in bytes; about, and with those whose document is gone, as long as they are not come upon. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether anything is known of the operation. */
  knows(operation: OperationDefinitionNode): boolean {
    return this.#byOperation.has(operation);
  }

  /** Whether any of the operation's forms may be sent before it is known who asks. */
  someGoAhead(operation: OperationDefinitionNode): boolean {
    return this.#byOperation.get(operation)?.some(({ form }) => form.goesAhead) === true;
  }

  /** The form for a run, where one is kept. */
  find(operation: OperationDefinitionNode, run: PlanRun): Form | undefined {
    const known = this.#byOperation.get(operation);
    if (!known) return undefined;
    for (const kept of known)
      if (holdsFor(kept.form, run)) {
        kept.used = true;
        return kept.form;
      }
    return undefined;
  }

  /** Keeps a form, in front of the operation's others. */
  add(operation: OperationDefinitionNode, form: Form): void {
    const siblings = this.#byOperation.get(operation) ?? [];
    this.#byOperation.set(operation, siblings);
    const kept = { form, used: false };
    siblings.unshift(kept);
    siblings.length = Math.min(siblings.length, FORMS);
    const bytes = bytesOf(form);
    this.#places.add({ kept: new WeakRef(kept), siblings: new WeakRef(siblings), bytes });
    this.#bytes += bytes;
    this.#makeRoom();
  }

  #makeRoom(): void {
    for (const place of this.#places) {
      if (this.#bytes <= this.limit) return;
      this.#places.delete(place);
      const kept = place.kept.deref();
      const siblings = place.siblings.deref() ?? [];
      const at = kept ? siblings.indexOf(kept) : -1;
      if (kept?.used && at >= 0) {
        kept.used = false;
        this.#places.add(place);
        continue;
      }
      if (at >= 0) siblings.splice(at, 1);
      this.#bytes -= place.bytes;
    }
  }
}

function holdsFor({ decisions }: Form, run: PlanRun): boolean {
  for (const decision of decisions) if (!decision.holdsFor(run)) return false;
  return true;
}

/** Characters take two bytes at the most. What was answered may be long: the condition of an access rule. */
const bytesOf = ({ decisions, plan }: Form): number => {
  const answered = decisions.reduce((sum, { answer }) => sum + (typeof answer === "string" ? answer.length : 0), 0);
  return PART * (1 + decisions.length + (plan?.text.others ?? 0)) + 2 * (answered + (plan?.text.characters ?? 0));
};
