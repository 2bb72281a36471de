import type { Trigger } from '../api/elastiservice.ts';
import type { TriggerReading } from '../core/types.ts';
import type { Clock, Cluster } from '../effects/ports.ts';
import { createPrometheusTrigger } from './prometheus.ts';
import { createPrometheusClient, type QueryReport } from './prometheus-client.ts';
import { REASONS, type Reason } from './reasons.ts';
import { createSecrets } from './secrets.ts';
import type { Send } from './send.ts';
import type { ServerRules } from './server-guard.ts';
import type { Probe, TriggeredService, TriggerType, Verdict } from './trigger-type.ts';
import { within } from './within.ts';

export interface TriggerSettings extends ServerRules {
  /** Sent as Authorization to the environment's server, and to no other. */
  readonly defaultAuthorization: string | undefined;
  readonly pollSeconds: number;
  /** Time-out of one question. Default: 5,000. */
  readonly timeoutMs?: number;
  /** Questions that one server is asked at the same time. Default: 20, as Prometheus' own `--query.max-concurrency`. */
  readonly concurrencyPerServer?: number | undefined;
}

/** The evaluation of triggers. No function throws. */
export interface Triggers {
  /**
   * One reading per trigger, in order. A reading not older than maxAgeSeconds is served from memory; else the server is
   * asked, and after budgetMs the reading is `pending`: the question goes on, and its answer serves the next call.
   */
  read(
    service: TriggeredService,
    options: { readonly maxAgeSeconds: number; readonly budgetMs: number },
  ): Promise<readonly TriggerReading[]>;
  /**
   * Whether the whole window was idle and Prometheus itself was up; one reading per trigger, in order. Always freshly
   * asked, so budgetMs should give a server time for two questions in a row.
   */
  prove(
    service: TriggeredService,
    options: { readonly windowSeconds: number; readonly budgetMs: number },
  ): Promise<readonly TriggerReading[]>;
  /**
   * Asks again what was read within the last two polls and is older than maxAgeSeconds, so that a read finds it in memory: for those
   * who would hold much while they wait for a server. One reading per trigger, in order; `pending` where it was not read lately.
   */
  refresh(
    service: TriggeredService,
    options: { readonly maxAgeSeconds: number; readonly budgetMs: number },
  ): Promise<readonly TriggerReading[]>;
  /** Drops what is remembered for a deleted ElastiService. */
  forget(service: TriggeredService): void;
}

const DEFAULT_TIMEOUT_MS = 5_000;
const DEFAULT_CONCURRENCY = 20;
/** Long enough that a burst of syncs does not ask a failing server each time. */
const MAX_KEEP_FAILURE_SECONDS = 3;

/** Makes the evaluation of triggers, of every type there is. */
export function createTriggers(deps: {
  readonly clock: Clock;
  readonly send: Send;
  readonly readSecretKey: Cluster['readSecretKey'];
  readonly settings: TriggerSettings;
  /** Told after each question to a server, for metrics. */
  readonly onQuery?: (report: QueryReport) => void;
  /** Told what should never happen: the reading is InternalError then. */
  readonly onBug?: (error: unknown) => void;
}): Triggers {
  const { clock } = deps;
  const types = new Map(createTypes().map((type) => [type.type, type]));

  return {
    read: (service, { maxAgeSeconds, budgetMs }) =>
      readAll(
        service,
        (probe) => probe.recall(maxAgeSeconds * 1000) ?? within(clock, budgetMs, probe.read(maxAgeSeconds * 1000)),
      ),
    refresh: (service, { maxAgeSeconds, budgetMs }) => {
      const wantedMs = 2000 * deps.settings.pollSeconds;
      return readAll(service, (probe) =>
        probe.recall(wantedMs) === undefined ? 'late' : within(clock, budgetMs, probe.read(maxAgeSeconds * 1000)),
      );
    },
    prove: (service, { windowSeconds, budgetMs }) =>
      readAll(service, (probe) => within(clock, budgetMs, probe.prove(windowSeconds))),
    forget(service) {
      for (const trigger of service.triggers) {
        const probe = makeProbe(service, trigger);
        if (!('reason' in probe)) probe.forget();
      }
    },
  };

  function createTypes(): readonly TriggerType[] {
    const timeoutMs = deps.settings.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const concurrencyPerServer = deps.settings.concurrencyPerServer ?? DEFAULT_CONCURRENCY;
    const ask = createPrometheusClient({
      clock,
      send: deps.send,
      readSecret: createSecrets({ clock, readSecretKey: deps.readSecretKey, timeoutMs }),
      settings: { ...deps.settings, timeoutMs, concurrencyPerServer },
      onQuery: deps.onQuery ?? (() => {}),
    });
    const keepFailureSeconds = Math.min(deps.settings.pollSeconds, MAX_KEEP_FAILURE_SECONDS);
    return [createPrometheusTrigger({ clock, ask, settings: { ...deps.settings, keepFailureSeconds } })];
  }

  /** Ages are told at the end, when the last of the verdicts is there. */
  async function readAll(
    service: TriggeredService,
    evaluate: (probe: Probe) => Verdict | 'late' | Promise<Verdict | 'late'>,
  ): Promise<readonly TriggerReading[]> {
    const verdicts = await Promise.all(
      service.triggers.map(async (trigger) => {
        try {
          const probe = makeProbe(service, trigger);
          return 'reason' in probe ? failed(probe.reason) : await evaluate(probe);
        } catch (error) {
          deps.onBug?.(error);
          return failed('InternalError');
        }
      }),
    );
    return verdicts.map((verdict) => makeReading(verdict, clock.monotonicMs()));
  }

  function makeProbe(service: TriggeredService, trigger: Trigger): ReturnType<TriggerType['makeProbe']> {
    return types.get(trigger.type)?.makeProbe(service, trigger) ?? { reason: 'UnknownTriggerType' };
  }
}

const failed = (reason: Reason): Verdict => ({ state: 'failed', reason, askedAtMs: 0 });

function makeReading(verdict: Verdict | 'late', nowMs: number): TriggerReading {
  if (verdict === 'late') return { state: 'pending', reason: 'Pending', message: REASONS.Pending, ageSeconds: 0 };
  const { state, reason, askedAtMs } = verdict;
  return { state, reason, message: REASONS[reason], ageSeconds: state === 'failed' ? 0 : (nowMs - askedAtMs) / 1000 };
}
