import { enumOf } from "../../graphql/catalogue-types.ts";

/** Where a plan stands. */
export const STATE_ENUM = enumOf({
  name: "BulkPlanState",
  describe: "Where a plan stands: schema/BULK.md says what leads where.",
  values: {
    PLANNING: "A gateway makes it, or is about to: of its file, or of what it is to take back of very many people.",
    PLANNED: "Rehearsed and kept.",
    WAITING_APPROVAL: "It exceeds a safety limit, and a second person must agree.",
    READY: "To be applied as soon as a gateway gets to it.",
    APPLYING: "Some of it is applied.",
    DONE: "Everybody has an outcome.",
    CANCELLED: "Somebody stopped it.",
    FAILED: "It could not go on.",
    EXPIRED: "It waited too long.",
  },
});

/** What a plan was made of. */
export const KIND_ENUM = enumOf({
  name: "BulkPlanKind",
  describe: "What a plan was made of.",
  values: {
    CHANGE: "One change for everybody in a target.",
    REVERT: "Taking back what another plan did.",
    IMPORT: "A file, in which each person has a change of their own.",
  },
});

/** What a plan found about a person. */
export const FINDING_ENUM = enumOf({
  name: "BulkFinding",
  describe: "What a plan found about a person.",
  values: {
    CREATE: "They would be made.",
    CHANGE: "They would be changed.",
    UNCHANGED: "They are so already.",
    ERROR: "They cannot be changed, or not be made.",
    MISSING: "They are not in the file, and would be deactivated.",
  },
});

/** What became of a person. */
export const OUTCOME_ENUM = enumOf({
  name: "BulkOutcome",
  describe: "What became of a person who was to be changed.",
  values: {
    CHANGED: "As planned.",
    UNCHANGED: "They were so already by then.",
    CONFLICT: "They have changed since the plan, or are gone: nothing was overwritten.",
    REFUSED: "It was not allowed any more.",
    FAILED: "The database refused this person's change.",
    SKIPPED: "The plan ended before their turn.",
  },
});

/** What is worth knowing about a change. */
export const NOTE_ENUM = enumOf({
  name: "BulkNote",
  describe: "What is worth knowing about a person's change.",
  values: {
    HAS_REPORTS: "People report to them, and keep a manager who is not active.",
    STATUS_NOT_REVERTIBLE: "No step of the lifecycle leads back.",
    ACCESS_NOT_REVERTIBLE: "Open sessions, tokens and links end, and stay ended when the change is taken back.",
    SCHEDULES_NOT_REVERTIBLE: "Scheduled steps are cancelled, and stay cancelled when the change is taken back.",
    GRANTS_NOT_REVERTIBLE: "Role grants end, and stay ended when the change is taken back.",
    STATUS_STAYS:
      "Of a revert: the status stays, since no step leads back, or what would be put back would have ended.",
    ROLE_IS_OVER: "Of a revert: a role is not given again, since its time is over.",
    ENDED_STAYS_ENDED: "Of a revert or a restore: sessions, tokens and links that ended stay ended.",
    SCHEDULES_STAY_CANCELLED: "Of a revert or a restore: scheduled steps that were cancelled stay cancelled.",
    GRANTS_STAY_ENDED: "Of a revert or a restore: some role grants that ended stay ended.",
    REPORTS_STAY_AWAY: "Of a restore: people who reported to them have another manager since.",
    MANAGER_LEFT: "Of a restore: their manager is not active any more.",
  },
});

/** By what a row of a file names somebody. */
export const FILE_KEY_ENUM = enumOf({
  name: "BulkFileKey",
  describe: "By what a row of a file names somebody, without regard to case.",
  values: {
    EMPLOYEE_NUMBER: "The employee number.",
    EMAIL: "The primary e-mail address.",
    USERNAME: "The username.",
    EXTERNAL_ID: "The id under which imports know the person: the identity with the source IMPORT.",
    ID: "The id, as the API gives it.",
  },
});
