import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createConnect } from '../kube/connection.ts';
import { createCall } from '../kube/request.ts';
import { makeKubeConfig } from '../kube/testing/api-server-stub.ts';
import { makeShard, makeShardObject } from '../resolver/cluster/testing/fixtures.ts';
import { systemClock as clock, systemRandom as random } from '../system.ts';
import { createKeptLog } from '../testing/kept-log.ts';
import { until } from '../testing/until.ts';
import { startFakeApi } from '../watch/testing/fake-api.ts';
import { watchClaims } from './watch-claims.ts';

const NAME = 'elasti-resolver-ports-0';
const configMap = makeShardObject(0, makeShard());

type Api = Awaited<ReturnType<typeof startFakeApi>>;

async function setup(t: TestContext, prepare: (api: Api) => void = () => {}) {
  const api = await startFakeApi(t);
  prepare(api);
  const connect = createConnect(makeKubeConfig(api.origin), clock.monotonicMs);
  const { log } = createKeptLog();
  const call = createCall({ connect, monotonicMs: clock.monotonicMs });
  const claims = watchClaims('elasti', { connect, call, clock, random, log });
  t.after(claims.stop);
  return { api, claims };
}

test('tells nothing before the first list, and then each version as it changes', async (t) => {
  const { api, claims } = await setup(t);
  assert.equal(claims.versionOf(NAME), undefined);
  await until('it is listed', () => claims.versionOf(NAME) === 'absent');
  api.put('configmaps', configMap);
  await until('it is there', () => claims.versionOf(NAME) !== 'absent');
  const version = claims.versionOf(NAME);
  api.put('configmaps', { ...configMap, data: { 20000: '{}' } });
  await until('it has changed', () => ![version, 'absent'].includes(claims.versionOf(NAME)));
  api.remove('configmaps', { namespace: 'elasti', name: NAME });
  await until('it is gone', () => claims.versionOf(NAME) === 'absent');
});

test('asks for no more than the metadata: a ConfigMap with the claims of thousands has 160 kB', async (t) => {
  const forms: (string | undefined)[] = [];
  const { api } = await setup(t, (api) =>
    api.override((_, __, request) => {
      forms.push(request.headers.accept);
      return false;
    }),
  );
  await until('it watches', () => api.watching('configmaps') === 1);
  const form = (kind: string) => `application/json;as=${kind};g=meta.k8s.io;v=v1`;
  assert.deepEqual(forms, [form('PartialObjectMetadataList'), form('PartialObjectMetadata')]);
});

test('follows our own in the one namespace alone', async (t) => {
  const { api, claims } = await setup(t);
  await until('it watches', () => api.watching('configmaps') === 1);
  assert.equal(claims.versionOf(NAME), 'absent');
  const [{ pathname, searchParams } = assert.fail()] = api.requests;
  assert.equal(pathname, '/api/v1/namespaces/elasti/configmaps');
  assert.equal(searchParams.get('labelSelector'), 'elasti.truefoundry.com/resolver-ports=true');
});
