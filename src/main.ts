import type { Logger } from "pino";
import { type App, buildApp } from "./app.ts";
import { measureReadiness } from "./app-metrics.ts";
import { type Config, describeConfig, readConfig } from "./config.ts";
import { boundHeapGrowth } from "./kernel/heap-growth.ts";
import { describeFailure, StartError } from "./kernel/start-error.ts";
import { announcerTo } from "./server/announcer.ts";
import { Documents } from "./server/documents.ts";
import { prepareDrain } from "./server/drain.ts";
import { mountGraphiql } from "./server/graphiql.ts";
import { Readiness } from "./server/health.ts";
import { createHttpServer } from "./server/http.ts";
import { listen } from "./server/listen.ts";
import { createLog } from "./server/log.ts";
import { Metrics } from "./server/metrics.ts";
import { SlowSearches } from "./server/slow-searches.ts";
import { mountStreams } from "./server/streams.ts";
import type { TelemetrySettings } from "./server/telemetry.ts";

/** One Ctrl-C can arrive twice, from the terminal and from whoever started this process; a second one later is meant. */
const REPEATED_SIGNAL_MS = 1_000;

/**
 * The process. Starting is: configuration, gateway, port; whatever fails is one line and exit code 1. From then on SIGTERM
 * and SIGINT drain it: ready no more, open requests answered, database closed, exit code 0. A second signal ends it at once.
 */
async function start(options: readonly string[]): Promise<void> {
  const unknown = options.find((option) => option !== "--print-config");
  if (unknown !== undefined)
    throw new StartError("There is one option: --print-config. Everything else is configured by the environment.");
  const config = readConfig();
  if (options.length > 0) {
    process.stdout.write(`${describeConfig(config)}\n`);
    return;
  }
  const log = createLog(config.logLevel);
  const announcer = announcerTo(process.stderr);
  const metrics = new Metrics();
  const stopTracing = config.telemetry.endpoint === undefined ? undefined : await traced(config.telemetry);
  const gateway = await buildApp(config, { log, announcer, metrics });
  const slowSearches = slowSearchesOf(gateway, log, config.telemetry.slowSearchMs);
  const { asking, trustedProxies } = config;
  const documents = Documents.read(asking.persistedDocuments, asking.persistedOnly);
  const operations = {
    limits: asking.limits,
    introspection: asking.introspection,
    documents,
    timeoutMs: asking.requestTimeoutMs,
    budgets: gateway.budgets,
  };
  const readiness = measureReadiness(new Readiness(() => gateway.fitness()), metrics);
  const server = await createHttpServer({
    gateway,
    log,
    metrics,
    readiness,
    slowSearches,
    operations,
    trustedProxies,
    https: config.signIn.publicUrl.startsWith("https:"),
    mount: async (server) => {
      if (asking.graphiql) mountGraphiql(server, { demoToken: gateway.demoToken, demoAccounts: gateway.demoAccounts });
      await mountStreams(server, { gateway, log, metrics, operations, slowSearches, ...streamsOf(config) });
    },
  });
  const drain = prepareDrain(server, readiness);
  await readiness.start();
  const address = await listen(server, config.host, config.port).catch(async (error: unknown) => {
    await gateway.close();
    throw error;
  });
  stopOnSignal(async (signal) => {
    announcer.say(`${signal}: answering what is open, then stopping …`);
    await drain();
    await gateway.close();
    await stopTracing?.();
    announcer.say("Stopped.");
  });
  process.on("uncaughtException", (error) => {
    log.fatal({ err: error }, "uncaught exception");
    process.exit(1);
  });
  if (asking.graphiql)
    announcer.say(
      `GraphiQL is at ${address}/graphiql${gateway.demoToken ? ", signed in as the demo's administrator" : ""}.`,
    );
  if (gateway.demoToken) announcer.say(`To sign in elsewhere: Authorization: Bearer ${gateway.demoToken}`);
  const [account] = gateway.demoAccounts;
  if (account) {
    const names = gateway.demoAccounts.map(({ username }) => username).join(", ");
    announcer.say(`The demo's accounts ${names} sign in with the password ${account.password} until the next start.`);
  }
  announcer.say(
    `Rollcall answers at ${address}/graphql, ${process.uptime().toFixed(1)} s after its start. Ctrl-C stops it.`,
  );
}

/** What the configuration says of WebSockets and event streams: pages of `PUBLIC_URL` may always open them. */
const streamsOf = ({ trustedProxies, origins, signIn, ...most }: Config) => ({
  limits: {
    connections: most.maxConnections,
    connectionsPerViewer: most.maxConnectionsPerViewer,
    subscriptionsPerViewer: most.maxSubscriptionsPerViewer,
  },
  trustedProxies,
  origins: origins && [signIn.publicUrl, ...origins],
});

/** Loads what sends traces; where none are sent, nothing of it is loaded. */
async function traced(settings: TelemetrySettings): Promise<() => Promise<void>> {
  const { startTracing } = await import("./server/otlp.ts");
  return startTracing(settings);
}

function slowSearchesOf({ schema, planOf }: App, log: Logger, limitMs: number): SlowSearches | undefined {
  return limitMs === 0 ? undefined : new SlowSearches({ schema, log, limitMs, planOf });
}

function stopOnSignal(stop: (signal: string) => Promise<void>): void {
  let stoppingSince: number | undefined;
  const onSignal = (signal: string) => {
    if (stoppingSince !== undefined) {
      if (performance.now() - stoppingSince > REPEATED_SIGNAL_MS) process.exit(1);
      return;
    }
    stoppingSince = performance.now();
    stop(signal).then(() => process.exit(0), fail);
  };
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, onSignal);
}

function fail(error: unknown): never {
  process.stderr.write(describeFailure(error));
  process.exit(1);
}

boundHeapGrowth();
start(process.argv.slice(2)).catch(fail);
