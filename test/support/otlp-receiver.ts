import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/* Whoever takes traces by OTLP over HTTP: it decodes the JSON encoding of the protocol and keeps every span. */

interface Value {
  stringValue?: string;
  intValue?: number | string;
  boolValue?: boolean;
  arrayValue?: { values: Value[] };
}

interface WireSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  attributes: { key: string; value: Value }[];
  status?: { code?: number };
}

/** A span as it was received. */
export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  name: string;
  service: unknown;
  attributes: Record<string, unknown>;
}

export interface OtlpReceiver {
  url: string;
  spans: ReceivedSpan[];
  /** Everything that was received, as text. */
  text: () => string;
  headers: () => Record<string, unknown>;
  close(): Promise<void>;
}

const plain = (value: Value): unknown =>
  value.arrayValue?.values.map(plain) ?? value.stringValue ?? value.boolValue ?? Number(value.intValue);

const attributesOf = (attributes: WireSpan["attributes"]): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, plain(value)]));

/** Starts one on a free port. */
export async function receiveOtlp(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  let text = "";
  let headers: Record<string, unknown> = {};
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      text += body;
      headers = request.headers;
      const accepted = request.method === "POST" && request.url === "/v1/traces";
      if (accepted) spans.push(...decoded(body));
      response.writeHead(accepted ? 200 : 404, { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    text: () => text,
    headers: () => headers,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

interface Export {
  resourceSpans: {
    resource: { attributes: WireSpan["attributes"] };
    scopeSpans: { spans: WireSpan[] }[];
  }[];
}

const decoded = (body: string): ReceivedSpan[] =>
  (JSON.parse(body) as Export).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map(({ traceId, spanId, parentSpanId, name, attributes }) => ({
        traceId,
        spanId,
        parentSpanId: parentSpanId === "" ? undefined : parentSpanId,
        name,
        service: attributesOf(resource.attributes)["service.name"],
        attributes: attributesOf(attributes),
      })),
    ),
  );
