import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, forbidden, startFakeCluster } from '../testing/fake-cluster.ts';
import { ASLEEP, CONDITIONS, elastiService, elastiServices, SCALE_PATH, scale } from '../testing/objects.ts';

const serving = (reason: string, message = reason) => ({ conditions: CONDITIONS.serving(reason, message) });

test('status tells of each ElastiService what it waits for, and until when', async (t) => {
  const { run } = await startFakeCluster(t, {
    [SCALE_PATH]: scale(2),
    ...elastiServices(
      elastiService(),
      elastiService({ name: 'busy', status: { idleSince: undefined, ...serving('TriggerActive') } }),
      elastiService({ name: 'asleep', status: ASLEEP }),
      elastiService({
        name: 'draining',
        status: { phase: 'Draining', phaseSince: ago(3), redirectedSince: ago(3), ...serving('Draining') },
      }),
      elastiService({ name: 'waking', status: { phase: 'Waking', readySince: undefined, ...serving('Starting') } }),
      elastiService({
        name: 'local',
        status: { conditions: CONDITIONS.prevented('TrafficPolicyLocal', 'with traffic policy Local ...') },
      }),
      elastiService({
        name: 'blocked',
        status: { phase: 'Blocked', conditions: CONDITIONS.blocked('Headless', 'a headless Service ...') },
      }),
      elastiService({ name: 'new', status: { phase: undefined } }),
      elastiService({ name: 'broken', spec: { triggers: [] } }),
      elastiService({ name: 'woken', status: ASLEEP, annotations: { 'elasti.truefoundry.com/wake': 'new' } }),
    ),
  });
  const { code, out, err } = await run(['status']);
  assert.equal(
    out,
    `NAME      SERVICE   PHASE     SINCE  REPLICAS  REASON              NEXT
asleep    asleep    Asleep    1h     -         SleptByElasti       wakes with a request or an active trigger
blocked   blocked   Blocked   2h     -         Headless            stays so until Headless is mended
broken    -         -         -      -         InvalidSpec         stays as it is until the spec is mended: spec.triggers: write at least one trigger, with type: prometheus and metadata that has query and threshold
busy      busy      Serving   2h     -         TriggerActive       waits for idle triggers, then 15m
draining  draining  Draining  3s     -         Draining            goes to 0 replicas unless a request comes (in 5s)
local     local     Serving   2h     -         TrafficPolicyLocal  stays up until TrafficPolicyLocal is mended
new       new       -         -      -         -                   waits for its first sync
waking    waking    Waking    2h     -         Starting            waits for a pod that is ready
web       web       Serving   2h     2         InCooldown          sleeps if idle until then (in 10m)
woken     woken     Asleep    1h     -         SleptByElasti       waits until its wake is served
`,
  );
  assert.deepEqual({ code, err }, { code: 0, err: '' });
});

test('status -A shows every namespace, and --output json has the same as fields', async (t) => {
  const { run } = await startFakeCluster(t, {
    [SCALE_PATH]: scale(2),
    ...elastiServices(elastiService(), elastiService({ name: 'api', namespace: 'back', status: ASLEEP })),
  });
  const table = await run(['status', '-A']);
  assert.equal(
    table.out,
    `NAMESPACE  NAME  SERVICE  PHASE    SINCE  REPLICAS  REASON         NEXT
back       api   api      Asleep   1h     -         SleptByElasti  wakes with a request or an active trigger
shop       web   web      Serving  2h     2         InCooldown     sleeps if idle until then (in 10m)
`,
  );
  const { out } = await run(['status', '--output', 'json']);
  assert.deepEqual(JSON.parse(out), {
    items: [
      {
        namespace: 'shop',
        name: 'web',
        service: 'web',
        target: 'Deployment/web',
        phase: 'Serving',
        since: '2026-03-01T10:00:00.000Z',
        mode: 'serve',
        replicas: 2,
        reason: 'InCooldown',
        next: { what: 'sleeps if idle until then', at: '2026-03-01T12:10:00.000Z' },
      },
    ],
  });
});

test('the drain is that of the settings that the hook service has', async (t) => {
  const draining = { phase: 'Draining', phaseSince: ago(3), redirectedSince: ago(3), ...serving('Draining') };
  const envFrom = [{ configMapRef: { name: 'elasti-environment' } }, { secretRef: { name: 'elasti-environment' } }];
  const drainEndsAt = async (env: object[]) => {
    const containers = [{ name: 'manager', env, envFrom }];
    const { run } = await startFakeCluster(t, {
      ...elastiServices(elastiService({ status: draining })),
      '/apis/apps/v1/namespaces/elasti/deployments/elasti-operator-controller': {
        metadata: { name: 'elasti-operator-controller' },
        spec: { template: { spec: { containers } } },
      },
      '/api/v1/namespaces/elasti/configmaps/elasti-environment': { data: { SLEEP_DRAIN_SECONDS: '100' } },
    });
    return JSON.parse((await run(['status', '-o', 'json'])).out).items[0].next.at;
  };
  // 3 s for clocks that are apart; what the container names itself wins.
  assert.equal(await drainEndsAt([]), '2026-03-01T12:01:40.000Z');
  assert.equal(await drainEndsAt([{ name: 'SLEEP_DRAIN_SECONDS', value: '57' }]), '2026-03-01T12:00:57.000Z');
});

test('status of nobody, of somebody else, and without ElastiServices at all, each in one line', async (t) => {
  const path = '/apis/elasti.truefoundry.com/v1alpha1/namespaces/shop/elastiservices';
  const { run, objects } = await startFakeCluster(t, { [path]: [] });
  assert.deepEqual(await run(['status']), { code: 0, out: 'there are no ElastiServices\n', err: '' });
  objects[path] = forbidden;
  assert.deepEqual(await run(['status']), {
    code: 4,
    out: '',
    err: `elasti: cannot list elastiservices in namespace shop: User "ann" may not see ${path}?limit=500\n`,
  });
  delete objects[path];
  assert.deepEqual(await run(['status']), {
    code: 5,
    out: '',
    err: 'elasti: the cluster has no ElastiServices: its CustomResourceDefinition is missing (kubectl apply -k manifests/default)\n',
  });
});

test('where no API server answers it is one line too', async (t) => {
  const { run, kubeconfig } = await startFakeCluster(t, {});
  const { readFileSync, writeFileSync } = await import('node:fs');
  writeFileSync(kubeconfig, readFileSync(kubeconfig, 'utf8').replace(/127\.0\.0\.1:\d+/, '127.0.0.1:1'));
  const { code, err } = await run(['status']);
  assert.deepEqual(
    { code, err },
    {
      code: 3,
      err: 'elasti: cannot list elastiservices in namespace shop: the API server cannot be reached or failed (connect ECONNREFUSED 127.0.0.1:1)\n',
    },
  );
});

test('a context by its name, and one that is not there', async (t) => {
  const { run } = await startFakeCluster(t, elastiServices(elastiService({ namespace: 'default' })));
  assert.match((await run(['status', '--context', 'there'])).out, /^web /m);
  const { code, err } = await run(['status', '--context', 'nowhere']);
  assert.deepEqual(
    { code, err },
    { code: 3, err: 'elasti: the kubeconfig has no context nowhere; it has here, there\n' },
  );
});
