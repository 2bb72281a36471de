import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGate } from '../http/gate.ts';
import { listen } from '../http/listen.ts';
import { readClaims } from '../resolver/cluster/claims.ts';
import { createInternalApp } from '../resolver/internal-server.ts';
import { createAskResolver } from './ask-resolver.ts';
import { CLAIMS_SELECTOR } from './claim-table.ts';
import { createResolverClaims } from './resolver-claims.ts';
import { createResolverPods } from './resolver-pods.ts';
import { createModelClaims, makeClaimRequest } from './testing/model-claims.ts';
import { silentLog } from './testing/shop.ts';
import { createVirtualClock } from './testing/virtual-clock.ts';

// What the hook service and its resolver tell each other, each side as it is.

test('the resolver reads the claims that are written for it, and none of those that are freed', async () => {
  const clock = createVirtualClock();
  const cluster = createModelClaims();
  const claims = createResolverClaims({
    cluster,
    clock,
    log: silentLog,
    settings: { namespace: 'elasti', portRange: { first: 10_240, last: 29_999 }, watchNamespaces: [] },
  });
  const uids = Array.from({ length: 40 }, (_, i) => `uid-${i}`);
  const portOf = new Map<string, number>();
  for (const uid of uids) {
    const reading = await claims.claim(makeClaimRequest(uid), { maxAgeSeconds: 30 });
    assert.ok(reading.kind === 'found');
    portOf.set(uid, reading.ports[0]?.resolverPort ?? 0);
  }
  await claims.release('uid-7');

  const [labelKey = '', labelValue] = CLAIMS_SELECTOR.split('=');
  const read = Array.from({ length: 16 }, (_, shard) => `elasti/elasti-resolver-ports-${shard}`).flatMap((key) => {
    const shard = cluster.configMaps.get(key);
    if (shard === undefined) return [];
    assert.equal(shard.labels[labelKey], labelValue);
    const onMalformed = (entry: string, reason: string) => assert.fail(`${entry} ${reason}`);
    return [...readClaims({ key, shard, before: new Map(), onMalformed }).values()];
  });
  const inUse = read.flatMap(({ claim }) => claim ?? []);
  assert.deepEqual(
    new Map(inUse.map(({ uid, resolverPort }) => [uid, resolverPort])),
    new Map([...portOf].filter(([uid]) => uid !== 'uid-7')),
  );
  const [first] = inUse;
  const { ports: _ports, before: _before, named: _named, ...who } = makeClaimRequest(first?.uid ?? '');
  assert.deepEqual(first, { ...who, port: 80, portName: 'http', resolverPort: portOf.get(first?.uid ?? '') });
});

test('the hook service reads what a resolver says of its ports and connections', async (t) => {
  const traffic = { open: 2, held: 1, bytesIn: 3, bytesOut: 4, lastByteAgoSeconds: 0.5 };
  const app = createInternalApp({
    listeningPorts: () => [10_257, 10_241],
    connections: () => ({ 'uid-web': traffic }),
    metricsText: async () => ({ contentType: 'text/plain', body: [] }),
    isReady: async () => ({ ready: true, reason: '' }),
    gate: createGate({ maxInFlight: 1, random: () => 0 }),
    monotonicMs: () => 0,
    log: silentLog,
    report: (error) => assert.fail(String(error)),
  });
  const server = await listen(app, { host: '127.0.0.1', port: 0 });
  t.after(() => server.close(0));
  const pods = createResolverPods({ ask: createAskResolver({ port: server.port }), clock: createVirtualClock() });
  const pod = { address: '127.0.0.1', uid: 'pod', isReady: true };
  assert.deepEqual(await pods.listening([pod], [10_241, 10_257]), { kind: 'found', addresses: ['127.0.0.1'] });
  assert.deepEqual(await pods.listening([pod], [10_241, 10_273]), { kind: 'found', addresses: [] });
  assert.deepEqual(await pods.flows([pod], ['uid-web']), { kind: 'found', open: 2, held: 1 });
});
