import { createRecent } from '../core/recent.ts';
import type { Clock } from '../effects/ports.ts';
import { createCircuitBreaker } from './circuit-breaker.ts';
import { type HeaderPlan, isSendableValue } from './headers.ts';
import { createLimiter } from './limiter.ts';
import { type PrometheusAnswer, parsePrometheusAnswer } from './prometheus-answer.ts';
import { queryUrl } from './prometheus-query.ts';
import type { Reason } from './reasons.ts';
import type { ReadSecret } from './secrets.ts';
import type { Send } from './send.ts';
import { SendError } from './send-error.ts';
import type { Server } from './server-guard.ts';
import { within } from './within.ts';

export interface PrometheusQuestion {
  readonly server: Server;
  readonly query: string;
  /** Whose Secrets the headers may come from. */
  readonly namespace: string;
  readonly headers: HeaderPlan;
  readonly several: 'refused' | 'highest';
}

/** How one question went; `outcome` is from a closed list. */
export interface QueryReport {
  readonly outcome: 'value' | Reason;
  readonly seconds: number;
}

/** Asks a server one question; calls markAsked when the request leaves. Never rejects. */
export type AskPrometheus = (question: PrometheusQuestion, markAsked: () => void) => Promise<PrometheusAnswer>;

const MAX_SERVERS = 1_000;
const failed = (reason: Reason): PrometheusAnswer => ({ kind: 'failed', reason });

/** Makes the one way to Prometheus servers: so many questions at a time to each, with a time-out and a circuit breaker. */
export function createPrometheusClient(deps: {
  readonly clock: Clock;
  readonly send: Send;
  readonly readSecret: ReadSecret;
  readonly settings: {
    readonly defaultAuthorization: string | undefined;
    readonly timeoutMs: number;
    readonly concurrencyPerServer: number;
  };
  readonly onQuery: (report: QueryReport) => void;
}): AskPrometheus {
  const { clock, settings } = deps;
  const servers = createRecent<ReturnType<typeof createServerState>>(MAX_SERVERS);

  return async (question, markAsked) => {
    const headers = await readHeaders(question);
    if (typeof headers === 'string') return failed(headers);
    const { limit, breaker } = stateOf(question.server.url.origin);
    return limit(async () => {
      const pass = breaker.enter();
      if (!pass) return failed('ServerUnavailable');
      markAsked();
      const startedMs = clock.monotonicMs();
      const { answer, isAlive } = await ask(question, headers);
      pass(isAlive ? 'alive' : 'dead');
      deps.onQuery({
        outcome: answer.kind === 'value' ? 'value' : answer.reason,
        seconds: (clock.monotonicMs() - startedMs) / 1000,
      });
      return answer;
    });
  };

  async function ask(question: PrometheusQuestion, headers: Readonly<Record<string, string>>) {
    const { url, isLoopbackAllowed } = question.server;
    const abort = new AbortController();
    try {
      const sent = deps.send({ url: queryUrl(url, question.query), headers, isLoopbackAllowed, signal: abort.signal });
      const response = await within(clock, settings.timeoutMs, sent);
      if (response === 'late') {
        abort.abort();
        return { answer: failed('Timeout'), isAlive: false };
      }
      return { answer: parsePrometheusAnswer(response, question.several), isAlive: response.status < 500 };
    } catch (error) {
      const code = error instanceof SendError ? error.code : 'CONNECTION_FAILED';
      if (code === 'ADDRESS_NOT_ALLOWED') return { answer: failed('ServerNotAllowed'), isAlive: true };
      if (code === 'ANSWER_TOO_LARGE') return { answer: failed('AnswerTooLarge'), isAlive: true };
      return { answer: failed('ConnectionFailed'), isAlive: false };
    }
  }

  async function readHeaders({
    server,
    headers,
    namespace,
  }: PrometheusQuestion): Promise<Record<string, string> | Reason> {
    const all: Record<string, string> = { ...headers.values };
    for (const [header, { name, key }] of Object.entries(headers.secrets)) {
      try {
        const value = await deps.readSecret({ namespace, name, key });
        if (value === undefined) return 'SecretMissing';
        if (!isSendableValue(value)) return 'BadHeader';
        all[header] = value;
      } catch {
        return 'SecretUnreadable';
      }
    }
    if (server.isDefault && settings.defaultAuthorization) all.authorization ??= settings.defaultAuthorization;
    return all;
  }

  function stateOf(origin: string) {
    const state = servers.get(origin) ?? createServerState();
    servers.set(origin, state);
    return state;
  }

  function createServerState() {
    return {
      limit: createLimiter(settings.concurrencyPerServer),
      breaker: createCircuitBreaker(() => clock.monotonicMs()),
    };
  }
}
