import type { Clock } from './ports.ts';

/** Gives the last read as long as it began no longer ago than that, and reads anew after: many who ask at once share one. */
export function createSharedRead<T>(
  clock: Pick<Clock, 'monotonicMs'>,
  maxAgeMs: number,
  read: () => Promise<T>,
): () => Promise<T> {
  let last: { readonly result: Promise<T>; readonly atMs: number } | undefined;
  return () => {
    const atMs = clock.monotonicMs();
    if (last === undefined || atMs - last.atMs > maxAgeMs) last = { result: read(), atMs };
    return last.result;
  };
}
