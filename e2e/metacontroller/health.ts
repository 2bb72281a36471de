import { once } from 'node:events';
import http from 'node:http';

/** Serves /healthz and /readyz on `:8081`, `127.0.0.1:8081` and the like; `0` serves nothing. Returns how to stop it. */
export async function serveHealth(address: string): Promise<() => void> {
  if (address === '0') return () => undefined;
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  const server = http.createServer(({ url = '' }, response) => {
    const isKnown = /^\/(healthz|readyz)(\/|\?|$)/.test(url);
    response.writeHead(isKnown ? 200 : 404, { 'content-type': 'text/plain' }).end(isKnown ? 'ok' : 'not found');
  });
  server.listen({ port: Number(address.slice(colon + 1)), ...(host ? { host } : {}) });
  await once(server, 'listening');
  return () => {
    server.close();
    server.closeAllConnections();
  };
}
