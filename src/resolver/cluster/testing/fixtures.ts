import type { FakeObject } from '../../../watch/testing/fake-api.ts';
import type { Claim } from '../../ports.ts';
import type { ClaimShard } from '../claims.ts';

const CLAIM: Claim = {
  resolverPort: 10_241,
  uid: 'uid-web',
  namespace: 'shop',
  elastiService: 'web',
  service: 'web',
  port: 80,
  portName: 'http',
  privateService: 'elasti-web-pvt-4b5e57f6eb',
  privateServiceUid: 'uid-private',
};

/** The claim of port 80 of Service shop/web, in shard 1. */
export const makeClaim = (overrides: Partial<Claim> = {}): Claim => ({ ...CLAIM, ...overrides });

/** A ConfigMap's data with these claims. */
export const makeShard = (...claims: readonly (Claim & { readonly freedAt?: string })[]): ClaimShard => ({
  data: Object.fromEntries(claims.map(({ resolverPort, ...entry }) => [resolverPort, JSON.stringify(entry)])),
});

/** The ConfigMap of a shard as the API server has it. */
export const makeShardObject = (shard: number, data: ClaimShard): FakeObject => ({
  metadata: {
    name: `elasti-resolver-ports-${shard}`,
    namespace: 'elasti',
    labels: { 'elasti.truefoundry.com/resolver-ports': 'true' },
  },
  ...data,
});

interface SliceOptions {
  readonly name?: string;
  readonly namespace?: string;
  readonly ownerUid?: string;
  readonly endpoints?: readonly object[];
  readonly ports?: readonly object[];
}

/** A ready pod as a slice has it. */
export const readyPod = (address: string) => ({
  addresses: [address],
  conditions: { ready: true, serving: true, terminating: false },
});

/** A slice of the private Service as kube-controller-manager makes it. */
export const makeSlice = (options: SliceOptions = {}): FakeObject => ({
  metadata: {
    name: options.name ?? 'elasti-web-pvt-4b5e57f6eb-m8xpq',
    namespace: options.namespace ?? 'shop',
    labels: {
      'app.kubernetes.io/managed-by': 'elasti',
      'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      'kubernetes.io/service-name': 'elasti-web-pvt-4b5e57f6eb',
    },
    ownerReferences: [
      {
        apiVersion: 'v1',
        kind: 'Service',
        name: 'elasti-web-pvt-4b5e57f6eb',
        uid: options.ownerUid ?? 'uid-private',
        controller: true,
      },
    ],
  },
  addressType: 'IPv4',
  endpoints: options.endpoints ?? [readyPod('10.1.0.1')],
  ports: options.ports ?? [{ name: 'http', port: 8080, protocol: 'TCP' }],
});

/** One of our slices, which sends connections to these addresses of the resolver. */
export const makeResolverSlice = (name: string, ...addresses: readonly string[]): FakeObject => ({
  metadata: {
    name,
    namespace: 'shop',
    labels: {
      'endpointslice.kubernetes.io/managed-by': 'elasti.truefoundry.com',
      'kubernetes.io/service-name': 'web',
    },
  },
  addressType: 'IPv4',
  endpoints: addresses.map(readyPod),
  ports: [{ name: 'http', port: 10_241, protocol: 'TCP' }],
});

/** An ElastiService with what it asks of the resolver. */
export const makeElastiService = (spec: object = {}, uid = 'uid-web'): FakeObject => ({
  metadata: { name: 'web', namespace: 'shop', uid, generation: 1, managedFields: [{ manager: 'somebody' }] },
  spec: {
    service: 'web',
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
    triggers: [{ type: 'prometheus', metadata: { query: 'vector(0)', threshold: 1 } }],
    ...spec,
  },
  status: { phase: 'Asleep' },
});
