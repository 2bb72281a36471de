import type { Clock, Random } from '../../effects/ports.ts';
import { waitAtMost } from '../../effects/wait-at-most.ts';
import type { EndedSpan } from './otlp-body.ts';

/** What became of a batch: taken, refused for good, or not taken now. */
export type PostOutcome = 'sent' | 'refused' | 'unreachable';

export interface OtlpExporterDeps {
  /** Never rejects, and ends in bounded time. */
  readonly post: (spans: readonly EndedSpan[]) => Promise<PostOutcome>;
  readonly clock: Clock;
  readonly random: Pick<Random, 'next'>;
  /** Told how many were sent, or given up. */
  readonly onSpans?: ((outcome: 'sent' | 'dropped', count: number) => void) | undefined;
}

export interface OtlpExporter {
  add(span: EndedSpan): void;
  /** Sends what waits, for this long at most, and takes nothing more. */
  close(timeoutMs: number): Promise<void>;
}

/** About 2 MB. */
const MAX_QUEUED = 2048;
const MAX_BATCH = 512;
const DELAY_MS = 1000;
const MAX_BACKOFF_MS = 60_000;

/** Sends spans in batches, one at a time. Those that find the queue full are dropped, so that a dead collector costs nothing more. */
export function createOtlpExporter({ post, clock, random, onSpans }: OtlpExporterDeps): OtlpExporter {
  const queue: EndedSpan[] = [];
  let failures = 0;
  let running: Promise<void> | undefined;
  const closing = new AbortController();

  const delayMs = (): number => {
    if (failures === 0) return queue.length >= MAX_BATCH ? 0 : DELAY_MS;
    return Math.min(MAX_BACKOFF_MS, DELAY_MS * 2 ** failures) * (0.5 + random.next() / 2);
  };

  const sendBatch = async (): Promise<void> => {
    const count = Math.min(MAX_BATCH, queue.length);
    const outcome = await post(queue.slice(0, count));
    failures = outcome === 'unreachable' ? failures + 1 : 0;
    if (outcome === 'unreachable') return;
    queue.splice(0, count);
    onSpans?.(outcome === 'sent' ? 'sent' : 'dropped', count);
  };

  const run = async (): Promise<void> => {
    while (queue.length > 0) {
      await clock.sleep(delayMs(), closing.signal).catch(() => undefined);
      await sendBatch();
      // At the end nobody waits for a collector that does not answer.
      if (closing.signal.aborted && failures > 0) break;
    }
    running = undefined;
  };

  return {
    add: (span) => {
      if (queue.length >= MAX_QUEUED || closing.signal.aborted) {
        onSpans?.('dropped', 1);
        return;
      }
      queue.push(span);
      running ??= run();
    },
    close: async (timeoutMs) => {
      closing.abort();
      await waitAtMost(clock, timeoutMs, running ?? Promise.resolve());
    },
  };
}
