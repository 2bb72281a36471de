import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { startApiServer } from '../../demo/control-plane/api-server.ts';
import { startMetacontroller } from '../../demo/control-plane/metacontroller.ts';
import { makeKubeConfig } from '../../demo/control-plane/objects.ts';
import { createStore, type StoredObject } from '../../demo/control-plane/store.ts';
import { API_VERSION } from '../../src/api/elastiservice.ts';
import { MANAGED_BY_LABEL, SERVICE_NAME_LABEL } from '../../src/core/resources/resolver-slices.ts';
import { type Member, makeElastiServiceSpec } from '../scale/fleet.ts';
import { createTlsFront } from '../tls-front.ts';
import { WORKERS } from './hook-client.ts';

/** A cluster in this process, as the hook service sees it where it watches by itself. */
export interface WatchedCluster {
  /** The ports of the resolver that have been claimed. */
  claimedPorts(): readonly number[];
  /** Starts Metacontroller and makes the ElastiServices, so many a second; resolves when all have their phase, or rejects. */
  createElastiServices(prometheus: string, perSecond: number): Promise<void>;
  close(): Promise<void>;
}

const NAMESPACE = 'elasti';
const RESOLVER = 'elasti-resolver-service';
const READY = { ready: true, serving: true, terminating: false };
const PATIENCE_MS = 600_000;
const LOOK_MS = 1000;

/** Starts an API server with TLS that has a Deployment, a Service and its slice for each member, and no ElastiService yet. */
export async function startWatchedCluster(options: {
  readonly members: readonly Member[];
  readonly port: number;
  /** Key and certificate of the API server. */
  readonly pem: string;
  readonly hooksUrl: string;
  readonly resolverAddress: string;
}): Promise<WatchedCluster> {
  const { members, port, pem, hooksUrl, resolverAddress } = options;
  const store = createStore();
  const api = await startApiServer(store);
  const front = createTlsFront(pem, Number(new URL(api.url).port));
  await new Promise<void>((resolve) => front.listen(port, '127.0.0.1', resolve));

  const putSlice = ({ metadata: { name, namespace, uid, labels } }: StoredObject, endpoints: readonly object[]) =>
    store.put('endpointslices', {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: `${name}-x7x2p`,
        namespace,
        generateName: `${name}-`,
        labels: { ...labels, [SERVICE_NAME_LABEL]: name, [MANAGED_BY_LABEL]: 'endpointslice-controller.k8s.io' },
        ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name, uid, controller: true, blockOwnerDeletion: true }],
      },
      addressType: 'IPv4',
      endpoints,
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    });

  const addressOf = new Map(
    members.filter(({ isAsleep }) => !isAsleep).map(({ name }, i) => [name, `10.3.${i >> 8}.${i & 255}`]),
  );
  // Each Service with a selector gets its slice, the private ones too, as the EndpointSlice controller does it.
  store.subscribe(({ plural, type, object }) => {
    const { selector } = (object.spec ?? {}) as { selector?: { app?: string } };
    if (plural !== 'services' || type !== 'ADDED' || selector?.app === undefined) return;
    const address = addressOf.get(selector.app);
    const targetRef = {
      kind: 'Pod',
      name: `${selector.app}-0`,
      namespace: object.metadata.namespace,
      uid: randomUUID(),
    };
    const endpoints = address ? [{ addresses: [address], conditions: READY, nodeName: 'node', targetRef }] : [];
    queueMicrotask(() => putSlice(object, endpoints));
  });

  const putService = (namespace: string, name: string, spec: object) =>
    store.put('services', { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec });
  const resolverPorts = [{ name: 'http-resolver', port: 8013 }];
  putSlice(putService(NAMESPACE, RESOLVER, { ports: resolverPorts }), [
    { addresses: [resolverAddress], conditions: READY },
  ]);
  for (const { namespace, name, isAsleep } of members) {
    const labels = { app: name };
    const replicas = isAsleep ? 0 : 1;
    store.put('deployments', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace },
      spec: { replicas, selector: { matchLabels: labels } },
    });
    putService(namespace, name, {
      type: 'ClusterIP',
      clusterIP: '10.96.0.1',
      clusterIPs: ['10.96.0.1'],
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      sessionAffinity: 'None',
      selector: labels,
      ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }],
    });
  }

  const notInPhase = () =>
    members.filter(({ namespace, name, isAsleep }) => {
      const status = store.get({ plural: 'elastiservices', namespace, name })?.status as { phase?: string } | undefined;
      return status?.phase !== (isAsleep ? 'Asleep' : 'Serving');
    });
  let metacontroller: { stop(): Promise<void> } | undefined;
  return {
    claimedPorts: () => store.list('configmaps').flatMap(({ data }) => Object.keys((data ?? {}) as object).map(Number)),
    createElastiServices: async (prometheus, perSecond) => {
      const kubeConfig = makeKubeConfig(api.url);
      metacontroller = await startMetacontroller({ kubeConfig, hooksUrl, workers: WORKERS, relatesNothing: true });
      const startedAtMs = performance.now();
      for (const [i, member] of members.entries()) {
        await sleep(Math.max(0, startedAtMs + (1000 * i) / perSecond - performance.now()));
        const { namespace, name } = member;
        const spec = makeElastiServiceSpec(member, prometheus);
        store.put('elastiservices', {
          apiVersion: API_VERSION,
          kind: 'ElastiService',
          metadata: { name, namespace },
          spec,
        });
      }
      const endsAtMs = performance.now() + PATIENCE_MS;
      for (let left = notInPhase(); left.length > 0; left = notInPhase()) {
        if (performance.now() > endsAtMs) throw new Error(`${left.length} ElastiServices have not settled`);
        await sleep(LOOK_MS);
      }
    },
    close: async () => {
      await metacontroller?.stop();
      front.close();
      api.close();
    },
  };
}
