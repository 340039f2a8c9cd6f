import { IMPORT_DEFAULTS, type ImportSettings } from "./features/import-plans/import.settings.ts";

/** What reads the environment, as far as imports need it. */
interface Reads {
  integer(name: string, bounds: { from: number; to: number; otherwise: number }): number;
}

const GIBIBYTE = 1024 ** 3;

/** How imports are bounded. */
export const readImporting = (read: Reads): ImportSettings => ({
  maxBytes: read.integer("IMPORT_MAX_BYTES", { from: 1, to: GIBIBYTE, otherwise: IMPORT_DEFAULTS.maxBytes }),
  maxMissingPercent: read.integer("IMPORT_MAX_MISSING_PERCENT", {
    from: 0,
    to: 100,
    otherwise: IMPORT_DEFAULTS.maxMissingPercent,
  }),
  uploadMinutes: read.integer("IMPORT_UPLOAD_MINUTES", {
    from: 1,
    to: 1_440,
    otherwise: IMPORT_DEFAULTS.uploadMinutes,
  }),
});

/** The same by variable, fit to be shown. */
export const describeImporting = ({
  maxBytes,
  maxMissingPercent,
  uploadMinutes,
}: ImportSettings): [string, number][] => [
  ["IMPORT_MAX_BYTES", maxBytes],
  ["IMPORT_MAX_MISSING_PERCENT", maxMissingPercent],
  ["IMPORT_UPLOAD_MINUTES", uploadMinutes],
];
