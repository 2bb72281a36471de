import assert from 'node:assert/strict';
import { test } from 'node:test';
import { service } from './fixtures.ts';
import type { KubeObject } from './kube-object.ts';
import { LAST_APPLIED_ANNOTATION, mergeDesired, withLastApplied } from './last-applied-merge.ts';

function child(ports: readonly object[], labels: Record<string, string> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'shop', labels }, spec: { ports } };
}

/** What the API server holds after `applied` was created and it added fields of its own. */
function observed(applied: KubeObject): KubeObject {
  const live = withLastApplied(applied, applied);
  return {
    ...live,
    metadata: { ...live.metadata, uid: 'uid-service', resourceVersion: '7' },
    spec: { ...(live.spec as object), clusterIP: '10.97.34.131' },
    status: { loadBalancer: {} },
  };
}

test('an unchanged answer changes nothing', () => {
  const applied = child([{ name: 'http', port: 80 }]);
  assert.deepEqual(mergeDesired(observed(applied), applied), observed(applied));
});

test('what is no longer desired goes, what others added stays', () => {
  const before = observed(child([{ name: 'http', port: 80 }], { mine: 'a', dropped: 'b' }));
  const edited = {
    ...before,
    metadata: { ...before.metadata, labels: { ...before.metadata.labels, foreign: 'c' } },
  };
  const merged = mergeDesired(edited, child([{ name: 'http', port: 80 }], { mine: 'z' }));
  assert.deepEqual(merged.metadata.labels, { mine: 'z', foreign: 'c' });
  assert.equal((merged.spec as { clusterIP: string }).clusterIP, '10.97.34.131');
});

test('fields of the server and the status are never taken from the answer', () => {
  const desired = { ...child([]), status: { loadBalancer: { ingress: [] } } };
  const meddling = { ...desired, metadata: { ...desired.metadata, uid: 'x', resourceVersion: '1', generation: 4 } };
  const merged = mergeDesired(observed(child([])), meddling);
  assert.deepEqual(merged.status, { loadBalancer: {} });
  assert.equal(merged.metadata.uid, 'uid-service');
  assert.equal(merged.metadata.resourceVersion, '7');
  assert.equal('generation' in merged.metadata, false);
});

test('the annotation holds the new answer', () => {
  const desired = child([{ name: 'http', port: 81 }]);
  const merged = mergeDesired(observed(child([{ name: 'http', port: 80 }])), desired);
  assert.deepEqual(JSON.parse(merged.metadata.annotations?.[LAST_APPLIED_ANNOTATION] ?? ''), desired);
});

test('ports merge by number, in the order they had, so defaults stay', () => {
  const applied = child([{ port: 80 }, { port: 90 }]);
  const live = {
    ...observed(applied),
    spec: {
      ports: [
        { port: 80, protocol: 'TCP' },
        { port: 90, protocol: 'TCP' },
      ],
    },
  };
  const merged = mergeDesired(live, child([{ port: 70 }, { port: 80, name: 'http' }]));
  assert.deepEqual((merged.spec as { ports: unknown }).ports, [
    { port: 80, protocol: 'TCP', name: 'http' },
    { port: 70 },
  ]);
});

test('two ports of one number become one: dynamic-apply is known to be wrong here', () => {
  const applied = child([{ name: 'http', port: 8012 }]);
  const desired = child([
    { name: 'http', port: 8012 },
    { name: 'metrics', port: 8012 },
  ]);
  const merged = mergeDesired(observed(applied), desired);
  assert.deepEqual((merged.spec as { ports: unknown }).ports, [{ name: 'metrics', port: 8012 }]);
});

test('a list without a common key is replaced', () => {
  const with_ = (addresses: string[]) => ({ ...service(), endpoints: [{ addresses }] });
  const merged = mergeDesired(withLastApplied(with_(['10.0.0.2']), with_(['10.0.0.2'])), with_(['10.0.0.3']));
  assert.deepEqual(merged.endpoints, [{ addresses: ['10.0.0.3'] }]);
});
