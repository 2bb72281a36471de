import type { Parent } from '../api/hooks.ts';

interface MaybeConditions {
  readonly conditions?: readonly { readonly type?: unknown; readonly reason?: unknown }[];
}

/** Whether its status says that the Service belongs to another ElastiService. */
export function hasLostService({ status }: Pick<Parent, 'status'>): boolean {
  const { conditions } = (status ?? {}) as MaybeConditions;
  return Array.isArray(conditions) && conditions.some((c) => c?.type === 'Ready' && c?.reason === 'ServiceClaimed');
}

/** Of ElastiServices that name one Service: first those that did not lose it to another, then the older, then the lower uid. */
export function byServiceClaim(one: Parent, other: Parent): number {
  return (
    Number(hasLostService(one)) - Number(hasLostService(other)) ||
    compare(one.metadata.creationTimestamp ?? '', other.metadata.creationTimestamp ?? '') ||
    compare(one.metadata.uid, other.metadata.uid)
  );
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
