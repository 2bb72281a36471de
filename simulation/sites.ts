import type { Service } from '../src/api/kubernetes.ts';
import type { Settings } from '../src/core/types.ts';
import { keyOf } from './objects.ts';
import { RESOLVER_NAMESPACE, RESOLVER_SERVICE, SERVICE, type Site, type World } from './world.ts';

/** The settings of every replica. */
export function makeSettings(pollSeconds: number): Settings {
  return {
    resolver: { namespace: RESOLVER_NAMESPACE, serviceName: RESOLVER_SERVICE, proxyPort: 8012, routing: 'host' },
    pollSeconds,
    drainSeconds: 5,
    settleSeconds: 2,
    resolverGoneSeconds: 30,
    reentrySeconds: 0,
    zeroDeadlineSeconds: 5,
    clockSkewSeconds: 3,
    reservedNamespaces: ['kube-system', RESOLVER_NAMESPACE],
  };
}

/** Draws a site. */
export function makeSite(index: number, chance: World['chance'], mayHaveKeda: boolean): Site {
  const namespace = `shop-${index}`;
  return {
    index,
    namespace,
    key: keyOf(namespace, SERVICE),
    hasKeda: mayHaveKeda && chance.is(0.34),
    isAbrupt: chance.is(0.3),
    startMs: chance.pick([300, 1000, 4000]),
    cooldownSeconds: chance.pick([0, 1, 1, 1, 2, 2, 2, 5, 5, 15, 40]),
    rateMs: chance.pick([5000, 5000, 10_000]),
    isCountedAtDoor: chance.is(0.5),
  };
}

/** Makes its Service and its workload, as a person does. */
export function setUpSite({ services, targets, scaledObjects }: World, { namespace, key, hasKeda }: Site): void {
  const metadata = { name: SERVICE, namespace };
  services.put(key, makeService(namespace, 0));
  targets.put(key, { metadata, replicas: 1, statusReplicas: 0, by: 'person', atMs: 0 });
  if (hasKeda) scaledObjects.put(key, { metadata, minReplicaCount: 1 });
}

/** A site's Service as it is made for the nth time. */
export function makeService(namespace: string, n: number): Service {
  return {
    metadata: { name: SERVICE, namespace, uid: `service-${namespace}-${n}` },
    spec: { clusterIP: '10.96.0.1', selector: { app: SERVICE }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  };
}
