import { buildSchedules, type ScheduleFeature, type ScheduleParts } from "./assembly-schedules.ts";
import type { AttributeChecks } from "./features/attributes/attribute.checks.ts";
import { keepDates } from "./features/employment/employment.dates.ts";
import { OffboardingResolver } from "./features/employment/offboarding.resolver.ts";
import { OffboardingService } from "./features/employment/offboarding.service.ts";
import { OnboardingResolver } from "./features/employment/onboarding.resolver.ts";
import { type Invite, OnboardingService } from "./features/employment/onboarding.service.ts";
import { moveLoader, ScheduledMoveResolver } from "./features/employment/scheduled-move.resolver.ts";
import { TransferResolver } from "./features/employment/transfer.resolver.ts";
import { TransferService } from "./features/employment/transfer.service.ts";
import type { OrgUnitLoader } from "./features/org/org-unit.loaders.ts";
import { ProfileTemplatePreviews } from "./features/profile-templates/profile-template.preview.ts";
import {
  DefinitionTemplatesResolver,
  ProfileTemplateEffectResolver,
  ProfileTemplateResolver,
} from "./features/profile-templates/profile-template.resolver.ts";
import { ProfileTemplateService } from "./features/profile-templates/profile-template.service.ts";
import type { StepTakers } from "./features/schedules/scheduled-step.ts";
import { ScheduledTransitionService } from "./features/schedules/scheduled-transition.service.ts";
import type { UserQueries } from "./features/users/user.queries.ts";
import type { FindNode } from "./graphql/node.ts";
import type { IdKind } from "./kernel/ids.ts";

/** What schedules, templates, and what is done with them, are built of. */
export interface EmploymentParts extends Omit<ScheduleParts, "takers"> {
  queries: UserQueries;
  units: OrgUnitLoader;
  invite: Invite;
  attributes: AttributeChecks;
}

/** What they give the gateway. */
export interface EmploymentFeature {
  resolvers: object[];
  finders: readonly (readonly [IdKind, FindNode])[];
  schedules: ScheduleFeature;
}

/** Builds profile templates, what joining, moving and leaving take, and what of it is done at its time: a part of the composition root. */
export function buildEmployment({ queries, units, invite, attributes, ...parts }: EmploymentParts): EmploymentFeature {
  const { database, people, users, orgTimezone } = parts;
  const scheduling = new ScheduledTransitionService(database, orgTimezone, (tx, step) =>
    keepDates(tx, step, orgTimezone),
  );
  const moving = new TransferService(database, users, scheduling);
  const takers: StepTakers = { invite, transfer: (tx, author, step) => moving.takeDue(tx, author, step) };
  const schedules = buildSchedules(scheduling, { ...parts, takers });
  const { find } = schedules;
  const service = new ProfileTemplateService(database, queries, attributes);
  const templates = new ProfileTemplateResolver(service, new ProfileTemplatePreviews(database, queries, orgTimezone));
  return {
    resolvers: [
      new OnboardingResolver(new OnboardingService(database, users, scheduling, invite), people, find),
      new TransferResolver(moving, people, find),
      new ScheduledMoveResolver(moveLoader(database), people, units),
      new OffboardingResolver(new OffboardingService(database, users.transitions, scheduling), people, find),
      templates,
      new ProfileTemplateEffectResolver(people),
      new DefinitionTemplatesResolver(database, service),
    ],
    finders: [["ProfileTemplate", (context, id) => templates.find(context, id)]],
    schedules,
  };
}
