import { createPostJson } from '../../post-json.ts';
import { makeOtlpBody } from './otlp-body.ts';
import type { OtlpExporterDeps, PostOutcome } from './otlp-exporter.ts';

export interface PostSpansOptions {
  /** Base URL of the collector. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly resource: Readonly<Record<string, string>>;
}

const PATH = '/v1/traces';
const TIMEOUT_MS = 5000;
const RETRYABLE = [429, 502, 503, 504];
const POOL = { keepAlive: true, timeout: 30_000, maxSockets: 1 };

/** Makes the call that hands spans to an OpenTelemetry collector, over HTTP as JSON. */
export function createPostSpans({ endpoint, headers, resource }: PostSpansOptions): OtlpExporterDeps['post'] {
  const post = createPostJson(endpoint, PATH, POOL);
  return async (spans) => {
    const body = JSON.stringify(makeOtlpBody(resource, spans));
    return outcomeOf(await post(body, { headers, timeoutMs: TIMEOUT_MS }));
  };
}

function outcomeOf(status: number | undefined): PostOutcome {
  if (status === undefined || RETRYABLE.includes(status)) return 'unreachable';
  return status >= 200 && status <= 299 ? 'sent' : 'refused';
}
