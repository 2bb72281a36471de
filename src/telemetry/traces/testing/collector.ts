import type { TestContext } from 'node:test';
import { type Answer, startStub } from '../../../kube/testing/api-server-stub.ts';

/** A span as the collector got it. */
export interface ReceivedSpan {
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly status: { readonly code?: number; readonly message?: string };
}

/** A stand-in for an OpenTelemetry collector on loopback. */
export async function startCollector(t: TestContext, answer: Answer = (_received, response) => response.end('{}')) {
  const { origin, received, connections } = await startStub(t, answer);
  const spans = (): readonly ReceivedSpan[] => received.flatMap(({ body }) => readSpans(body));
  return { origin, received, connections, spans };
}

type Attribute = {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: string };
};

// biome-ignore lint/suspicious/noExplicitAny: what was posted, looked at as it is
function readSpans(body: any): readonly ReceivedSpan[] {
  const plain = (attributes: readonly Attribute[]) =>
    Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? '?']));
  // biome-ignore lint/suspicious/noExplicitAny: the same
  return body.resourceSpans.flatMap(({ resource, scopeSpans }: any) =>
    // biome-ignore lint/suspicious/noExplicitAny: the same
    scopeSpans.flatMap(({ spans }: any) =>
      // biome-ignore lint/suspicious/noExplicitAny: the same
      spans.map((span: any) => ({
        ...span,
        service: plain(resource.attributes)['service.name'],
        attributes: plain(span.attributes),
      })),
    ),
  );
}
