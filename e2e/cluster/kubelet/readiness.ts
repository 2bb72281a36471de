import { setTimeout as sleep } from 'node:timers/promises';
import type { TestTiming } from './annotations.ts';
import type { Container } from './pod.ts';
import { attempt } from './probe.ts';

interface ReadinessOf {
  readonly container: Container;
  readonly host: string;
  /** Asked before each attempt: a test may change it while the pod runs. */
  readonly timing: () => TestTiming;
  readonly onChange: (isReady: boolean) => void;
  readonly signal: AbortSignal;
}

/** Probes until aborted. Reports each change; the state at first is "not ready". */
export async function followReadiness({ container, host, timing, onChange, signal }: ReadinessOf): Promise<void> {
  const probe = container.readinessProbe ?? {};
  const { initialDelaySeconds = 0, periodSeconds = 10, successThreshold = 1, failureThreshold = 3 } = probe;
  let isReady = false;
  let inARow = 0;
  await pause(initialDelaySeconds * 1000, signal);
  while (!signal.aborted) {
    const startedAt = performance.now();
    const isNeverReady = timing().isNeverReady;
    const isGood = !isNeverReady && (!container.readinessProbe || (await attempt(probe, container, host)));
    if (signal.aborted) return;
    inARow = isGood === isReady ? 0 : inARow + 1;
    if (inARow >= (isReady && !isNeverReady ? failureThreshold : successThreshold)) {
      inARow = 0;
      isReady = isGood;
      onChange(isReady);
    }
    const periodMs = timing().readinessPeriodMs ?? (container.readinessProbe ? periodSeconds * 1000 : 100);
    await pause(periodMs - (performance.now() - startedAt), signal);
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(Math.max(0, ms), undefined, { signal }).catch(() => {});
}
