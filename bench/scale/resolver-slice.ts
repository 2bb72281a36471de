import type { KubeApi } from '../../e2e/cluster/api.ts';
import { SYSTEM_NAMESPACE } from './install.ts';

const NAME = 'elasti-resolver-service';

/** Says who the resolvers are, in the place of kube-controller-manager. A change of `note` alone is an event for all. */
export async function writeResolverSlice(api: KubeApi, addresses: readonly string[], note = ''): Promise<void> {
  await api.apply([
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: NAME, namespace: SYSTEM_NAMESPACE },
      spec: { ports: [{ name: 'http-resolver', port: 8013 }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: NAME,
        namespace: SYSTEM_NAMESPACE,
        labels: {
          'kubernetes.io/service-name': NAME,
          'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        },
        annotations: { note },
      },
      addressType: 'IPv4',
      endpoints: addresses.map((address) => ({
        addresses: [address],
        conditions: { ready: true, serving: true, terminating: false },
      })),
      ports: [{ name: 'http-resolver', port: 8013, protocol: 'TCP' }],
    },
  ]);
}
