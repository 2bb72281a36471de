import type { Book, Loss } from './book.ts';
import { type Cause, causeOf } from './causes.ts';
import type { CycleFigures } from './cycle.ts';
import type { PassedOn } from './destination.ts';
import type { Disturbances } from './disturbances.ts';
import { createPassedOnLedger } from './passed-on-ledger.ts';
import type { Site } from './site.ts';
import type { PodRecord, Witness } from './witness.ts';

export interface JudgedLoss extends Loss {
  readonly cause: Cause;
}

/** What a run brought, before it is told. */
export interface RunResult {
  readonly book: Book;
  readonly losses: readonly JudgedLoss[];
  readonly figures: readonly CycleFigures[];
  /** The sites whose pods were ended, by a sleep or a restart, as often as they were. */
  readonly ended: readonly Site[];
  readonly disturbances: Disturbances;
  /** What did not come about: a site that was stuck, a fault that was not mended. */
  readonly failures: readonly string[];
}

interface Run extends Omit<RunResult, 'losses'> {
  readonly witness: Pick<Witness, 'podsAt' | 'allPods' | 'raisedSince' | 'withdrawnSince'>;
  readonly passedOn: readonly PassedOn[];
}

/** Says of each loss whose it is; a request of which nothing came, neither an answer nor a loss, is a failure. */
export function judge({ witness, passedOn, ...run }: Run): RunResult {
  const { book, disturbances, failures } = run;
  const { podsAt, allPods, raisedSince, withdrawnSince } = witness;
  const ledger = createPassedOnLedger(passedOn);
  // Who ended first chooses first: none is left without what another could do without.
  const inOrder = book.losses.toSorted((a, b) => a.endedAtMs - b.endedAtMs);
  const losses = inOrder.map((loss) => {
    const wasPassedOn = (pods: readonly PodRecord[]) => ledger.take(loss, pods);
    const { site, endedAtMs } = loss;
    const cause = causeOf({
      ...{ loss, harms: disturbances.harms, podsAt, withdrawnSince, wasPassedOn },
      ...{ sitePods: allPods(site), raisedSinceMs: raisedSince(site, endedAtMs) },
    });
    return { ...loss, cause };
  });
  const tallies = [...book.tallies.values()];
  const missing = tallies.reduce((sum, { sent, answered }) => sum + sent - answered, -losses.length);
  const unaccounted = missing === 0 ? [] : [`requests that nothing came of: ${missing}`];
  return { ...run, losses, failures: [...failures, ...unaccounted] };
}
