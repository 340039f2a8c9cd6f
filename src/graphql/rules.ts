import { type GraphQLFieldConfig, type GraphQLObjectType, type GraphQLSchema, isObjectType } from "graphql";
import { Extensions } from "type-graphql";
import { mayDo, type Placed, requireAnywhere } from "../access/policy.ts";
import type { Permission } from "../kernel/permissions.ts";
import type { GraphContext } from "./context.ts";
import { requireRecent } from "./step-up.ts";

/**
 * Who may read a field, declared beside it. Every field of the schema has a rule, its own or its type's, and
 * `applyRules` enforces what is declared; a field without a rule fails at start.
 *
 * - `carried`: whoever holds the object may read it (ids, paging, payloads).
 * - `masked`: the catalogue decides, and the value was masked when the row was read.
 * - `over`: these permissions must be held over the user that the object is; else null.
 * - `anywhere`: root fields: these must be held over at least one unit; else FORBIDDEN.
 * - `scoped`: what it returns is bounded by the viewer's sight in its query. Where it is `byRights`, that depends on what the viewer may do, and on
 *   who they are only where it is the viewer's own record.
 */
export type ReadRule =
  | { by: "carried" }
  | { by: "masked" }
  | { by: "over"; permissions: readonly Permission[] }
  | { by: "anywhere"; permissions: readonly Permission[] }
  | { by: "scoped"; byRights?: true };

/** Declares who may read a field, or all fields of a type that say nothing themselves. */
export const Read = (rule: ReadRule): PropertyDecorator & MethodDecorator & ClassDecorator =>
  Extensions({ read: rule }) as PropertyDecorator & MethodDecorator & ClassDecorator;

export const carried: ReadRule = { by: "carried" };
export const scoped: ReadRule = { by: "scoped" };
export const scopedByRights: ReadRule = { by: "scoped", byRights: true };
export const masked: ReadRule = { by: "masked" };
export const over = (...permissions: Permission[]): ReadRule => ({ by: "over", permissions });
export const anywhere = (...permissions: Permission[]): ReadRule => ({ by: "anywhere", permissions });

/** Declares the permission that a mutation needs over at least one unit; its service asks for it over the object itself. */
export const Needs = (permission: Permission): MethodDecorator => Extensions({ permission }) as MethodDecorator;

/** Declares a mutation of whoever is signed in, about themselves; what it needs beyond that its service asks for. */
export const ForViewer = (): MethodDecorator => Extensions({ caller: "viewer" satisfies Caller }) as MethodDecorator;

/** Declares a mutation that nobody has to sign in for, because it is how one comes to. It is carried out as nobody's, whoever calls. */
export const ForAnybody = (): MethodDecorator => Extensions({ caller: "anybody" satisfies Caller }) as MethodDecorator;

/** Who may call a mutation that needs no permission. */
export type Caller = "viewer" | "anybody";

/** The rule of a field, its own or its type's; undefined where neither declares one. */
export const readRuleOf = (
  type: { extensions: Readonly<Record<string, unknown>> },
  field: { extensions?: Readonly<Record<string, unknown>> | null | undefined },
): ReadRule | undefined => (field.extensions?.read ?? type.extensions.read) as ReadRule | undefined;

type FieldConfig = GraphQLFieldConfig<unknown, GraphContext>;

/** Enforces every declared rule on a built schema; throws for a field without one. */
export function applyRules(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith("__")) continue;
    for (const field of Object.values(type.getFields())) {
      const config = field as unknown as FieldConfig;
      if (type === schema.getMutationType()) guardMutation(type, field.name, config);
      else guardField(type, field.name, config);
    }
  }
}

function guardMutation(type: GraphQLObjectType, name: string, config: FieldConfig): void {
  const permission = config.extensions?.permission as Permission | undefined;
  const caller = config.extensions?.caller as Caller | undefined;
  if (!permission && !caller)
    throw new Error(`${type.name}.${name} declares no permission: add @Needs(…), @ForViewer() or @ForAnybody().`);
  const resolve = config.resolve;
  config.resolve = (source, args, context, info) => {
    if (permission) requireAnywhere(context.viewer, permission);
    if (caller !== "anybody") requireRecent(context.viewer, name); // Reading the viewer refuses whoever has not signed in.
    context.forget();
    return resolve?.(source, args, context, info);
  };
}

function guardField(type: GraphQLObjectType, name: string, config: FieldConfig): void {
  const rule = readRuleOf(type, config);
  if (!rule) throw new Error(`${type.name}.${name} declares no read rule: add @Read(…) to it or to its type.`);
  const resolve = config.resolve;
  if (rule.by === "anywhere") {
    config.resolve = (source, args, context, info) => {
      for (const permission of rule.permissions) requireAnywhere(context.viewer, permission);
      return resolve?.(source, args, context, info);
    };
  } else if (rule.by === "over") {
    config.resolve = (source, args, context, info) => {
      const user = source as Placed;
      const open =
        user.userId === context.viewer.userId || rule.permissions.every((p) => mayDo(context.viewer, p, user));
      return open ? resolve?.(source, args, context, info) : null;
    };
  } else if (type.name === "Query" || type.name === "Subscription") {
    config.resolve = (source, args, context, info) => {
      void context.viewer; // Reading it refuses whoever has not signed in.
      return resolve?.(source, args, context, info);
    };
  }
}
