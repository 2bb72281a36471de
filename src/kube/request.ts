import type { ClientRequest, IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { KubeApiError } from '../errors.ts';
import { type Connect, type Connection, openRequest } from './connection.ts';
import { makeAnswerError, makeCallError } from './kube-error.ts';

const DEFAULT_TIMEOUT_MS = 3000;

const METHODS = { get: 'GET', list: 'GET', patch: 'PATCH', create: 'POST' } as const;

export interface KubeRequest {
  readonly verb: keyof typeof METHODS;
  /** Resource and subresource as RBAC names them: `deployments/scale`. */
  readonly resource: string;
  /** The object in words, for errors: `scale of Deployment shop/web`. */
  readonly what: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Another representation than the whole object. */
  readonly accept?: string | undefined;
  readonly timeoutMs?: number | undefined;
}

export type OnCall = (call: {
  readonly verb: string;
  readonly resource: string;
  readonly seconds: number;
  /** Undefined where the call went well. */
  readonly error: KubeApiError | undefined;
}) => void;

/** Sends one request and gives the answer as the schema has it; throws KubeApiError and nothing else. */
export type Call = <T>(request: KubeRequest, schema: z.ZodType<T>) => Promise<T>;

export interface CallDeps {
  readonly connect: Connect;
  readonly monotonicMs: () => number;
  /** Told about each call, for metrics. */
  readonly onCall?: OnCall | undefined;
}

/** A thin client: the generated one builds a dispatcher and reads the CA file anew for each request. */
export function createCall({ connect, monotonicMs, onCall }: CallDeps): Call {
  return async (request, schema) => {
    const startedAtMs = monotonicMs();
    const report = (error?: KubeApiError) => {
      const { verb, resource } = request;
      onCall?.({ verb, resource, error, seconds: (monotonicMs() - startedAtMs) / 1000 });
    };
    try {
      const answer = parseAnswer(request, schema, await exchange(connect, request));
      report();
      return answer;
    } catch (error) {
      const kubeError = error instanceof KubeApiError ? error : makeCallError(callName(request), 'UNAVAILABLE', error);
      report(kubeError);
      throw kubeError;
    }
  };
}

async function exchange(connect: Connect, request: KubeRequest): Promise<string> {
  // It takes whole milliseconds only, and what is left until a deadline seldom is.
  const signal = AbortSignal.timeout(Math.ceil(request.timeoutMs ?? DEFAULT_TIMEOUT_MS));
  try {
    const connection = await unlessAborted(connect(), signal);
    const { status, text } = await send(connection, request, signal);
    if (status < 200 || status > 299) throw makeAnswerError(callName(request), status, text);
    return text;
  } catch (error) {
    if (signal.aborted && !(error instanceof KubeApiError)) throw makeCallError(callName(request), 'TIMEOUT', error);
    throw error;
  }
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

function send(connection: Connection, request: KubeRequest, signal: AbortSignal): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  // Node.js keeps the first request of a connection for as long as that lives, a watch for many minutes. Through its listeners it would
  // keep the answer too, a page of a list for one.
  let waiting: Waiting | undefined = { resolve, reject, chunks: [] };
  const fail = (error: Error) => waiting?.reject(error);
  const sent = start(connection, request, signal);
  sent.on('error', fail);
  sent.on('response', (response: IncomingMessage) => {
    response.on('data', (chunk: Buffer) => waiting?.chunks.push(chunk));
    response.on('error', fail);
    response.on('end', () => {
      const { chunks = [], resolve } = waiting ?? {};
      waiting = undefined;
      resolve?.({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
    });
  });
  return promise;
}

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
  readonly chunks: Buffer[];
}

function start(connection: Connection, request: KubeRequest, signal: AbortSignal): ClientRequest {
  const body = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body));
  const headers = {
    ...(request.accept === undefined ? {} : { accept: request.accept }),
    ...(body === undefined ? {} : { 'content-type': contentType(request), 'content-length': body.length }),
  };
  const path = request.path + queryOf(request);
  return openRequest(connection, { method: METHODS[request.verb], path, signal, headers }).end(body);
}

function queryOf({ query, body }: KubeRequest): string {
  const all = new URLSearchParams({ ...query, ...(body === undefined ? {} : { fieldManager: 'elasti' }) });
  return all.size === 0 ? '' : `?${all}`;
}

function contentType({ verb }: KubeRequest): string {
  return verb === 'patch' ? 'application/merge-patch+json' : 'application/json';
}

function parseAnswer<T>(request: KubeRequest, schema: z.ZodType<T>, text: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw makeCallError(callName(request), 'SERVER_ERROR', error);
  }
}

/** A credential plug-in may take longer than the call has. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    promise.then(resolve, reject);
  });
}

function callName({ verb, what }: KubeRequest): string {
  return `${verb} ${what}`;
}
