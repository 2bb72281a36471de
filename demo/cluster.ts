import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceDetail } from './api.ts';
import { startApiServer } from './control-plane/api-server.ts';
import { startMetacontroller } from './control-plane/metacontroller.ts';
import { makeKubeConfig, putDemoService, putSystem } from './control-plane/objects.ts';
import { createStore, type Store } from './control-plane/store.ts';
import { createAddresses } from './network/addresses.ts';
import { type ClusterAddress, createKubeProxy, unwatched } from './network/kube-proxy.ts';
import { findFreePorts, HOST } from './network/ports.ts';
import { countSavings, type Savings } from './savings.ts';
import { type DemoService, NAMESPACE, SERVICE_PORT, SERVICES, SYSTEM_NAMESPACE } from './settings.ts';
import { createStory, type Story } from './story.ts';
import { startHookReplica } from './system/hook-replica.ts';
import { createQuietLog } from './system/quiet-log.ts';
import { type Replicas, startReplicas } from './system/replicas.ts';
import { startResolverReplica } from './system/resolver-replica.ts';
import { createClient } from './traffic/client.ts';
import { createExchanges, type Exchanges } from './traffic/exchanges.ts';
import { createLoad, type Load } from './traffic/load.ts';
import { type Prometheus, startPrometheus } from './traffic/prometheus.ts';
import { watchConnection } from './traffic/watch-connection.ts';
import { startEndpointSlices } from './workloads/endpoint-slices.ts';
import { createPodBoard, type PodBoard } from './workloads/pod-board.ts';
import { startWorkload } from './workloads/workload.ts';

/** The demo's cluster at work. */
export interface Cluster extends Pick<ClusterOptions, 'say'> {
  readonly store: Store;
  readonly pods: PodBoard;
  readonly prometheus: Prometheus;
  readonly exchanges: Exchanges;
  readonly story: Story;
  readonly savings: Savings;
  readonly load: Load;
  readonly hooks: Replicas;
  readonly resolvers: Replicas;
  /** The last call of /sync for each service. */
  readonly lastHooks: ReadonlyMap<string, NonNullable<ServiceDetail['lastHook']>>;
  addressOf(service: string): ClusterAddress;
  urlOf(service: DemoService): string;
  /** Sends a request to a service; resolves when it is over. */
  send(service: DemoService): Promise<void>;
  stop(): Promise<void>;
}

export interface ClusterOptions {
  /** The first port of the services' cluster addresses that is tried; 0: any free ones. */
  readonly firstPort: number;
  /** Prints a line: who, and what. */
  readonly say: (who: string, what: string) => void;
}

/** Starts everything but the page. */
export async function startCluster({ firstPort, say }: ClusterOptions): Promise<Cluster> {
  const store = createStore();
  const pods = createPodBoard();
  const addresses = createAddresses();
  const exchanges = createExchanges();
  const story = createStory({ store, pods, exchanges, say });
  const onBug = (error: unknown) =>
    say('demo', error instanceof Error ? (error.stack ?? error.message) : String(error));
  const [prometheus, api, freePorts] = await Promise.all([
    startPrometheus({ nowMs: () => performance.now() }),
    startApiServer(store),
    findFreePorts(2 * SERVICES.length),
  ]);
  const kubeConfig = makeKubeConfig(api.url);
  const kubeProxy = createKubeProxy({ store, addresses });
  const client = createClient({ exchanges, onRetry: story.retried });

  putSystem(store);
  for (const service of SERVICES) putDemoService(store, service, `http://${HOST}:${prometheus.port}`);
  const stopSlices = startEndpointSlices({ store, pods });
  const workloads = SERVICES.map((service) => startWorkload({ store, pods, addresses, service }));

  const serveSystem = async (service: string, port: string) => {
    const name = { namespace: SYSTEM_NAMESPACE, service, port };
    const address = await kubeProxy.serve(name, { wantedPort: 0, watch: unwatched });
    return `http://${HOST}:${address.port}`;
  };
  const hooksUrl = await serveSystem('elasti-hooks', 'hooks');
  const hookUrl = await serveSystem('elasti-operator-controller-service', 'server');
  const clusterAddresses = new Map<string, ClusterAddress>();
  let wantedPort = firstPort;
  for (const { name } of SERVICES) {
    const about = { service: name, exchanges, onRequest: prometheus.requestSeen, ownExchange: client.exchangeOf };
    const address = await kubeProxy.serve(
      { namespace: NAMESPACE, service: name, port: SERVICE_PORT.name },
      { wantedPort, watch: (connection) => watchConnection(connection, about) },
    );
    clusterAddresses.set(name, address);
    if (wantedPort !== 0) wantedPort = address.port + 1;
  }
  const addressOf = (name: string) => clusterAddresses.get(name) as ClusterAddress;

  const lastHooks = new Map<string, NonNullable<ServiceDetail['lastHook']>>();
  const common = { pods, cut: kubeProxy.cut, onBug };
  const logOf = (name: string) => createQuietLog(name, (line) => say('demo', line));
  const [hooks, resolvers] = await Promise.all([
    startReplicas({
      ...common,
      app: 'hooks',
      start: ({ address, name }) =>
        startHookReplica({
          kubeConfig,
          addresses,
          address,
          log: logOf(name),
          onSync: (request, response) =>
            lastHooks.set(request.parent.metadata.name, { request, response, at: new Date().toISOString() }),
        }),
    }),
    startReplicas({
      ...common,
      app: 'resolver',
      start: ({ slot, address, name }) => {
        const realPorts = freePorts.filter((_, i) => i % 2 === slot);
        const onHeld = exchanges.holdAll;
        return startResolverReplica({ kubeConfig, addresses, address, realPorts, hookUrl, log: logOf(name), onHeld });
      },
    }),
  ]);
  const metacontroller = await startMetacontroller({ kubeConfig, hooksUrl });
  await waitForEndpoints([...clusterAddresses.values()]);

  const send = (service: DemoService) => client.send(service, addressOf(service.name).port);
  const load = createLoad((service) => void send(service));
  const savings = countSavings(() => SERVICES.filter(({ name }) => pods.of(NAMESPACE, name).length === 0).length);

  return {
    say,
    store,
    pods,
    prometheus,
    exchanges,
    story,
    savings,
    load,
    hooks,
    resolvers,
    lastHooks,
    addressOf,
    urlOf: ({ name, protocol }) => `${protocol}://${HOST}:${addressOf(name).port}${protocol === 'http' ? '/' : ''}`,
    send,
    stop: async () => {
      load.stop();
      savings.stop();
      story.stop();
      for (const workload of workloads) workload.stop();
      stopSlices();
      kubeProxy.close();
      prometheus.close();
      await Promise.all([hooks.stop(), resolvers.stop()]);
      api.close();
      await metacontroller.stop();
    },
  };
}

const ENDPOINTS_MS = 50;
const MAX_ENDPOINTS_MS = 15_000;

/** From the moment that a Service has an endpoint it always has one; before that, connections are refused. */
async function waitForEndpoints(all: readonly ClusterAddress[]): Promise<void> {
  const endsAtMs = performance.now() + MAX_ENDPOINTS_MS;
  while (all.some(({ endpoints }) => endpoints().length === 0) && performance.now() < endsAtMs)
    await sleep(ENDPOINTS_MS);
}
