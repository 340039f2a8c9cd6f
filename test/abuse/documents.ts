import {
  astFromValue,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
  isRequiredArgument,
  print,
} from "graphql";
import type { Choice } from "./choice.ts";
import { type Pool, Values } from "./values.ts";

/** An operation as a client sends it. */
export interface Asked {
  query: string;
  operationName?: string;
  variables: Record<string, unknown>;
}

/** What one document is made of; each shape stresses something else. */
interface Shape {
  kind: "query" | "mutation" | "subscription";
  roots: number;
  /** How far it goes, and how many fields each selection has at most. */
  depth: number;
  width: number;
  fragments: number;
  directives: number;
  variables: number;
}

const SHAPES: readonly Shape[] = [
  { kind: "query", roots: 1, depth: 4, width: 6, fragments: 0.1, directives: 0.02, variables: 0.5 },
  { kind: "query", roots: 1, depth: 18, width: 2, fragments: 0.1, directives: 0, variables: 0.3 },
  { kind: "query", roots: 2, depth: 2, width: 40, fragments: 0, directives: 0, variables: 0.3 },
  { kind: "query", roots: 30, depth: 1, width: 3, fragments: 0, directives: 0, variables: 0.2 },
  { kind: "query", roots: 2, depth: 5, width: 5, fragments: 0.6, directives: 0.1, variables: 0.8 },
  { kind: "query", roots: 3, depth: 3, width: 8, fragments: 0.2, directives: 0.4, variables: 1 },
  { kind: "mutation", roots: 1, depth: 3, width: 4, fragments: 0.1, directives: 0.05, variables: 1 },
  { kind: "mutation", roots: 1, depth: 2, width: 3, fragments: 0, directives: 0, variables: 0 },
  { kind: "mutation", roots: 5, depth: 1, width: 3, fragments: 0.1, directives: 0.1, variables: 0.7 },
  { kind: "subscription", roots: 1, depth: 4, width: 4, fragments: 0.3, directives: 0, variables: 0.7 },
];

/** Two of them at once, or a cursor of something else, are refused. */
const PAGING: ReadonlySet<string> = new Set(["first", "last", "after", "before"]);

/** More would only be refused for its size. */
const MOST_FIELDS = 180;

/** Makes documents that are valid by the schema, whatever the values in them are. */
export class Documents {
  readonly #schema: GraphQLSchema;
  readonly #choice: Choice;
  readonly #values: Values;

  constructor(schema: GraphQLSchema, choice: Choice, pool: Pool) {
    this.#schema = schema;
    this.#choice = choice;
    this.#values = new Values(choice, pool);
  }

  next(): Asked {
    const shape = this.#choice.of(SHAPES);
    return new Draft(this.#schema, this.#choice, this.#values, shape).write();
  }
}

/** One document while it is made. */
class Draft {
  readonly #declared = new Map<string, { type: string; value: unknown }>();
  readonly #fragments: string[] = [];
  #fields = 0;
  #serial = 0;

  constructor(
    readonly schema: GraphQLSchema,
    readonly choice: Choice,
    readonly values: Values,
    readonly shape: Shape,
  ) {}

  write(): Asked {
    const { kind, roots, depth } = this.shape;
    const root = this.schema.getRootType(kind as never) as GraphQLObjectType;
    const fields = this.choice.times(1 + this.choice.below(roots), () =>
      this.choice.of(Object.values(root.getFields())),
    );
    const selection = fields.map((field) => this.#field(root, field, depth, true)).join(" ");
    const named = this.choice.yes(0.5);
    const declared = [...this.#declared].map(([name, { type }]) => `$${name}: ${type}`).join(", ");
    const head = `${kind}${named ? " Asked" : ""}${declared ? ` (${declared})` : ""}`;
    return {
      query: [`${head} { ${selection} }`, ...this.#fragments].join("\n"),
      variables: Object.fromEntries([...this.#declared].map(([name, { value }]) => [name, value])),
      ...(named ? { operationName: "Asked" } : {}),
    };
  }

  #field(type: GraphQLObjectType, field: GraphQLField<unknown, unknown>, depth: number, root = false): string {
    this.#fields += 1;
    const below = this.#below(field.type, depth);
    const given = this.#arguments(field);
    const bare = given === "" && !root && isObjectType(type) && !isAbstractWithin(this.schema, type);
    const alias = bare ? "" : `a${++this.#serial}: `;
    return `${alias}${field.name}${given}${this.#directive()}${below}`;
  }

  #below(output: GraphQLOutputType, depth: number): string {
    const type = getNamedType(output);
    return isCompositeType(type) ? ` ${this.#selection(type, depth - 1)}` : "";
  }

  #selection(type: GraphQLNamedType, depth: number): string {
    if (isAbstractType(type)) {
      const parts = this.choice
        .some(this.schema.getPossibleTypes(type), 0.4)
        .map((one) => `... on ${one.name}${this.#directive()} ${this.#selection(one, depth)}`);
      return `{ __typename ${parts.join(" ")} }`;
    }
    if (!isObjectType(type)) return "";
    const body = `{ ${this.#fieldsOf(type, depth) || "__typename"} }`;
    if (!this.choice.yes(this.shape.fragments)) return body;
    if (this.choice.yes(0.3)) return `{ ...${this.#directive()} ${body} __typename }`;
    const name = `F${++this.#serial}`;
    this.#fragments.push(`fragment ${name} on ${type.name} ${body}`);
    return `{ ...${name}${this.#directive()} }`;
  }

  #fieldsOf(type: GraphQLObjectType, depth: number): string {
    const all = Object.values(type.getFields()).filter(
      (field) => depth > 0 || !isCompositeType(getNamedType(field.type)),
    );
    const composite = all.filter((field) => isCompositeType(getNamedType(field.type)));
    const wanted = this.choice.some(all, Math.min(0.9, this.shape.width / Math.max(1, all.length)));
    if (wanted.every((field) => !composite.includes(field)) && composite.length > 0)
      wanted.push(this.choice.of(composite));
    return wanted
      .filter(() => this.#fields < MOST_FIELDS)
      .map((field) => this.#field(type, field, depth))
      .join(" ");
  }

  #arguments({ name: field, args: all }: GraphQLField<unknown, unknown>): string {
    const optional = all.filter((argument) => !isRequiredArgument(argument));
    const given = optional.filter(({ name }) => this.choice.yes(PAGING.has(name) ? 0.02 : 0.3));
    const wanted = [...all.filter(isRequiredArgument), ...given];
    const page = all.find(({ name }) => name === "first");
    if (page && !wanted.some(({ name }) => name === "first" || name === "last")) wanted.push(page);
    if (wanted.length === 0) return "";
    return `(${wanted.map((argument) => `${argument.name}: ${this.#value(argument, field)}`).join(", ")})`;
  }

  /** A variable, or the value itself where it can be written as one. */
  #value({ name, type }: GraphQLArgument, field: string): string {
    const value = this.values.of(type, `${field} ${name}`);
    const literal = this.choice.yes(this.shape.variables) ? undefined : literalOf(value, type);
    if (literal !== undefined) return literal;
    const variable = `v${++this.#serial}`;
    this.#declared.set(variable, { type: String(type), value });
    return `$${variable}`;
  }

  #directive(): string {
    if (!this.choice.yes(this.shape.directives)) return "";
    const name = this.choice.of(["skip", "include"]);
    if (this.choice.yes(0.5)) return ` @${name}(if: ${this.choice.yes(0.5)})`;
    const variable = `v${++this.#serial}`;
    this.#declared.set(variable, { type: "Boolean!", value: this.choice.yes(0.5) });
    return ` @${name}(if: $${variable})`;
  }
}

/** Whether selections of a type may stand beside those of another one, where equal names would have to mean the same. */
const isAbstractWithin = (schema: GraphQLSchema, type: GraphQLObjectType): boolean =>
  Object.values(schema.getTypeMap()).some((other) => isAbstractType(other) && schema.isSubType(other, type));

/** The value as GraphQL writes it; undefined where its type cannot be written from JSON. */
function literalOf(value: unknown, type: GraphQLInputType): string | undefined {
  try {
    const node = astFromValue(value, type);
    return node ? print(node) : undefined;
  } catch {
    return undefined;
  }
}
