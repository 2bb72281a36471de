import type { KubeConfig } from '@kubernetes/client-node';
import type { Logger } from '../../src/effects/ports.ts';
import { createGate } from '../../src/http/gate.ts';
import { listen } from '../../src/http/listen.ts';
import { createConnect } from '../../src/kube/connection.ts';
import { createCluster } from '../../src/kube/create-cluster.ts';
import { createCall } from '../../src/kube/request.ts';
import { createPostWake } from '../../src/resolver/cluster/post-wake.ts';
import { createSendWake } from '../../src/resolver/cluster/send-wake.ts';
import { watchCluster } from '../../src/resolver/cluster/watch-cluster.ts';
import { createTokenWriter } from '../../src/resolver/cluster/write-token.ts';
import { noEvents } from '../../src/resolver/events.ts';
import { createInternalApp } from '../../src/resolver/internal-server.ts';
import { createPortReadiness } from '../../src/resolver/port-readiness.ts';
import { createResolver } from '../../src/resolver/resolver.ts';
import { systemClock as clock, systemRandom as random } from '../../src/system.ts';
import type { Addresses } from '../network/addresses.ts';
import { HOST } from '../network/ports.ts';
import { SYSTEM_NAMESPACE } from '../settings.ts';
import { mapEndpoints, mapRoutes } from './mapped-cluster.ts';
import { type Replica, whileAlive } from './replica.ts';

export interface ResolverReplicaDeps {
  readonly kubeConfig: KubeConfig;
  readonly addresses: Addresses;
  /** The address of its pod. */
  readonly address: string;
  /** Real ports that it may listen on, one for each claimed port. */
  readonly realPorts: readonly number[];
  /** Where the hook service is, as a Service. */
  readonly hookUrl: string;
  readonly log: Logger;
  /** A connection for the service waits here. */
  readonly onHeld: (service: string) => void;
}

/** Its port for the hook service, in the model's addresses. */
export const INTERNAL_PORT = 8013;

/** Starts a replica of the resolver, composed as its `main` does, with each claimed port at a port of the loopback address. */
export async function startResolverReplica(deps: ResolverReplicaDeps): Promise<Replica> {
  const { kubeConfig, addresses, address, log } = deps;
  let isAlive = true;
  const { monotonicMs } = clock;
  const connect = createConnect(kubeConfig, monotonicMs);
  const call = createCall({ connect, monotonicMs });
  const cluster = watchCluster({
    connect,
    call,
    clock,
    random,
    log,
    namespace: SYSTEM_NAMESPACE,
    watchNamespaces: [],
    podAddresses: [address],
    onBug: (error) => log.error({ err: error }, 'a bug'),
  });
  const calls = whileAlive(createCluster({ kubeConfig, watchNamespaces: [], clock }), () => isAlive);
  const tokens = createTokenWriter({ cluster: calls, clock, random, log, raisesScale: false });
  const sendWake = createSendWake({ postWake: createPostWake(deps.hookUrl), writeToken: tokens.write, clock, random });
  await cluster.synced;

  const routes = mapRoutes(cluster.routes, { realPorts: deps.realPorts, addresses, address });
  const resolver = createResolver({
    routes,
    endpoints: mapEndpoints(cluster.endpoints, addresses),
    sendWake,
    clock,
    random,
    events: {
      ...noEvents,
      held: ({ service }) => isAlive && deps.onHeld(service),
      listenFailed: (_claim, error) => log.error({ err: error }, 'cannot listen on a claimed port'),
    },
    host: HOST,
  });
  const listening = () => routes.claimedPorts(resolver.listening());
  const isPortReady = createPortReadiness({ routes: cluster.routes, listening });
  const internalApp = createInternalApp({
    listeningPorts: listening,
    connections: resolver.connections,
    metricsText: async () => ({ contentType: 'text/plain', body: [] }),
    isReady: async () => isPortReady(),
    gate: createGate({ maxInFlight: 1, random: random.next }),
    monotonicMs,
    log,
    onRequest: () => {},
    report: (error) => log.error({ err: error }, 'a bug'),
  });
  const internal = await listen(internalApp, { host: HOST, port: 0 });
  addresses.bind(address, INTERNAL_PORT, internal.port);

  return {
    isReady: () => isAlive && isPortReady().ready,
    kill: async () => {
      isAlive = false;
      addresses.release(address);
      tokens.stop();
      await Promise.all([resolver.close(0), internal.close(0), cluster.stop()]);
    },
  };
}
