import http, { type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeConfig } from '@kubernetes/client-node';
import type { TokenBucket } from './token-bucket.ts';

/** An answer of the API server that is not a success. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export function hasStatus(error: unknown, status: number): boolean {
  return error instanceof ApiError && error.status === status;
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal?: AbortSignal;
}

/** What its users need of an ApiClient. */
export type Api = Pick<ApiClient, 'send' | 'stream'>;

const CREDENTIALS_LIVE_MS = 60_000;
const ATTEMPTS_WHEN_TOLD_TO_WAIT = 10;

/** JSON requests to the API server of a kubeconfig; each one first takes a token of the client's bucket. */
export class ApiClient {
  readonly #config: KubeConfig;
  readonly #bucket: TokenBucket;
  readonly #server: URL;
  #connection: RequestOptions | undefined;
  #readAtMs = 0;

  constructor(config: KubeConfig, bucket: TokenBucket) {
    const cluster = config.getCurrentCluster();
    if (!cluster) throw new Error('the kubeconfig has no current cluster');
    this.#config = config;
    this.#bucket = bucket;
    this.#server = new URL(cluster.server);
  }

  async send<T>(request: ApiRequest): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      const response = await this.#open(request);
      const body = await text(response);
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) return JSON.parse(body) as T;
      const waitSeconds = Number(response.headers['retry-after'] ?? Number.NaN);
      if (status !== 429 || Number.isNaN(waitSeconds) || attempt === ATTEMPTS_WHEN_TOLD_TO_WAIT) {
        throw new ApiError(status, messageOf(body, status));
      }
      await sleep(waitSeconds * 1000);
    }
  }

  /** Calls `onLine` with each line of an answer that goes on, until the server or the signal ends it. */
  async stream(request: ApiRequest, onLine: (line: string) => void): Promise<void> {
    const response = await this.#open(request);
    const status = response.statusCode ?? 0;
    if (status !== 200) throw new ApiError(status, messageOf(await text(response), status));
    let rest = '';
    response.setEncoding('utf8');
    for await (const chunk of response) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') onLine(line);
    }
  }

  /** Ends the idle connections, so that the process can end. */
  close(): void {
    const agent = this.#connection?.agent;
    if (agent instanceof http.Agent) agent.destroy();
  }

  async #open({ method, path, query, body, contentType, signal }: ApiRequest): Promise<IncomingMessage> {
    await this.#bucket.take();
    signal?.throwIfAborted();
    const { headers, ...connection } = await this.#readConnection();
    const url = new URL(this.#server.pathname.replace(/\/$/, '') + path, this.#server);
    url.search = new URLSearchParams(query).toString();
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const request = (url.protocol === 'https:' ? https : http).request(url, {
      ...connection,
      method,
      headers: {
        ...(headers as Record<string, string>),
        accept: 'application/json',
        // The API server names the field manager of a PUT after it.
        'user-agent': 'metacontroller/stand-in',
        ...(payload === undefined
          ? {}
          : { 'content-type': contentType ?? 'application/json', 'content-length': Buffer.byteLength(payload) }),
      },
      ...(signal ? { signal } : {}),
    });
    request.on('response', resolve).on('error', reject);
    request.end(payload);
    return promise;
  }

  /** TLS settings and credentials. Read again each minute, because a mounted token is rotated. */
  async #readConnection(): Promise<RequestOptions> {
    if (this.#connection && Date.now() - this.#readAtMs < CREDENTIALS_LIVE_MS) return this.#connection;
    const options: https.RequestOptions = {};
    await this.#config.applyToHTTPSOptions(options);
    const agent = this.#connection?.agent ?? createAgent(this.#server, options);
    this.#connection = { agent, headers: options.headers ?? {}, ...(options.auth ? { auth: options.auth } : {}) };
    this.#readAtMs = Date.now();
    return this.#connection;
  }
}

function createAgent(server: URL, { ca, cert, key, rejectUnauthorized }: https.RequestOptions): http.Agent {
  if (server.protocol === 'http:') return new http.Agent({ keepAlive: true });
  return new https.Agent({ keepAlive: true, ca, cert, key, rejectUnauthorized: rejectUnauthorized ?? true });
}

function messageOf(body: string, status: number): string {
  try {
    return (JSON.parse(body) as { message?: string }).message ?? `status ${status}`;
  } catch {
    return `status ${status}: ${body}`;
  }
}
