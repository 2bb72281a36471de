import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createConnect } from '../../kube/connection.ts';
import { createCall } from '../../kube/request.ts';
import { makeKubeConfig } from '../../kube/testing/api-server-stub.ts';
import { systemClock as clock } from '../../system.ts';
import { createKeptLog } from '../../testing/kept-log.ts';
import { until } from '../../testing/until.ts';
import { type FakeApi, startFakeApi } from '../../watch/testing/fake-api.ts';
import {
  makeClaim,
  makeElastiService,
  makeResolverSlice,
  makeShard,
  makeShardObject,
  makeSlice,
  readyPod,
} from './testing/fixtures.ts';
import { watchCluster } from './watch-cluster.ts';

async function setup(t: TestContext, fill: (api: FakeApi) => void = () => {}, watchNamespaces: readonly string[] = []) {
  const api = await startFakeApi(t);
  fill(api);
  const connect = createConnect(makeKubeConfig(api.origin), clock.monotonicMs);
  const { log, lines } = createKeptLog();
  const malformed: string[] = [];
  const cluster = watchCluster({
    connect,
    call: createCall({ connect, monotonicMs: clock.monotonicMs }),
    clock,
    random: { next: () => 0.001, uuid: () => '' },
    log,
    namespace: 'elasti',
    watchNamespaces,
    podAddresses: ['10.1.9.9'],
    onMalformed: (resource) => malformed.push(resource),
  });
  t.after(cluster.stop);
  await cluster.synced;
  return { api, cluster, lines, malformed };
}

const fill = (api: FakeApi) => {
  api.put('configmaps', makeShardObject(1, makeShard(makeClaim())));
  api.put('configmaps', { metadata: { name: 'other', namespace: 'elasti' }, data: { 10257: '{}' } });
  api.put('configmaps', { ...makeShardObject(1, makeShard(makeClaim())), metadata: { name: 'x', namespace: 'shop' } });
  api.put('elastiservices', makeElastiService({ resolver: { holdSeconds: 7 } }));
  api.put('endpointslices', makeSlice());
  api.put('endpointslices', makeResolverSlice('to-us', '10.1.9.9'));
  api.put('endpointslices', makeResolverSlice('to-another', '10.1.9.8'));
};

test('after the first lists everything is there', async (t) => {
  const { cluster } = await setup(t, fill);
  const [route, ...others] = cluster.routes.current();
  assert.deepEqual(others, []);
  assert.equal(route?.resolverPort, 10_241);
  assert.equal(route?.settings.holdSeconds, 7);
  assert.deepEqual(cluster.endpoints.readyFor(makeClaim()), [{ address: '10.1.0.1', port: 8080 }]);
  assert.equal(cluster.ownSlices.count(), 1);
  assert.deepEqual(cluster.sizes(), {
    claims: 1,
    ElastiServices: 1,
    'slices of private Services': 1,
    'slices to the resolver': 2,
  });
});

test('one watch each, with selectors, and claims from our own namespace', async (t) => {
  const { api } = await setup(t);
  const watches = () => api.requests.filter((url) => url.searchParams.has('watch'));
  await until('all watch', () => watches().length === 4);
  assert.deepEqual(
    watches()
      .map(({ pathname, searchParams }) => `${pathname} ${searchParams.get('labelSelector')}`)
      .sort(),
    [
      '/api/v1/namespaces/elasti/configmaps elasti.truefoundry.com/resolver-ports=true',
      '/apis/discovery.k8s.io/v1/endpointslices app.kubernetes.io/managed-by=elasti,endpointslice.kubernetes.io/managed-by=endpointslice-controller.k8s.io',
      '/apis/discovery.k8s.io/v1/endpointslices endpointslice.kubernetes.io/managed-by=elasti.truefoundry.com',
      '/apis/elasti.truefoundry.com/v1alpha1/elastiservices null',
    ],
  );
});

test('in the namespaces that are watched, and nowhere else', async (t) => {
  const elsewhere = (api: FakeApi) => {
    fill(api);
    api.put('configmaps', makeShardObject(2, makeShard(makeClaim({ resolverPort: 10_242, namespace: 'depot' }))));
    api.put('configmaps', makeShardObject(3, makeShard(makeClaim({ resolverPort: 10_243, namespace: 'bank' }))));
  };
  const { api, cluster } = await setup(t, elsewhere, ['depot', 'shop']);
  const watches = () => api.requests.filter((url) => url.searchParams.has('watch'));
  await until('all watch', () => watches().length === 7);
  assert.deepEqual(
    new Set(watches().map(({ pathname }) => pathname)),
    new Set([
      '/api/v1/namespaces/elasti/configmaps',
      '/apis/discovery.k8s.io/v1/namespaces/depot/endpointslices',
      '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices',
      '/apis/elasti.truefoundry.com/v1alpha1/namespaces/depot/elastiservices',
      '/apis/elasti.truefoundry.com/v1alpha1/namespaces/shop/elastiservices',
    ]),
  );
  // A port that it cannot see the pods of would hold for ever.
  assert.deepEqual(
    cluster.routes.current().map(({ resolverPort, namespace }) => [resolverPort, namespace]),
    [
      [10_241, 'shop'],
      [10_242, 'depot'],
    ],
  );
  assert.equal(cluster.routes.current()[0]?.settings.holdSeconds, 7);
  assert.deepEqual(cluster.endpoints.readyFor(makeClaim()), [{ address: '10.1.0.1', port: 8080 }]);
  assert.equal(cluster.ownSlices.count(), 1);
  assert.deepEqual(cluster.sizes(), {
    claims: 3,
    ElastiServices: 1,
    'slices of private Services': 1,
    'slices to the resolver': 2,
  });
  api.put('configmaps', makeShardObject(3, makeShard()));
  api.put('configmaps', makeShardObject(2, makeShard()));
  await until('the claim is gone', () => cluster.routes.current().length === 1);
});

test('a pod that becomes ready is told to those who wait for it, and changes are told of', async (t) => {
  const { api, cluster } = await setup(t, fill);
  let told = 0;
  let routesTold = 0;
  cluster.endpoints.subscribe(makeClaim(), () => {
    told += 1;
  });
  cluster.routes.subscribe(() => {
    routesTold += 1;
  });
  await until('it watches', () => api.watching('endpointslices') === 2 && api.watching('configmaps') === 1);
  api.put('endpointslices', makeSlice({ endpoints: [readyPod('10.1.0.2')] }));
  await until('the pod is told of', () => told === 1);
  assert.deepEqual(cluster.endpoints.readyFor(makeClaim()), [{ address: '10.1.0.2', port: 8080 }]);
  api.put('configmaps', makeShardObject(1, makeShard()));
  await until('the claim is gone', () => routesTold === 1 && cluster.routes.current().length === 0);
});

test('waits until no slice names this pod any more', async (t) => {
  const { api, cluster } = await setup(t, fill);
  const none = cluster.ownSlices.whenNone(AbortSignal.timeout(10_000));
  await until('it watches', () => api.watching('endpointslices') === 2);
  api.put('endpointslices', makeResolverSlice('to-us', '10.1.9.8'));
  await none;
});

test('what is malformed is logged and counted, and all else is there', async (t) => {
  const { cluster, lines, malformed } = await setup(t, (api) => {
    fill(api);
    api.put('configmaps', makeShardObject(2, { data: { 10242: 'junk' } }));
    api.put('configmaps', { ...makeShardObject(3, {}), data: { 10243: 5 } });
    api.put('endpointslices', { ...makeSlice({ name: 'bad' }), endpoints: 'none' });
    api.put('elastiservices', { metadata: { name: 'bad', namespace: 'shop' }, spec: 5 });
  });
  assert.equal(cluster.routes.current().length, 1);
  assert.equal(cluster.endpoints.readyFor(makeClaim()).length, 1);
  assert.deepEqual(malformed.sort(), ['ElastiServices', 'claims', 'claims', 'slices of private Services']);
  assert.equal(lines.length, 4);
});

test('stopping closes all watches', async (t) => {
  const { api, cluster } = await setup(t, fill);
  await until('it watches', () => api.watching('endpointslices') === 2);
  await cluster.stop();
  const open = () =>
    ['configmaps', 'elastiservices', 'endpointslices'].reduce((sum, kind) => sum + api.watching(kind), 0);
  await until('none is open', () => open() === 0);
});
