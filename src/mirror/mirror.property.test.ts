import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Parent, type RelatedRule, SERVICES, SLICES, type SyncRequest } from '../api/hooks.ts';
import { EndpointSlice, Service } from '../api/kubernetes.ts';
import { customize } from '../core/customize.ts';
import { privateServiceName } from '../core/names.ts';
import { observe, parseElastiService } from '../core/observe.ts';
import { SETTINGS, WORLD } from '../core/testing/world.ts';
import type { Facts, Settings } from '../core/types.ts';
import { createMirror } from './mirror.ts';

const PARENT = Parent.parse({
  metadata: { name: 'web', namespace: 'shop', uid: 'uid-web', generation: 1, managedFields: [{ manager: 'kubectl' }] },
  spec: WORLD.spec,
  status: { phase: 'Asleep', phaseSince: '2026-03-01T11:00:00.000Z' },
});
const PRIVATE = privateServiceName('web');
const CREATED = '2026-03-01T10:00:00Z';

const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const withoutUndefined = (object: unknown) => JSON.parse(JSON.stringify(object));

const owner = fc.constantFrom(
  undefined,
  [{ apiVersion: 'x/v1', kind: 'ElastiService', name: 'web', uid: 'uid-web', controller: true }],
  [{ apiVersion: 'x/v1', kind: 'ElastiService', name: 'older', uid: 'uid-older', controller: true }],
  [{ apiVersion: 'v1', kind: 'Service', name: 'web', uid: 'uid-service', controller: true }],
  [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'x', uid: 'uid-web' }],
);

const port = fc.record(
  {
    name: fc.constantFrom('http', 'metrics', 'dns'),
    port: fc.constantFrom(80, 443, 53),
    protocol: fc.constantFrom('TCP', 'UDP'),
    targetPort: fc.constantFrom(8080, 'web'),
    appProtocol: fc.constant('h2c'),
    nodePort: fc.constant(30_080),
  },
  { requiredKeys: ['port'] },
);

const service = fc
  .record({
    namespace: fc.constantFrom('shop', 'shop', 'shop', 'depot', 'elasti'),
    name: fc.constantFrom('web', PRIVATE, 'api', SETTINGS.resolver.serviceName),
    owner,
    deleted: fc.boolean(),
    spec: fc.record(
      {
        type: fc.constantFrom('ClusterIP', 'NodePort', 'ExternalName'),
        clusterIP: fc.constantFrom('10.96.0.7', 'None', ''),
        ipFamilies: fc.constantFrom(['IPv4'], ['IPv6', 'IPv4']),
        selector: fc.constantFrom({ app: 'web' }, {}),
        ports: fc.array(port, { maxLength: 3 }),
        publishNotReadyAddresses: fc.boolean(),
        internalTrafficPolicy: fc.constantFrom('Local', 'Cluster'),
        externalTrafficPolicy: fc.constantFrom('Local', 'Cluster'),
        sessionAffinity: fc.constant('None'),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ namespace, name, owner: ownerReferences, deleted, spec }) =>
    Service.parse(
      withoutUndefined({
        metadata: {
          namespace,
          name,
          uid: `uid-${name}`,
          resourceVersion: '7',
          labels: { team: 'shop' },
          annotations: { note: 'x' },
          creationTimestamp: CREATED,
          ownerReferences,
          ...(deleted ? { deletionTimestamp: CREATED } : {}),
        },
        spec,
        status: { loadBalancer: {} },
      }),
    ),
  );

const endpoint = fc
  .record({
    address: fc.constantFrom('10.0.0.1', '10.0.0.2', 'fd00::1'),
    hasNone: fc.constantFrom(false, false, false, true),
    conditions: fc.constantFrom(
      undefined,
      {},
      { ready: true, serving: true, terminating: false },
      { ready: false, serving: false, terminating: false },
      { ready: true, serving: true, terminating: true },
      { ready: null, terminating: null },
    ),
    nodeName: optional(fc.constant('node-1')),
    zone: optional(fc.constant('a')),
    uid: optional(fc.constantFrom('pod-1', 'pod-2')),
  })
  .map(({ address, hasNone, uid, ...rest }) => ({
    ...rest,
    addresses: hasNone ? [] : [address],
    ...(uid === undefined ? {} : { targetRef: { kind: 'Pod', name: 'web-1', uid } }),
  }));

const slice = fc
  .record({
    namespace: fc.constantFrom('shop', 'shop', 'shop', 'depot', 'elasti'),
    name: fc.constantFrom('a', 'b', 'c', 'elasti-web-endpointslice-to-resolver-4b5e57f6eb'),
    service: fc.constantFrom('web', 'web', PRIVATE, 'api', SETTINGS.resolver.serviceName, undefined),
    managedBy: fc.constantFrom(
      'endpointslice-controller.k8s.io',
      'endpointslice-controller.k8s.io',
      'elasti.truefoundry.com',
      'somebody',
      undefined,
    ),
    owner,
    addressType: fc.constantFrom('IPv4', 'IPv4', 'IPv6', 'FQDN'),
    endpoints: fc
      .constantFrom(undefined, null)
      .chain((none) => fc.option(fc.array(endpoint, { maxLength: 4 }), { nil: none })),
    ports: fc.constantFrom(undefined, null, [{ name: 'http', port: 8012, protocol: 'TCP' }], [{ name: null, port: 9 }]),
  })
  .map(({ namespace, name, service: serviceName, managedBy, owner: ownerReferences, ...rest }) =>
    EndpointSlice.parse(
      withoutUndefined({
        metadata: {
          namespace,
          name,
          resourceVersion: '9',
          creationTimestamp: CREATED,
          ownerReferences,
          labels: {
            'kubernetes.io/service-name': serviceName,
            'endpointslice.kubernetes.io/managed-by': managedBy,
            'controller-uid': 'x',
          },
        },
        ...rest,
      }),
    ),
  );

const keyOf = ({ metadata }: Service | EndpointSlice) => `${metadata.namespace}/${metadata.name}`;
const byKey = <T extends Service | EndpointSlice>(objects: readonly T[]) =>
  Object.fromEntries(objects.map((object) => [keyOf(object), object]));

function isSelected({ metadata }: Service | EndpointSlice, rule: RelatedRule): boolean {
  if (metadata.namespace !== rule.namespace) return false;
  if (rule.names) return rule.names.includes(metadata.name);
  const { matchLabels = {}, matchExpressions = [] } = rule.labelSelector ?? {};
  return (
    Object.entries(matchLabels).every(([key, value]) => metadata.labels?.[key] === value) &&
    matchExpressions.every(({ key, values }) => values.includes(metadata.labels?.[key] ?? ''))
  );
}

/** The request that Metacontroller makes of these objects, with all that it relates. */
function requestOf(services: readonly Service[], slices: readonly EndpointSlice[], settings: Settings): SyncRequest {
  const { relatedResources } = customize({ namespace: 'shop', spec: elastiServiceOf().spec }, settings);
  const related = <T extends Service | EndpointSlice>(objects: readonly T[], resource: string) =>
    byKey(objects.filter((o) => relatedResources.some((rule) => rule.resource === resource && isSelected(o, rule))));
  const isChild = ({ metadata }: Service | EndpointSlice) =>
    metadata.namespace === 'shop' &&
    metadata.ownerReferences?.some(({ uid, controller }) => controller && uid === 'uid-web') === true;
  // What the labels or the name of a child no longer say is for Metacontroller to mend; see childrenOf.
  const isFound = (o: Service | EndpointSlice) =>
    'addressType' in o ? o.metadata.labels?.['kubernetes.io/service-name'] === 'web' : o.metadata.name === PRIVATE;
  const isFoundChild = (o: Service | EndpointSlice) => isChild(o) && isFound(o);
  return {
    parent: PARENT,
    children: { [SERVICES]: byKey(services.filter(isFoundChild)), [SLICES]: byKey(slices.filter(isFoundChild)) },
    related: { [SERVICES]: related(services, 'services'), [SLICES]: related(slices, 'endpointslices') },
    finalizing: false,
  };
}

function elastiServiceOf() {
  const elastiService = parseElastiService(PARENT);
  assert.ok(!('invalid' in elastiService));
  return elastiService;
}

// Written out once more, so that what is left out of a mirror by mistake is missed here.
const readableService = ({ metadata, spec }: Service) => {
  const { clusterIP, sessionAffinity: _, ports, ...rest } = spec;
  const { name, uid, deletionTimestamp } = metadata;
  return {
    name,
    uid,
    deletionTimestamp,
    ...rest,
    isHeadless: clusterIP === 'None',
    ports: ports?.map(withoutNodePort),
  };
};
const withoutNodePort = ({ nodePort: _, ...rest }: Record<string, unknown>) => rest;
const readableSlice = ({ metadata, addressType, endpoints, ports }: EndpointSlice) => ({
  name: metadata.name,
  created: metadata.creationTimestamp,
  service: metadata.labels?.['kubernetes.io/service-name'],
  managedBy: metadata.labels?.['endpointslice.kubernetes.io/managed-by'],
  addressType,
  endpoints: (endpoints ?? []).map(({ targetRef: _, ...rest }) => rest),
  ports: ports ?? [],
});

/** Facts with only that of whole objects which decisions read. */
function readable(facts: Facts): unknown {
  const { publicService, privateService, ownSlices, slices } = facts;
  return withoutUndefined({
    ...facts,
    publicService: typeof publicService === 'string' ? publicService : readableService(publicService),
    privateService: privateService && readableService(privateService),
    // What they say is in facts of their own; their versions are read off live looks alone.
    ownSlices: ownSlices.map(({ metadata }) => metadata.name).sort(),
    slices: [...slices].map(([name, each]) => [name, readableSlice(each)]),
    resolver: facts.resolver && [...facts.resolver],
  });
}

const unique = <T extends Service | EndpointSlice>(objects: readonly T[]) => Object.values(byKey(objects));

for (const routing of ['host', 'port'] as const) {
  const settings: Settings = { ...SETTINGS, resolver: { ...SETTINGS.resolver, routing } };

  test(`by ${routing}, what the mirror says is what a request with everything related says`, () => {
    const all = fc.record({ services: fc.array(service, { maxLength: 5 }), slices: fc.array(slice, { maxLength: 8 }) });
    fc.assert(
      fc.property(all, ({ services: manyServices, slices: manySlices }) => {
        const services = unique(manyServices);
        const slices = unique(manySlices);
        const mirror = createMirror({ settings });
        mirror.sinks.elastiServices.put(PARENT);
        for (const each of services) mirror.sinks.services.put(each);
        for (const each of slices) mirror.sinks.slices.put(each);
        const whole = requestOf(services, slices, settings);
        const parent = mirror.parent('shop/web') ?? assert.fail();
        const related = mirror.relatedOf(parent);
        const seen = { ...whole, parent, related, children: mirror.childrenOf(parent, related) };
        const facts = (request: SyncRequest) => readable(observe(request, elastiServiceOf(), settings));
        assert.deepEqual(facts(seen), facts(whole));
        assert.deepEqual(parseElastiService(parent), elastiServiceOf());
      }),
      { numRuns: 400 },
    );
  });
}
