/** Where traces go, and which searches are slow. */
export interface TelemetrySettings {
  /** Where OTLP over HTTP is taken, without `/v1/traces`; undefined: nothing is traced. */
  endpoint: string | undefined;
  headers: Readonly<Record<string, string>>;
  serviceName: string;
  /** The part of the traces that begin here which are kept; one that began elsewhere is as that one decided. */
  sampleRatio: number;
  /** Searches that take longer are logged; 0: none. */
  slowSearchMs: number;
}
