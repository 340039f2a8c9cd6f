import type { FastifyInstance } from "fastify";
import { mountEventStreams } from "./event-stream.ts";
import { type StreamOptions, StreamTools } from "./stream-tools.ts";
import { mountWebSockets } from "./ws.ts";

/** Serves subscriptions: WebSockets at `/graphql`, server-sent events at `/graphql/stream`. From here on the gateway follows the log. */
export async function mountStreams(server: FastifyInstance, options: StreamOptions): Promise<void> {
  const { gateway, metrics } = options;
  const { subscriptions } = gateway;
  await subscriptions.start();
  const tools = new StreamTools(options);
  mountWebSockets(server, tools);
  mountEventStreams(server, tools);
  metrics.gauge("stream_connections", "Open WebSockets and event streams.", () => tools.admission.open);
  metrics.gauge("stream_waiting_bytes", "Bytes that wait for connections to take them.", () => tools.waitingBytes);
  metrics.gauge("subscriptions", "Open subscriptions.", () => subscriptions.counts.subscriptions);
  metrics.gauge(
    "subscription_lanes",
    "Readings of the log that serve them: equal subscriptions share one.",
    () => subscriptions.counts.lanes,
  );
  metrics.gauge("feed_followed", "The number of the last commit that subscriptions know of.", () =>
    Number(subscriptions.head),
  );
}
