import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValueNode,
} from "graphql";

/** How much there is of something, and where the most of it stands: response keys, from the operation on. */
export interface Measured {
  amount: number;
  path: readonly string[];
}

/** The sizes of a document, by schema/LIMITS.md: of its largest operation, where it has several. */
export interface DocumentMeasures {
  depth: Measured;
  rootFields: Measured;
  fields: Measured;
  aliases: Measured;
  directives: Measured;
  duplicates: Measured;
  listValues: Measured;
  /** Whether it asks about the schema. */
  introspects: boolean;
  /** Whether a subscription leaves open which root field it has. */
  uncertain: boolean;
}

/** What a selection holds, fragments included. The deepest place is a chain, so that it is found without being written at every level. */
interface Extent {
  depth: number;
  deepest: Step | undefined;
  /** Fields of this very level. */
  level: number;
  fields: number;
  aliases: number;
  /** Whether a condition stands at this very level. */
  conditional: boolean;
}

interface Step {
  key: string;
  next: Step | undefined;
}

const CONDITIONS: ReadonlySet<string> = new Set(["skip", "include"]);
const NOTHING: Extent = { depth: 0, deepest: undefined, level: 0, fields: 0, aliases: 0, conditional: false };

/**
 * Measures a document that need not be valid: fragments may be missing, or contain themselves, where what they hold is left out. Every
 * node is visited once, a fragment too however often it is spread; `visits` says how many that were.
 */
export class DocumentMeasure {
  visits = 0;
  readonly #fragments = new Map<string, FragmentDefinitionNode>();
  readonly #extents = new Map<string, Extent>();
  readonly #path: string[] = [];
  #directives = 0;
  #duplicates: Measured = { amount: 0, path: [] };
  #listValues: Measured = { amount: 0, path: [] };
  #introspects = false;

  measure(document: DocumentNode): DocumentMeasures {
    const operations: OperationDefinitionNode[] = [];
    for (const definition of document.definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION) this.#fragments.set(definition.name.value, definition);
      if (definition.kind === Kind.OPERATION_DEFINITION) operations.push(definition);
    }
    const extents = operations.map((operation) => {
      this.#directives += operation.directives?.length ?? 0;
      return this.#set(operation.selectionSet);
    });
    // Those that no operation spreads are validated as well.
    for (const name of this.#fragments.keys()) this.#fragment(name);
    const most = (of: (extent: Extent) => number, path: (extent: Extent) => readonly string[] = () => []): Measured =>
      extents
        .map((extent) => ({ amount: of(extent), path: path(extent) }))
        .reduce((a, b) => (b.amount > a.amount ? b : a), { amount: 0, path: [] });
    return {
      depth: most(({ depth }) => depth, keysOf),
      rootFields: most(({ level }) => level),
      fields: most(({ fields }) => fields),
      aliases: most(({ aliases }) => aliases),
      directives: { amount: this.#directives, path: [] },
      duplicates: this.#duplicates,
      listValues: this.#listValues,
      introspects: this.#introspects,
      uncertain: operations.some(
        ({ operation }, place) => operation === OperationTypeNode.SUBSCRIPTION && extents[place]?.conditional,
      ),
    };
  }

  #set({ selections }: SelectionSetNode): Extent {
    const extent: Extent = { ...NOTHING };
    const named = new Map<string, number>();
    for (const selection of selections) {
      this.visits += 1;
      this.#directives += selection.directives?.length ?? 0;
      add(extent, this.#selection(selection));
      extent.conditional ||= selection.directives?.some(({ name }) => CONDITIONS.has(name.value)) ?? false;
      this.#count(named, selection);
    }
    return extent;
  }

  #selection(selection: SelectionNode): Extent {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return this.#fragment(selection.name.value);
    if (selection.kind === Kind.INLINE_FRAGMENT) return this.#set(selection.selectionSet);
    return this.#field(selection);
  }

  #field({ name, alias, arguments: given, selectionSet }: FieldNode): Extent {
    const key = (alias ?? name).value;
    if (name.value === "__schema" || name.value === "__type") this.#introspects = true;
    this.#path.push(key);
    for (const argument of given ?? []) this.#value(argument.value, argument.name.value);
    const below = selectionSet ? this.#set(selectionSet) : NOTHING;
    this.#path.pop();
    return {
      depth: below.depth + 1,
      deepest: { key, next: below.deepest },
      level: 1,
      fields: below.fields + 1,
      aliases: below.aliases + (alias ? 1 : 0),
      conditional: false,
    };
  }

  #fragment(name: string): Extent {
    const known = this.#extents.get(name);
    const fragment = this.#fragments.get(name);
    if (known || !fragment) return known ?? NOTHING;
    this.#extents.set(name, NOTHING); // where it contains itself, which validation refuses
    this.#directives += fragment.directives?.length ?? 0;
    const path = this.#path.splice(0);
    this.#path.push(`...${name}`);
    const extent = this.#set(fragment.selectionSet);
    this.#path.splice(0, 1, ...path);
    this.#extents.set(name, extent);
    return extent;
  }

  #count(named: Map<string, number>, selection: SelectionNode): void {
    if (selection.kind === Kind.INLINE_FRAGMENT) return;
    const spread = selection.kind === Kind.FRAGMENT_SPREAD;
    const key = spread ? `...${selection.name.value}` : (selection.alias ?? selection.name).value;
    const amount = (named.get(key) ?? 0) + 1;
    named.set(key, amount);
    if (amount > this.#duplicates.amount) this.#duplicates = { amount, path: [...this.#path, key] };
  }

  #value(value: ValueNode, name: string): void {
    this.visits += 1;
    if (value.kind === Kind.LIST) {
      const amount = value.values.length;
      if (amount > this.#listValues.amount) this.#listValues = { amount, path: [...this.#path, name] };
      for (const one of value.values) this.#value(one, name);
    } else if (value.kind === Kind.OBJECT) {
      for (const field of value.fields) this.#value(field.value, `${name}.${field.name.value}`);
    }
  }
}

/** The longest list in the variables of an operation. */
export function longestList(variables: unknown): Measured {
  let longest: Measured = { amount: 0, path: [] };
  const visit = (value: unknown, path: readonly string[]): void => {
    if (typeof value !== "object" || value === null) return;
    if (Array.isArray(value)) {
      if (value.length > longest.amount) longest = { amount: value.length, path };
      for (const one of value) visit(one, path);
    } else for (const [key, one] of Object.entries(value)) visit(one, [...path, key]);
  };
  visit(variables, []);
  return longest;
}

function add(sum: Extent, more: Extent): void {
  if (more.depth > sum.depth) {
    sum.depth = more.depth;
    sum.deepest = more.deepest;
  }
  sum.level += more.level;
  sum.fields += more.fields;
  sum.aliases += more.aliases;
  sum.conditional ||= more.conditional;
}

function keysOf({ deepest }: Extent): readonly string[] {
  const keys: string[] = [];
  for (let step = deepest; step; step = step.next) keys.push(step.key);
  return keys;
}
