import { context, propagation, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from "@opentelemetry/sdk-trace-base";
import { traceWith } from "../kernel/spans.ts";
import type { TelemetrySettings } from "./telemetry.ts";

/** How long a stop waits for the collector to take what was not sent yet. */
const FLUSH_MS = 3_000;

/**
 * Sends spans to a collector by OTLP over HTTP (JSON). Gives what ends it, with what waits sent where the collector takes it.
 * Loaded only where traces are asked for: without it nothing of OpenTelemetry runs.
 */
export function startTracing({ endpoint, headers, serviceName, sampleRatio }: TelemetrySettings): () => Promise<void> {
  const exporter = new OTLPTraceExporter({ url: `${endpoint?.replace(/\/$/, "")}/v1/traces`, headers: { ...headers } });
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ "service.name": serviceName }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleRatio) }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  const tracer = provider.getTracer("rollcall");
  traceWith({
    tracer,
    active: () => trace.getActiveSpan(),
    headers: () => {
      const carrier: Record<string, string> = {};
      propagation.inject(context.active(), carrier);
      return carrier;
    },
    arrival: (headers, name, start) => {
      const parent = propagation.extract(ROOT_CONTEXT, headers);
      const span = tracer.startSpan(name, start, parent);
      const own = trace.setSpan(parent, span);
      return { span, within: (work) => context.with(own, work) };
    },
  });
  return async () => {
    traceWith(undefined);
    const late = new Promise<void>((resolve) => setTimeout(resolve, FLUSH_MS).unref());
    await Promise.race([provider.shutdown().catch(() => undefined), late]);
    context.disable();
    propagation.disable();
    trace.disable();
  };
}
