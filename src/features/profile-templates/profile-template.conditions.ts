import type { Viewer } from "../../access/actor.ts";
import { invalidInput, type Violation } from "../../kernel/errors.ts";
import type { Filter } from "../../search/filter.ts";
import { parseFilterWithPaths } from "../../search/parse.ts";
import { userCatalogue } from "../users/user.fields.ts";
import type { UserQueries } from "../users/user.queries.ts";
import { CONDITION_FIELDS } from "./profile-template.matching.ts";

/** A template's condition as it is stored; what a search would refuse the viewer is refused, and what a profile alone does not say. */
export async function conditionOf(users: UserQueries, viewer: Viewer, input: object): Promise<Filter> {
  const parsed = parseFilterWithPaths(input, { catalogue: userCatalogue, path: "input.filter" });
  const violations: Violation[] = [];
  for (const [node, path] of parsed.paths)
    if (node.kind === "criterion" && !(CONDITION_FIELDS as readonly string[]).includes(node.field))
      violations.push({
        path,
        message: "must ask about what a profile says of somebody before they are there.",
        allowed: [...CONDITION_FIELDS],
      });
  if (violations.length > 0) throw invalidInput(violations);
  await users.requireAskable(viewer, parsed, new Map());
  return parsed.filter;
}
