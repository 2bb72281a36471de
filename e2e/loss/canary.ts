import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeApi } from '../cluster/api.ts';
import { type KubeObject, urlOf } from '../cluster/kube-object.ts';
import type { Harm } from './causes.ts';

const NAMESPACE = 'default';
const NAME = 'loss-canary';
const EVERY_MS = 250;
/** Without a fault it takes some milliseconds. */
const STILL_MS = 2000;

/** Writes again and again and watches for it; tells of each time that no write was taken or nobody heard of it. */
export function startCanary(api: KubeApi, tell: (harm: Harm) => void): { stop(): void } {
  let wellUntilMs = performance.now();
  let written = 0;
  let isStopping = false;
  const path = urlOf('v1/configmaps', NAMESPACE, NAME);
  const watching = api.watch<KubeObject & { data?: { n?: string } }>(
    urlOf('v1/configmaps', NAMESPACE),
    ({ object }) => {
      if (object.metadata.name !== NAME || object.data?.n !== String(written)) return;
      const now = performance.now();
      if (now - wellUntilMs > STILL_MS) tell({ kind: 'standstill', fromMs: wellUntilMs, untilMs: now });
      wellUntilMs = now;
    },
    { query: `fieldSelector=metadata.name%3D${NAME}` },
  );
  const configMap = () => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: NAME },
    data: { n: `${written}` },
  });
  void (async () => {
    while (!isStopping) {
      written += 1;
      const type = 'application/apply-patch+yaml';
      await api
        .call('PATCH', `${path}?fieldManager=e2e&force=true`, configMap(), { type, timeoutMs: 5000 })
        .catch(() => {});
      await sleep(EVERY_MS);
    }
  })();
  return {
    stop() {
      isStopping = true;
      watching.stop();
    },
  };
}
