import { machine, sources } from "./machine.ts";
import { type Operation, SIDES, type Side } from "./reads-operations.ts";
import { medianOf, type Report, ratio } from "./results.ts";

/** What one round of one side took. Latencies in milliseconds, processor time in microseconds a request. */
export interface Round {
  perSecond: number;
  p50: number;
  p99: number;
  node: number;
  postgres: number | null;
}

/** Milliseconds of each of the requests that were asked alone. */
export type Alone = readonly number[];

export interface Found {
  operation: Operation;
  rounds: Partial<Record<Side, readonly Round[]>>;
  alone: Partial<Record<Side, Alone>>;
}

const NAMES: Readonly<Record<Side, string>> = { rollcall: "Rollcall", peer: "PostGraphile 5", limit: "by hand" };

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

export const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

/** The middle round of a side; of what is asked alone, as many a second as fit into its mean latency. */
export function middleOf({ rounds, alone }: Found, side: Side): Round | undefined {
  const own = rounds[side];
  if (own) {
    const cpu = own.map(({ postgres }) => postgres).filter((one) => one !== null);
    return {
      ...medianOf(own),
      node: median(own.map(({ node }) => node)),
      postgres: cpu.length > 0 ? median(cpu) : null,
    };
  }
  const times = alone[side];
  if (!times) return undefined;
  const mean = geometricMean(times);
  return { perSecond: 1000 / mean, p50: mean, p99: Math.max(...times), node: Number.NaN, postgres: null };
}

const rounded = (perSecond: number): number =>
  perSecond < 100 ? Math.round(perSecond * 10) / 10 : Math.round(perSecond);
const figure = (value: number | null | undefined, digits = 0): string =>
  value === null || value === undefined || Number.isNaN(value)
    ? "–"
    : value.toLocaleString("en", { maximumFractionDigits: digits, minimumFractionDigits: digits });
const times = (one: Round | undefined, other: Round | undefined): number | null =>
  one && other ? ratio(one.perSecond, other.perSecond) : null;

/** One line a side, for whoever watches. */
export function describe(found: Found): string {
  const parts = SIDES.flatMap((side) => {
    const one = middleOf(found, side);
    return one
      ? [`${NAMES[side]} ${figure(rounded(one.perSecond), 1)}/s p50 ${one.p50.toFixed(2)} p99 ${one.p99.toFixed(2)}`]
      : [];
  });
  const own = middleOf(found, "rollcall");
  const ratios = [times(own, middleOf(found, "peer")), times(own, middleOf(found, "limit"))].map((value) =>
    figure(value, 2),
  );
  return `${found.operation.name}: ${parts.join("; ")}; × peer ${ratios[0]}, × limit ${ratios[1]}`;
}

/** The page and the lines of results.json. */
export function reportOf(bench: string, size: string, found: readonly Found[], introduction: string): Report {
  const measuredAt = new Date().toISOString();
  const results = found.map((one) => {
    const [rollcall, peer, limit] = SIDES.map((side) => middleOf(one, side));
    return {
      bench,
      operation: one.operation.name,
      size,
      rollcall: rounded(rollcall?.perSecond ?? 0),
      peer: peer ? rounded(peer.perSecond) : null,
      limit: limit ? rounded(limit.perSecond) : null,
      vsPeer: times(rollcall, peer),
      vsLimit: times(rollcall, limit),
      measuredAt,
    };
  });
  const rows = found.flatMap((one) =>
    SIDES.flatMap((side) => {
      const measured = middleOf(one, side);
      if (!measured) return [];
      const { perSecond, p50, p99, node, postgres } = measured;
      const cells = [
        figure(rounded(perSecond), perSecond < 100 ? 1 : 0),
        figure(p50, 2),
        figure(p99, 2),
        figure(node),
        figure(postgres),
      ];
      const own =
        side === "rollcall"
          ? [times(measured, middleOf(one, "peer")), times(measured, middleOf(one, "limit"))]
          : [null, null];
      return [
        `| ${side === "rollcall" ? one.operation.name : ""} | ${NAMES[side]} | ${cells.join(" | ")} | ${own.map((value) => figure(value, 2)).join(" | ")} |`,
      ];
    }),
  );
  const text = `${measuredAt.slice(0, 10)}, ${sources()}, on ${machine()}.

${introduction}

| operation | side | req/s | p50 ms | p99 ms | Node µs | PostgreSQL µs | × PostGraphile | × by hand |
|---|---|---|---|---|---|---|---|---|
${rows.join("\n")}`;
  return { bench, results, text };
}
