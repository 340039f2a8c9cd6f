import DataLoader from "dataloader";
import type { LoaderKey } from "../../graphql/context.ts";
import type { OrgUnitQueries } from "./org-unit.queries.ts";
import type { OrgUnit } from "./org-unit.types.ts";

export type OrgUnitLoader = LoaderKey<DataLoader<string, OrgUnit | undefined>>;

/** Units by UUID, in one statement a tick; undefined for what the viewer may not see. */
export const orgUnitLoader = (queries: OrgUnitQueries): OrgUnitLoader => ({
  create: ({ viewer }) => new DataLoader((ids) => queries.byIds(viewer, ids)),
});
