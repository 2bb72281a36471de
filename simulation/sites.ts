import type { Service } from '../src/api/kubernetes.ts';
import { privateServiceName } from '../src/core/names.ts';
import type { Settings } from '../src/core/types.ts';
import { keyOf } from './objects.ts';
import { drawPeriod } from './periods.ts';
import { RESOLVER_NAMESPACE, RESOLVER_SERVICE, type Site, type World } from './world.ts';

/** The settings of every replica. */
export function makeSettings({
  pollSeconds,
  routing,
  observedBy,
}: Pick<Settings, 'pollSeconds' | 'observedBy'> & Pick<Settings['resolver'], 'routing'>): Settings {
  return {
    ...(observedBy ? { observedBy } : {}),
    resolver: { namespace: RESOLVER_NAMESPACE, serviceName: RESOLVER_SERVICE, proxyPort: 8012, routing },
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

const WORKLOAD = 'web';
const BOTH = [
  ['IPv4', 'IPv6'],
  ['IPv6', 'IPv4'],
] as const;

interface May {
  readonly mayHaveKeda: boolean;
  readonly mayHavePeriod: boolean;
  readonly mayHaveTwoFamilies: boolean;
  /** As of the faults: such sites sleep seldom. */
  readonly rarity: number;
}

/** Draws the sites of a run; `mayShare`: some have the workload of the one before. */
export function makeSites(
  count: number,
  chance: World['chance'],
  { mayShare, ...may }: May & { readonly mayShare: boolean },
): readonly Site[] {
  const sites: Site[] = [];
  for (let index = 0; index < count; index++) {
    const before = sites.at(-1);
    const isAlone = before !== undefined && before.name === WORKLOAD;
    const partner = mayShare && isAlone && chance.is(0.3 / may.rarity) ? before : undefined;
    sites.push(makeSite(index, chance, { ...may, partner }));
  }
  return sites;
}

function makeSite(
  index: number,
  chance: World['chance'],
  { mayHaveKeda, mayHavePeriod, mayHaveTwoFamilies, rarity, partner }: May & { readonly partner: Site | undefined },
): Site {
  const namespace = partner?.namespace ?? `shop-${index}`;
  const name = partner ? 'second' : WORKLOAD;
  const site: Site = {
    index,
    namespace,
    name,
    key: keyOf(namespace, name),
    targetName: WORKLOAD,
    targetKey: keyOf(namespace, WORKLOAD),
    privateKey: keyOf(namespace, privateServiceName(name)),
    rivalKey: keyOf(namespace, `${name}-rival`),
    hasKeda: mayHaveKeda && chance.is(0.34),
    isAbrupt: chance.is(0.3),
    startMs: chance.pick([300, 1000, 4000]),
    cooldownSeconds: chance.pick([0, 1, 1, 1, 2, 2, 2, 5, 5, 15, 40]),
    rateMs: chance.pick([5000, 5000, 10_000]),
    isCountedAtDoor: chance.is(0.5),
    families: mayHaveTwoFamilies && chance.is(0.6) ? chance.pick(BOTH) : ['IPv4'],
    period: mayHavePeriod && chance.is(0.4 / rarity) ? drawPeriod(chance) : undefined,
  };
  if (partner === undefined) return site;
  // Two that may sleep at different times would hardly meet.
  const { hasKeda, isAbrupt, startMs, period } = partner;
  return { ...site, hasKeda, isAbrupt, startMs, period: chance.is(0.5) ? period : undefined };
}

/** Makes its Service and its workload, as a person does. */
export function setUpSite({ services, targets, scaledObjects }: World, site: Site): void {
  const { namespace, key, targetName, targetKey, hasKeda } = site;
  services.put(key, makeService(site, 0));
  if (targets.get(targetKey)) return;
  const metadata = { name: targetName, namespace };
  targets.put(targetKey, { metadata, replicas: 1, statusReplicas: 0, by: 'person', atMs: 0 });
  if (hasKeda) scaledObjects.put(targetKey, { metadata, minReplicaCount: 1 });
}

/** A site's Service as it is made for the nth time. */
export function makeService({ namespace, name, targetName, families }: Site, n: number): Service {
  return {
    metadata: { name, namespace, uid: `service-${namespace}-${name}-${n}` },
    spec: {
      clusterIP: '10.96.0.1',
      ...(families.length > 1 ? { ipFamilies: [...families] } : {}),
      selector: { app: targetName },
      ports: [{ name: 'http', port: 80, targetPort: 8080 }],
    },
  };
}
