import {
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLNamedType,
  getNamedType,
  isInputObjectType,
} from "graphql";

/** What was weighed in one run, by type and value: a variable may stand in many places, and be large. */
export type Weighed = Map<GraphQLNamedType, Map<object, number>>;

/** What the fields of inputs cost that declare a cost, wherever in a value they stand. */
export class InputWeights {
  readonly #weighing = new Map<GraphQLNamedType, boolean>();

  /** Whether any value of this type can cost anything. */
  mayWeigh(type: GraphQLInputType): boolean {
    const named = getNamedType(type);
    const known = this.#weighing.get(named);
    if (known !== undefined) return known;
    this.#weighing.set(
      named,
      reachable(named).some((one) => weights(one)),
    );
    return this.#weighing.get(named) === true;
  }

  /** The sum over a value as it was sent, each part looked at once a run; what does not fit its type costs nothing, as it is refused. */
  weightOf(type: GraphQLInputType, value: unknown, weighed: Weighed): number {
    const named = getNamedType(type);
    if (!isInputObjectType(named) || !this.mayWeigh(type) || typeof value !== "object" || value === null) return 0;
    const known = weighed.get(named) ?? new Map<object, number>();
    weighed.set(named, known);
    const weight = known.get(value) ?? this.#sumOver(named, value, weighed);
    known.set(value, weight);
    return weight;
  }

  #sumOver(type: GraphQLInputObjectType, value: object, weighed: Weighed): number {
    if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + this.weightOf(type, one, weighed), 0);
    const fields = type.getFields();
    return Object.entries(value).reduce((sum, [key, given]) => {
      const field = fields[key];
      return field && given != null ? sum + weightOfField(field) + this.weightOf(field.type, given, weighed) : sum;
    }, 0);
  }
}

const weightOfField = ({ extensions }: { extensions: Readonly<Record<string, unknown>> }): number =>
  (extensions.cost as number | undefined) ?? 0;

const weights = (type: GraphQLNamedType): boolean =>
  isInputObjectType(type) && Object.values(type.getFields()).some((field) => weightOfField(field) > 0);

/** A type and every type of its fields, and of theirs. */
function reachable(type: GraphQLNamedType): GraphQLNamedType[] {
  const found = new Set<GraphQLNamedType>([type]);
  for (const one of found)
    if (isInputObjectType(one)) for (const field of Object.values(one.getFields())) found.add(getNamedType(field.type));
  return [...found];
}
