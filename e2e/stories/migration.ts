import assert from 'node:assert/strict';
import { privateServiceName, sliceName } from '../../src/core/names.ts';
import { type KubeObject, urlOf } from '../cluster/kube-object.ts';
import { until } from '../cluster/wait.ts';
import { SYSTEM_NAMESPACE } from '../environment/environment.ts';
import { runDocumented } from '../stage/documented.ts';
import { hasKubeElasti, startKubeElasti } from '../stage/kubeelasti.ts';
import { makeApp, makeElastiService } from '../stage/manifests.ts';
import { ELASTI_SERVICES, SLICES, type Slice } from '../stage/objects.ts';
import type { Stage } from '../stage/stage.ts';
import type { Story } from '../stage/story.ts';
import { WAIT_MS } from '../stage/waits.ts';

const PAGE = 'docs/migration.md';
const FINALIZER = 'elasti.truefoundry.com/finalizer';
const PRIVATE = privateServiceName('web');
const SLICE = sliceName('web');
const PROXY_PORT = 8012;

export const migration: Story = {
  name: 'what KubeElasti has put to sleep goes on being held while Elasti takes its place, wakes with a request, and can go back',
  slug: 'migration',
  isAlone: true,
  // Under routing by port the slice of KubeElasti names a port that no resolver listens on.
  resolvers: ['stand-in', 'kubeelasti'],
  async tell(stage) {
    const { environment } = stage;
    const { metacontroller } = environment;

    stage.step('as KubeElasti leaves it: asleep, held, with its finalizer and its copy of the Service');
    stage.onLeave(() => metacontroller.start());
    await metacontroller.stop();
    await (hasKubeElasti ? putToSleepByKubeElasti(stage) : asKubeElastiLeavesIt(stage));

    stage.step('the commands of docs/migration.md, then Elasti');
    await runDocumented({ page: PAGE, heading: '2. Free the ElastiServices' });
    await metacontroller.start();
    // Where the first status is lost to a conflict, the next sync finds the redirection complete and takes the sleep for its own.
    await stage.untilPhase('Asleep');
    const { metadata, status } = await stage.elastiService();
    const reason = status?.conditions?.find(({ type }) => type === 'Asleep')?.reason ?? 'none';
    assert.match(reason, /^(ScaledToZeroByOther|SleptByElasti)$/);
    assert.deepEqual(metadata.finalizers, ['metacontroller.io/compositecontroller-elasti']);
    assert.equal(await stage.replicas(), 0);
    await assertHeld(stage);
    const ours = await stage.get<KubeObject & { spec: { type: string } }>('v1/services', PRIVATE);
    assert.equal(ours.spec.type, 'ClusterIP', 'the copy of a NodePort Service is gone');

    stage.step('a request wakes it');
    const answer = await stage.ask();
    assert.equal(answer.status, 200, answer.text);
    await stage.untilPhase('Serving');
    await stage.untilNoSlices();

    stage.step('asleep again, and back to KubeElasti');
    await stage.apply(makeElastiService(stage.namespace, { cooldownSeconds: 2 }));
    await stage.untilPhase('Asleep', { reason: 'SleptByElasti' });
    await stage.untilNoPods();
    await metacontroller.stop();
    await runDocumented({
      ...{ page: PAGE, heading: 'Back to KubeElasti' },
      change: (commands) => commands.replace(/^kubectl delete compositecontroller.*\n/m, ''),
    });
    assert.equal((await stage.elastiService()).metadata.finalizers, undefined);
    await assertHeld(stage);
    if (hasKubeElasti) return goesOnWithKubeElasti(stage);
    // What KubeElasti looks for by name is there, and the request is held and answered whoever wakes.
    await stage.get('v1/services', PRIVATE);
    assert.equal((await stage.ask()).status, 200);
  },
};

async function putToSleepByKubeElasti(stage: Stage): Promise<void> {
  const kubeElasti = await startKubeElasti(stage);
  stage.onLeave(() => kubeElasti.stop());
  await stage.startApp();
  await stage.apply(makeElastiService(stage.namespace, { cooldownSeconds: 2, minTargetReplicas: 1 }));
  const isAsleep = async () => (await stage.replicas()) === 0 && (await stage.elastiService()).status?.mode === 'proxy';
  await until('KubeElasti to put it to sleep', isAsleep, { timeoutMs: WAIT_MS });
  await stage.untilNoPods();
  await kubeElasti.stop();
  const { metadata } = await stage.elastiService();
  assert.deepEqual(metadata.finalizers, [FINALIZER]);
  await stage.api.call('PATCH', urlOf(ELASTI_SERVICES, stage.namespace, 'web'), { spec: { cooldownPeriod: 3600 } });
}

/** What Elasti has put to sleep is KubeElasti's again: it wakes it, and takes its own redirection away. */
async function goesOnWithKubeElasti(stage: Stage): Promise<void> {
  const kubeElasti = await startKubeElasti(stage);
  stage.onLeave(() => kubeElasti.stop());
  await stage.traffic('web', 5);
  await until(
    'KubeElasti to know it',
    async () => (await stage.elastiService()).metadata.finalizers?.[0] === FINALIZER,
  );
  assert.equal(await kubeElasti.wake('web'), 200);
  await until('KubeElasti to raise it', async () => (await stage.replicas()) === 1, { timeoutMs: WAIT_MS });
  const isServed = async () => (await stage.elastiService()).status?.mode === 'serve' && (await hasNoSlice(stage));
  await until('its redirection to end', isServed, { timeoutMs: WAIT_MS });
  assert.equal((await stage.ask()).status, 200);
}

const hasNoSlice = ({ get }: Stage): Promise<boolean> =>
  get(SLICES, SLICE).then(
    () => false,
    (error) => error.status === 404,
  );

async function asKubeElastiLeavesIt(stage: Stage): Promise<void> {
  const { api, namespace } = stage;
  const [deployment, service] = makeApp({ name: 'web', namespace });
  await stage.apply({ ...deployment, spec: { ...deployment.spec, replicas: 0 } }, service);
  const made = makeElastiService(namespace, { cooldownSeconds: 3600 }) as KubeObject;
  await stage.apply({ ...made, metadata: { ...made.metadata, finalizers: [FINALIZER] } });
  const elastiService = await stage.elastiService();
  const status = { mode: 'proxy', lastReconciledTime: new Date().toISOString() };
  await api.call('PATCH', urlOf(ELASTI_SERVICES, namespace, 'web', 'status'), { status });

  // A copy of the whole Service but for its addresses, controlled by the ElastiService.
  const { uid } = elastiService.metadata;
  const owner = { apiVersion: elastiService.apiVersion, kind: 'ElastiService', name: 'web', uid, controller: true };
  await api.call('POST', urlOf('v1/services', namespace), {
    ...service,
    metadata: { name: PRIVATE, namespace, labels: { app: 'web' }, ownerReferences: [owner] },
    spec: { ...service.spec, type: 'NodePort' },
  });
  await api.call('POST', urlOf(SLICES, namespace), {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: SLICE, namespace, labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    ports: [{ name: 'http', protocol: 'TCP', port: PROXY_PORT }],
    endpoints: (await resolverAddresses(stage)).map((address) => ({ addresses: [address] })),
  });
}

async function resolverAddresses({ api }: Stage): Promise<readonly string[]> {
  const path = `${urlOf(SLICES, SYSTEM_NAMESPACE)}?labelSelector=kubernetes.io%2Fservice-name%3Delasti-resolver-service`;
  const { items } = await api.call<{ items: readonly Slice[] }>('GET', path);
  return items.flatMap(({ endpoints }) => (endpoints ?? []).flatMap(({ addresses }) => addresses)).sort();
}

async function assertHeld(stage: Stage): Promise<void> {
  const { endpoints, ports } = await stage.get<Slice>(SLICES, SLICE);
  const addresses = (endpoints ?? []).flatMap((endpoint) => endpoint.addresses).sort();
  assert.deepEqual(addresses, await resolverAddresses(stage));
  assert.deepEqual(
    (ports ?? []).map(({ port }) => port),
    [PROXY_PORT],
  );
}
