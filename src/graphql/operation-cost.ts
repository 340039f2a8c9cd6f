import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
  valueFromASTUntyped,
} from "graphql";
import { fieldCost, isOfPage, SIZE_LIMIT } from "./cost-declaration.ts";
import { InputWeights, type Weighed } from "./input-weights.ts";

/** What asking about the schema costs, whatever is asked. */
const INTROSPECTION = 100;

type Variables = Readonly<Record<string, unknown>>;

/**
 * What a selection costs: `own` by itself, and `sized` for each item of the page that it selects from. So a fragment is worked out once,
 * though it may stand in pages of several lengths.
 */
interface Sum {
  own: number;
  sized: number;
}

interface Run {
  /** Those that the operation declares, and no others: whoever asks may send any number of others. */
  variables: Variables;
  sums: Map<Selection, Sum>;
  weighed: Weighed;
  /** Selections that were worked out. */
  visits: number;
}

interface Selection {
  parts: Part[];
}

type Part = (run: Run) => Sum;

/** What one operation costs with these variables, and which of its root fields costs most. */
export interface OperationCost {
  cost: number;
  path: readonly string[];
  rootFields: number;
  visits: number;
}

/** Works out what the operations of a schema cost, by schema/LIMITS.md. Documents must be valid. */
export class CostModel {
  readonly #schema: GraphQLSchema;
  readonly #inputs = new InputWeights();
  readonly #compiled = new WeakMap<OperationDefinitionNode, (variables: Variables) => OperationCost>();

  constructor(schema: GraphQLSchema) {
    this.#schema = schema;
  }

  costOf(document: DocumentNode, operation: OperationDefinitionNode, variables: Variables): OperationCost {
    let compiled = this.#compiled.get(operation);
    if (!compiled) {
      compiled = new Compilation(this.#schema, this.#inputs, document).compile(operation);
      this.#compiled.set(operation, compiled);
    }
    return compiled(variables);
  }
}

/** One operation on its way to a function of its variables. */
class Compilation {
  readonly #schema: GraphQLSchema;
  readonly #inputs: InputWeights;
  readonly #definitions: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #fragments = new Map<string, Selection>();
  #dependsOnVariables = false;

  constructor(schema: GraphQLSchema, inputs: InputWeights, document: DocumentNode) {
    this.#schema = schema;
    this.#inputs = inputs;
    const fragments = document.definitions.filter((one) => one.kind === Kind.FRAGMENT_DEFINITION);
    this.#definitions = new Map(fragments.map((one) => [one.name.value, one]));
  }

  compile(operation: OperationDefinitionNode): (variables: Variables) => OperationCost {
    const root = this.#schema.getRootType(operation.operation);
    if (!root) return () => ({ cost: 0, path: [], rootFields: 0, visits: 0 });
    const roots: { key: string; selection: Selection }[] = [];
    this.#eachRoot(operation.selectionSet, (field, sets) => {
      const part = conditioned(this.#field(field, root), sets, (value) => this.#truth(value));
      roots.push({ key: (field.alias ?? field.name).value, selection: { parts: [part] } });
    });
    const declared = declaredBy(operation);
    const carryOut = (given: Variables): OperationCost => {
      const run: Run = { variables: declared(given), sums: new Map(), weighed: new Map(), visits: 0 };
      const costs = roots.map(({ key, selection }) => ({ key, cost: sumOf(selection, run).own }));
      const dearest = costs.reduce((a, b) => (b.cost > a.cost ? b : a), { key: "", cost: -1 });
      return {
        cost: Math.min(
          costs.reduce((sum, { cost }) => sum + cost, 0),
          Number.MAX_SAFE_INTEGER,
        ),
        path: dearest.cost < 0 ? [] : [dearest.key],
        rootFields: roots.length,
        visits: run.visits,
      };
    };
    if (this.#dependsOnVariables) return carryOut;
    const constant = carryOut({});
    return () => constant;
  }

  /** Each field of the operation itself, and the directives that stand over it. Root fields are limited in number, so they may be listed. */
  #eachRoot(
    { selections }: SelectionSetNode,
    tell: (field: FieldNode, directives: readonly DirectiveNode[]) => void,
    above: readonly DirectiveNode[] = [],
  ): void {
    for (const selection of selections) {
      const directives = [...above, ...(selection.directives ?? [])];
      if (selection.kind === Kind.FIELD) tell(selection, directives);
      else if (selection.kind === Kind.INLINE_FRAGMENT) this.#eachRoot(selection.selectionSet, tell, directives);
      else {
        const fragment = this.#definitions.get(selection.name.value);
        if (fragment) this.#eachRoot(fragment.selectionSet, tell, directives);
      }
    }
  }

  #selection({ selections }: SelectionSetNode, type: GraphQLNamedType): Selection {
    const parts = selections.map((selection) => {
      const part =
        selection.kind === Kind.FIELD
          ? this.#field(selection, type)
          : selection.kind === Kind.INLINE_FRAGMENT
            ? partOf(this.#selection(selection.selectionSet, this.#typeOf(selection.typeCondition?.name.value, type)))
            : partOf(this.#fragment(selection.name.value, type));
      return conditioned(part, selection.directives ?? [], (value) => this.#truth(value));
    });
    return { parts };
  }

  #fragment(name: string, within: GraphQLNamedType): Selection {
    const known = this.#fragments.get(name);
    if (known) return known;
    const selection: Selection = { parts: [] };
    this.#fragments.set(name, selection);
    const definition = this.#definitions.get(name);
    if (definition) {
      const type = this.#typeOf(definition.typeCondition.name.value, within);
      selection.parts = this.#selection(definition.selectionSet, type).parts;
    }
    return selection;
  }

  #typeOf(name: string | undefined, otherwise: GraphQLNamedType): GraphQLNamedType {
    return (name === undefined ? undefined : this.#schema.getType(name)) ?? otherwise;
  }

  #field(node: FieldNode, parent: GraphQLNamedType): Part {
    const name = node.name.value;
    if (name === "__schema" || name === "__type") return () => ({ own: INTROSPECTION, sized: 0 });
    const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
    if (!field) return () => ({ own: 0, sized: 0 }); // __typename
    const { weight, size, pageOf } = fieldCost(this.#schema, parent, field);
    const inputs = this.#weightOfArguments(node, field);
    const type = getNamedType(field.type);
    if (!isCompositeType(type)) return (run) => ({ own: weight + inputs(run), sized: 0 });
    const below = this.#selection(node.selectionSet as SelectionSetNode, type);
    const length = size ? this.#length(node, field, size) : () => 1;
    const ofPage = isOfPage(parent, name);
    return (run) => {
      const { own, sized } = sumOf(below, run);
      const base = weight + inputs(run);
      if (pageOf.length > 0) return { own: base + 1 + own + length(run) * sized, sized: 0 };
      if (ofPage) return { own: base, sized: 1 + own };
      return { own: base + length(run) * (1 + own), sized: 0 };
    };
  }

  #length(
    node: FieldNode,
    field: GraphQLField<unknown, unknown>,
    { assumed, by }: { assumed: number; by: readonly string[] },
  ): (run: Run) => number {
    const given = by.map((name) => {
      const value = node.arguments?.find((argument) => argument.name.value === name)?.value;
      const otherwise = field.args.find((argument) => argument.name === name)?.defaultValue;
      return value ? this.#value(value) : () => otherwise;
    });
    return (run) => {
      const lengths = given.map((value) => lengthOf(value(run))).filter((length) => length !== undefined);
      return lengths.length === 0 ? assumed : Math.min(Math.max(0, ...lengths), SIZE_LIMIT);
    };
  }

  #weightOfArguments(node: FieldNode, field: GraphQLField<unknown, unknown>): (run: Run) => number {
    const weighed = (node.arguments ?? []).flatMap(({ name, value }) => {
      const type = field.args.find((argument) => argument.name === name.value)?.type;
      if (!type || !this.#inputs.mayWeigh(type)) return [];
      const given = this.#value(value);
      return [(run: Run) => this.#inputs.weightOf(type, given(run), run.weighed)];
    });
    return (run) => weighed.reduce((sum, weight) => sum + weight(run), 0);
  }

  #value(node: ValueNode): (run: Run) => unknown {
    if (node.kind === Kind.VARIABLE) {
      this.#dependsOnVariables = true;
      return ({ variables }) => variables[node.name.value];
    }
    if (node.kind !== Kind.LIST && node.kind !== Kind.OBJECT) {
      const constant = valueFromASTUntyped(node);
      return () => constant;
    }
    this.#dependsOnVariables = true; // there may be some inside
    return ({ variables }) => valueFromASTUntyped(node, variables);
  }

  #truth(value: ValueNode): (run: Run) => boolean {
    const given = this.#value(value);
    return (run) => given(run) === true;
  }
}

/** A selection's sum, worked out once a run. */
function sumOf(selection: Selection, run: Run): Sum {
  const known = run.sums.get(selection);
  if (known) return known;
  run.visits += 1;
  const sum: Sum = { own: 0, sized: 0 };
  for (const part of selection.parts) {
    const { own, sized } = part(run);
    sum.own += own;
    sum.sized += sized;
  }
  run.sums.set(selection, sum);
  return sum;
}

const partOf =
  (selection: Selection): Part =>
  (run) =>
    sumOf(selection, run);

/** A part that costs nothing where @skip or @include leaves it out. */
function conditioned(
  part: Part,
  directives: readonly DirectiveNode[],
  truth: (value: ValueNode) => (run: Run) => boolean,
): Part {
  const holds = directives.flatMap(({ name, arguments: given }) => {
    const value = given?.find((argument) => argument.name.value === "if")?.value;
    if (!value || (name.value !== "skip" && name.value !== "include")) return [];
    const condition = truth(value);
    return [(run: Run) => condition(run) === (name.value === "include")];
  });
  if (holds.length === 0) return part;
  return (run) => (holds.every((one) => one(run)) ? part(run) : { own: 0, sized: 0 });
}

function lengthOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  return Array.isArray(value) ? value.length : undefined;
}

/** What the variables of an operation are, out of what was sent. */
function declaredBy({ variableDefinitions = [] }: OperationDefinitionNode): (given: Variables) => Variables {
  const declared = variableDefinitions.map(({ variable, defaultValue }) => ({
    name: variable.name.value,
    otherwise: defaultValue && valueFromASTUntyped(defaultValue),
  }));
  return (given) => {
    const values: Record<string, unknown> = Object.create(null);
    for (const { name, otherwise } of declared) values[name] = Object.hasOwn(given, name) ? given[name] : otherwise;
    return values;
  };
}
