import {
  type DirectiveNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isLeafType,
  isObjectType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from "graphql";
import { holdsAnywhere } from "../access/actor.ts";
import type { Selection } from "./plan-run.ts";
import type { Shape } from "./plan-shape.ts";
import { joined, literal, type PlanText, plan, verbatim } from "./plan-text.ts";
import { AskedField, type Row, type TypePlans } from "./plan-type.ts";
import { type Planning, unplanned } from "./planning.ts";
import type { ReadRule } from "./rules.ts";

/** Writes the objects of one operation as JSON text in SQL. */
export class ObjectWriter {
  constructor(
    private readonly schema: GraphQLSchema,
    private readonly types: TypePlans,
    private readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>,
    private readonly planning: Planning,
  ) {}

  /** What is selected of an object of this type, in the order and under the names that GraphQL gives it. */
  object(type: GraphQLObjectType, sets: readonly SelectionSetNode[], row: Row): PlanText {
    return this.#object(type, sets, (selection) => this.#field(type, selection, row));
  }

  #object(type: GraphQLObjectType, sets: readonly SelectionSetNode[], text: (of: Selection) => PlanText): PlanText {
    const pieces: PlanText[] = [];
    let before = "{";
    for (const selection of this.#selections(type, sets)) {
      const name = `${before}"${selection.key}":`;
      if (selection.name === "__typename") pieces.push(literal(`${name}"${type.name}"`));
      else pieces.push(literal(name), text(selection));
      before = ",";
    }
    pieces.push(literal(before === "{" ? "{}" : "}"));
    return joined(pieces, " || ");
  }

  #field(type: GraphQLObjectType, selection: Selection, row: Row): PlanText {
    const typePlan = this.types[type.name];
    const field = typePlan?.fields[selection.name];
    if (!typePlan || !field) return unplanned(`${type.name}.${selection.name} has no plan`);
    const text = () => field(this.#asked(selection, row));
    const rule = (selection.definition.extensions.read ?? type.extensions.read) as ReadRule;
    if (rule.by === "anywhere") this.#requireAnywhere(selection.name, rule.permissions);
    if (rule.by !== "over") return text();
    const open = typePlan.over?.(this.planning, row, rule.permissions) ?? unplanned(`${type.name} stands nowhere`);
    if (open === false) return verbatim("'null'");
    return open === true ? text() : plan`CASE WHEN ${open} THEN ${text()} ELSE 'null' END`;
  }

  /** The refusal itself is left to the resolvers. */
  #requireAnywhere(name: string, permissions: readonly Parameters<typeof holdsAnywhere>[1][]): void {
    for (const one of permissions)
      this.planning.require(({ viewer }) => holdsAnywhere(viewer, one), `${name} is refused`);
  }

  #asked(selection: Selection, row: Row): AskedField {
    return new AskedField(this.planning, selection, row, {
      object: (of, inner, name) => this.object(this.#typeOf(of, name), setsOf(of), inner),
      inside: (of, inner, text) => this.#object(this.#typeOf(of), setsOf(of), (one) => text(this.#asked(one, inner))),
      shape: (of) => this.#shape(this.#typeOf(of), setsOf(of)),
    });
  }

  #shape(type: GraphQLObjectType, sets: readonly SelectionSetNode[]): Shape {
    return this.#selections(type, sets).map((selection) => {
      const { key, name, definition } = selection;
      if (name === "__typename") return { key, name, typeName: type.name };
      const leaf = isLeafType(getNamedType(definition.type));
      return leaf ? { key, name } : { key, name, inner: this.#shape(this.#typeOf(selection), setsOf(selection)) };
    });
  }

  #typeOf({ name, definition }: Selection, typeName?: string): GraphQLObjectType {
    const type = typeName ? this.schema.getType(typeName) : getNamedType(definition.type);
    return isObjectType(type) ? type : unplanned(`${name} has no type of its own`);
  }

  /** The fields that are selected of a type, fragments spread and the same names merged, as graphql-js collects them. */
  #selections(type: GraphQLObjectType, sets: readonly SelectionSetNode[]): Selection[] {
    const found = new Map<string, Selection & { nodes: Selection["nodes"][number][] }>();
    const visited = new Set<string>();
    const visit = (node: SelectionNode): void => {
      if (!this.#includes(node.directives ?? [])) return;
      if (node.kind === Kind.FIELD) {
        const key = node.alias?.value ?? node.name.value;
        const known = found.get(key);
        if (known) known.nodes.push(node);
        else
          found.set(key, {
            key,
            name: node.name.value,
            nodes: [node],
            definition: definitionOf(type, node.name.value),
          });
        return;
      }
      if (node.kind === Kind.FRAGMENT_SPREAD) {
        if (visited.has(node.name.value)) return;
        visited.add(node.name.value);
      }
      const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : this.fragments.get(node.name.value);
      if (fragment && this.#applies(type, fragment.typeCondition?.name.value))
        for (const inner of fragment.selectionSet.selections) visit(inner);
    };
    for (const set of sets) for (const node of set.selections) visit(node);
    return [...found.values()];
  }

  #applies(type: GraphQLObjectType, condition: string | undefined): boolean {
    if (condition === undefined || condition === type.name) return true;
    const on = this.schema.getType(condition);
    return isAbstractType(on) && this.schema.isSubType(on, type);
  }

  #includes(directives: readonly DirectiveNode[]): boolean {
    return directives.every(({ name, arguments: [condition] = [] }) => {
      if (name.value !== "skip" && name.value !== "include") return unplanned(`@${name.value} has no plan`);
      const value = condition?.value;
      const holds =
        value?.kind === Kind.VARIABLE
          ? this.planning.decide(({ variables }) => truthOf(variables[value.name.value]))
          : value?.kind === Kind.BOOLEAN && value.value;
      return holds === (name.value === "include");
    });
  }
}

const setsOf = ({ nodes }: Selection): SelectionSetNode[] => nodes.flatMap(({ selectionSet }) => selectionSet ?? []);

/** A variable may be sent as null in spite of its default: that is refused. */
const truthOf = (given: unknown): boolean =>
  typeof given === "boolean" ? given : unplanned("What is neither true nor false is refused");

function definitionOf(type: GraphQLObjectType, name: string): Selection["definition"] {
  const field = name === "__typename" ? { name } : type.getFields()[name];
  return (field as Selection["definition"] | undefined) ?? unplanned(`${name} is not a field of ${type.name} itself`);
}
