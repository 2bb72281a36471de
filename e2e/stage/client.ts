import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const { RESOLVER_BIN } = process.env;

/** Elasti's resolver is used, and not one that knows services by the Host header. */
export const isOwnResolver = RESOLVER_BIN === 'own';
/** KubeElasti's resolver leaves no mark on what it passes on. */
export const isResolverMarking = RESOLVER_BIN === undefined || isOwnResolver;

export interface Answer {
  /** 0: there was none. */
  readonly status: number;
  readonly text: string;
  /** Which pod answered. */
  readonly pod: string | undefined;
  /** Which resolver passed the request on, if one did and says so; Elasti's says so where it held it. */
  readonly resolver: string | undefined;
  readonly ms: number;
}

/** One GET on a connection of its own, as from a client that was not there before; never throws. */
export function ask(host: string, { port = 80, timeoutMs = 90_000 } = {}): Promise<Answer> {
  const startedAt = performance.now();
  const end = (rest: Omit<Answer, 'ms'>): Answer => ({ ...rest, ms: performance.now() - startedAt });
  return new Promise((resolve) => {
    const failed = (error: Error) =>
      resolve(end({ status: 0, text: error.message, pod: undefined, resolver: undefined }));
    const request = get({ host, port, agent: false }, async (response) => {
      try {
        const text = Buffer.concat(await response.toArray()).toString();
        const { 'x-pod': pod, 'x-resolver': standIn, 'x-elasti-cold-start': cold } = response.headers;
        const resolver = cold === undefined ? standIn?.toString() : 'elasti-resolver-own';
        resolve(end({ status: response.statusCode ?? 0, text, pod: pod?.toString(), resolver }));
      } catch (error) {
        failed(error as Error);
      }
    });
    const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    request.on('error', failed).on('close', () => clearTimeout(timer));
  });
}

export interface Asking {
  /** Ends asking, waits for the answers that are out, and resolves to all. */
  stop(): Promise<readonly Answer[]>;
}

/** Goes on asking, whether earlier requests have been answered or not, as independent clients would. */
export function keepAsking(host: string, { everyMs = 100, port = 80 } = {}): Asking {
  const answers: Promise<Answer>[] = [];
  const stopping = new AbortController();
  const asking = (async () => {
    while (!stopping.signal.aborted) {
      answers.push(ask(host, { port }));
      await sleep(everyMs);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await asking;
      return Promise.all(answers);
    },
  };
}
