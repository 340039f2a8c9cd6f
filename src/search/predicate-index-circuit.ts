import type { Filter } from "./filter.ts";
import type { Term, Vocabulary } from "./predicate-index-vocabulary.ts";

/** A filter over terms: a literal (twice a term's id, plus one where it is negated), or all or some of several parts. */
export type Circuit = number | { readonly all: boolean; readonly of: readonly Circuit[] };

export const literalOf = (term: number, negated: boolean): number => term * 2 + (negated ? 1 : 0);
export const termOf = (literal: number): number => literal >> 1;
export const isNegated = (literal: number): boolean => (literal & 1) === 1;

/**
 * The circuit of a canonical filter, whose terms are taken from the vocabulary. What most likely decides stands first: in an `and` what few rows
 * satisfy, in an `or` what many do.
 */
export function circuitOf(filter: Filter, vocabulary: Vocabulary, negated = false): Circuit {
  if (filter.kind === "not") return circuitOf(filter.of, vocabulary, !negated);
  if (filter.kind === "criterion") return literalOf(vocabulary.take(filter).id, negated);
  const all = (filter.kind === "and") !== negated;
  const parts = filter.of
    .map((part) => circuitOf(part, vocabulary, negated))
    .flatMap((part) => (typeof part !== "number" && part.all === all ? part.of : [part]))
    .map((part) => ({ part, share: shareOf(part, vocabulary) }))
    .sort((a, b) => (all ? a.share - b.share : b.share - a.share));
  return { all, of: parts.map(({ part }) => part) };
}

/** Every literal of a circuit, as often as it occurs. */
export const literalsOf = (circuit: Circuit): readonly number[] =>
  typeof circuit === "number" ? [circuit] : circuit.of.flatMap(literalsOf);

function shareOf(circuit: Circuit, vocabulary: Vocabulary): number {
  if (typeof circuit === "number") {
    const { share } = vocabulary.term(termOf(circuit));
    return isNegated(circuit) ? 1 - share : share;
  }
  const shares = circuit.of.map((part) => shareOf(part, vocabulary));
  return circuit.all
    ? Math.min(1, ...shares)
    : Math.min(
        1,
        shares.reduce((sum, share) => sum + share, 0),
      );
}

/** Facts of which a row has at least one wherever a filter holds, and about how many rows do. */
export interface Guards {
  facts: readonly number[];
  share: number;
}

/** So many facts may guard one filter; beyond that, looking each up would cost more than they keep away. */
const MOST_GUARDS = 16;

/**
 * The rarest guards of a circuit that say nothing about one of its terms, or about none where `except` is undefined; undefined where a
 * row may satisfy the circuit without any fact.
 */
export function guardsOf(circuit: Circuit, vocabulary: Vocabulary, except?: Term): Guards | undefined {
  if (typeof circuit === "number") return guardsOfLiteral(circuit, vocabulary, except);
  const parts = circuit.of.map((part) => guardsOf(part, vocabulary, except));
  if (circuit.all) return rarest(parts.filter((part) => part !== undefined));
  const known = parts.filter((part) => part !== undefined);
  const facts = [...new Set(known.flatMap((part) => part.facts))];
  if (known.length < parts.length || facts.length > MOST_GUARDS) return undefined;
  return { facts, share: known.reduce((sum, part) => sum + part.share, 0) };
}

function guardsOfLiteral(literal: number, vocabulary: Vocabulary, except: Term | undefined): Guards | undefined {
  const term = vocabulary.term(termOf(literal));
  const { access, facts, shares } = term;
  if (isNegated(literal) || term === except || (access.by !== "facts" && access.by !== "parts")) return undefined;
  if (access.every) return rarest(facts.map((fact, place) => ({ facts: [fact], share: shares[place] as number })));
  return facts.length > MOST_GUARDS ? undefined : { facts, share: term.share };
}

const rarest = (guards: readonly Guards[]): Guards | undefined =>
  guards.length === 0 ? undefined : guards.reduce((best, one) => (one.share < best.share ? one : best));
