import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SETTINGS, WORLD } from '../core/testing/world.ts';
import { createMirror } from './mirror.ts';

const elastiService = (name: string, status: object) => ({
  metadata: { name, namespace: 'shop', uid: `uid-${name}`, generation: 1 },
  spec: { ...WORLD.spec, service: name },
  status,
});
const slice = (service: string, isReady = true) => ({
  metadata: { name: 'a', namespace: 'shop', labels: { 'kubernetes.io/service-name': service } },
  addressType: 'IPv4',
  endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: isReady } }],
});

function start() {
  const told: string[] = [];
  const mirror = createMirror({
    settings: SETTINGS,
    onParent: (key) => told.push(key),
    onSlices: (namespace, service) => told.push(`${namespace}/${service}`),
  });
  return { mirror, told };
}

test('tells of an ElastiService that changed, and not of one that is as it was', () => {
  const { mirror, told } = start();
  const { put } = mirror.sinks.elastiServices;
  for (const phase of ['Asleep', 'Asleep', 'Serving']) put(elastiService('web', { phase }));
  assert.deepEqual(told, ['shop/web', 'shop/web']);
  put({ ...elastiService('web', { phase: 'Serving' }), ...{ kind: 'ElastiService' } });
  const list = mirror.sinks.elastiServices.startList();
  list.put(elastiService('web', { phase: 'Serving' }));
  list.finish();
  assert.equal(told.length, 2);
});

test('one that is as it was is told of as little after so many others that its template is none any more', () => {
  const { mirror, told } = start();
  const { put } = mirror.sinks.elastiServices;
  put(elastiService('web', { phase: 'Asleep' }));
  for (let i = 0; i < 11; i++) put(elastiService('api', { [`key-${i}`]: 'x'.repeat(100_000) }));
  put(elastiService('web', { phase: 'Asleep' }));
  assert.equal(told.filter((key) => key === 'shop/web').length, 1);
});

test('an ElastiService is redirected while its status says so', () => {
  const { mirror } = start();
  const { put, remove } = mirror.sinks.elastiServices;
  put(elastiService('first', { mode: 'proxy' }));
  for (const name of ['web', 'api']) put(elastiService(name, { mode: 'serve' }));
  put(elastiService('web', { mode: 'proxy' }));
  const keys = ['shop/first', 'shop/web', 'shop/api', 'shop/none'];
  assert.deepEqual(keys.filter(mirror.isRedirected), ['shop/first', 'shop/web']);
  put(elastiService('web', { mode: 'serve' }));
  put(elastiService('api', { mode: 'proxy' }));
  assert.deepEqual(keys.filter(mirror.isRedirected), ['shop/first', 'shop/api']);
  remove(elastiService('api', {}));
  assert.deepEqual(keys.filter(mirror.isRedirected), ['shop/first']);
});

test('a slice goes with the Service that its label names', () => {
  const { mirror, told } = start();
  const { put, remove } = mirror.sinks.slices;
  const servicesOfIt = () => ['web', 'api'].filter((service) => mirror.slicesOf('shop', service).length > 0);
  put(slice('web'));
  put(slice('web'));
  assert.deepEqual(servicesOfIt(), ['web']);
  put(slice('web', false));
  assert.deepEqual(told.splice(0), ['shop/web', 'shop/web']);
  put(slice('api', false));
  assert.deepEqual(servicesOfIt(), ['api']);
  assert.deepEqual(told.splice(0), ['shop/web', 'shop/api']);
  remove(slice('api'));
  assert.deepEqual(servicesOfIt(), []);
  assert.deepEqual(told, ['shop/api']);
});
