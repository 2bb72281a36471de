import { stringify } from 'yaml';
import type { ElastiServiceStatus } from '../src/api/elastiservice.ts';
import type { DemoState, ServiceDetail, ServiceState } from './api.ts';
import type { Cluster } from './cluster.ts';
import { type DemoService, NAMESPACE, SERVICES } from './settings.ts';
import { whyOf } from './story.ts';

/** What the page shows of everything. */
export function makeState(cluster: Cluster): DemoState {
  return {
    now: new Date().toISOString(),
    services: SERVICES.map((service) => makeServiceState(cluster, service)),
    resolvers: cluster.resolvers.states(),
    hooks: cluster.hooks.states(),
    isPrometheusUp: cluster.prometheus.isUp(),
    totals: { ...cluster.exchanges.totals(), podSecondsSaved: cluster.savings.seconds() },
  };
}

function makeServiceState(cluster: Cluster, service: DemoService): ServiceState {
  const { store, pods, exchanges, story, load } = cluster;
  const { name } = service;
  const object = store.get({ plural: 'elastiservices', namespace: NAMESPACE, name });
  const status = (object?.status ?? {}) as ElastiServiceStatus;
  const deployment = store.get({ plural: 'deployments', namespace: NAMESPACE, name });
  const { sent, held, lost } = exchanges.countsOf(name);
  const kinds = cluster
    .addressOf(name)
    .endpoints()
    .map(({ kind }) => kind);
  return {
    name,
    url: cluster.urlOf(service),
    phase: status.phase,
    phaseSince: status.phaseSince,
    mode: status.mode,
    replicas: (deployment?.spec as { replicas: number } | undefined)?.replicas ?? 0,
    pods: pods.of(NAMESPACE, name).map((pod) => ({ name: pod.name, state: pod.state })),
    routesTo: [...new Set(kinds)].sort(),
    why: whyOf(status),
    isLoadOn: load.isOn(name),
    sent,
    held,
    lost,
    timeline: story.timelineOf(name),
  };
}

/** What the code pane shows of a service. */
export function makeDetail({ store, lastHooks }: Cluster, name: string): ServiceDetail {
  const object = store.get({ plural: 'elastiservices', namespace: NAMESPACE, name });
  const lastHook = lastHooks.get(name);
  return { elastiServiceYaml: stringify(object), ...(lastHook ? { lastHook } : {}) };
}
