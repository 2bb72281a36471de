import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { SETTINGS } from '../testing/models.ts';
import { createBroadcast } from './broadcast.ts';
import type { ClaimShard } from './claims.ts';
import { KeptElastiService } from './elastiservice-settings.ts';
import { createRoutes } from './routes.ts';
import { makeClaim, makeElastiService, makeShard } from './testing/fixtures.ts';

const SHARD_1 = 'elasti/elasti-resolver-ports-1';

function setup() {
  const malformed: string[] = [];
  const bugs: unknown[] = [];
  const routes = createRoutes({
    isWatched: () => true,
    broadcast: createBroadcast((error) => bugs.push(error)),
    onMalformed: (what, reason) => malformed.push(`${what} ${reason}`),
  });
  const kept = new Map<string, KeptElastiService>();
  const takeElastiService = (object: unknown | undefined, key = 'shop/web') => {
    const value = object === undefined ? undefined : KeptElastiService.parse(object);
    routes.takeElastiService(key, value, kept.get(key));
    if (value) kept.set(key, value);
    else kept.delete(key);
  };
  const takeShard = (shard: ClaimShard | undefined, key = SHARD_1) => routes.takeShard(key, shard);
  const ports = () => routes.current().map(({ resolverPort }) => resolverPort);
  return { routes, malformed, takeElastiService, takeShard, ports };
}

test('a claim becomes a route with the defaults, whether its ElastiService is known or not', () => {
  const { routes, takeShard, takeElastiService } = setup();
  takeShard(makeShard(makeClaim()));
  assert.deepEqual(routes.current(), [{ ...makeClaim(), settings: SETTINGS }]);
  takeElastiService(makeElastiService());
  assert.deepEqual(routes.current(), [{ ...makeClaim(), settings: SETTINGS }]);
});

test('an ElastiService says what its ports are to do, and may come before the claim', () => {
  const { routes, takeShard, takeElastiService } = setup();
  const probe = { path: { value: '/healthz' }, response: { status: 200, body: 'ok' } };
  const resolver = {
    holdSeconds: 60,
    maxHeldConnections: 5,
    coldStartHeader: true,
    waitingPage: true,
    ports: [{ port: 80, silentWakeMilliseconds: 0 }, { port: 25, neverWakeWhenSilent: true }, { port: 22 }],
  };
  takeElastiService(makeElastiService({ probeResponse: [probe], resolver }));
  const claims = [80, 25, 22, 99].map((port, index) => makeClaim({ port, resolverPort: 10_241 + 16 * index }));
  takeShard(makeShard(...claims));
  const [first, ...others] = routes.current().map(({ settings }) => settings);
  assert.deepEqual(first, {
    holdSeconds: 60,
    maxHeldConnections: 5,
    hasColdStartHeader: true,
    hasWaitingPage: true,
    probeResponses: [probe],
    silentWakeMs: 0,
  });
  assert.deepEqual(
    others.map(({ silentWakeMs }) => silentWakeMs),
    [undefined, 200, 200],
  );
});

test('what an ElastiService asks for later reaches the routes that are there, and goes with it', () => {
  const { routes, takeShard, takeElastiService } = setup();
  const hold = () => routes.current()[0]?.settings.holdSeconds;
  takeElastiService(makeElastiService());
  takeShard(makeShard(makeClaim()));
  takeElastiService(makeElastiService({ resolver: { holdSeconds: 7 } }));
  assert.equal(hold(), 7);
  takeElastiService(undefined);
  assert.equal(hold(), 300);
  assert.deepEqual(routes.current().length, 1);
});

test('an ElastiService that was made anew under its name says nothing about the ports of the old one', () => {
  const { routes, takeShard, takeElastiService } = setup();
  takeShard(makeShard(makeClaim()));
  takeElastiService(makeElastiService({ resolver: { holdSeconds: 7 } }));
  takeElastiService(makeElastiService({ resolver: { holdSeconds: 9 } }, 'uid-other'));
  assert.equal(routes.current()[0]?.settings.holdSeconds, 300);
});

test('a freed claim is no route, but one whose ConfigMap somebody deleted is, until it is made anew without it', () => {
  const { takeShard, ports } = setup();
  const kept = makeClaim({ resolverPort: 10_257 });
  takeShard(makeShard(makeClaim(), kept));
  assert.deepEqual(ports(), [10_241, 10_257]);
  takeShard(makeShard({ ...makeClaim(), freedAt: '2026-03-01T12:00:00Z' }, kept));
  assert.deepEqual(ports(), [10_257]);
  takeShard(makeShard({ ...makeClaim(), freedAt: '2026-03-01T12:00:00Z' }));
  assert.deepEqual(ports(), []);
  takeShard(makeShard(makeClaim(), kept));
  takeShard(undefined);
  assert.deepEqual(ports(), [10_241, 10_257]);
  takeShard(makeShard(kept));
  assert.deepEqual(ports(), [10_257]);
});

test('a port that another service has claimed is its route from then on', () => {
  const { routes, takeShard, takeElastiService } = setup();
  takeElastiService(makeElastiService({ resolver: { holdSeconds: 7 } }));
  takeShard(makeShard(makeClaim()));
  const other = makeClaim({ uid: 'uid-other', namespace: 'bank', privateServiceUid: 'uid-other-private' });
  takeShard(makeShard(other));
  assert.deepEqual(routes.current(), [{ ...other, settings: SETTINGS }]);
});

test('routes that did not change stay the same objects', () => {
  const { routes, takeShard } = setup();
  takeShard(makeShard(makeClaim()));
  const [before] = routes.current();
  takeShard(makeShard(makeClaim(), makeClaim({ resolverPort: 10_257 })));
  assert.equal(routes.current()[0], before);
});

const MALFORMED: readonly (readonly [string, string, string])[] = [
  ['a key that is no port', 'web', '{}'],
  ['a port that is not ours to bind', '81', JSON.stringify(makeClaim())],
  ['a port above all', '70001', JSON.stringify(makeClaim())],
  ['a port of another shard', '10242', JSON.stringify(makeClaim())],
  ['no JSON', '10257', '{'],
  ['no object', '10257', 'null'],
  ['no uid', '10257', JSON.stringify({ ...makeClaim(), uid: '' })],
  ['a port as text', '10257', JSON.stringify({ ...makeClaim(), port: '80' })],
];
for (const [what, port, text] of MALFORMED) {
  test(`${what}: left out and told of once, the others stay`, () => {
    const { takeShard, ports, malformed } = setup();
    const { data } = makeShard(makeClaim());
    takeShard({ data: { ...data, [port]: text } });
    takeShard({ data: { ...data, [port]: text, 10273: JSON.stringify(makeClaim()) } });
    assert.deepEqual(ports(), [10_241, 10_273]);
    assert.equal(malformed.length, 1, malformed.join());
  });
}

test('a ConfigMap of another name holds no claims, so that no port can be in two', () => {
  const { takeShard, ports, malformed } = setup();
  takeShard(makeShard(makeClaim()), 'elasti/elasti-resolver-ports-old');
  takeShard(makeShard(makeClaim()), 'elasti/elasti-resolver-ports-17');
  assert.deepEqual(ports(), []);
  assert.equal(malformed.length, 2);
});

test('a setting that cannot be read falls back alone and is told of', () => {
  const { routes, takeShard, takeElastiService, malformed } = setup();
  takeShard(makeShard(makeClaim()));
  const rule = { response: { status: 200, body: '' } };
  takeElastiService(
    makeElastiService({
      probeResponse: [{ response: { status: 299 } }, rule],
      resolver: { holdSeconds: 0, waitingPage: true, maxHeldConnections: 'many', ports: [{ port: 'x' }, null] },
    }),
  );
  const [route] = routes.current();
  assert.deepEqual(route?.settings, { ...SETTINGS, hasWaitingPage: true, probeResponses: [rule] });
  assert.deepEqual(
    malformed.map((line) => /spec\.(\S+)/.exec(line)?.[1]),
    ['resolver.ports[0]', 'resolver.holdSeconds', 'resolver.maxHeldConnections', 'probeResponse[0]'],
  );
});

test('subscribers are told of changes, once for many at a time, and not of what is none', async () => {
  const { routes, takeShard, takeElastiService } = setup();
  let told = 0;
  const unsubscribe = routes.subscribe(() => {
    told += 1;
  });
  takeShard(makeShard(makeClaim(), makeClaim({ resolverPort: 10_257 })));
  takeElastiService(makeElastiService({ resolver: { holdSeconds: 7 } }));
  await turn();
  assert.equal(told, 1);
  takeShard(makeShard(makeClaim(), makeClaim({ resolverPort: 10_257 })));
  takeElastiService({ ...makeElastiService({ resolver: { holdSeconds: 7 } }), status: { phase: 'Waking' } });
  await turn();
  assert.equal(told, 1);
  unsubscribe();
  takeShard(undefined);
  await turn();
  assert.equal(told, 1);
});
