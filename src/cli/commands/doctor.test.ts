import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type AnswerTo, forbidden, type Objects, startFakeCluster } from '../testing/fake-cluster.ts';
import {
  CONTROLLER,
  CRD,
  HOOK_SERVICE,
  installed,
  METACONTROLLER,
  PATHS,
  systemSlices,
  vectorOf,
  WEB_DEPLOYMENT,
  WEB_SERVICE,
} from '../testing/installed.ts';
import { CONDITIONS, elastiService, elastiServices } from '../testing/objects.ts';

/** Everything that doctor does not call ok, where the cluster differs in this. */
async function wrongIn(t: TestContext, changes: Objects) {
  const { run } = await startFakeCluster(t, { ...installed(), ...changes });
  const { code, out, err } = await run(['doctor', '-o', 'json']);
  assert.equal(err, '');
  const { findings } = JSON.parse(out) as { findings: Record<string, string>[] };
  const wrong = findings.filter(({ level }) => level !== 'ok');
  assert.equal(code, wrong.some(({ level }) => level === 'problem') ? 1 : 0);
  return wrong.map(({ level, check, object, what }) => `${level} ${check}: ${object}: ${what}`);
}

test('a cluster in which all is well', async (t) => {
  const { run } = await startFakeCluster(t, installed());
  assert.deepEqual(await run(['doctor']), {
    code: 0,
    out: `ok       CustomResourceDefinition elastiservices.elasti.truefoundry.com: it serves v1alpha1
ok       CustomResourceDefinition compositecontrollers.metacontroller.k8s.io: it is there
ok       StatefulSet metacontroller/metacontroller: 1 pod ready
ok       StatefulSet metacontroller/metacontroller: it is version 4.17.2
ok       StatefulSet metacontroller/metacontroller: it has the flags that Elasti needs
ok       CompositeController elasti: its hooks are ours
ok       CompositeController elasti: Service elasti/elasti-hooks, which its hooks go to, has ready pods
ok       Deployment elasti/elasti-operator-controller: 2 pods ready
ok       Service elasti/elasti-resolver-service: 2 resolvers ready
ok       ServiceAccount elasti/elasti-operator-controller: it has the rights that it needs
ok       You: you have the rights that all commands need
ok       Prometheus http://prometheus.monitoring:9090: it answers, and shows itself to be up
ok       ElastiService shop/web: nothing is in the way of its sleep

0 problems, 0 warnings, 0 unknown, 13 ok
`,
    err: '',
  });
});

test('what is wrong comes first, with why it matters and what to do', async (t) => {
  const { run } = await startFakeCluster(t, {
    ...installed(),
    [PATHS.systemSlices]: systemSlices(['10.0.9.1']),
    [PATHS.services]: [],
  });
  const { code, out } = await run(['doctor']);
  assert.equal(code, 1);
  assert.equal(
    out.split('\nok ')[0],
    `PROBLEM  ElastiService shop/web: Service web does not exist (ServiceMissing)
         Why it matters: it never sleeps like this
         To do: create the Service, or correct spec.service
WARNING  Service elasti/elasti-resolver-service: only one resolver is ready
         Why it matters: when it goes, what sleeps is woken, and requests that come meanwhile are lost
         To do: run two or more`,
  );
});

const withArgs = (args: readonly string[], image = 'metacontroller:v4.17.2') => ({
  ...METACONTROLLER,
  spec: { template: { spec: { containers: [{ name: 'm', image, args }] } } },
});
const OTHER = { ...METACONTROLLER, metadata: { name: 'other', namespace: 'tools' } };
const META = 'StatefulSet metacontroller/metacontroller';

test('Metacontroller: missing, too old, without its flags, not ready, twice', async (t) => {
  const wrong = (statefulSets: readonly unknown[]) => wrongIn(t, { [PATHS.statefulSets]: statefulSets });
  assert.deepEqual(await wrong([]), ['problem metacontroller: Metacontroller: no workload runs its image']);
  assert.deepEqual(await wrong([withArgs(['--target-label-selector=app.kubernetes.io/part-of!=elasti'])]), [
    'problem metacontroller: Metacontroller: the label selector of none picks Elasti',
  ]);
  assert.deepEqual(await wrong([withArgs(['--workers', '50'], 'r/metacontroller:4.16.10-distroless')]), [
    `problem metacontroller: ${META}: it is version 4.16.10`,
    `problem metacontroller: ${META}: it runs without --apply-strategy=server-side-apply`,
    `warning metacontroller: ${META}: --client-go-qps is 5`,
  ]);
  assert.deepEqual(await wrong([{ ...METACONTROLLER, status: {} }]), [
    `problem metacontroller: ${META}: no pod is ready`,
  ]);
  assert.deepEqual(await wrong([METACONTROLLER, OTHER]), [
    `problem metacontroller: Metacontroller: ${META} and StatefulSet tools/other both serve Elasti`,
  ]);
});

test('a Metacontroller of which only the digest is known, found where only its own namespace may be listed', async (t) => {
  const own = withArgs(METACONTROLLER.spec.template.spec.containers[0]?.args ?? [], 'r/metacontroller@sha256:0f');
  const wrong = await wrongIn(t, {
    [PATHS.statefulSets]: forbidden,
    '/apis/apps/v1/namespaces/metacontroller/statefulsets': [own],
    '/apis/apps/v1/namespaces/metacontroller/deployments': [],
  });
  assert.deepEqual(wrong, [
    `unknown metacontroller: ${META}: its image r/metacontroller@sha256:0f does not say which version it is`,
  ]);
});

test('the definitions: missing, without the selectable field, and that of KubeElasti', async (t) => {
  const changed = (change: object) => ({ ...CRD, spec: { versions: [{ ...CRD.spec.versions[0], ...change }] } });
  const named = 'problem crds: CustomResourceDefinition elastiservices.elasti.truefoundry.com';
  const wrong = (crd: unknown) => wrongIn(t, { [PATHS.crd]: crd });
  assert.deepEqual(await wrong(undefined), [`${named}: it is missing`]);
  assert.deepEqual(await wrong(changed({ selectableFields: null })), [`${named}: it does not let spec.service select`]);
  assert.deepEqual(await wrong(changed({ schema: { openAPIV3Schema: { properties: {} } } })), [
    `${named}: it is another one than ours`,
  ]);
  assert.deepEqual(await wrong(changed({ served: false })), [`${named}: it does not serve v1alpha1`]);
  assert.deepEqual(await wrongIn(t, { [PATHS.metacontrollerCrd]: undefined }), [
    'problem crds: CustomResourceDefinition compositecontrollers.metacontroller.k8s.io: it is missing',
  ]);
});

test('the CompositeController: missing, twice, without hooks, without a token, without anybody behind', async (t) => {
  const wrong = (...controllers: unknown[]) => wrongIn(t, { [PATHS.controllers]: controllers });
  const { spec } = CONTROLLER;
  const named = 'composite-controller: CompositeController';
  assert.deepEqual(await wrong(), [`problem ${named}: none is for elastiservices`]);
  assert.deepEqual(await wrong(CONTROLLER, { ...CONTROLLER, metadata: { name: 'old' } }), [
    `problem ${named}: elasti and old are both for elastiservices`,
  ]);
  const { finalize: _, ...hooks } = spec.hooks;
  const sync = { ...spec.hooks.sync, version: 'v1' };
  assert.deepEqual(await wrong({ ...CONTROLLER, spec: { ...spec, hooks: { ...hooks, sync } } }), [
    `problem ${named} elasti: its sync hook is of version v1`,
    `problem ${named} elasti: it has no finalize hook`,
  ]);
  assert.deepEqual(await wrong({ ...CONTROLLER, spec: { ...spec, endpointConfigs: [] } }), [
    `problem ${named} elasti: no entry of endpointConfigs with an authorization has the host elasti-hooks.elasti.svc:8080`,
  ]);
  const parentResource = { ...spec.parentResource, ignoreStatusChanges: false };
  assert.deepEqual(await wrong({ ...CONTROLLER, spec: { ...spec, parentResource } }), [
    `warning ${named} elasti: it does not ignore changes of the status`,
  ]);
  assert.deepEqual(await wrongIn(t, { [PATHS.systemSlices]: systemSlices(['10.0.9.1', '10.0.9.2'], []) }), [
    `problem ${named} elasti: Service elasti/elasti-hooks, which its hooks go to, has no ready pod`,
  ]);
});

test('the hook service: missing, not ready, alone, with a variable that stops it', async (t) => {
  const wrong = (deployment: unknown) => wrongIn(t, { [PATHS.hookService]: deployment });
  const named = 'hook-service: Deployment elasti/elasti-operator-controller';
  assert.deepEqual(await wrong(undefined), [`problem ${named}: it is missing`]);
  assert.deepEqual(await wrong({ ...HOOK_SERVICE, status: {} }), [`problem ${named}: no pod is ready`]);
  assert.deepEqual(await wrong({ ...HOOK_SERVICE, status: { readyReplicas: 1 } }), [
    `warning ${named}: only one pod is ready`,
  ]);
  assert.deepEqual(await wrong(forbidden), [`unknown ${named}: you may not read it; its defaults are assumed below`]);
  const env = [{ name: 'POLLING_INTERVAL', value: 'often' }];
  const containers = [{ name: 'manager', env }];
  assert.deepEqual(await wrong({ ...HOOK_SERVICE, spec: { template: { spec: { containers } } } }), [
    `problem ${named}: POLLING_INTERVAL is "often", allowed is a duration from 1s to 1h, such as 30s or 1m30s`,
  ]);
});

test('no resolver is told once, and not for each ElastiService', async (t) => {
  assert.deepEqual(await wrongIn(t, { [PATHS.systemSlices]: systemSlices([]) }), [
    'problem resolver: Service elasti/elasti-resolver-service: no resolver is ready',
  ]);
});

interface Review {
  readonly spec: { readonly user?: string; readonly resourceAttributes: Readonly<Record<string, string>> };
}

test('rights of the hook service and your own, each that is missing', async (t) => {
  const asked: Review['spec'][] = [];
  const without =
    (verb: string, resource: string): AnswerTo =>
    ({ body }) => {
      const { spec } = body as Review;
      asked.push(spec);
      const { resourceAttributes: of } = spec;
      return { code: 201, body: { status: { allowed: !(of.verb === verb && of.resource === resource) } } };
    };
  const wrong = await wrongIn(t, {
    [PATHS.accessReviews]: without('patch', 'deployments'),
    [PATHS.yourReviews]: without('list', 'events'),
  });
  assert.deepEqual(wrong, [
    'problem rights: ServiceAccount elasti/elasti-operator-controller: it may not patch deployments/scale in all namespaces',
    'warning your-rights: You: you may not list events in namespace shop',
  ]);
  assert.deepEqual(
    asked.find(
      ({ user, resourceAttributes: { verb, resource } }) => user && verb === 'patch' && resource === 'deployments',
    ),
    {
      user: 'system:serviceaccount:elasti:elasti-operator-controller',
      resourceAttributes: { group: 'apps', resource: 'deployments', verb: 'patch', subresource: 'scale' },
    },
  );
  assert.deepEqual(await wrongIn(t, { [PATHS.accessReviews]: forbidden }), [
    'unknown rights: ServiceAccount elasti/elasti-operator-controller: you may not ask what others may do (create subjectaccessreviews)',
  ]);
});

test('Prometheus: dead, not shown to be up, out of reach, unnamed', async (t) => {
  const named = 'prometheus: Prometheus http://prometheus.monitoring:9090';
  const wrong = (answer: unknown) => wrongIn(t, { [PATHS.prometheus]: answer });
  assert.deepEqual(await wrong(() => ({ code: 503, body: { kind: 'Status', message: 'no endpoints' } })), [
    `problem ${named}: the API server cannot reach it (no endpoints)`,
  ]);
  assert.deepEqual(await wrong(vectorOf('0')), [
    `problem ${named}: it answers, but max(up{container="prometheus"}) is not 1`,
  ]);
  assert.deepEqual(await wrong(forbidden), [
    `unknown ${named}: whether it can be reached cannot be told from here: you may not use services/proxy there`,
  ]);
  const triggers = [{ type: 'prometheus', metadata: { query: 'q', threshold: 1 } }];
  const nameless = elastiServices(elastiService({ spec: { triggers } }));
  assert.deepEqual(await wrongIn(t, nameless), [
    'problem prometheus: ElastiService shop/web: a trigger names no serverAddress',
  ]);
});

const serviceWith = (spec: object) => ({
  [PATHS.services]: [{ ...WEB_SERVICE, spec: { ...WEB_SERVICE.spec, ...spec } }],
});

test('Services that cannot sleep, as the core itself sees it', async (t) => {
  const reasonIn = async (changes: Objects) => (await wrongIn(t, changes)).map((line) => line.match(/\((\w+)\)$/)?.[1]);
  assert.deepEqual(await reasonIn(serviceWith({ clusterIP: 'None' })), ['Headless']);
  assert.deepEqual(await reasonIn(serviceWith({ externalTrafficPolicy: 'Local' })), ['TrafficPolicyLocal']);
  assert.deepEqual(await reasonIn(serviceWith({ selector: {} })), ['NoSelector']);
  assert.deepEqual(await reasonIn(serviceWith({ ipFamilies: ['IPv6'] })), ['ResolverNotReady']);
  assert.deepEqual(await reasonIn(serviceWith({ ipFamilies: ['IPv4', 'IPv6'] })), ['ResolverLacksFamily']);
  assert.deepEqual(await reasonIn({ [PATHS.shopDeployments]: [] }), ['TargetMissing']);
  const period = { enabledPeriod: { schedule: '0 22 * * *', duration: '8h', timeZone: 'Mars/Base' } };
  assert.deepEqual(await reasonIn(elastiServices(elastiService({ spec: period }))), ['EnabledPeriodInvalid']);
});

test('what only the conditions know, and a spec that cannot be read', async (t) => {
  const contested = CONDITIONS.prevented('ReplicasContested', 'somebody else keeps raising the replicas');
  assert.deepEqual(await wrongIn(t, elastiServices(elastiService({ status: { conditions: contested } }))), [
    'problem service: ElastiService shop/web: somebody else keeps raising the replicas (ReplicasContested)',
  ]);
  const probes = CONDITIONS.probes('ProbeResponseInvalid', 'probeResponse[0] cannot be read');
  assert.deepEqual(await wrongIn(t, elastiServices(elastiService({ status: { conditions: probes } }))), [
    'problem service: ElastiService shop/web: probeResponse[0] cannot be read (ProbeResponseInvalid)',
  ]);
  const [line] = await wrongIn(t, elastiServices(elastiService({ spec: { triggers: [] } })));
  assert.match(line ?? '', /^problem service: ElastiService shop\/web: spec\.triggers: write at least one trigger/);
});

const scaledObject = (spec: object, annotations = {}) => ({
  metadata: { name: 'web-scaler', namespace: 'shop', annotations },
  spec: { scaleTargetRef: { name: 'web' }, minReplicaCount: 1, ...spec },
});
const hpa = (minReplicas: number, metadata = {}) => ({
  metadata: { name: 'web', namespace: 'shop', ...metadata },
  spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, minReplicas },
});

test('autoscalers that would fight with its sleep', async (t) => {
  const named = 'ElastiService shop/web';
  const keda = { autoscaler: { type: 'keda', name: 'web-scaler' } };
  const withKeda = elastiServices(elastiService({ spec: keda }));
  assert.deepEqual(await wrongIn(t, { [PATHS.scaledObjects]: [scaledObject({})] }), [
    `problem autoscaler: ${named}: ScaledObject web-scaler scales Deployment web too, and spec.autoscaler does not name it`,
  ]);
  assert.deepEqual(await wrongIn(t, { ...withKeda, [PATHS.scaledObjects]: [scaledObject({})] }), []);
  assert.deepEqual(
    await wrongIn(t, { ...withKeda, [PATHS.scaledObjects]: [scaledObject({ minReplicaCount: null })] }),
    [
      `problem service: ${named}: ScaledObject web-scaler scales to zero by itself; set minReplicaCount to 1 (KedaScalesToZero)`,
    ],
  );
  const paused = scaledObject({}, { 'autoscaling.keda.sh/paused': 'true' });
  assert.deepEqual(await wrongIn(t, { ...withKeda, [PATHS.scaledObjects]: [paused] }), [
    `problem service: ${named}: ScaledObject web-scaler was paused by somebody else (KedaPausedByOther)`,
  ]);
  assert.deepEqual(await wrongIn(t, withKeda), [
    `problem service: ${named}: ScaledObject web-scaler does not exist (AutoscalerMissing)`,
  ]);
  assert.deepEqual(await wrongIn(t, { [PATHS.hpas]: [hpa(1)] }), []);
  assert.deepEqual(await wrongIn(t, { [PATHS.hpas]: [hpa(0)] }), [
    `problem autoscaler: ${named}: HorizontalPodAutoscaler web may scale Deployment web to 0 by itself`,
  ]);
  const ofKeda = hpa(0, { ownerReferences: [{ kind: 'ScaledObject', name: 'web-scaler', uid: 'u' }] });
  assert.deepEqual(
    await wrongIn(t, { ...withKeda, [PATHS.hpas]: [ofKeda], [PATHS.scaledObjects]: [scaledObject({})] }),
    [],
  );
  const withHpa = elastiServices(elastiService({ spec: { autoscaler: { type: 'hpa', name: 'gone' } } }));
  assert.deepEqual(await wrongIn(t, withHpa), [
    `warning autoscaler: ${named}: spec.autoscaler names HorizontalPodAutoscaler gone, which does not exist`,
  ]);
});

test('a target whose pods end the moment they are told to', async (t) => {
  const containers = [
    { name: 'web', ports: [{ containerPort: 8080 }] },
    { name: 'sidecar', lifecycle: {} },
  ];
  const deployment = { ...WEB_DEPLOYMENT, spec: { replicas: 2, template: { spec: { containers } } } };
  assert.deepEqual(await wrongIn(t, { [PATHS.shopDeployments]: [deployment] }), [
    'warning pre-stop: ElastiService shop/web: Deployment web has no preStop hook in web',
  ]);
});

test('what may not be listed cannot be told, and is no problem', async (t) => {
  assert.deepEqual(await wrongIn(t, { [PATHS.services]: forbidden, [PATHS.hpas]: forbidden, [PATHS.crd]: forbidden }), [
    `unknown crds: CustomResourceDefinitions: cannot get customresourcedefinitions elastiservices.elasti.truefoundry.com (User "ann" may not see ${PATHS.crd})`,
    'unknown service: ElastiService shop/web: you may not list Services and EndpointSlices there',
    'unknown autoscaler: ElastiService shop/web: you may not list ScaledObjects or HorizontalPodAutoscalers there',
  ]);
});

test('where the hook service watches by itself: without a customize hook, and with the rights to watch', async (t) => {
  const [container] = HOOK_SERVICE.spec.template.spec.containers;
  const env = [...(container?.env ?? []), { name: 'OBSERVE_BY', value: 'watch' }];
  const template = { spec: { ...HOOK_SERVICE.spec.template.spec, containers: [{ ...container, env }] } };
  const watching = { [PATHS.hookService]: { ...HOOK_SERVICE, spec: { template } } };
  const { customize: _, ...hooks } = CONTROLLER.spec.hooks;
  const without = { [PATHS.controllers]: [{ ...CONTROLLER, spec: { ...CONTROLLER.spec, hooks } }] };
  const named = 'composite-controller: CompositeController elasti';
  assert.deepEqual(await wrongIn(t, { ...watching, ...without }), []);
  assert.deepEqual(await wrongIn(t, watching), [`warning ${named}: it has a customize hook still`]);
  assert.deepEqual(await wrongIn(t, without), [`problem ${named}: it has no customize hook`]);
});
