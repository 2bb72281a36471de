import type { EndpointSlice } from '../api/kubernetes.ts';
import { SERVICE_NAME_LABEL } from '../core/resources/resolver-slices.ts';
import type { ClaimEntry, Entries } from './claim-table.ts';

export interface RecoverOptions {
  /** What the ConfigMap said when it was last seen. */
  readonly lastKnown: Entries;
  readonly now: Date;
  readonly candidates: readonly number[];
}

/**
 * The claims of a ConfigMap that somebody deleted: those last known, and whatever else our slices name, set aside for its
 * owner as if it were freed just now, since a slice does not tell all that a claim does.
 */
export function recoverClaims(
  slices: readonly EndpointSlice[],
  { lastKnown, now, candidates }: RecoverOptions,
): ReadonlyMap<number, ClaimEntry> {
  const claims = new Map([...lastKnown].flatMap(([port, entry]) => (entry ? [[port, entry] as const] : [])));
  const ours = new Set(candidates);
  for (const { metadata, ports } of slices) {
    const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
    for (const { port, name } of ports ?? []) {
      if (typeof port !== 'number' || !ours.has(port) || claims.get(port)?.uid === owner?.uid) continue;
      claims.set(port, {
        uid: owner?.uid ?? '',
        namespace: metadata.namespace ?? '',
        elastiService: owner?.name ?? '',
        service: metadata.labels?.[SERVICE_NAME_LABEL] ?? '',
        port: 0,
        portName: name ?? '',
        privateService: '',
        privateServiceUid: '',
        freedAt: now.toISOString(),
      });
    }
  }
  return claims;
}
