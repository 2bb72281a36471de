import {
  isPausedByMark,
  PAUSED_BY_ANNOTATION,
  PAUSED_REPLICAS_ANNOTATION,
  pauseChange,
  pausedBy,
  unpauseChange,
} from '../api/keda.ts';
import type { Target } from '../api/kubernetes.ts';
import type { AutoscalerRef, Outcome } from '../core/types.ts';
import { KubeApiError } from '../errors.ts';
import type { Deadline } from './deadline.ts';
import { attempt, DONE, failed, mayHaveHappened, refused } from './outcomes.ts';
import type { Cluster } from './ports.ts';

/** KEDA writes the ScaledObject's status on its own, so one conflict means little. */
const MAX_TRIES = 5;

export interface Autoscaled {
  readonly target: Target;
  readonly autoscaler: AutoscalerRef | undefined;
}

export interface Pause {
  readonly outcome: Outcome;
  /** Whether the pause is, or may be, this ElastiService's: backing out then means to unpause. */
  readonly isOurs: boolean;
}

/** Pauses KEDA, where there is one, with the mark of the ElastiService `uid`. Refuses where it must not or cannot help. */
export async function pauseKeda(
  { target, autoscaler, uid }: Autoscaled & { readonly uid: string },
  { cluster }: { readonly cluster: Cluster },
  deadline: Deadline,
): Promise<Pause> {
  const notPaused = (outcome: Outcome): Pause => ({ outcome, isOurs: false });
  if (autoscaler?.type !== 'keda') return notPaused(DONE);
  const ref = { namespace: target.namespace, name: autoscaler.name };
  for (let tries = 1; ; tries++) {
    const found = await attempt(cluster.readScaledObject(ref, deadline.callOptions()));
    if (found instanceof KubeApiError) return notPaused(failed('AutoscalerFailed', found));
    if (found === undefined) return notPaused(refused('AutoscalerMissing', `ScaledObject ${ref.name} does not exist`));
    const { annotations, minReplicaCount, resourceVersion } = found;
    if (minReplicaCount < 1) {
      return notPaused(refused('KedaScalesToZero', `KEDA scales to zero itself: minReplicaCount of ${ref.name} is 0`));
    }
    if (pausedBy(annotations) === 'other') {
      return notPaused(refused('KedaPausedByOther', `ScaledObject ${ref.name} was paused by somebody else`));
    }
    if (isPausedByMark(annotations)) return { outcome: DONE, isOurs: annotations[PAUSED_BY_ANNOTATION] === uid };
    if (deadline.hasPassed()) return notPaused(refused('DeadlinePassed', 'no time was left to pause the autoscaler'));
    const change = { annotations: pauseChange(annotations, uid), resourceVersion };
    const error = await attempt(cluster.annotateScaledObject(ref, change, deadline.callOptions()));
    if (error === undefined) return { outcome: DONE, isOurs: true };
    if (error.code === 'CONFLICT' && tries < MAX_TRIES) continue;
    return { outcome: failed('AutoscalerFailed', error), isOurs: mayHaveHappened(error) };
  }
}

/**
 * Takes a pause of ours away: any, or only the one marked with `onlyMarkOf`. A pause by somebody else stays.
 * `unheld`: KEDA was told to hold 0 replicas until now, so it may have scaled to 0 a moment ago.
 */
export async function unpauseKeda(
  { target, autoscaler, onlyMarkOf }: Autoscaled & { readonly onlyMarkOf?: string },
  { cluster }: { readonly cluster: Cluster },
  deadline: Deadline,
): Promise<'nothing' | 'unpaused' | 'unheld' | KubeApiError> {
  if (autoscaler?.type !== 'keda') return 'nothing';
  const ref = { namespace: target.namespace, name: autoscaler.name };
  for (let tries = 1; ; tries++) {
    const found = await attempt(cluster.readScaledObject(ref, deadline.callOptions()));
    if (found instanceof KubeApiError) return found;
    if (found === undefined) return 'nothing';
    if (onlyMarkOf !== undefined && found.annotations[PAUSED_BY_ANNOTATION] !== onlyMarkOf) return 'nothing';
    const annotations = unpauseChange(found.annotations);
    if (annotations === undefined) return 'nothing';
    const change = { annotations, resourceVersion: found.resourceVersion };
    const error = await attempt(cluster.annotateScaledObject(ref, change, deadline.callOptions()));
    if (error === undefined) return PAUSED_REPLICAS_ANNOTATION in annotations ? 'unheld' : 'unpaused';
    if (error.code === 'NOT_FOUND') return 'nothing';
    if (error.code !== 'CONFLICT' || tries === MAX_TRIES) return error;
  }
}
