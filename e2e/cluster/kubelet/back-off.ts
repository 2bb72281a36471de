const FIRST_MS = 10_000;
const LONGEST_MS = 300_000;
const FORGIVEN_AFTER_MS = 600_000;

/** The kubelet's delays between crashes: none, 10 s, 20 s ... 5 min; over again after ten minutes without one. */
export function createBackOff(): { nextDelayMs(ranMs: number): number } {
  let crashes = 0;
  return {
    nextDelayMs(ranMs) {
      if (ranMs > FORGIVEN_AFTER_MS) crashes = 0;
      const delayMs = crashes === 0 ? 0 : Math.min(LONGEST_MS, FIRST_MS * 2 ** (crashes - 1));
      crashes++;
      return delayMs;
    },
  };
}
