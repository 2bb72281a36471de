import type { EndpointSlice } from '../api/kubernetes.ts';
import type { Clock } from './ports.ts';

/** Remembers what looks at slices showed. */
export interface LookedAt {
  /** For how many seconds looks at a Service's slices have shown these very versions of them. */
  sameFor(uid: string, slices: readonly EndpointSlice[]): number;
  forget(uid: string): void;
}

/** Many more than leave the resolver at one time. */
const MAX_REMEMBERED = 10_000;

export function createLookedAt(clock: Pick<Clock, 'monotonicMs'>): LookedAt {
  const looks = new Map<string, { readonly versions: string; readonly sinceMs: number }>();
  return {
    sameFor: (uid, slices) => {
      const versions = slices
        .map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`)
        .sort()
        .join();
      const nowMs = clock.monotonicMs();
      const before = looks.get(uid);
      const sinceMs = before?.versions === versions ? before.sinceMs : nowMs;
      looks.delete(uid);
      looks.set(uid, { versions, sinceMs });
      for (const oldest of looks.keys()) {
        if (looks.size <= MAX_REMEMBERED) break;
        looks.delete(oldest);
      }
      return (nowMs - sinceMs) / 1000;
    },
    forget: (uid) => void looks.delete(uid),
  };
}
