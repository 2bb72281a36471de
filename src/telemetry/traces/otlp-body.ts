import type { Span, SpanContext } from './span.ts';

/** A span with its ids, its times since 1970. */
export interface EndedSpan extends Span {
  readonly context: SpanContext;
}

const KINDS = { internal: 1, server: 2, client: 3 } as const;
const ERROR = 2;
const SAMPLED = 1;

/** The body of an OTLP request, as OpenTelemetry's JSON encoding has it: ids in hexadecimal, 64-bit numbers as strings. */
export function makeOtlpBody(resource: Readonly<Record<string, string>>, spans: readonly EndedSpan[]): object {
  return {
    resourceSpans: [
      {
        resource: { attributes: attributesOf(resource) },
        scopeSpans: [{ scope: { name: 'elasti' }, spans: spans.map(makeSpan) }],
      },
    ],
  };
}

function makeSpan({ context, parent, name, kind, startMs, endMs, attributes = {}, error }: EndedSpan) {
  return {
    traceId: context.traceId,
    spanId: context.spanId,
    ...(parent === undefined ? {} : { parentSpanId: parent.spanId }),
    flags: SAMPLED,
    name,
    kind: KINDS[kind],
    startTimeUnixNano: nanoseconds(startMs),
    endTimeUnixNano: nanoseconds(endMs),
    attributes: attributesOf(attributes),
    status: error === undefined ? {} : { code: ERROR, message: error },
  };
}

function attributesOf(values: Readonly<Record<string, string | number>>) {
  return Object.entries(values).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { intValue: String(value) },
  }));
}

function nanoseconds(ms: number): string {
  // A number holds microseconds since 1970, and no more.
  return `${BigInt(Math.round(ms * 1000)) * 1000n}`;
}
