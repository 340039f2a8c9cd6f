/** How imports are bounded. */
export interface ImportSettings {
  /** The largest file, in bytes. */
  maxBytes: number;
  /** Which share of a scope may be missing from a file without a second person, in per cent. */
  maxMissingPercent: number;
  /** The longest that a file may be on its way. */
  uploadMinutes: number;
}

export const IMPORT_DEFAULTS: ImportSettings = {
  maxBytes: 256 * 1024 * 1024,
  maxMissingPercent: 10,
  uploadMinutes: 60,
};
