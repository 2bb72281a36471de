import { type Apply, createApply } from './apply.ts';
import { createTransport, ignoring, type Transport } from './transport.ts';
import { createWatch, type Watch } from './watch.ts';

export interface KubeApi {
  readonly call: Transport['call'];
  /** Server-side apply of YAML (several documents are fine) or objects of any kind, in the order given. */
  readonly apply: Apply;
  /** Deletes what is there and resolves; a missing object is fine. */
  remove(path: string, options?: { gracePeriodSeconds?: number; propagationPolicy?: string }): Promise<void>;
  /** Lists, then follows for ever, across broken connections and expired versions, until stopped. */
  readonly watch: Watch;
  close(): void;
}

/** Client of the API server that a kubeconfig names. */
export function createApi(kubeconfig: string): KubeApi {
  const transport = createTransport(kubeconfig);
  const { call, close } = transport;
  return {
    call,
    apply: createApply(call),
    async remove(path, options = {}) {
      await call('DELETE', path, { apiVersion: 'v1', kind: 'DeleteOptions', ...options }).catch(ignoring(404));
    },
    watch: createWatch(transport),
    close,
  };
}
