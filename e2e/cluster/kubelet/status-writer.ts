import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeApi } from '../api.ts';
import { urlOf } from '../kube-object.ts';
import { ignoring, isWorthAnother } from '../transport.ts';
import type { Pod } from './pod.ts';

export interface StatusWriter {
  /** Writes in the background; of several states that pile up behind a slow write only the newest goes out. */
  write(status: object): void;
  /** Resolves when all is written. */
  flush(): Promise<void>;
}

const RETRY_MS = 200;

export function createStatusWriter(api: KubeApi, { metadata }: Pod): StatusWriter {
  const url = urlOf('v1/pods', metadata.namespace, metadata.name, 'status');
  let next: object | undefined;
  let writing: Promise<void> | undefined;

  async function writeAll(): Promise<void> {
    while (next) {
      // The uid makes it a conflict when another pod has the name by now.
      const status = next;
      const patch = { metadata: { uid: metadata.uid }, status };
      next = undefined;
      try {
        await api
          .call('PATCH', url, patch, { type: 'application/strategic-merge-patch+json' })
          .catch(ignoring(404, 409));
      } catch (error) {
        process.stderr.write(`status of ${metadata.name}: ${String(error)}\n`);
        if (!isWorthAnother(error)) continue;
        // A state that nobody hears of would leave a pod unready for ever.
        next ??= status;
        await sleep(RETRY_MS);
      }
    }
    writing = undefined;
  }

  return {
    write(status) {
      next = status;
      writing ??= writeAll();
    },
    flush: async () => writing,
  };
}
