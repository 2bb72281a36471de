import { type Agent, get } from 'node:http';
import { type Repeating, repeat } from './repeat.ts';

const { RESOLVER_BIN } = process.env;

/** The resolvers that stories are told with, one in each run. */
export type ResolverKind = 'stand-in' | 'own' | 'kubeelasti';

/** The one of this run. */
export const resolverKind: ResolverKind =
  RESOLVER_BIN === undefined ? 'stand-in' : RESOLVER_BIN === 'own' ? 'own' : 'kubeelasti';
/** Elasti's resolver is used, and not one that knows services by the Host header. */
export const isOwnResolver = resolverKind === 'own';
/** KubeElasti's resolver leaves no mark on what it passes on. */
export const isResolverMarking = resolverKind !== 'kubeelasti';

export interface Answer {
  /** 0: there was none. */
  readonly status: number;
  readonly text: string;
  /** Which pod answered. */
  readonly pod: string | undefined;
  /** Which resolver passed the request on, if one did and says so; Elasti's says so where it held it. */
  readonly resolver: string | undefined;
  /** The client's port, which tells connections apart. */
  readonly localPort: number | undefined;
  readonly ms: number;
}

export interface AskOptions {
  readonly port?: number;
  readonly timeoutMs?: number;
  /** Keeps connections. Default: each request has one of its own, as from a client that was not there before. */
  readonly agent?: Agent;
}

/** One GET; never throws. */
export function ask(host: string, { port = 80, timeoutMs = 90_000, agent }: AskOptions = {}): Promise<Answer> {
  const startedAt = performance.now();
  const end = (rest: Omit<Answer, 'ms'>): Answer => ({ ...rest, ms: performance.now() - startedAt });
  return new Promise((resolve) => {
    const failed = (error: Error) =>
      resolve(end({ status: 0, text: error.message, pod: undefined, resolver: undefined, localPort: undefined }));
    const request = get({ host, port, agent: agent ?? false }, async (response) => {
      const { localPort } = response.socket;
      try {
        const text = Buffer.concat(await response.toArray()).toString();
        const { 'x-pod': pod, 'x-resolver': standIn, 'x-elasti-cold-start': cold } = response.headers;
        const resolver = cold === undefined ? standIn?.toString() : 'elasti-resolver-own';
        resolve(end({ status: response.statusCode ?? 0, text, pod: pod?.toString(), resolver, localPort }));
      } catch (error) {
        failed(error as Error);
      }
    });
    const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    request.on('error', failed).on('close', () => clearTimeout(timer));
  });
}

/** Goes on asking, each time on a connection of its own. */
export function keepAsking(host: string, { everyMs = 100, port = 80 } = {}): Repeating<Answer> {
  return repeat(everyMs, () => ask(host, { port }));
}
