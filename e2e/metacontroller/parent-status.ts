import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from './kube-object.ts';

/** The parent with its whole status replaced, or undefined when it has exactly that status already. */
export function withStatus(live: KubeObject, status: Record<string, unknown>): KubeObject | undefined {
  return isDeepStrictEqual(live.status, status) ? undefined : { ...live, status };
}

/** The status to write: the hook's, with `observedGeneration` of the parent that the hook was shown. */
export function statusToWrite(answered: Record<string, unknown>, parent: KubeObject): Record<string, unknown> {
  return { ...answered, observedGeneration: parent.metadata.generation };
}

/** With `ignoreStatusChanges`, whether an update of a parent is one that does not count. A resync (same object) counts. */
export function isStatusOnlyChange(before: KubeObject, after: KubeObject): boolean {
  return (
    before !== after &&
    before.metadata.generation === after.metadata.generation &&
    isDeepStrictEqual(before.metadata.labels, after.metadata.labels) &&
    isDeepStrictEqual(before.metadata.annotations, after.metadata.annotations) &&
    after.metadata.deletionTimestamp === undefined
  );
}
