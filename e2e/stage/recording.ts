import type { KubeApi } from '../cluster/api.ts';
import { type KubeObject, urlOf } from '../cluster/kube-object.ts';

export interface Recorded<T = KubeObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: T;
  /** The revision of the store: all kinds count on one scale. */
  readonly revision: bigint;
  readonly atMs: number;
}

export interface Recording<T> {
  readonly events: readonly Recorded<T>[];
  stop(): void;
}

/** Records all that happens to the objects of a kind in a namespace, from what is there now on. */
export async function record<T extends KubeObject>(
  api: KubeApi,
  kind: string,
  namespace: string,
): Promise<Recording<T>> {
  const events: Recorded<T>[] = [];
  const watching = api.watch<T>(urlOf(kind, namespace), ({ type, object }) => {
    const revision = BigInt(object.metadata.resourceVersion ?? 0);
    events.push({ type, object, revision, atMs: performance.now() });
  });
  await watching.synced;
  return { events, stop: watching.stop };
}
