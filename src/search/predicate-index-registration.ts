import { type Circuit, type Guards, guardsOf, isNegated, literalsOf, termOf } from "./predicate-index-circuit.ts";
import type { View } from "./predicate-index-view.ts";
import type { Term } from "./predicate-index-vocabulary.ts";
import { Vocabulary } from "./predicate-index-vocabulary.ts";

/** What is registered of a filter. */
export interface Registered {
  readonly circuit: Circuit;
  /** The columns whose change is told where the filter holds before and after. */
  readonly watched: readonly View[];
}

/** Where a filter is registered: under an event, with a guard and a check, or under an event and a guard at a number. */
export interface Register {
  pair(event: number, guard: number, check: number): void;
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

/** What a row needs where a filter holds: one of the guards and, where there is one more fact that it needs, the check. */
interface Needs {
  guards: readonly number[];
  check: number;
}

/** A part of a filter that has to hold wherever the filter does. */
interface Conjunct {
  part: Circuit;
  terms: ReadonlySet<number>;
  guards: Guards | undefined;
}

/** Every place in which a filter must stand to be found; the same ones for as long as it is in the index. */
export function registrations({ circuit, watched }: Registered, vocabulary: Vocabulary, register: Register): void {
  const conjuncts = conjunctsOf(circuit, vocabulary);
  const common = needsOf(conjuncts, vocabulary);
  for (const guard of common.guards) {
    register.pair(making(ALWAYS), guard, common.check);
    for (const view of watched) register.pair(making(view.events.watched), guard, common.check);
  }
  const literals = [...new Set(literalsOf(circuit))];
  for (const literal of literals) {
    const term = vocabulary.term(termOf(literal));
    const needs = literals.length > MOST_OWN_GUARDS ? common : needsOf(conjuncts, vocabulary, term);
    for (const guard of needs.guards) registerTerm(term, isNegated(literal), { ...needs, guard }, register);
  }
}

/** The fact beside which a filter is kept: one of its rarest guards. */
export const nearestFact = (circuit: Circuit, vocabulary: Vocabulary): number =>
  guardsOf(circuit, vocabulary)?.facts[0] ?? Vocabulary.NOTHING;

function conjunctsOf(circuit: Circuit, vocabulary: Vocabulary): Conjunct[] {
  const parts = typeof circuit !== "number" && circuit.all ? circuit.of : [circuit];
  return parts.map((part) => ({
    part,
    terms: new Set(literalsOf(part).map(termOf)),
    guards: guardsOf(part, vocabulary),
  }));
}

/** The rarest two conjuncts' guards that say nothing about a term: one guards, and the other, where it is a single fact, is the check. */
function needsOf(conjuncts: readonly Conjunct[], vocabulary: Vocabulary, except?: Term): Needs {
  let first: Guards | undefined;
  let second: Guards | undefined;
  for (const { part, terms, guards: usual } of conjuncts) {
    const guards = except && terms.has(except.id) ? guardsOf(part, vocabulary, except) : usual;
    if (!guards) continue;
    if (!first || guards.share < first.share) [first, second] = [guards, first];
    else if (!second || guards.share < second.share) second = guards;
  }
  const check = second?.facts.length === 1 ? (second.facts[0] as number) : Vocabulary.NOTHING;
  return { guards: first?.facts ?? [Vocabulary.NOTHING], check };
}

function registerTerm(
  term: Term,
  negated: boolean,
  { guard, guards, check }: Needs & { guard: number },
  register: Register,
): void {
  const { access, facts, view } = term;
  const [gained, lost] = negated ? [breaking, making] : [making, breaking];
  if (access.by === "bounds") {
    // Below the upper bound it holds: passing it upward breaks what passing the lower one makes.
    if (access.lower !== undefined) register.bound(gained(view.events.lower), guard, access.lower);
    if (access.upper !== undefined) register.bound(lost(view.events.upper), guard, access.upper);
  } else if (access.by === "change" || facts.length * guards.length > MOST_PAIRS) {
    register.pair(making(view.events.changed), guard, check);
    if (term.timely) register.pair(gained(term.flipped), guard, check);
  } else {
    for (const fact of facts) register.pair(gained(fact), guard, check);
  }
}
