import { lookup } from 'node:dns';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { http, https } from '../node-http.ts';
import { isForbiddenHost } from './address-guard.ts';
import { guardLookup } from './guard-lookup.ts';
import { SendError } from './send-error.ts';

export interface SendRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether it may go to our own pod. */
  readonly isLoopbackAllowed: boolean;
  /** Ends the request; a signal for each. */
  readonly signal: AbortSignal;
}

export interface SendResponse {
  readonly status: number;
  readonly body: string;
}

/** Sends a GET and gives back whatever came; redirects are not followed. Rejects with SendError. */
export type Send = (request: SendRequest) => Promise<SendResponse>;

const clients = { http, https };
const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** Makes a Send over HTTP and HTTPS that keeps connections alive and checks the addresses that names resolve to. */
export function createSend(options: { readonly maxBodyBytes?: number; readonly lookup?: typeof lookup } = {}): Send {
  const maxBodyBytes = options.maxBodyBytes ?? MAX_BODY_BYTES;
  const keepAlive = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) };

  function sendOver(agents: typeof keepAlive | undefined, request: SendRequest): Promise<SendResponse | 'stale'> {
    const url = new URL(request.url);
    assertLiteralAllowed(url, request.isLoopbackAllowed);
    const protocol = url.protocol === 'https:' ? 'https' : 'http';
    return new Promise((resolve, reject) => {
      const sent = clients[protocol].request(url, {
        agent: agents?.[protocol] ?? false,
        headers: { ...request.headers, accept: 'application/json', 'accept-encoding': 'identity' },
        lookup: guardLookup(options.lookup ?? lookup, { isLoopbackAllowed: request.isLoopbackAllowed }),
      });
      // By hand: what Node.js does with a signal takes half of the memory of a request.
      const abort = () => sent.destroy(new Error('aborted'));
      if (request.signal.aborted) abort();
      else request.signal.addEventListener('abort', abort, { once: true });
      sent.on('error', (error: NodeJS.ErrnoException) => {
        if (sent.reusedSocket && error.code === 'ECONNRESET') resolve('stale');
        else reject(error);
      });
      sent.on('response', (response) => {
        readBody(response, maxBodyBytes).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
      });
      sent.end();
    });
  }

  return async (request) => {
    try {
      const response = await sendOver(keepAlive, request);
      if (response !== 'stale') return response;
      // The server had closed the kept-alive connection just as we took it, so it has not seen the question.
      const second = await sendOver(undefined, request);
      if (second !== 'stale') return second;
    } catch (error) {
      if (error instanceof SendError) throw error;
      throw new SendError('CONNECTION_FAILED', 'cannot get an answer from the server', { cause: error });
    }
    throw new SendError('CONNECTION_FAILED', 'cannot get an answer from the server');
  };
}

/** An address that is written out is resolved by nobody, so no look-up checks it. */
function assertLiteralAllowed(url: URL, isLoopbackAllowed: boolean): void {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) === 0 || !isForbiddenHost(host, { isLoopbackAllowed })) return;
  throw new SendError('ADDRESS_NOT_ALLOWED', 'the server has an address that is never asked');
}

function readBody(response: IncomingMessage, maxBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks.push(chunk);
      // Its connection goes with it.
      else response.destroy(new SendError('ANSWER_TOO_LARGE', `the answer has more than ${maxBytes} bytes`));
    });
    response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    response.on('error', reject);
  });
}
