import { Refusal } from './refusal.ts';

export interface Gate {
  /**
   * Runs work as one of the requests in flight. Throws Refusal (429) when too many are, and while shutting down unless the
   * work is still served then. Never 5xx: Metacontroller brings all parents that failed with one back through one slow bucket.
   */
  pass<T>(work: () => Promise<T>, options?: { readonly isServedWhileShuttingDown?: boolean }): Promise<T>;
  shutDown(): void;
  isShuttingDown(): boolean;
  inFlight(): number;
}

const MAX_RETRY_AFTER_SECONDS = 5;

/** Makes the gate of one app. random gives numbers in [0, 1) and spreads the retries. */
export function createGate(options: { readonly maxInFlight: number; readonly random: () => number }): Gate {
  let inFlight = 0;
  let isShuttingDown = false;

  // Whole seconds, at least 1: Metacontroller takes a fraction or 0 as leave to call again at once.
  const retryAfter = () => {
    const seconds = 1 + Math.floor(options.random() * MAX_RETRY_AFTER_SECONDS);
    return String(Math.min(seconds, MAX_RETRY_AFTER_SECONDS));
  };

  return {
    async pass(work, { isServedWhileShuttingDown = false } = {}) {
      if (isShuttingDown && !isServedWhileShuttingDown) {
        const headers = { 'Retry-After': retryAfter(), Connection: 'close' };
        throw new Refusal(429, 'SHUTTING_DOWN', 'shutting down, another replica will answer', headers);
      }
      if (inFlight >= options.maxInFlight) {
        throw new Refusal(429, 'OVERLOADED', 'too many requests in flight', { 'Retry-After': retryAfter() });
      }
      inFlight++;
      try {
        return await work();
      } finally {
        inFlight--;
      }
    },
    shutDown: () => {
      isShuttingDown = true;
    },
    isShuttingDown: () => isShuttingDown,
    inFlight: () => inFlight,
  };
}
