import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelledChild, ownedChild } from './desired-child.ts';
import { elastiService, service } from './fixtures.ts';
import type { KubeObject } from './kube-object.ts';

const parent = elastiService();
const returned: KubeObject = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'private' }, spec: {} };

test('a child gets the namespace of its parent and the generated label, and is not changed itself', () => {
  const child = labelledChild(returned, parent, true);
  const metadata = { name: 'private', namespace: 'shop', labels: { 'controller-uid': 'uid-web' } };
  assert.deepEqual(child, { ...returned, metadata });
  assert.deepEqual(returned.metadata, { name: 'private' });
});

test('labels of the hook stay', () => {
  const child = labelledChild({ ...returned, metadata: { name: 'private', labels: { app: 'web' } } }, parent, true);
  assert.deepEqual(child.metadata.labels, { 'controller-uid': 'uid-web', app: 'web' });
});

test('a namespace of the hook stays', () => {
  const child = labelledChild({ ...returned, metadata: { name: 'private', namespace: 'elasti' } }, parent, true);
  assert.equal(child.metadata.namespace, 'elasti');
});

test('a child under the label of another parent is refused', () => {
  const labels = { 'controller-uid': 'uid-other' };
  assert.throws(() => labelledChild({ ...returned, metadata: { name: 'private', labels } }, parent, true));
});

test('without a generated selector the labels must match that of the parent', () => {
  const selecting = { ...parent, spec: { selector: { matchLabels: { app: 'web' } } } };
  assert.throws(() => labelledChild(returned, selecting, false));
  const labels = { app: 'web' };
  const child = labelledChild({ ...returned, metadata: { name: 'private', labels } }, selecting, false);
  assert.deepEqual(child.metadata.labels, labels);
});

test('the parent becomes the controller of a child, once', () => {
  const owned = ownedChild(service(), parent);
  const reference = {
    apiVersion: 'elasti.truefoundry.com/v1alpha1',
    kind: 'ElastiService',
    name: 'web',
    uid: 'uid-web',
    controller: true,
    blockOwnerDeletion: true,
  };
  assert.deepEqual(owned.metadata.ownerReferences, [reference]);
  assert.deepEqual(ownedChild(owned, parent).metadata.ownerReferences, [reference]);
});
