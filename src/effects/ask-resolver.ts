import { isIPv6 } from 'node:net';
import { json } from 'node:stream/consumers';
import { http } from '../node-http.ts';
import type { AskResolver } from './resolver-pods.ts';

/** A sync waits for it, and the next one asks again. */
const TIMEOUT_MS = 500;
// A resolver keeps an idle connection for 95 s: be first to close it.
const POOL = { keepAlive: true, timeout: 50_000, maxSockets: 4 };

/** Makes what asks resolvers over HTTP, at their internal port. */
export function createAskResolver({ port }: { readonly port: number }): AskResolver {
  const agent = new http.Agent(POOL);
  return (address, path) =>
    new Promise((resolve, reject) => {
      const host = isIPv6(address) ? `[${address}]` : address;
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const sent = http.get(`http://${host}:${port}${path}`, { agent, signal });
      sent.on('error', reject);
      sent.on('response', (response) => {
        if (response.statusCode !== 200) {
          response.resume();
          reject(new Error(`a resolver answers ${response.statusCode} to ${path}`));
          return;
        }
        json(response).then(resolve, reject);
      });
    });
}
