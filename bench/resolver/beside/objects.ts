import type { SentObject } from '../../../demo/control-plane/store.ts';
import { privateServiceName } from '../../../src/core/names.ts';
import { shardName } from '../../../src/effects/claim-shards.ts';
import { SHARDS } from '../../../src/effects/claim-table.ts';
import { NAMESPACE } from './names.ts';

const PORT = { name: 'http', port: 80 };
const uidOf = (service: string) => `uid-${service}`;
const privateUidOf = (service: string) => `uid-private-${service}`;

/** The ConfigMaps of the claims of a port for each Service, from the first one on; a port has its place by its number. */
export function makeClaims(claims: { readonly services: readonly string[]; readonly firstPort: number }): SentObject[] {
  const entries = claims.services.map((service, i) => ({ port: claims.firstPort + i, claim: makeClaim(service) }));
  const labels = { 'elasti.truefoundry.com/resolver-ports': 'true' };
  return [...Map.groupBy(entries, ({ port }) => port % SHARDS)].map(([shard, ofShard]) => ({
    metadata: { name: shardName(shard), namespace: 'elasti', labels },
    data: Object.fromEntries(ofShard.map(({ port, claim }) => [String(port), JSON.stringify(claim)])),
  }));
}

const makeClaim = (service: string) => ({
  uid: uidOf(service),
  namespace: NAMESPACE,
  elastiService: service,
  service,
  port: PORT.port,
  portName: PORT.name,
  privateService: privateServiceName(service),
  privateServiceUid: privateUidOf(service),
});

export const makeElastiService = (service: string): SentObject => ({
  metadata: { name: service, namespace: NAMESPACE },
  spec: {
    service,
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: service },
    triggers: [{ type: 'prometheus', metadata: { query: 'vector(0)', threshold: 1 } }],
  },
});

/** The slice of a private Service, with a ready pod at the port, or none. */
export function makeSlice(service: string, port: number | null): SentObject {
  const name = privateServiceName(service);
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${name}-1`,
      namespace: NAMESPACE,
      labels: {
        'app.kubernetes.io/managed-by': 'elasti',
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        'kubernetes.io/service-name': name,
      },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name, uid: privateUidOf(service), controller: true }],
    },
    addressType: 'IPv4',
    endpoints: port === null ? [] : [{ addresses: ['127.0.0.1'], conditions: { ready: true, serving: true } }],
    ports: [{ name: PORT.name, port: port ?? 1, protocol: 'TCP' }],
  };
}
