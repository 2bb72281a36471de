import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPortReadiness } from './port-readiness.ts';
import type { Route } from './ports.ts';

const routes = (...ports: readonly number[]) => ports.map((resolverPort) => ({ resolverPort }) as Route);

test('ready when every claimed port accepts connections, and not before', () => {
  let listening: readonly number[] = [];
  const isReady = createPortReadiness({
    routes: { current: () => routes(10_241, 10_257) },
    listening: () => listening,
  });
  assert.equal(isReady().ready, false);
  listening = [10_241];
  assert.deepEqual(isReady(), { ready: false, reason: '1 claimed ports do not accept connections yet' });
  listening = [10_241, 10_257];
  assert.equal(isReady().ready, true);
});

test('ready where nothing is claimed', () => {
  assert.equal(createPortReadiness({ routes: { current: () => [] }, listening: () => [] })().ready, true);
});

test('stays ready when a port that was claimed later does not accept', () => {
  let claimed = routes(10_241);
  const isReady = createPortReadiness({ routes: { current: () => claimed }, listening: () => [10_241] });
  assert.equal(isReady().ready, true);
  claimed = routes(10_241, 10_257);
  assert.equal(isReady().ready, true);
});
