import { isOurSlice } from '../../src/core/observe.ts';
import type { Slice } from '../stage/objects.ts';

/** When Kubernetes took addresses out of traffic. */
export interface Withdrawals {
  /** As the slice is now, or was when it went. */
  take(slice: Slice, isGone: boolean): void;
  /** Since when no EndpointSlice of Kubernetes' own has shown the address as ready; undefined: one does, or none ever did. */
  withdrawnSince(address: string): number | undefined;
}

export function createWithdrawals(nowMs: () => number): Withdrawals {
  const readyIn = new Map<string, Set<string>>();
  const withdrawn = new Map<string, number>();
  return {
    take(taken, isGone) {
      if (isOurSlice(taken)) return;
      const { metadata, endpoints } = taken;
      const slice = `${metadata.namespace}/${metadata.name}`;
      const ready = (isGone ? [] : (endpoints ?? [])).filter(({ conditions }) => conditions.ready !== false);
      const addresses = new Set(ready.flatMap((endpoint) => endpoint.addresses));
      for (const address of addresses) {
        readyIn.set(address, (readyIn.get(address) ?? new Set()).add(slice));
        withdrawn.delete(address);
      }
      for (const [address, slices] of readyIn) {
        if (addresses.has(address) || !slices.delete(slice) || slices.size > 0) continue;
        readyIn.delete(address);
        withdrawn.set(address, nowMs());
      }
    },
    withdrawnSince: (address) => withdrawn.get(address),
  };
}
