import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ENDPOINT_SLICES, elastiService, endpointSlice, SERVICES, service } from './fixtures.ts';
import { ObjectMapBuilder } from './object-map.ts';

test('a kind is there even when it has no objects', () => {
  const children = new ObjectMapBuilder();
  children.declare(SERVICES);
  children.declare(ENDPOINT_SLICES);
  assert.deepEqual(children.build(), { 'EndpointSlice.discovery.k8s.io/v1': {}, 'Service.v1': {} });
});

test('objects of several namespaces share the map of their kind, under namespace/name', () => {
  const related = new ObjectMapBuilder();
  const resolver = endpointSlice({ name: 'elasti-resolver-service-7b4qx', namespace: 'elasti' });
  related.insert(endpointSlice());
  related.insert(resolver);
  related.declare(ENDPOINT_SLICES);
  assert.deepEqual(related.build(), {
    'EndpointSlice.discovery.k8s.io/v1': {
      'elasti/elasti-resolver-service-7b4qx': resolver,
      'shop/web-skvh2': endpointSlice(),
    },
  });
});

test('kinds and names come out sorted', () => {
  const map = new ObjectMapBuilder();
  map.insert(service({ name: 'b' }));
  map.insert(service({ name: 'a' }));
  map.insert(endpointSlice());
  const built = map.build();
  assert.deepEqual(Object.keys(built), ['EndpointSlice.discovery.k8s.io/v1', 'Service.v1']);
  assert.deepEqual(Object.keys(built['Service.v1'] ?? {}), ['shop/a', 'shop/b']);
});

test('a cluster-scoped object is under its name alone', () => {
  const map = new ObjectMapBuilder();
  const { namespace: _namespace, ...metadata } = elastiService().metadata;
  map.insert({ apiVersion: 'v1', kind: 'Namespace', metadata: { ...metadata, name: 'shop' } });
  assert.deepEqual(Object.keys(map.build()['Namespace.v1'] ?? {}), ['shop']);
});
