import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { parseRetryAfterMs } from './retry-after.ts';

/** The hook answered 429. */
export class TooManyRequestsError extends Error {
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number) {
    super(`too many requests, retry after ${retryAfterMs} ms`);
    this.retryAfterMs = retryAfterMs;
  }
}

export interface HookEndpoint {
  readonly url: string;
  readonly timeoutMs: number;
  readonly caBundle?: string;
  readonly authorization?: string;
}

export type CallHook = (body: unknown) => Promise<string>;

const MOST_REDIRECTS = 10;

/** POSTs hook bodies as Metacontroller does and returns the body of a 200. A late hook's connection is closed. */
export function createHookClient({ url, timeoutMs, caBundle, authorization }: HookEndpoint): CallHook {
  // Go keeps two idle connections per host, for 90 s.
  const pool = { keepAlive: true, maxFreeSockets: 2, timeout: 90_000 };
  const httpAgent = new http.Agent(pool);
  const httpsAgent = new https.Agent({ ...pool, ...(caBundle === undefined ? {} : { ca: caBundle }) });

  async function send(target: URL, payload: string | undefined, signal: AbortSignal): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const isTls = target.protocol === 'https:';
    const request = (isTls ? https : http).request(target, {
      method: payload === undefined ? 'GET' : 'POST',
      agent: isTls ? httpsAgent : httpAgent,
      signal,
      headers: {
        'accept-encoding': 'gzip',
        ...(authorization === undefined ? {} : { authorization }),
        ...(payload === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
      },
    });
    request.on('response', resolve).on('error', reject);
    request.end(payload);
    return promise;
  }

  async function follow(payload: string, signal: AbortSignal): Promise<IncomingMessage> {
    let target = new URL(url);
    let body: string | undefined = payload;
    for (let hop = 0; hop <= MOST_REDIRECTS; hop += 1) {
      const response = await send(target, body, signal);
      const { location } = response.headers;
      const status = response.statusCode ?? 0;
      if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return response;
      response.resume();
      target = new URL(location, target);
      if (status < 307) body = undefined;
    }
    throw new Error(`http error: stopped after ${MOST_REDIRECTS} redirects`);
  }

  return async (request) => {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const response = await follow(JSON.stringify(request), signal);
      if (response.statusCode === 429) {
        response.resume();
        throw new TooManyRequestsError(parseRetryAfterMs(response.headers['retry-after'], new Date()));
      }
      const body = await text(decoded(response));
      if (response.statusCode === 200) return body;
      throw new Error(`unsupported status code: ${response.statusCode} body: ${body}`);
    } catch (error) {
      if (!signal.aborted) throw error;
      throw new Error(`http error: no answer from ${url} within ${timeoutMs} ms`, { cause: error });
    }
  };
}

function decoded(response: IncomingMessage): Readable {
  if (response.headers['content-encoding'] !== 'gzip') return response;
  const gunzip = createGunzip();
  response.on('error', (error) => gunzip.destroy(error));
  return response.pipe(gunzip);
}
