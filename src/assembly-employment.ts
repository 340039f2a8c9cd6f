import type { ScheduleFeature } from "./assembly-schedules.ts";
import type { Database } from "./database/database.ts";
import { OffboardingResolver } from "./features/employment/offboarding.resolver.ts";
import { OffboardingService } from "./features/employment/offboarding.service.ts";
import { ProfileTemplatePreviews } from "./features/profile-templates/profile-template.preview.ts";
import {
  ProfileTemplateEffectResolver,
  ProfileTemplateResolver,
} from "./features/profile-templates/profile-template.resolver.ts";
import { ProfileTemplateService } from "./features/profile-templates/profile-template.service.ts";
import type { UserLoader } from "./features/users/user.loaders.ts";
import type { UserQueries } from "./features/users/user.queries.ts";
import type { UserService } from "./features/users/user.service.ts";
import type { FindNode } from "./graphql/node.ts";
import type { IdKind } from "./kernel/ids.ts";

/** What templates, and what is done with them, are built of. */
export interface EmploymentParts {
  database: Database;
  queries: UserQueries;
  people: UserLoader;
  users: UserService;
  schedules: ScheduleFeature;
}

/** Builds profile templates, and what joining and leaving take: a part of the composition root. */
export function buildEmployment({ database, queries, people, users, schedules }: EmploymentParts): {
  resolvers: object[];
  finders: readonly (readonly [IdKind, FindNode])[];
} {
  const service = new ProfileTemplateService(database, queries);
  const templates = new ProfileTemplateResolver(service, new ProfileTemplatePreviews(database));
  const leaving = new OffboardingService(database, users.transitions, schedules.service);
  const found = { find: (context: Parameters<FindNode>[0], id: string) => schedules.find(context, id) };
  return {
    resolvers: [
      new OffboardingResolver(leaving, people, found as never),
      templates,
      new ProfileTemplateEffectResolver(people),
    ],
    finders: [["ProfileTemplate", (context, id) => templates.find(context, id)]],
  };
}
