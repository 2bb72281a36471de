/** Counts the seconds for which pods did not run that would have run without scale-to-zero. */
export interface Savings {
  seconds(): number;
  stop(): void;
}

const TICK_MS = 250;

/** Counts from now on; sleeping() gives how many services have no pod. */
export function countSavings(sleeping: () => number): Savings {
  let savedMs = 0;
  let lastMs = performance.now();
  const timer = setInterval(() => {
    const nowMs = performance.now();
    savedMs += (nowMs - lastMs) * sleeping();
    lastMs = nowMs;
  }, TICK_MS);
  return { seconds: () => Math.round(savedMs / 100) / 10, stop: () => clearInterval(timer) };
}
