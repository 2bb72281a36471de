import type { KubeConfig } from '@kubernetes/client-node';
import type { SyncRequest, SyncResponse } from '../../src/api/hooks.ts';
import { toTriggerSettings } from '../../src/config.ts';
import { createAskResolver } from '../../src/effects/ask-resolver.ts';
import { createEffects } from '../../src/effects/create-effects.ts';
import type { Logger } from '../../src/effects/ports.ts';
import type { AskResolver } from '../../src/effects/resolver-pods.ts';
import { createHooksApp } from '../../src/http/app-hooks.ts';
import { createServerApp } from '../../src/http/app-server.ts';
import { createGate } from '../../src/http/gate.ts';
import { listen } from '../../src/http/listen.ts';
import { createReadiness } from '../../src/http/readiness.ts';
import { createCluster } from '../../src/kube/create-cluster.ts';
import { findUnusableRules } from '../../src/resolver/http1/probe-response.ts';
import { systemClock as clock, systemRandom as random } from '../../src/system.ts';
import { createSend } from '../../src/triggers/send.ts';
import { createTriggers } from '../../src/triggers/triggers.ts';
import type { Addresses } from '../network/addresses.ts';
import { HOST } from '../network/ports.ts';
import { makeConfig, makeSettings } from '../settings.ts';
import { type Replica, whileAlive } from './replica.ts';

export interface HookReplicaDeps {
  readonly kubeConfig: KubeConfig;
  readonly addresses: Addresses;
  /** The address of its pod. */
  readonly address: string;
  readonly log: Logger;
  readonly onSync: (request: SyncRequest, response: SyncResponse) => void;
}

/** Ports of the hook service in the model's addresses. */
export const HOOK_PORTS = { hooks: 8080, server: 8013 } as const;
const MAX_IN_FLIGHT = 200;
const MAX_KNOWN = 8;

/** Starts a replica of the hook service, composed as its `main` does. */
export async function startHookReplica({
  kubeConfig,
  addresses,
  address,
  log,
  onSync,
}: HookReplicaDeps): Promise<Replica> {
  let isAlive = true;
  const { monotonicMs } = clock;
  const config = makeConfig();
  const { watchNamespaces } = config;
  const cluster = whileAlive(createCluster({ kubeConfig, watchNamespaces, clock }), () => isAlive);
  const onBug = (error: unknown) => log.error({ err: error }, 'a bug');
  const triggers = createTriggers({
    clock,
    send: createSend(),
    readSecretKey: cluster.readSecretKey,
    settings: toTriggerSettings(config),
    onBug,
  });
  const { answers, wakes } = createEffects({
    findUnusableRules,
    cluster,
    clock,
    random,
    log,
    triggers,
    settings: makeSettings(),
    byPort: { cluster, ask: askThrough(addresses), portRange: config.resolver.portRange },
  });

  const newGate = () => createGate({ maxInFlight: MAX_IN_FLIGHT, random: random.next });
  const shared = { monotonicMs, log, onRequest: () => {}, report: onBug };
  const hooksApp = createHooksApp({
    ...answers,
    sync: async (request, arrivedAtMs) => {
      const response = await answers.sync(request, arrivedAtMs);
      onSync(request, response);
      return response;
    },
    tokens: () => [],
    gate: newGate(),
    ...shared,
  });
  const serverApp = createServerApp({
    wake: ({ namespace, service }) => wakes.wake(namespace, service),
    listElastiServices: () => cluster.listElastiServices({}),
    metricsText: async () => ({ contentType: 'text/plain', body: [] }),
    isReady: createReadiness({ ping: () => cluster.ping({ timeoutMs: 2000 }), monotonicMs }),
    gate: newGate(),
    ...shared,
  });
  const hooks = await listen(hooksApp, { host: HOST, port: 0 });
  const server = await listen(serverApp, { host: HOST, port: 0 });
  addresses.bind(address, HOOK_PORTS.hooks, hooks.port);
  addresses.bind(address, HOOK_PORTS.server, server.port);

  return {
    isReady: () => isAlive,
    kill: async () => {
      isAlive = false;
      addresses.release(address);
      await Promise.all([hooks.close(0), server.close(0)]);
    },
  };
}

/** Asks resolvers at the model's addresses. */
function askThrough(addresses: Addresses): AskResolver {
  const known = new Map<number, AskResolver>();
  return async (address, path) => {
    const port = addresses.realPortOf(address, HOOK_PORTS.server);
    if (port === undefined) throw new Error(`nobody is at ${address}`);
    const ask = known.get(port) ?? createAskResolver({ port });
    // A resolver that comes back has another port.
    if (known.size > MAX_KNOWN) known.clear();
    known.set(port, ask);
    return ask(HOST, path);
  };
}
