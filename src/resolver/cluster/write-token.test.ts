import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { WAKE_ANNOTATION } from '../../api/elastiservice.ts';
import { createSeededRandom } from '../../effects/testing/seeded-random.ts';
import { createCluster } from '../../kube/create-cluster.ts';
import { makeKubeConfig } from '../../kube/testing/api-server-stub.ts';
import { systemClock as clock } from '../../system.ts';
import { createKeptLog } from '../../testing/kept-log.ts';
import { until } from '../../testing/until.ts';
import { startFakeApi } from '../../watch/testing/fake-api.ts';
import { makeClaim, makeElastiService } from './testing/fixtures.ts';
import { createTokenWriter } from './write-token.ts';

interface Patch {
  readonly path: string;
  readonly body: { readonly metadata: { readonly uid?: string; readonly annotations?: Record<string, string> } };
}

/** An API server with ElastiService shop/web, whose target has `replicas`. */
async function setup(t: TestContext, options: { readonly raisesScale: boolean; readonly replicas?: number }) {
  const api = await startFakeApi(t);
  const patches: Patch[] = [];
  let replicas = options.replicas ?? 0;
  api.override((url, response, request, body) => {
    const patch = body as Patch['body'];
    if (request.method === 'PATCH') patches.push({ path: url.pathname, body: patch });
    if (url.pathname.endsWith('/scale')) {
      if (request.method === 'PATCH') replicas = (body as { spec: { replicas: number } }).spec.replicas;
      response.end(JSON.stringify({ metadata: { resourceVersion: '7' }, spec: { replicas } }));
      return true;
    }
    if (request.method !== 'PATCH') return false;
    const isOther = patch.metadata.uid !== 'uid-web';
    const details = { causes: [{ reason: 'FieldValueInvalid', field: 'metadata.uid' }] };
    const object = makeElastiService({ minTargetReplicas: 2 });
    const metadata = { ...object.metadata, annotations: patch.metadata.annotations };
    response.writeHead(isOther ? 422 : 200);
    response.end(
      JSON.stringify(isOther ? { message: 'immutable', reason: 'Invalid', details } : { ...object, metadata }),
    );
    return true;
  });
  const { log } = createKeptLog();
  const cluster = createCluster({ kubeConfig: makeKubeConfig(api.origin), watchNamespaces: [], clock });
  let scaleReads = 0;
  const writer = createTokenWriter({
    cluster: {
      ...cluster,
      readScale: (...args) => {
        scaleReads += 1;
        return cluster.readScale(...args);
      },
    },
    clock,
    random: createSeededRandom(1),
    log,
    raisesScale: options.raisesScale,
  });
  t.after(writer.stop);
  return { writer, patches, replicas: () => replicas, scaleReads: () => scaleReads };
}

const ELASTI_SERVICE = '/apis/elasti.truefoundry.com/v1alpha1/namespaces/shop/elastiservices/web';
const SCALE = '/apis/apps/v1/namespaces/shop/deployments/web/scale';

test('writes a token with time and uuid on the ElastiService that the port was claimed for, and nothing else', async (t) => {
  const { writer, patches, scaleReads } = await setup(t, { raisesScale: false });
  await writer.write(makeClaim());
  assert.equal(patches.length, 1);
  assert.equal(patches[0]?.path, ELASTI_SERVICE);
  assert.deepEqual(Object.keys(patches[0].body.metadata), ['uid', 'annotations']);
  assert.equal(patches[0].body.metadata.uid, 'uid-web');
  assert.match(
    patches[0].body.metadata.annotations?.[WAKE_ANNOTATION] ?? '',
    /^\d{4}-\d\d-\d\dT[\d:.]+Z\/[0-9a-f-]{36}$/,
  );
  // A raise would have begun by now.
  assert.equal(scaleReads(), 0);
});

test('each token is another one', async (t) => {
  const { writer, patches } = await setup(t, { raisesScale: false });
  await writer.write(makeClaim());
  await writer.write(makeClaim());
  const tokens = patches.map(({ body }) => body.metadata.annotations?.[WAKE_ANNOTATION]);
  assert.notEqual(tokens[0], tokens[1]);
});

test('an ElastiService that was made anew under the name is left alone', async (t) => {
  const { writer, replicas } = await setup(t, { raisesScale: true });
  await assert.rejects(writer.write(makeClaim({ uid: 'uid-former' })), { code: 'CONFLICT' });
  assert.equal(replicas(), 0);
});

test('where it may, it raises the target from zero once the token is written', async (t) => {
  const { writer, patches, replicas } = await setup(t, { raisesScale: true });
  await writer.write(makeClaim());
  await until('the target is raised', () => replicas() === 2);
  assert.deepEqual(
    patches.map(({ path }) => path),
    [ELASTI_SERVICE, SCALE],
  );
});
