import type { Database } from "./database/database.ts";
import { DueWorker } from "./features/schedules/due.worker.ts";
import type { StepTakers } from "./features/schedules/scheduled-step.ts";
import { ScheduledTransitionQueries } from "./features/schedules/scheduled-transition.queries.ts";
import {
  ScheduledTransitionResolver,
  scheduleLoaders,
  UserSchedulesResolver,
} from "./features/schedules/scheduled-transition.resolver.ts";
import type { ScheduledTransitionService } from "./features/schedules/scheduled-transition.service.ts";
import type { FindStep } from "./features/schedules/scheduled-transition.types.ts";
import type { UserLoader } from "./features/users/user.loaders.ts";
import type { UserService } from "./features/users/user.service.ts";

/** How the lifecycle is set. */
export interface LifecycleSettings {
  /** For how many days deleted people can be restored. */
  deletionRetentionDays: number;
  /** The hour of the day, in `orgTimezone`, from which retention policies are carried out. */
  retentionHour: number;
  /** For people who have no time zone of their own. */
  orgTimezone: string;
  /** Told why a step could not be taken that is tried again. */
  report: (error: unknown) => void;
}

/** What schedules are built of. */
export interface ScheduleParts extends LifecycleSettings {
  database: Database;
  users: UserService;
  people: UserLoader;
  dateOf: (instant: Date) => string;
  takers: StepTakers;
}

/** What schedules give the gateway; the service is for features that schedule as part of what they do. */
export interface ScheduleFeature {
  resolvers: object[];
  find: FindStep;
  service: ScheduledTransitionService;
  due: DueWorker;
}

/** Builds the steps of the lifecycle that are taken at their time: a part of the composition root. */
export function buildSchedules(service: ScheduledTransitionService, parts: ScheduleParts): ScheduleFeature {
  const { database, users, people, dateOf, report, takers } = parts;
  const queries = new ScheduledTransitionQueries(database);
  const resolver = new ScheduledTransitionResolver(service, queries, people);
  return {
    resolvers: [resolver, new UserSchedulesResolver(scheduleLoaders(queries))],
    find: (context, id) => resolver.find(context, id),
    service,
    due: new DueWorker(database, users.transitions, dateOf, report, takers),
  };
}
