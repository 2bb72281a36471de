import http from 'node:http';
import https from 'node:https';
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
const clients = { http, https };
const POOL = { keepAlive: true, timeout: 30_000, maxSockets: 1 };

/** Makes the call that hands spans to an OpenTelemetry collector, over HTTP as JSON. Redirects are not followed. */
export function createPostSpans({ endpoint, headers, resource }: PostSpansOptions): OtlpExporterDeps['post'] {
  const url = new URL(`${endpoint.replace(/\/+$/, '')}${PATH}`);
  const protocol = url.protocol === 'https:' ? 'https' : 'http';
  const agent = protocol === 'https' ? new https.Agent(POOL) : new http.Agent(POOL);

  return (spans) =>
    new Promise((resolve) => {
      const body = Buffer.from(JSON.stringify(makeOtlpBody(resource, spans)));
      const sent = clients[protocol].request(url, {
        method: 'POST',
        agent,
        headers: { ...headers, 'content-type': 'application/json', 'content-length': body.length },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      sent.on('error', () => resolve('unreachable'));
      sent.on('response', (response) => {
        response.on('error', () => undefined);
        response.resume();
        resolve(outcomeOf(response.statusCode ?? 0));
      });
      sent.end(body);
    });
}

function outcomeOf(status: number): PostOutcome {
  if (status >= 200 && status <= 299) return 'sent';
  return RETRYABLE.includes(status) ? 'unreachable' : 'refused';
}
