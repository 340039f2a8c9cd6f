import type { Database } from "./database/database.ts";
import { ProfileTemplatePreviews } from "./features/profile-templates/profile-template.preview.ts";
import {
  ProfileTemplateEffectResolver,
  ProfileTemplateResolver,
} from "./features/profile-templates/profile-template.resolver.ts";
import { ProfileTemplateService } from "./features/profile-templates/profile-template.service.ts";
import type { UserLoader } from "./features/users/user.loaders.ts";
import type { UserQueries } from "./features/users/user.queries.ts";
import type { FindNode } from "./graphql/node.ts";
import type { IdKind } from "./kernel/ids.ts";

/** What templates, and what is done with them, are built of. */
export interface EmploymentParts {
  database: Database;
  queries: UserQueries;
  people: UserLoader;
}

/** Builds profile templates: a part of the composition root. */
export function buildEmployment({ database, queries, people }: EmploymentParts): {
  resolvers: object[];
  finders: readonly (readonly [IdKind, FindNode])[];
} {
  const service = new ProfileTemplateService(database, queries);
  const templates = new ProfileTemplateResolver(service, new ProfileTemplatePreviews(database));
  return {
    resolvers: [templates, new ProfileTemplateEffectResolver(people)],
    finders: [["ProfileTemplate", (context, id) => templates.find(context, id)]],
  };
}
