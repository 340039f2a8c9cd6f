import {
  type DocumentNode,
  type GraphQLSchema,
  isAbstractType,
  isObjectType,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from "graphql";
import type { Viewer } from "../access/actor.ts";
import type { GraphContext } from "./context.ts";
import { type ReadRule, readRuleOf } from "./rules.ts";

/*
 * What subscriptions may share. What a subscription is told depends on its operation, on what its viewer may do (permissions, where they are
 * held and over whom, and the attributes that ask for one), and, in places, on who the viewer is: everybody sees and reads their own record; and
 * there are records that are somebody's own. Access rules on networks and hours have been applied to what the viewer may do already.
 */

/** What a viewer may do. Equal texts: whatever does not depend on who they are is the same for both. */
export function rightsOf({ grants, narrowed, defined }: Viewer): string {
  const held = [...grants].map(([permission, reach]) => [
    permission,
    reach === "everywhere" ? reach : [...reach].sort(),
  ]);
  const guarded = [...(defined ?? [])].flatMap(([key, { permission }]) => (permission ? [[key, permission]] : []));
  return JSON.stringify([held.sort(), [...(narrowed?.conditioned ?? [])], guarded]);
}

/** Who the viewer is, by what token or session, and from where. */
export const identityOf = ({ viewer: { kind, id, tokenId, session }, ip }: GraphContext): string =>
  JSON.stringify([kind, id, tokenId ?? null, session?.id ?? null, ip ?? null]);

const byRights = (rule: ReadRule | undefined): boolean =>
  rule !== undefined && (rule.by !== "scoped" || rule.byRights === true);

const known = new WeakMap<DocumentNode, boolean>();

/**
 * Whether every field that a subscription document asks for is decided by the viewer's rights alone, but for their own record where an event
 * is about it. A field whose rule does not say so depends on who asks.
 */
export function asksByRights(schema: GraphQLSchema, document: DocumentNode): boolean {
  const found = known.get(document) ?? askedByRights(schema, document);
  known.set(document, found);
  return found;
}

function askedByRights(schema: GraphQLSchema, document: DocumentNode): boolean {
  const types = new TypeInfo(schema);
  let found = true;
  const Field = (): void => {
    const parent = types.getParentType();
    const name = types.getFieldDef()?.name;
    if (!parent || name === undefined || name.startsWith("__") || parent === schema.getSubscriptionType()) return;
    const objects = isAbstractType(parent) ? schema.getPossibleTypes(parent) : [parent].filter(isObjectType);
    for (const type of objects) found &&= byRights(readRuleOf(type, type.getFields()[name] ?? {}));
  };
  visit(document, visitWithTypeInfo(types, { Field }));
  return found;
}
