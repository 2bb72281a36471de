import type { Pod } from './pod.ts';

/** What a test may ask of a pod beyond what Kubernetes knows. */
export interface TestTiming {
  /** Passes before the process starts, as the pull of an image does. */
  readonly startDelayMs: number;
  /** Instead of `readinessProbe.periodSeconds`, which cannot be below one. */
  readonly readinessPeriodMs: number | undefined;
  /** Instead of the crash back-off. */
  readonly restartDelayMs: number | undefined;
  /** Takes effect on a running pod too. */
  readonly isNeverReady: boolean;
}

const PREFIX = 'e2e.elasti.dev/';

export function readTestTiming({ metadata: { annotations = {} } }: Pick<Pod, 'metadata'>): TestTiming {
  const milliseconds = (name: string): number | undefined => {
    const value = Number(annotations[`${PREFIX}${name}`] ?? Number.NaN);
    return Number.isFinite(value) && value >= 0 ? value : undefined;
  };
  return {
    startDelayMs: milliseconds('start-delay-ms') ?? 0,
    readinessPeriodMs: milliseconds('readiness-period-ms'),
    restartDelayMs: milliseconds('restart-delay-ms'),
    isNeverReady: annotations[`${PREFIX}never-ready`] === 'true',
  };
}
