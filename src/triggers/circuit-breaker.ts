const FAILURES_TO_REST = 3;
const FIRST_BACKOFF_MS = 5_000;
const MAX_BACKOFF_MS = 60_000;

/** Permission for one request; its outcome must be told, whatever it is. */
export type Pass = (outcome: 'alive' | 'dead') => void;

export interface CircuitBreaker {
  /** undefined: the server is to be left alone for now. */
  enter(): Pass | undefined;
}

/** Leaves a server alone after three failures in a row: 5 s, doubling up to 60 s with each failed attempt to return. */
export function createCircuitBreaker(monotonicMs: () => number): CircuitBreaker {
  let failures = 0;
  let backoffMs = 0;
  let restsUntilMs = 0;
  let isProbing = false;

  const rest = () => {
    backoffMs = Math.min(backoffMs === 0 ? FIRST_BACKOFF_MS : backoffMs * 2, MAX_BACKOFF_MS);
    restsUntilMs = monotonicMs() + backoffMs;
  };
  const settle = (outcome: 'alive' | 'dead', isProbe: boolean) => {
    if (isProbe) isProbing = false;
    if (outcome === 'alive') {
      failures = 0;
      backoffMs = 0;
      return;
    }
    failures += 1;
    // Requests that were under way when the rest began add nothing to the back-off.
    if (isProbe || (failures >= FAILURES_TO_REST && backoffMs === 0)) rest();
  };

  return {
    enter() {
      if (backoffMs === 0) return (outcome) => settle(outcome, false);
      if (isProbing || monotonicMs() < restsUntilMs) return undefined;
      isProbing = true;
      return (outcome) => settle(outcome, true);
    },
  };
}
