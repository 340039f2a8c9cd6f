import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Measured } from "./load.ts";

/** A line of results.json: requests a second, and how many times those of the others they are. Null: not measured. */
export interface Result {
  bench: string;
  operation: string;
  size: string;
  /** What the figures count, where they are not requests a second. */
  unit?: string;
  rollcall: number;
  peer: number | null;
  limit: number | null;
  vsPeer: number | null;
  vsLimit: number | null;
  measuredAt: string;
}

/** What one benchmark found, and the page that tells of it. */
export interface Report {
  bench: string;
  results: readonly Result[];
  /** Markdown, without a heading. */
  text: string;
}

const INTRODUCTION = `# Results

What \`npm run bench\` measured, a section for each benchmark. Figures hold for the machine that they were measured on; the ratios should hold
elsewhere. \`results.json\` has the same for programs.
`;

/** Writes a report beside those of other benchmarks; what an earlier run of this one said of the same operation and size is replaced. */
export function record(folder: string, { bench, results, text }: Report): void {
  mkdirSync(folder, { recursive: true });
  const json = join(folder, "results.json");
  const before: Result[] = existsSync(json) ? JSON.parse(readFileSync(json, "utf8")) : [];
  const key = (result: Result) => JSON.stringify([result.bench, result.operation, result.size]);
  const replaced = new Set(results.map(key));
  const all = [...before.filter((result) => !replaced.has(key(result))), ...results];
  writeFileSync(json, `[\n${all.map((result) => `  ${JSON.stringify(result)}`).join(",\n")}\n]\n`);

  const page = join(folder, "RESULTS.md");
  const written = existsSync(page) ? readFileSync(page, "utf8") : INTRODUCTION;
  const [introduction = "", ...sections] = written.split(/^(?=## )/m);
  const heading = `## ${bench}\n`;
  const others = sections.filter((section) => !section.startsWith(heading)).map((section) => section.trim());
  writeFileSync(page, `${[introduction.trim(), ...others, `${heading}\n${text.trim()}`].join("\n\n")}\n`);
}

/** A ratio with two digits behind the point. */
export const ratio = (one: number, other: number): number => Math.round((one / other) * 100) / 100;

/** The value below which such a share of them lies. */
export const quantileOf = (values: readonly number[], share: number): number =>
  values.toSorted((one, other) => one - other)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;

/** The middle of each figure over several rounds. */
export function medianOf(rounds: readonly Measured[]): Measured {
  const middle = (values: number[]): number => {
    const sorted = values.sort((one, other) => one - other);
    const half = Math.floor(sorted.length / 2);
    return sorted.length % 2 === 1
      ? (sorted[half] as number)
      : ((sorted[half - 1] as number) + (sorted[half] as number)) / 2;
  };
  return {
    perSecond: middle(rounds.map(({ perSecond }) => perSecond)),
    p50: middle(rounds.map(({ p50 }) => p50)),
    p99: middle(rounds.map(({ p99 }) => p99)),
  };
}
