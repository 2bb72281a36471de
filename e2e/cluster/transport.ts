import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import type { KubeObject } from './kube-object.ts';
import { readKubeconfig } from './kubeconfig.ts';

export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly body: string;

  constructor(call: string, status: number, body: string) {
    super(`${call}: ${status} ${body.slice(0, 400)}`);
    this.status = status;
    this.body = body;
  }
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface CallOptions {
  /** Content type of the body; the default is a merge patch for PATCH and JSON for the rest. */
  readonly type?: string;
  readonly timeoutMs?: number;
}

export interface Transport {
  /** One call; resolves to the parsed JSON, or to the text of an answer that is no JSON (`/readyz`, `/metrics`). */
  call<T = KubeObject>(method: Method, path: string, body?: unknown, options?: CallOptions): Promise<T>;
  /** An answer that goes on, on a connection of its own. */
  stream(path: string, signal: AbortSignal): Promise<IncomingMessage>;
  close(): void;
}

/** Speaks HTTPS with the API server that a kubeconfig names. */
export function createTransport(kubeconfig: string): Transport {
  const { server, ca, token } = readKubeconfig(kubeconfig);
  const agent = new Agent({ keepAlive: true, maxSockets: 64, timeout: 30_000 });
  const origin = { host: server.hostname, port: server.port, ca };
  const headers = { authorization: `Bearer ${token}`, accept: 'application/json' };

  async function call<T>(method: Method, path: string, body?: unknown, options: CallOptions = {}): Promise<T> {
    const { type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json', timeoutMs = 30_000 } =
      options;
    const payload =
      body === undefined ? undefined : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const entity = payload && { 'content-type': type, 'content-length': payload.length };
      const outgoing = request({ ...origin, agent, method, path, headers: { ...headers, ...entity } }, resolve);
      outgoing.setTimeout(timeoutMs, () =>
        outgoing.destroy(new Error(`${method} ${path}: silent for ${timeoutMs} ms`)),
      );
      outgoing.on('error', reject).end(payload);
    });
    const text = Buffer.concat(await response.toArray()).toString();
    const status = response.statusCode ?? 0;
    if (status >= 300) throw new ApiError(`${method} ${path}`, status, text);
    const isJson = response.headers['content-type']?.startsWith('application/json');
    return (isJson ? JSON.parse(text) : text) as T;
  }

  function stream(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const outgoing = request({ ...origin, agent: false, method: 'GET', path, headers, signal }, (response) => {
        if (response.statusCode === 200) return resolve(response);
        response.resume();
        reject(new ApiError(`GET ${path}`, response.statusCode ?? 0, ''));
      });
      outgoing.on('error', reject).end();
    });
  }

  return { call, stream, close: () => agent.destroy() };
}

/** Whether a call that failed may succeed the next time: the API server was away, or had no time. */
export function isWorthAnother(error: unknown): boolean {
  return !(error instanceof ApiError) || error.status >= 500 || error.status === 429;
}

/** For `.catch`: swallows API errors with these statuses and throws the rest on. */
export function ignoring(...statuses: readonly number[]): (error: unknown) => undefined {
  return (error) => {
    if (error instanceof ApiError && statuses.includes(error.status)) return undefined;
    throw error;
  };
}
