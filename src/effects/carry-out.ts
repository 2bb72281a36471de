import type { ElastiService, Outcome, ScalePatch, Settings } from '../core/types.ts';
import { createDeadline } from './deadline.ts';
import { refused } from './outcomes.ts';
import type { Clock, Cluster, Logger } from './ports.ts';
import { raise, type ScaleWrite } from './raise.ts';
import { createTokenBucket } from './token-bucket.ts';
import { zeroStep } from './zero-step.ts';

/** Whose patches are carried out, for logs and metrics. */
export interface Subject {
  readonly namespace: string;
  readonly service: string;
}

export interface CarryOutDeps {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: Pick<Settings, 'zeroDeadlineSeconds' | 'drainSeconds' | 'clockSkewSeconds'>;
  readonly onScaled?: (write: ScaleWrite & Subject) => void;
  readonly onZeroStep?: (outcome: Outcome, subject: Subject) => void;
}

export interface CarryOutOptions {
  /** Monotonic time at which the hook request arrived. */
  readonly observedAtMs: number;
  readonly elastiService: ElastiService;
}

export type CarryOut = (patches: readonly ScalePatch[], options: CarryOutOptions) => Promise<readonly Outcome[]>;

/** A raise must fit into the answer of a hook, which Metacontroller awaits for 5 s. */
const RAISE_MS = 1900;
const CALL_TIMEOUT_MS = 1000;
/** For what a whole fleet may want at once: a thousand targets starting together would harm the cluster. */
const RAISE_RATE = { perSecond: 10, burst: 10 };

/** Carries out scale patches one after the other, in order, and answers with one outcome each. */
export function createCarryOut(deps: CarryOutDeps): CarryOut {
  const { clock, log, settings, onScaled, onZeroStep } = deps;
  const takeToken = createTokenBucket(clock, RAISE_RATE);

  return async (patches, { observedAtMs, elastiService }) => {
    const subject = { namespace: elastiService.namespace, service: elastiService.spec.service };
    const scaleDeps = { ...deps, onScaled: (write: ScaleWrite) => onScaled?.({ ...write, ...subject }) };

    const carryOutOne = async (patch: ScalePatch): Promise<Outcome> => {
      if (patch.kind === 'sleep') {
        const outcome = await zeroStep(patch, scaleDeps, { ...settings, observedAtMs });
        onZeroStep?.(outcome, subject);
        return outcome;
      }
      if (patch.isRateLimited && !takeToken())
        return refused('RateLimited', 'too many targets are being raised at once');
      const atMs = clock.monotonicMs() + RAISE_MS;
      return raise(patch, scaleDeps, createDeadline(clock, { atMs, callTimeoutMs: CALL_TIMEOUT_MS }));
    };

    const outcomes: Outcome[] = [];
    for (const patch of patches) {
      const outcome = await carryOutOne(patch);
      const { name } = elastiService;
      log.info(
        { ...subject, elastiService: name, patch: patch.kind, target: patch.target.name, outcome },
        'scale patch',
      );
      outcomes.push(outcome);
    }
    return outcomes;
  };
}
