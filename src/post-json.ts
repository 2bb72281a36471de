import type { AgentOptions } from 'node:http';
import { http, https } from './node-http.ts';

export interface PostJsonOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Takes none of the pool's connections. */
  readonly isFreshConnection?: boolean;
}

/** What the server said: the status, or undefined where nothing came in time. Never rejects. */
export type PostJson = (body: string, options: PostJsonOptions) => Promise<number | undefined>;

const clients = { http, https };

/** Makes the call that posts JSON to one URL, over connections that are kept. Redirects are not followed, bodies not read. */
export function createPostJson(base: string, path: string, pool: Readonly<AgentOptions>): PostJson {
  const url = new URL(`${base.replace(/\/+$/, '')}${path}`);
  const protocol = url.protocol === 'https:' ? 'https' : 'http';
  const agent = new clients[protocol].Agent(pool);

  return (body, { headers, timeoutMs, isFreshConnection = false }) =>
    new Promise((resolve) => {
      const sent = clients[protocol].request(url, {
        method: 'POST',
        agent: isFreshConnection ? false : agent,
        headers: { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
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
}
