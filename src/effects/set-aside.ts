import type { EndpointSlice } from '../api/kubernetes.ts';
import { SERVICE_NAME_LABEL } from '../core/resources/resolver-slices.ts';
import type { Changes, ClaimEntry } from './claim-table.ts';

/**
 * Sets aside, as if freed just now, those of the ports that slices of ours name: whoever they belong to, they are not for
 * anybody else. For claims that were lost.
 */
export function setAside(
  slices: readonly EndpointSlice[],
  { now, candidates }: { readonly now: Date; readonly candidates: readonly number[] },
): Changes {
  const changes = new Map<number, ClaimEntry>();
  const ours = new Set(candidates);
  for (const { metadata, ports } of slices) {
    const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
    const service = metadata.labels?.[SERVICE_NAME_LABEL] ?? '';
    for (const { port, name } of ports ?? []) {
      if (typeof port !== 'number' || !ours.has(port)) continue;
      changes.set(port, {
        uid: owner?.uid ?? '',
        namespace: metadata.namespace ?? '',
        elastiService: owner?.name ?? '',
        service,
        // A slice does not tell the Service's.
        port: 0,
        portName: name ?? '',
        privateService: '',
        privateServiceUid: '',
        freedAt: now.toISOString(),
      });
    }
  }
  return changes;
}
