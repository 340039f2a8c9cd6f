import { type IdKind, parseId } from "../kernel/ids.ts";
import { NODES_LIMIT } from "./node.ts";
import type { PlanRun } from "./plan-run.ts";
import { Parameter, type PlanText, plan, verbatim } from "./plan-text.ts";
import type { AskedField, TypePlans } from "./plan-type.ts";
import { LISTED, unplanned } from "./planning.ts";

/** Finds a thing that the viewer may see by its UUID, which the SQL gives; null where it is absent or out of sight. */
export type FindPlan = (asked: AskedField, id: PlanText) => PlanText;

/** How `node` and `nodes` are read, by the kinds of things that have plans. */
export function nodePlans(finders: Partial<Readonly<Record<IdKind, FindPlan>>>): TypePlans {
  const find = (asked: AskedField, kind: IdKind, id: PlanText): PlanText =>
    (finders[kind] ?? (() => unplanned(`${kind} has no plan`)))(asked, id);

  const node = (asked: AskedField): PlanText => {
    const parsedIn = (run: PlanRun) => parsed(asked.argumentsIn(run).id);
    const kind = asked.planning.decide((run) => parsedIn(run).kind);
    return find(asked, kind, plan`${new Parameter((run) => parsedIn(run).uuid)}::uuid`);
  };

  /** Ids of one kind are planned; a mixture is left to the resolvers. */
  const nodes = (asked: AskedField): PlanText => {
    const { planning } = asked;
    const idsIn = planning.keep((run) => {
      const ids = asked.argumentsIn(run).ids as string[];
      return ids.length > NODES_LIMIT ? unplanned("Too many ids are refused") : ids.map(parsed);
    });
    const kinds = planning.decide((run) => [...new Set(idsIn(run).map(({ kind }) => kind))].join());
    if (kinds === "") return verbatim("'[]'");
    if (kinds.includes(",")) return unplanned("Ids are of several kinds");
    const uuids = new Parameter((run) => idsIn(run).map(({ uuid }) => uuid));
    if (!planning.decide((run) => idsIn(run).length <= LISTED)) planning.readsMany();
    const alias = verbatim(planning.alias("wanted"));
    const found = planning.ofEach(() => find(asked, kinds as IdKind, plan`${alias}.id`));
    return plan`(SELECT '[' || string_agg(${found}, ',' ORDER BY ${alias}.place) || ']' FROM unnest(${uuids}::uuid[]) WITH ORDINALITY ${alias} (id, place))`;
  };

  return { Query: { fields: { node, nodes } } };
}

function parsed(id: string): { kind: IdKind; uuid: string } {
  return parseId(id) ?? unplanned("What is no id is refused");
}
