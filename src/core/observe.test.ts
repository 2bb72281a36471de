import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SLICES } from '../api/hooks.ts';
import { observe, parseElastiService } from './observe.ts';
import { requestOf, settingsOf, WORLD, type World } from './testing/world.ts';

const BY_PORT: World = { ...WORLD, routing: 'port', resolvers: [] };

function podsIn(world: World, endpoints: readonly object[]) {
  const request = requestOf(world);
  const slices = request.related[SLICES] ?? {};
  const own = slices['elasti/resolver-own'] ?? assert.fail();
  slices['elasti/resolver-own'] = { ...own, endpoints: endpoints as NonNullable<typeof own.endpoints> };
  slices['shop/resolver-own'] = { ...own, metadata: { ...own.metadata, namespace: 'shop' } };
  const elastiService = parseElastiService(request.parent);
  assert.ok(!('invalid' in elastiService));
  return observe(request, elastiService, settingsOf(world)).resolverPods;
}

const endpoint = (address: string, uid: string | undefined, conditions: object) => ({
  addresses: [address],
  conditions,
  ...(uid === undefined ? {} : { targetRef: { kind: 'Pod', uid } }),
});
const READY = { ready: true, terminating: false };
const LEAVING = { ready: false, serving: true, terminating: true };

test('by port, every pod of the resolver is seen, by address, with who it is and whether it is ready', () => {
  const pods = podsIn(BY_PORT, [
    endpoint('10.0.9.2', 'b', LEAVING),
    endpoint('10.0.9.1', 'a', READY),
    endpoint('10.0.9.3', undefined, READY),
  ]);
  assert.deepEqual(pods, [
    { address: '10.0.9.1', uid: 'a', isReady: true },
    { address: '10.0.9.2', uid: 'b', isReady: false },
    { address: '10.0.9.3', uid: undefined, isReady: true },
  ]);
});

test('of two pods with one address the ready one counts', () => {
  const both = [endpoint('10.0.9.1', 'a', READY), endpoint('10.0.9.1', 'z', LEAVING)];
  for (const order of [both, [...both].reverse()]) {
    assert.deepEqual(podsIn(BY_PORT, order), [{ address: '10.0.9.1', uid: 'a', isReady: true }]);
  }
});

test('by host nobody asks them, so none is looked at', () => {
  assert.deepEqual(podsIn({ ...BY_PORT, routing: 'host' }, [endpoint('10.0.9.1', 'a', READY)]), []);
});
