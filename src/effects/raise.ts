import type { Target } from '../api/kubernetes.ts';
import type { AutoscalerRef, Outcome } from '../core/types.ts';
import { KubeApiError, type KubeCode } from '../errors.ts';
import type { Deadline } from './deadline.ts';
import { unpauseKeda } from './keda-pause.ts';
import { attempt, DONE, failed, refused } from './outcomes.ts';
import type { Cluster } from './ports.ts';

/** Conflicts are retried at once: a Deployment's status alone moves its resourceVersion. */
const MAX_TRIES = 5;

/** One write to `/scale` and how it ended. */
export interface ScaleWrite {
  readonly target: Target;
  readonly replicas: number;
  readonly code: 'success' | KubeCode;
}

export interface ScaleDeps {
  readonly cluster: Cluster;
  readonly onScaled?: ((write: ScaleWrite) => void) | undefined;
}

export interface RaiseRequest {
  readonly target: Target;
  readonly replicas: number;
  readonly autoscaler: AutoscalerRef | undefined;
}

/**
 * Unpauses KEDA where the pause is ours, and raises the target to `replicas` if its wanted replicas are 0.
 *
 * Both go side by side, for a slow or broken KEDA must not keep pods from starting. Either order is safe: a paused KEDA
 * leaves replicas alone, an unpaused one raises by itself, and our write is guarded by the version that showed 0.
 * Only KubeElasti's `paused-replicas: "0"` can undo a raise that came first, so after taking it away we look again.
 */
export async function raise(request: RaiseRequest, deps: ScaleDeps, deadline: Deadline): Promise<Outcome> {
  const [raised, unpaused] = await Promise.all([
    raiseFromZero(request, deps, deadline),
    unpauseKeda(request, deps, deadline),
  ]);
  const outcome = unpaused === 'unheld' ? await raiseFromZero(request, deps, deadline) : raised;
  if (outcome.kind === 'done' && unpaused instanceof KubeApiError) return failed('AutoscalerFailed', unpaused);
  return outcome;
}

/** Compares what is wanted (`spec.replicas`): pods that still terminate count in the status, and serve nobody. */
async function raiseFromZero(
  { target, replicas }: RaiseRequest,
  { cluster, onScaled }: ScaleDeps,
  deadline: Deadline,
): Promise<Outcome> {
  const missing = refused('TargetMissing', `${target.kind} ${target.name} does not exist`);
  const wanted = Math.max(1, replicas);
  for (let tries = 1; ; tries++) {
    const scale = await attempt(cluster.readScale(target, deadline.callOptions()));
    if (scale instanceof KubeApiError) return failed('ScaleFailed', scale);
    if (scale === undefined) return missing;
    if (scale.replicas > 0) return DONE;
    const next = { replicas: wanted, resourceVersion: scale.resourceVersion };
    const written = await attempt(cluster.writeScale(target, next, deadline.callOptions()));
    const error = written instanceof KubeApiError ? written : undefined;
    onScaled?.({ target, replicas: wanted, code: error?.code ?? 'success' });
    if (error === undefined) return DONE;
    if (error.code === 'NOT_FOUND') return missing;
    if (error.code !== 'CONFLICT' || tries === MAX_TRIES) return failed('ScaleFailed', error);
  }
}
