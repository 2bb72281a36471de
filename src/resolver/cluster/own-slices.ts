import type { z } from 'zod';
import { EndpointSlice } from '../../api/kubernetes.ts';
import type { Broadcast } from './broadcast.ts';

/** Whether a slice to the resolver names one of the addresses, ready or not. All that is kept of it. */
export const makeNamesUs = (addresses: readonly string[]): z.ZodType<boolean> =>
  EndpointSlice.transform(({ endpoints }) =>
    (endpoints ?? []).some((endpoint) => endpoint.addresses.some((address) => addresses.includes(address))),
  );

export interface OwnSlices {
  /** A slice to the resolver changed; undefined where it went. */
  takeSlice(key: string, namesUs: boolean | undefined): void;
  /** How many slices name this pod. */
  count(): number;
  /** Resolves as soon as none does; rejects with the signal's reason. */
  whenNone(signal: AbortSignal): Promise<void>;
}

const TOPIC = 'own slices';

/** Knows which slices still send connections to this pod. */
export function createOwnSlices({ broadcast }: { readonly broadcast: Broadcast }): OwnSlices {
  const naming = new Set<string>();
  return {
    takeSlice: (key, namesUs) => {
      if (namesUs) naming.add(key);
      else naming.delete(key);
      broadcast.mark(TOPIC);
    },
    count: () => naming.size,
    whenNone: (signal) =>
      new Promise((resolve, reject) => {
        const end = () => {
          unsubscribe();
          signal.removeEventListener('abort', end);
          if (naming.size === 0) resolve();
          else reject(signal.reason);
        };
        const unsubscribe = broadcast.subscribe(TOPIC, () => naming.size === 0 && end());
        signal.addEventListener('abort', end, { once: true });
        if (naming.size === 0 || signal.aborted) end();
      }),
  };
}
