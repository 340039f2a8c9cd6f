import type { TelemetrySettings } from "./server/telemetry.ts";

/** What reads the environment, as far as telemetry needs it. */
interface Reads {
  text(name: string): string | undefined;
  secret(name: string, problemOf: (value: string) => string | undefined): string | undefined;
  matching(name: string, form: RegExp, accepted: string, otherwise: string): string;
  integer(name: string, bounds: { from: number; to: number; otherwise: number }): number;
  fail(name: string, problem: string): void;
}

const ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT";
const HEADERS = "OTEL_EXPORTER_OTLP_HEADERS";
const HEADER = /^\s*([!#$%&'*+.^_`|~\w-]+)\s*=\s*([\x21-\x7e ]*?)\s*$/;

/** Where traces go and which searches are slow, by the names that OpenTelemetry gives its variables. */
export function readTelemetry(read: Reads): TelemetrySettings {
  return Object.freeze({
    endpoint: endpoint(read),
    headers: Object.freeze(headersOf(read.secret(HEADERS, headersProblem))),
    serviceName: read.matching("OTEL_SERVICE_NAME", /^[\w.:/-]{1,100}$/, "a name of up to 100 characters", "rollcall"),
    sampleRatio: Number(
      read.matching("OTEL_TRACES_SAMPLER_ARG", /^(?:0?\.\d{1,9}|0|1|1\.0+|0\.0+)$/, "a number from 0 to 1", "1"),
    ),
    slowSearchMs: read.integer("SLOW_SEARCH_MS", { from: 0, to: 3_600_000, otherwise: 1_000 }),
  });
}

/** The same by variable, fit to be shown. */
export const describeTelemetry = (settings: TelemetrySettings): readonly (readonly [string, string | number])[] => [
  [ENDPOINT, settings.endpoint ?? "(not set: nothing is traced)"],
  [HEADERS, Object.keys(settings.headers).length > 0 ? "(set, not shown)" : "(none)"],
  ["OTEL_SERVICE_NAME", settings.serviceName],
  ["OTEL_TRACES_SAMPLER_ARG", settings.sampleRatio],
  ["SLOW_SEARCH_MS", settings.slowSearchMs],
];

function endpoint(read: Reads): string | undefined {
  const given = read.text(ENDPOINT);
  if (given === undefined) return undefined;
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (!url || !["http:", "https:"].includes(url.protocol) || url.search || url.hash || url.username)
    read.fail(ENDPOINT, "must be an http or https address, such as http://collector:4318.");
  return given;
}

const entries = (value: string): (RegExpExecArray | null)[] => value.split(",").map((one) => HEADER.exec(one));

const headersProblem = (value: string): string | undefined =>
  entries(value).every((one) => one !== null) ? undefined : "must be headers as name=value between commas.";

const headersOf = (value: string | undefined): Record<string, string> =>
  Object.fromEntries(entries(value ?? "").flatMap((one) => (one ? [[one[1] ?? "", one[2] ?? ""]] : [])));
