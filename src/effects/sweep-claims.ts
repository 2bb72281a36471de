import { KubeApiError } from '../errors.ts';
import type { Clock, Logger, Random } from './ports.ts';
import type { ResolverClaims } from './resolver-claims.ts';

export interface SweepClaimsDeps {
  readonly claims: Pick<ResolverClaims, 'sweep'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly onBug: (error: unknown) => void;
}

const EVERY_MS = 600_000;

/** Sweeps the claims every ten minutes, at times that replicas do not share, until the signal ends it. */
export async function sweepClaims(deps: SweepClaimsDeps, signal: AbortSignal): Promise<void> {
  const { claims, clock, random, log, onBug } = deps;
  while (!signal.aborted) {
    try {
      await clock.sleep(EVERY_MS * (0.75 + random.next() / 2), signal);
      await claims.sweep();
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof KubeApiError)
        log.warn({ err: error }, 'cannot look for claims of nobody, the next sweep will');
      else onBug(error);
    }
  }
}
