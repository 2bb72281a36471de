import type { Service } from '../../src/api/kubernetes.ts';
import { MANAGED_BY_LABEL, SERVICE_NAME_LABEL } from '../../src/core/resources/resolver-slices.ts';
import type { Store, StoredObject } from '../control-plane/store.ts';
import type { Pod, PodBoard } from './pod-board.ts';

/** The controller gathers what changes within this time. */
const BATCH_MS = 40;

/** The EndpointSlice controller: keeps one slice for each Service that has a selector. Gives what stops it. */
export function startEndpointSlices({ store, pods }: { readonly store: Store; readonly pods: PodBoard }): () => void {
  let timer: NodeJS.Timeout | undefined;

  const publish = () => {
    timer = undefined;
    const wanted = new Set<string>();
    for (const object of store.list('services')) {
      const service = object as unknown as Service & StoredObject;
      const app = service.spec.selector?.app;
      if (app === undefined) continue;
      const slice = makeSlice(service, pods.of(service.metadata.namespace, app));
      const { name, namespace } = slice.metadata;
      wanted.add(`${namespace}/${name}`);
      const before = store.get({ plural: 'endpointslices', namespace, name });
      const isSame =
        JSON.stringify([before?.endpoints, before?.ports]) === JSON.stringify([slice.endpoints, slice.ports]);
      if (!isSame) store.put('endpointslices', slice);
    }
    for (const { metadata } of store.list('endpointslices')) {
      const { name, namespace, labels } = metadata;
      const isOurs = labels?.[MANAGED_BY_LABEL] === OURS;
      if (isOurs && !wanted.has(`${namespace}/${name}`)) store.remove({ plural: 'endpointslices', namespace, name });
    }
  };
  const publishSoon = () => {
    timer ??= setTimeout(publish, BATCH_MS);
  };

  pods.subscribe(publishSoon);
  const unsubscribe = store.subscribe(({ plural }) => plural === 'services' && publishSoon());
  publish();
  return () => {
    unsubscribe();
    clearTimeout(timer);
  };
}

const OURS = 'endpointslice-controller.k8s.io';

function makeSlice({ metadata, spec }: Service & StoredObject, pods: readonly Pod[]) {
  const { name, namespace, uid, labels } = metadata;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${name}-own`,
      namespace,
      // The labels of the Service are copied, as kube-controller-manager does.
      labels: { ...labels, [SERVICE_NAME_LABEL]: name, [MANAGED_BY_LABEL]: OURS },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name, uid, controller: true }],
    },
    addressType: 'IPv4',
    endpoints: pods.map((pod) => ({
      addresses: [pod.address],
      conditions: {
        ready: pod.state === 'ready',
        serving: pod.state !== 'starting',
        terminating: pod.state === 'terminating',
      },
      nodeName: 'demo',
      targetRef: { kind: 'Pod', name: pod.name, namespace, uid: pod.uid },
    })),
    ports: (spec.ports ?? []).map(({ name: port, port: number, targetPort }) => ({
      name: port ?? '',
      port: typeof targetPort === 'number' ? targetPort : number,
      protocol: 'TCP',
    })),
  };
}
