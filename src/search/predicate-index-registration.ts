import { type Circuit, guardsOf, isNegated, literalsOf, termOf } from "./predicate-index-circuit.ts";
import type { View } from "./predicate-index-view.ts";
import type { Term } from "./predicate-index-vocabulary.ts";
import { Vocabulary } from "./predicate-index-vocabulary.ts";

/** What is registered of a filter. */
export interface Registered {
  readonly circuit: Circuit;
  /** The columns whose change is told where the filter holds before and after. */
  readonly watched: readonly View[];
}

/** Where a filter is registered: under an event and a guard, perhaps at a number. */
export interface Register {
  pair(event: number, guard: number): void;
  bound(event: number, guard: number, value: number): void;
}

/** What always happens where a row comes or goes, or where every filter that holds is asked for. */
export const ALWAYS = Vocabulary.NOTHING;

/** The two events of what a fact or a bound can do: literals that it makes true when it is gained, and literals that it then makes false. */
export const making = (event: number): number => event * 2;
export const breaking = (event: number): number => event * 2 + 1;

/** A criterion of so many facts by guards is found by any change of its value instead. */
const MOST_PAIRS = 128;
/** In a filter of more criteria than these, all have the same guards, or finding each its own would take too long. */
const MOST_OWN_GUARDS = 24;

/** Every place in which a filter must stand to be found; the same ones for as long as it is in the index. */
export function registrations({ circuit, watched }: Registered, vocabulary: Vocabulary, register: Register): void {
  const none = [Vocabulary.NOTHING];
  const common = guardsOf(circuit, vocabulary)?.facts ?? none;
  for (const guard of common) {
    register.pair(making(ALWAYS), guard);
    for (const view of watched) register.pair(making(view.events.watched), guard);
  }
  const literals = [...new Set(literalsOf(circuit))];
  for (const literal of literals) {
    const term = vocabulary.term(termOf(literal));
    const guards = literals.length > MOST_OWN_GUARDS ? common : (guardsOf(circuit, vocabulary, term)?.facts ?? none);
    for (const guard of guards) registerTerm(term, isNegated(literal), guard, guards.length, register);
  }
}

function registerTerm(term: Term, negated: boolean, guard: number, guards: number, register: Register): void {
  const { access, facts, view } = term;
  const [gained, lost] = negated ? [breaking, making] : [making, breaking];
  if (access.by === "bounds") {
    // Below the upper bound it holds: passing it upward breaks what passing the lower one makes.
    if (access.lower !== undefined) register.bound(gained(view.events.lower), guard, access.lower);
    if (access.upper !== undefined) register.bound(lost(view.events.upper), guard, access.upper);
  } else if (access.by === "change" || facts.length * guards > MOST_PAIRS) {
    register.pair(making(view.events.changed), guard);
    if (term.timely) register.pair(gained(term.flipped), guard);
  } else {
    for (const fact of facts) register.pair(gained(fact), guard);
  }
}
