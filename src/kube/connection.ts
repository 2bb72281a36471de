import type { ClientRequest, Agent as HttpAgent } from 'node:http';
import type { AgentOptions, RequestOptions } from 'node:https';
import { http, https } from '../node-http.ts';
import type { KubeAccess } from './in-cluster.ts';

// Credentials in files change under us (a service account token lives for an hour): read again this often.
const REFRESH_MS = 10_000;

// The API server closes idle connections after 90 s, load balancers before it after 60 s: be first, so that no request
// meets a connection that is just being closed. Until then all are kept: handshakes of a burst took a tenth of its CPU.
const POOL: AgentOptions = { keepAlive: true, timeout: 50_000, maxSockets: 64, scheduling: 'lifo' };

export interface Connection {
  readonly server: URL;
  readonly agent: HttpAgent;
  readonly headers: Readonly<Record<string, string>>;
}

export type Connect = () => Promise<Connection>;

/** Gives address, credentials and pooled connections; the pool lasts as long as certificates stay the same. */
export function createConnect(kubeConfig: KubeAccess, monotonicMs: () => number): Connect {
  let current: Promise<Connection> | undefined;
  let readAtMs = 0;
  let pool: { readonly tlsKey: string; readonly agent: HttpAgent } | undefined;

  const readCredentials = async (): Promise<Connection> => {
    const cluster = kubeConfig.getCurrentCluster();
    if (!cluster) throw new Error('the kubeconfig has no current cluster');
    const server = new URL(cluster.server);
    const options: RequestOptions = {};
    await kubeConfig.applyToHTTPSOptions(options);
    const tls = makeTlsOptions(options);
    const tlsKey = Object.values(tls).map(String).join();
    if (pool?.tlsKey !== tlsKey) pool = { tlsKey, agent: makeAgent(server, tls) };
    // A proxy needs an agent of its own kind, which the client has made.
    const agent = cluster.proxyUrl ? (options.agent as HttpAgent) : pool.agent;
    return { server, agent, headers: makeHeaders(options) };
  };

  return () => {
    if (current && monotonicMs() - readAtMs < REFRESH_MS) return current;
    readAtMs = monotonicMs();
    const reading = readCredentials();
    current = reading;
    reading.catch(() => {
      if (current === reading) current = undefined;
    });
    return reading;
  };
}

/** Opens a request over a connection; who calls it ends it. The path is the API server's own, with its query. */
export function openRequest(
  { server, agent, headers }: Connection,
  request: Pick<RequestOptions, 'method'> & {
    readonly path: string;
    readonly signal: AbortSignal;
    readonly headers?: Readonly<Record<string, string | number>>;
  },
): ClientRequest {
  const options = {
    ...request,
    protocol: server.protocol,
    hostname: server.hostname.replace(/^\[|\]$/g, ''),
    port: server.port,
    // Some front ends serve the API server under a path of their own.
    path: server.pathname.replace(/\/$/, '') + request.path,
    agent,
    headers: { ...headers, ...request.headers },
  };
  return server.protocol === 'http:' ? http.request(options) : https.request(options);
}

function makeAgent(server: URL, tls: AgentOptions): HttpAgent {
  return server.protocol === 'http:' ? new http.Agent(POOL) : new https.Agent({ ...POOL, ...tls });
}

function makeTlsOptions({ ca, cert, key, servername, rejectUnauthorized }: RequestOptions): AgentOptions {
  const options = Object.entries({ ca, cert, key, servername, rejectUnauthorized });
  return Object.fromEntries(options.filter(([, value]) => value !== undefined));
}

function makeHeaders({ headers, auth }: RequestOptions): Record<string, string> {
  const made: Record<string, string> = { accept: 'application/json', 'user-agent': 'elasti' };
  // basic auth is the one credential that comes as an option and not as a header
  if (auth) made.authorization = `Basic ${Buffer.from(auth).toString('base64')}`;
  // A token read from a file may end in a line break, which no header may hold.
  for (const [name, value] of Object.entries(headers ?? {})) made[name.toLowerCase()] = String(value).trim();
  return made;
}
