import http from 'node:http';
import https from 'node:https';
import type { Claim } from '../ports.ts';

/** What the hook service said to a wake: the status, or undefined where nothing came in time. */
export type PostWake = (
  claim: Pick<Claim, 'namespace' | 'service'>,
  options: {
    readonly held: number;
    readonly timeoutMs: number;
    readonly isFreshConnection: boolean;
    readonly traceparent?: string | undefined;
  },
) => Promise<number | undefined>;

const PATH = '/informer/incoming-request';
const clients = { http, https };
// The hook service keeps an idle connection for 95 s: be first to close it.
const POOL = { keepAlive: true, timeout: 50_000, maxSockets: 256, maxFreeSockets: 32 };

/** Makes the call of the wake route at the hook service's address. */
export function createPostWake(address: string): PostWake {
  const url = new URL(`${address.replace(/\/+$/, '')}${PATH}`);
  const protocol = url.protocol === 'https:' ? 'https' : 'http';
  const pool = protocol === 'https' ? new https.Agent(POOL) : new http.Agent(POOL);

  return ({ namespace, service }, { held, timeoutMs, isFreshConnection, traceparent }) => {
    const body = JSON.stringify({ count: Math.max(1, held), svc: service, namespace });
    return new Promise((resolve) => {
      const sent = clients[protocol].request(url, {
        method: 'POST',
        // A replica that died with its node keeps what was sent on a pooled connection to itself.
        agent: isFreshConnection ? false : pool,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          ...(traceparent === undefined ? {} : { traceparent }),
        },
        // It takes whole numbers only.
        signal: AbortSignal.timeout(Math.ceil(timeoutMs)),
      });
      sent.on('error', () => resolve(undefined));
      sent.on('response', (response) => {
        response.on('error', () => undefined);
        response.resume();
        resolve(response.statusCode);
      });
      sent.end(body);
    });
  };
}
