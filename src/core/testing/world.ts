import { KEEP_AWAKE_ANNOTATION, SLEEP_ANNOTATION, WAKE_ANNOTATION } from '../../api/elastiservice.ts';
import { type Child, SERVICES, SLICES, SyncRequest } from '../../api/hooks.ts';
import type { EndpointSlice } from '../../api/kubernetes.ts';
import { emptyContext } from '../context.ts';
import { decideNeeds } from '../needs.ts';
import { observe, parseElastiService } from '../observe.ts';
import { planOf } from '../phase.ts';
import { redirectionHash } from '../redirection-hash.ts';
import { sync } from '../sync.ts';
import type { Context, ElastiService, Settings, SyncResult, TriggerReading } from '../types.ts';
import type { Observation } from '../view.ts';

export const SETTINGS: Settings = {
  resolver: { namespace: 'elasti', serviceName: 'elasti-resolver-service', proxyPort: 8012, routing: 'host' },
  pollSeconds: 30,
  drainSeconds: 5,
  settleSeconds: 2,
  resolverGoneSeconds: 30,
  reentrySeconds: 0,
  zeroDeadlineSeconds: 5,
  clockSkewSeconds: 1,
  reservedNamespaces: ['kube-system', 'elasti'],
};

export const CREATED = new Date('2026-03-01T08:00:00.000Z');

/** The settings in which a world is decided on. */
export const settingsOf = ({ routing }: Pick<World, 'routing'>): Settings => ({
  ...SETTINGS,
  resolver: { ...SETTINGS.resolver, routing },
});

/** All that stands around one ElastiService, in a few knobs; `request` makes a hook body of it. */
export interface World {
  readonly now: Date;
  readonly spec: Record<string, unknown>;
  readonly status: unknown;
  /** What a live read says of it. */
  readonly statusRead: 'current' | 'outdated' | 'failed';
  readonly wakeToken: string | undefined;
  /** Annotations by which a person tells their will. */
  readonly keepAwakeUntil: string | undefined;
  readonly sleepSwitch: string | undefined;
  readonly children: readonly Child[];
  /** Raised by each change of our slices. */
  readonly sliceGeneration: number;
  /** Own endpoints of the public Service. */
  readonly pods: readonly { readonly address: string; readonly ready: boolean }[];
  readonly resolvers: readonly string[];
  readonly replicas: number | 'missing' | 'failed';
  readonly demand: TriggerReading['state'];
  readonly proof: TriggerReading['state'];
  readonly deletedAt: Date | undefined;
  readonly routing: Settings['resolver']['routing'];
  /** Under routing by port. */
  readonly claims: 'found' | 'failed';
  /** Addresses that accept connections on the claimed ports. */
  readonly listening: readonly string[];
  readonly flows: { readonly open: number; readonly held: number } | 'failed';
  /** Fields of the public Service's spec; undefined: there is no such Service. */
  readonly service: Record<string, unknown> | undefined;
}

export const WORLD: World = {
  now: new Date('2026-03-01T12:00:00.000Z'),
  spec: {
    service: 'web',
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
    minTargetReplicas: 2,
    cooldownPeriod: 60,
    triggers: [{ type: 'prometheus', metadata: { query: 'up', serverAddress: 'http://prom:9090', threshold: '0.5' } }],
  },
  status: undefined,
  wakeToken: undefined,
  keepAwakeUntil: undefined,
  sleepSwitch: undefined,
  children: [],
  sliceGeneration: 1,
  pods: [{ address: '10.0.0.1', ready: true }],
  resolvers: ['10.0.9.1', '10.0.9.2'],
  replicas: 2,
  demand: 'idle',
  proof: 'idle',
  deletedAt: undefined,
  routing: 'host',
  claims: 'found',
  listening: ['10.0.9.1', '10.0.9.2'],
  flows: { open: 0, held: 0 },
  statusRead: 'current',
  service: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
};

const slice = (options: { namespace: string; name: string; service: string; endpoints: readonly unknown[] }) => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: {
    name: options.name,
    namespace: options.namespace,
    labels: {
      'kubernetes.io/service-name': options.service,
      'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    },
  },
  addressType: 'IPv4',
  endpoints: options.endpoints,
  ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
});

const endpoint = (address: string, ready: boolean) => ({
  addresses: [address],
  conditions: { ready, serving: ready, terminating: false },
});

const byName = (objects: readonly { metadata: { namespace: string; name: string } }[]) =>
  Object.fromEntries(objects.map((o) => [`${o.metadata.namespace}/${o.metadata.name}`, o]));

/** The hook request that Metacontroller would send in this world. */
export function requestOf(world: World): SyncRequest {
  const services = world.service
    ? [{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'shop' }, spec: world.service }]
    : [];
  const slices = [
    slice({
      namespace: 'shop',
      name: 'web-own',
      service: 'web',
      endpoints: world.pods.map((p) => endpoint(p.address, p.ready)),
    }),
    slice({
      namespace: 'elasti',
      name: 'resolver-own',
      service: 'elasti-resolver-service',
      endpoints: world.resolvers.map((address) => endpoint(address, true)),
    }),
  ];
  const child = (kind: string, generation?: number) =>
    world.children
      .filter((c) => c.kind === kind)
      .map((c) => ({ ...c, metadata: { ...c.metadata, uid: `uid-${c.metadata.name}`, generation } }));
  const ours = child('EndpointSlice', world.sliceGeneration);
  return SyncRequest.parse(
    structuredClone({
      parent: {
        metadata: {
          name: 'web',
          namespace: 'shop',
          uid: 'uid-web',
          generation: 1,
          creationTimestamp: CREATED.toISOString(),
          ...(world.deletedAt ? { deletionTimestamp: world.deletedAt.toISOString() } : {}),
          annotations: {
            ...(world.wakeToken === undefined ? {} : { [WAKE_ANNOTATION]: world.wakeToken }),
            ...(world.keepAwakeUntil === undefined ? {} : { [KEEP_AWAKE_ANNOTATION]: world.keepAwakeUntil }),
            ...(world.sleepSwitch === undefined ? {} : { [SLEEP_ANNOTATION]: world.sleepSwitch }),
          },
        },
        spec: world.spec,
        ...(world.status === undefined ? {} : { status: withHash(world.status, child('EndpointSlice', 1)) }),
      },
      children: {
        [SERVICES]: byName(child('Service')),
        [SLICES]: byName(ours),
      },
      related: {
        [SERVICES]: byName(services),
        [SLICES]: byName([...slices, ...ours]),
      },
      finalizing: world.deletedAt !== undefined,
    }),
  );
}

/** A status that says since when is about the slices as they were made. */
function withHash(status: unknown, slices: readonly object[]): unknown {
  const { redirectedSince } = status as { readonly redirectedSince?: unknown };
  if (redirectedSince === undefined) return status;
  return { redirectionHash: redirectionHash(slices as EndpointSlice[]), ...(status as object) };
}

/** Everything about the world that a context can say. */
export function contextOf(world: World): Context {
  const reading = (state: TriggerReading['state']): TriggerReading => ({
    state,
    reason: 'Test',
    message: state,
    ageSeconds: 0,
  });
  const { replicas } = world;
  return {
    ...emptyContext(world.now),
    readings: [reading(world.demand)],
    proof: [reading(world.proof)],
    scale:
      replicas === 'missing'
        ? { kind: 'missing' }
        : replicas === 'failed'
          ? { kind: 'failed', reason: 'TIMEOUT' }
          : { kind: 'found', replicas },
    status: world.statusRead === 'failed' ? { kind: 'failed', reason: 'TIMEOUT' } : { kind: world.statusRead },
    autoscaler: { kind: 'missing' },
    sharers: { kind: 'found', sharers: [] },
    liveResolvers: { kind: 'found', count: world.resolvers.length },
    resolverPorts:
      world.claims === 'failed'
        ? { kind: 'failed', reason: 'TIMEOUT' }
        : { kind: 'found', ports: [{ port: 80, resolverPort: 10_240 }] },
    listening: {
      kind: 'found',
      addresses: world.listening.filter((address) => world.resolvers.includes(address)),
    },
    flows:
      world.flows === 'failed' ? { kind: 'failed', reason: 'ResolverUnreachable' } : { kind: 'found', ...world.flows },
  };
}

/** The observation with exactly what the decision asks for, as the shell would gather it. */
export function observationOf(world: World, settings: Settings = settingsOf(world)): Observation {
  const request = requestOf(world);
  const elastiService = parseElastiService(request.parent);
  if ('invalid' in elastiService) throw new Error(elastiService.invalid);
  const facts = observe(request, elastiService as ElastiService, settings);
  const all = contextOf(world);
  let context = emptyContext(world.now);
  for (let round = 0; round < 8; round++) {
    const needs = decideNeeds(planOf({ facts, context }, settings));
    if (needs === undefined) return { facts, context };
    context = {
      ...context,
      ...(needs.readings ? { readings: all.readings } : {}),
      ...(needs.proof ? { proof: all.proof } : {}),
      ...(needs.scale ? { scale: all.scale } : {}),
      ...(needs.status ? { status: all.status } : {}),
      ...(needs.autoscaler ? { autoscaler: all.autoscaler } : {}),
      ...(needs.sharers ? { sharers: all.sharers } : {}),
      ...(needs.liveResolvers ? { liveResolvers: all.liveResolvers } : {}),
      ...(needs.resolverPorts ? { resolverPorts: all.resolverPorts } : {}),
      ...(needs.listening ? { listening: all.listening } : {}),
      ...(needs.flows ? { flows: all.flows } : {}),
    };
  }
  throw new Error('the decision never had all that it needs');
}

/** The answer to an observation. */
export const syncOf = (observation: Observation, settings: Settings = SETTINGS): SyncResult =>
  sync(planOf(observation, settings));

/** The world once Metacontroller has applied an answer, with nothing else changed. */
export function applied(world: World, result: SyncResult): World {
  return { ...world, status: JSON.parse(JSON.stringify(result.status)), children: result.children };
}
