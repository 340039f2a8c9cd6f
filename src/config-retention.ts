/** How long what is kept. */
export interface RetentionConfig {
  /** How long the log can be resumed from a position in it. */
  readonly feedRetentionHours: number;
  /** How long events stay in the audit log, in whole months; undefined: for good. */
  readonly auditRetentionMonths: number | undefined;
  /** For how many days deleted people can be restored. */
  readonly deletionRetentionDays: number;
  /** The hour of the day, in ORG_TIMEZONE, from which retention policies are carried out. */
  readonly retentionHour: number;
  /** For how many days the directory can be shown as it stood; undefined: from its beginning on. */
  readonly pastRetentionDays: number | undefined;
}

/** What reads the environment, as far as retention needs it. */
interface Reads {
  integer(name: string, bounds: { from: number; to: number; otherwise: number }): number;
  integerIfGiven(name: string, bounds: { from: number; to: number }): number | undefined;
}

const FOR_GOOD = "(not set: for good)";

/** How long what is kept, as the environment says. */
export const readRetention = (read: Reads): RetentionConfig => ({
  // Not below the day for which an idempotency key gives the first answer, its position included.
  feedRetentionHours: read.integer("FEED_RETENTION_HOURS", { from: 24, to: 87_600, otherwise: 168 }),
  auditRetentionMonths: read.integerIfGiven("AUDIT_RETENTION_MONTHS", { from: 1, to: 1_200 }),
  deletionRetentionDays: read.integer("DELETION_RETENTION_DAYS", { from: 1, to: 36_500, otherwise: 90 }),
  retentionHour: read.integer("RETENTION_HOUR", { from: 0, to: 23, otherwise: 3 }),
  pastRetentionDays: read.integerIfGiven("PAST_RETENTION_DAYS", { from: 1, to: 36_500 }),
});

/** The same by variable, fit to be shown. */
export const describeRetention = (config: RetentionConfig): readonly [string, string | number][] => [
  ["FEED_RETENTION_HOURS", config.feedRetentionHours],
  ["AUDIT_RETENTION_MONTHS", config.auditRetentionMonths ?? FOR_GOOD],
  ["DELETION_RETENTION_DAYS", config.deletionRetentionDays],
  ["RETENTION_HOUR", config.retentionHour],
  ["PAST_RETENTION_DAYS", config.pastRetentionDays ?? FOR_GOOD],
];
