import { sharersOf } from '../core/sharers.ts';
import type { Outcome, ScalePatch, Settings } from '../core/types.ts';
import { KubeApiError } from '../errors.ts';
import { createDeadline, type Deadline, insist } from './deadline.ts';
import { pauseKeda, unpauseKeda } from './keda-pause.ts';
import { attempt, DONE, failed, mayHaveHappened, refused } from './outcomes.ts';
import type { Clock, Logger } from './ports.ts';
import { raise, type ScaleDeps } from './raise.ts';
import { guardObjection, type Live } from './zero-guard.ts';
import { readLive, readLiveAgain } from './zero-live.ts';

export type SleepPatch = Extract<ScalePatch, { kind: 'sleep' }>;

export interface ZeroStepDeps extends ScaleDeps {
  readonly clock: Clock;
  readonly log: Logger;
}

export interface ZeroStepOptions extends Pick<Settings, 'zeroDeadlineSeconds' | 'drainSeconds' | 'clockSkewSeconds'> {
  /** Monotonic time at which the hook request arrived. */
  readonly observedAtMs: number;
}

interface Step {
  readonly patch: SleepPatch;
  readonly deps: ZeroStepDeps;
  readonly undoDeadline: Deadline;
  readonly objectionTo: (live: Live) => Outcome | undefined;
}

const CALL_TIMEOUT_MS = 2000;

/**
 * Scales the target to 0 if all that the guard names holds, live. Nothing else writes 0. Why no request is lost:
 *
 * - The target's version is read before the guard is checked, and the write insists on it: whoever touches the target
 *   in between makes the write fail.
 * - A wake writes its token and then reads `/scale`; we write `/scale` and then read the token. One of the two sees
 *   the other, and raises.
 * - Nothing that leads to 0 starts after the deadline. Undoing may take as long again, since it only ever raises; the
 *   core takes a zero step as in flight until twice the deadline.
 * - A crash, or an API that fails until then, leaves the rest to sync: a wake token is durable.
 */
export async function zeroStep(patch: SleepPatch, deps: ZeroStepDeps, options: ZeroStepOptions): Promise<Outcome> {
  const { target, guard } = patch;
  const { cluster, clock, onScaled } = deps;
  const deadlineMs = options.zeroDeadlineSeconds * 1000;
  const endingAt = (atMs: number) => createDeadline(clock, { atMs, callTimeoutMs: CALL_TIMEOUT_MS });
  const deadline = endingAt(options.observedAtMs + deadlineMs);
  const step: Step = {
    patch,
    deps,
    undoDeadline: endingAt(options.observedAtMs + 2 * deadlineMs),
    objectionTo: (live) => guardObjection(patch, live, { ...options, now: clock.now() }),
  };
  const tooLate = refused('DeadlinePassed', 'no time was left to scale to zero');

  if (deadline.hasPassed()) return tooLate;
  const scale = await attempt(cluster.readScale(target, deadline.callOptions()));
  if (scale instanceof KubeApiError) return failed('ScaleFailed', scale);
  if (scale === undefined) return refused('TargetMissing', `${target.kind} ${target.name} does not exist`);
  if (scale.replicas === 0) return DONE;

  if (deadline.hasPassed()) return tooLate;
  const live = await attempt(readLive(patch, cluster, deadline.callOptions()));
  if (live instanceof KubeApiError) return failed('CheckFailed', live);
  const objection = step.objectionTo(live);
  if (objection) return objection;
  const own = live.parents.filter(({ metadata }) => metadata.uid === guard.uid).map(({ metadata }) => metadata.name);
  const sharers = sharersOf(live.parents, { uid: guard.uid, target }, clock.now(), options).map(({ name }) => name);
  const names = [...own, ...sharers];

  if (deadline.hasPassed()) return tooLate;
  const pause = await pauseKeda({ ...patch, uid: guard.uid }, deps, deadline);
  const backOut = (outcome: Outcome) => (pause.isOurs ? unpause(step, outcome) : outcome);
  if (pause.outcome.kind !== 'done') return backOut(pause.outcome);

  if (deadline.hasPassed()) return backOut(tooLate);
  const zero = { replicas: 0, resourceVersion: scale.resourceVersion };
  const written = await attempt(cluster.writeScale(target, zero, deadline.callOptions()));
  const error = written instanceof KubeApiError ? written : undefined;
  onScaled?.({ target, replicas: 0, code: error?.code ?? 'success' });
  if (error && !mayHaveHappened(error)) return backOut(notWritten(step, error));

  // A write without an answer may have been carried out, or may still be: it is checked like one that was.
  const change = await lookAgain(step, { names, replicas: scale.replicas });
  if (change) return change;
  if (!error) return DONE;
  const after = await attempt(cluster.readScale(target, step.undoDeadline.callOptions()));
  if (after !== undefined && !(after instanceof KubeApiError) && after.replicas === 0) return DONE;
  // Should it arrive later still, the next sync finds 0; an unpaused KEDA then raises, which costs no request.
  return backOut(failed('ScaleFailed', error));
}

/** Reads what the guard names once more. If it changed before the zero was written, raises the target again and says why. */
async function lookAgain(
  { patch, deps, undoDeadline, objectionTo }: Step,
  { names, replicas }: { readonly names: readonly string[]; readonly replicas: number },
): Promise<Outcome | undefined> {
  const { target } = patch;
  const { cluster, clock, log } = deps;
  const read = () => attempt(readLiveAgain({ ...patch, names }, cluster, undoDeadline.callOptions()));
  const live = await insist(read, { isFailed: (found) => found instanceof KubeApiError, clock, until: undoDeadline });
  if (live instanceof KubeApiError) {
    log.warn({ target, code: live.code }, 'cannot look again after scaling to zero, the next sync will');
    return undefined;
  }
  const objection = objectionTo(live);
  if (!objection) return undefined;
  const undo = () => raise({ ...patch, replicas }, deps, undoDeadline);
  const undone = await insist(undo, { isFailed: (outcome) => outcome.kind === 'failed', clock, until: undoDeadline });
  if (undone.kind === 'failed') log.error({ target, objection, undone }, 'cannot raise the target again');
  return objection;
}

function notWritten({ patch }: Step, error: KubeApiError): Outcome {
  const { kind, name } = patch.target;
  if (error.code === 'CONFLICT') return refused('TargetChanged', `${kind} ${name} was changed meanwhile`);
  if (error.code === 'NOT_FOUND') return refused('TargetMissing', `${kind} ${name} does not exist`);
  return failed('ScaleFailed', error);
}

async function unpause({ patch, deps, undoDeadline }: Step, outcome: Outcome): Promise<Outcome> {
  const { target, autoscaler, guard } = patch;
  const { clock, log } = deps;
  const undo = () => unpauseKeda({ target, autoscaler, onlyMarkOf: guard.uid }, deps, undoDeadline);
  const undone = await insist(undo, {
    isFailed: (result) => result instanceof KubeApiError,
    clock,
    until: undoDeadline,
  });
  if (undone instanceof KubeApiError) log.error({ target, autoscaler, code: undone.code }, 'cannot unpause KEDA again');
  return outcome;
}
