import type { Clock, Logger } from '../effects/ports.ts';
import type { OwnSlices } from './cluster/own-slices.ts';

export interface LeaveDeps {
  readonly ownSlices: Pick<OwnSlices, 'count' | 'whenNone'>;
  readonly resolver: { close(graceMs: number): Promise<void> };
  readonly clock: Clock;
  readonly log: Logger;
}

/** After the last slice has let go of us: until kube-proxy everywhere has heard of it. */
const LINGER_MS = 3000;

/**
 * Serves on until no slice sends connections to us any more, at most for half of graceMs; then accepts none, and lets
 * those that are there go on for the rest of it. Resolves when none is left.
 */
export async function leave({ ownSlices, resolver, clock, log }: LeaveDeps, graceMs: number): Promise<void> {
  const endsAtMs = clock.monotonicMs() + graceMs;
  const bound = new AbortController();
  const done = new AbortController();
  const tooLong = new Error('slices name this pod for too long');
  void clock.sleep(graceMs / 2, done.signal).then(
    () => bound.abort(tooLong),
    () => undefined,
  );
  try {
    // A sync that was under way may name us once more.
    do {
      await ownSlices.whenNone(bound.signal);
      await clock.sleep(LINGER_MS, bound.signal);
    } while (ownSlices.count() > 0);
    log.info({}, 'no slice names this pod any more');
  } catch (error) {
    if (error !== tooLong) throw error;
    log.warn({ slices: ownSlices.count() }, 'ending although slices still name this pod');
  } finally {
    done.abort();
  }
  await resolver.close(Math.max(0, endsAtMs - clock.monotonicMs()));
}
