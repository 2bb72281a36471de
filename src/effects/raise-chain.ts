import { WAKE_ANNOTATION } from '../api/elastiservice.ts';
import type { Parent } from '../api/hooks.ts';
import { parseElastiService, targetOf } from '../core/observe.ts';
import { KubeApiError } from '../errors.ts';
import { createDeadline } from './deadline.ts';
import { attempt } from './outcomes.ts';
import type { Clock, Cluster, Logger, Random } from './ports.ts';
import { raise, type ScaleWrite } from './raise.ts';

export interface RaiseChainsDeps {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly onScaled?: (write: ScaleWrite & { readonly namespace: string; readonly service: string }) => void;
}

export interface RaiseChains {
  /**
   * Raises the target of an ElastiService that carries `token`, trying until it is raised or the wake is over. A chain
   * that still runs for the ElastiService ends: its token is the older one. Says how it ended and never rejects.
   */
  start(elastiService: Parent, token: string): Promise<'raised' | 'over'>;
  /** Lets chains finish the try they are at, and begin no other. */
  stop(): void;
}

const TRY_MS = 5000;
const CALL_TIMEOUT_MS = 2000;
const FIRST_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 10_000;

/** The raises that follow from wakes, one chain of tries per ElastiService. */
export function createRaiseChains(deps: RaiseChainsDeps): RaiseChains {
  const { cluster, clock, random, log, onScaled } = deps;
  const running = new Map<string, AbortController>();
  const stopping = new AbortController();

  /** undefined: failed, try again. */
  const tryRaise = async (parent: Parent): Promise<'raised' | 'over' | undefined> => {
    const elastiService = parseElastiService(parent);
    const { namespace, name } = parent.metadata;
    if ('invalid' in elastiService) {
      log.warn({ namespace, name, invalid: elastiService.invalid }, 'cannot raise for a spec that is not valid');
      return 'over';
    }
    const { service, minTargetReplicas, autoscaler } = elastiService.spec;
    const request = { target: targetOf(elastiService), replicas: minTargetReplicas, autoscaler };
    const scaleDeps = { cluster, onScaled: (write: ScaleWrite) => onScaled?.({ ...write, namespace, service }) };
    const deadline = createDeadline(clock, { atMs: clock.monotonicMs() + TRY_MS, callTimeoutMs: CALL_TIMEOUT_MS });
    const outcome = await raise(request, scaleDeps, deadline);
    if (outcome.kind === 'failed') log.warn({ namespace, name, service, outcome }, 'cannot raise yet, will try again');
    if (outcome.kind === 'failed') return undefined;
    return outcome.kind === 'done' ? 'raised' : 'over';
  };

  /** undefined: cannot be read now. over: nothing is left to do for this token. */
  const readAgain = async ({ metadata }: Parent, token: string): Promise<Parent | 'over' | undefined> => {
    const { namespace, name, uid } = metadata;
    const parent = await attempt(cluster.readElastiService({ namespace, name }, { timeoutMs: CALL_TIMEOUT_MS }));
    if (parent instanceof KubeApiError) return undefined;
    const isSame = parent?.metadata.uid === uid && parent.metadata.deletionTimestamp === undefined;
    if (!isSame || parent.metadata.annotations?.[WAKE_ANNOTATION] !== token) return 'over';
    const elastiService = parseElastiService(parent);
    const isServed = !('invalid' in elastiService) && elastiService.status?.servedWake === token;
    return isServed ? 'over' : parent;
  };

  const run = async (first: Parent, token: string, signal: AbortSignal): Promise<'raised' | 'over'> => {
    let parent: Parent | undefined = first;
    for (let tries = 0; ; tries++) {
      const ended = parent && (await tryRaise(parent));
      if (ended) return ended;
      // Full jitter: what failed together does not come back together.
      const backoffMs = random.next() * Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** tries);
      const isWaited = await clock.sleep(backoffMs, signal).then(
        () => true,
        () => false,
      );
      if (!isWaited || signal.aborted) return 'over';
      const again = await readAgain(first, token);
      if (again === 'over') return again;
      parent = again;
    }
  };

  return {
    start: async (elastiService, token) => {
      const { uid, namespace, name } = elastiService.metadata;
      running.get(uid)?.abort();
      const mine = new AbortController();
      running.set(uid, mine);
      try {
        return await run(elastiService, token, AbortSignal.any([mine.signal, stopping.signal]));
      } catch (error) {
        log.error({ err: error, namespace, name }, 'a wake ended in a bug');
        return 'over';
      } finally {
        if (running.get(uid) === mine) running.delete(uid);
      }
    },
    stop: () => stopping.abort(),
  };
}
