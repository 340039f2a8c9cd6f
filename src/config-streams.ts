/** What reads the environment, as far as streams need it. */
interface Reads {
  integer(name: string, range: { from: number; to: number; otherwise: number }): number;
}

/** How much may be open at a time. */
export interface StreamsConfig {
  /** WebSockets and event streams, in total and of one viewer. */
  readonly maxConnections: number;
  readonly maxConnectionsPerViewer: number;
  /** Subscriptions of one viewer on all of them; one for each connection at the least. */
  readonly maxSubscriptionsPerViewer: number;
}

/** Reads the bounds of what stays open. */
export function readStreams(read: Reads): StreamsConfig {
  const most = (name: string, otherwise: number) => read.integer(name, { from: 1, to: 1_000_000, otherwise });
  const maxConnectionsPerViewer = most("MAX_CONNECTIONS_PER_VIEWER", 100);
  return {
    maxConnections: most("MAX_CONNECTIONS", 10_000),
    maxConnectionsPerViewer,
    maxSubscriptionsPerViewer: most("MAX_SUBSCRIPTIONS_PER_VIEWER", Math.max(1_000, maxConnectionsPerViewer)),
  };
}

/** What they are, by the names of the variables. */
export const describeStreams = (config: StreamsConfig): [string, number][] => [
  ["MAX_CONNECTIONS", config.maxConnections],
  ["MAX_CONNECTIONS_PER_VIEWER", config.maxConnectionsPerViewer],
  ["MAX_SUBSCRIPTIONS_PER_VIEWER", config.maxSubscriptionsPerViewer],
];
