import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EndpointSlice } from '../api/kubernetes.ts';
import { KubeApiError } from '../errors.ts';
import { shardOf } from './claim-shards.ts';
import { type ClaimRequest, SHARDS } from './claim-table.ts';
import type { ClaimsSight } from './ports.ts';
import { createResolverClaims } from './resolver-claims.ts';
import { createModelClaims, makeClaimRequest } from './testing/model-claims.ts';
import { refusal } from './testing/model-cluster.ts';
import { forEveryOrder, serveInOrder } from './testing/orders.ts';
import { silentLog } from './testing/shop.ts';
import { createVirtualClock, type VirtualClock } from './testing/virtual-clock.ts';

/** UIDs whose claims are kept in one ConfigMap. */
const [A = '', B = '', C = ''] = Array.from({ length: 500 }, (_, i) => `uid-${i}`).filter((uid) => shardOf(uid) === 0);
const MAP = 'elasti/elasti-resolver-ports-0';
const WIDE = { first: 10_240, last: 10_400 };
const HOUR_MS = 3600_000;

function setup({
  portRange = WIDE,
  watchNamespaces = [] as readonly string[],
  sight = undefined as ClaimsSight | undefined,
} = {}) {
  const clock = createVirtualClock();
  const cluster = createModelClaims();
  const settings = { namespace: 'elasti', portRange, watchNamespaces };
  const replica = () => {
    const claims = createResolverClaims({ cluster, sight, clock, log: silentLog, settings });
    const claim = async (uid: string, over: Partial<ClaimRequest> = {}, maxAgeSeconds = 30) => {
      const reading = await claims.claim(makeClaimRequest(uid, over), { maxAgeSeconds });
      return reading.kind === 'found' ? reading.ports.map(({ resolverPort }) => resolverPort) : reading;
    };
    return { ...claims, claim };
  };
  const callNames = () => cluster.calls.map(({ name }) => name);
  /** Whose the ports in use are. */
  const owners = () =>
    Object.fromEntries(
      [...cluster.claims()].filter(([, e]) => e?.freedAt === undefined).map(([port, e]) => [port, e?.uid]),
    );
  return { clock, cluster, replica, callNames, owners };
}

/** Once the calls are held up. */
const startLater = <T>(clock: VirtualClock, start: () => Promise<T>): Promise<T> => clock.settle().then(start);

const slice = (uid: string, ports: readonly number[], managedBy = 'elasti.truefoundry.com') =>
  EndpointSlice.parse({
    metadata: {
      name: `to-resolver-${uid}`,
      namespace: 'shop',
      ownerReferences: [{ apiVersion: 'v1', kind: 'ElastiService', name: `es-${uid}`, uid, controller: true }],
      labels: { 'kubernetes.io/service-name': `svc-${uid}`, 'endpointslice.kubernetes.io/managed-by': managedBy },
    },
    addressType: 'IPv4',
    ports: ports.map((port) => ({ name: String(port), port })),
  });

describe('in every order of their calls', () => {
  test('two replicas never give one port to two ElastiServices', async () => {
    for (const isThere of [false, true]) {
      const orders = await forEveryOrder(async (choose) => {
        const { cluster, clock, replica, owners } = setup();
        if (isThere) await replica().claim(C);
        const claims = startLater(clock, () => Promise.all([replica().claim(A), replica().claim(B)]));
        await serveInOrder({ cluster, clock }, choose);
        const [a, b] = await claims;
        assert.ok(Array.isArray(a) && Array.isArray(b));
        assert.notEqual(a[0], b[0]);
        assert.equal(owners()[a[0] ?? 0], A);
        assert.equal(owners()[b[0] ?? 0], B);
        assert.equal(Object.keys(owners()).length, isThere ? 3 : 2);
      });
      assert.ok(orders >= 6, `${orders} orders`);
    }
  });

  test('two replicas find one port for one ElastiService', async () => {
    const orders = await forEveryOrder(async (choose) => {
      const { cluster, clock, replica, owners } = setup();
      const claims = startLater(clock, () => Promise.all([replica().claim(A), replica().claim(A)]));
      await serveInOrder({ cluster, clock }, choose);
      const [one, other] = await claims;
      assert.deepEqual(one, other);
      assert.deepEqual(Object.values(owners()), [A]);
    });
    assert.ok(orders >= 6, `${orders} orders`);
  });

  test('a port that one replica frees while another claims it goes to one of the two alone', async () => {
    const orders = await forEveryOrder(async (choose) => {
      // Two ports in all, and the other one is taken.
      const { cluster, clock, replica } = setup({ portRange: { first: 10_240, last: 10_256 } });
      const first = replica();
      await first.claim(A);
      await first.claim(B);
      const ends = startLater(clock, () => Promise.all([first.release(A), replica().claim(C)]));
      await serveInOrder({ cluster, clock }, choose);
      const [, c] = await ends;
      assert.deepEqual(c, { kind: 'failed', reason: 'RangeExhausted' });
      assert.deepEqual(
        [...cluster.claims().values()].map((entry) => entry?.uid),
        [A, B],
      );
    });
    assert.ok(orders > 1, `${orders} orders`);
  });
});

test('a crash at any call leaks nothing: another replica finds the claim, or makes it', async () => {
  for (const when of ['before', 'after'] as const) {
    let crashes = 0;
    for (let at = 0; ; at++) {
      const { cluster, replica, owners } = setup();
      const stop = cluster[when](({ index }) => {
        if (index !== at) return;
        crashes += 1;
        throw refusal('UNAVAILABLE', 'claim', String(at));
      });
      const first = await replica().claim(A);
      stop();
      if (crashes === at) break;
      assert.deepEqual(first, { kind: 'failed', reason: 'UNAVAILABLE' });
      const again = await replica().claim(A);
      assert.ok(Array.isArray(again));
      assert.deepEqual(owners(), { [again[0] ?? 0]: A });
    }
    assert.equal(crashes, 3);
  }
});

test('what is known costs no call, and a replica that lost everything one read', async () => {
  const { clock, replica, callNames } = setup();
  const first = replica();
  const ports = await first.claim(A);
  assert.deepEqual(callNames(), ['readConfigMap', 'listOwnSlices', 'createConfigMap']);
  await clock.advance(29_999);
  assert.deepEqual(await first.claim(A), ports);
  assert.equal(callNames().length, 3);
  assert.deepEqual(await replica().claim(A), ports);
  assert.deepEqual(callNames().slice(3), ['readConfigMap']);
});

test('what our own watch shows to stand as it was read is read no more, except by who bears no lag', async () => {
  let shown: string | undefined = 'absent';
  const { clock, cluster, replica, callNames } = setup({ sight: { versionOf: () => shown } });
  const { claim } = replica();
  const [port] = (await claim(A)) as readonly number[];
  const reads = () => callNames().filter((name) => name === 'readConfigMap').length;
  const before = reads();
  const claimLater = async (maxAgeSeconds?: number) => {
    await clock.run(clock.sleep(HOUR_MS));
    return claim(A, {}, maxAgeSeconds);
  };

  shown = cluster.configMaps.versionOf(MAP);
  assert.deepEqual(await claimLater(), [port]);
  assert.equal(reads(), before);
  assert.deepEqual(await claimLater(2), [port]);
  assert.equal(reads(), before + 1);
  for (const unlike of ['another', 'absent', undefined]) {
    shown = unlike;
    const read = reads();
    assert.deepEqual(await claimLater(), [port]);
    assert.equal(reads(), read + 1, String(unlike));
  }
});

test('a ConfigMap of claims that our own watch shows to be gone is made anew', async () => {
  let shown: string | undefined = 'absent';
  const { clock, cluster, replica } = setup({ sight: { versionOf: () => shown } });
  const { claim } = replica();
  const [port] = (await claim(A)) as readonly number[];
  shown = cluster.configMaps.versionOf(MAP);
  await clock.run(clock.sleep(HOUR_MS));
  cluster.configMaps.delete(MAP);
  shown = 'absent';
  assert.deepEqual(await claim(A), [port]);
  assert.ok(cluster.configMaps.get(MAP));
});

test('what is older than it may be is read again', async () => {
  const { clock, cluster, replica, callNames } = setup();
  const first = replica();
  await first.claim(A);
  await clock.advance(2000);
  cluster.configMaps.delete(MAP);
  assert.deepEqual(await first.claim(A, {}, 2), [10_240]);
  assert.deepEqual(callNames().slice(3), ['readConfigMap', 'listOwnSlices', 'createConfigMap']);
});

test('all that wait for one ConfigMap share one read and one write', async () => {
  const { replica, callNames, owners } = setup();
  const first = replica();
  await Promise.all([first.claim(A), first.claim(B), first.claim(C), first.claim(A)]);
  assert.equal(Object.keys(owners()).length, 3);
  assert.ok(callNames().length <= 4, callNames().join());
});

test('claims that were deleted are written anew by whoever remembers them', async () => {
  const { cluster, replica, owners } = setup();
  const first = replica();
  const [portOfA = 0] = (await first.claim(A)) as number[];
  await first.claim(B);
  await first.release(B);
  const before = cluster.claims();
  cluster.configMaps.delete(MAP);
  assert.deepEqual(await first.claim(A, {}, 0), [portOfA]);
  assert.deepEqual(owners(), { [portOfA]: A });
  assert.deepEqual(cluster.claims(), before);
});

test("ports that slices name are nobody else's where the claims were deleted, and their owner has them back", async () => {
  const { cluster, replica, owners } = setup();
  const [port = 0] = (await replica().claim(A)) as number[];
  cluster.slices.push(slice(A, [port]));
  cluster.configMaps.delete(MAP);
  const other = replica();
  const [otherPort = 0] = (await other.claim(B)) as number[];
  assert.notEqual(otherPort, port);
  assert.deepEqual(owners(), { [otherPort]: B });
  // Asked for by another while no slice names it any more, it is in quarantine like any that was freed.
  cluster.slices.length = 0;
  assert.notDeepEqual(await other.claim(C), [port]);
  const before = [{ port: 80, resolverPort: port }];
  assert.deepEqual(await replica().claim(A, { before, named: [port] }), [port]);
});

test('no port is given out while nobody knows which ones slices name', async () => {
  const { cluster, owners, replica } = setup();
  cluster.before(({ name }) => {
    if (name === 'listOwnSlices') throw refusal('UNAVAILABLE', name, '*');
  });
  assert.deepEqual(await replica().claim(A), { kind: 'failed', reason: 'UNAVAILABLE' });
  assert.deepEqual(owners(), {});
});

test('the resolver finds the ConfigMap by its label, with what it needs to know of each port', async () => {
  const { cluster, replica } = setup();
  await replica().claim(A);
  const { labels, data } = cluster.configMaps.get(MAP) ?? assert.fail();
  assert.equal(labels['elasti.truefoundry.com/resolver-ports'], 'true');
  assert.deepEqual(JSON.parse(data[10_240] ?? ''), {
    uid: A,
    namespace: 'shop',
    elastiService: `es-${A}`,
    service: `svc-${A}`,
    port: 80,
    portName: 'http',
    privateService: `elasti-svc-${A}-pvt`,
    privateServiceUid: `pvt-${A}`,
  });
  const ports = Array.from({ length: 100 }, (_, i) => makeClaimRequest(`other-${i}`));
  const claims = replica();
  for (const request of ports) await claims.claim(request.uid, request);
  for (const name of Array.from({ length: SHARDS }, (_, i) => `elasti/elasti-resolver-ports-${i}`)) {
    const shard = Number(name.split('-').at(-1));
    for (const port of Object.keys(cluster.configMaps.get(name)?.data ?? {})) {
      assert.equal(Number(port) % SHARDS, shard);
    }
  }
});

describe('a failure is a reading that says so', () => {
  test('whatever the API server refuses', async () => {
    for (const [name, code] of [
      ['readConfigMap', 'TIMEOUT'],
      ['createConfigMap', 'FORBIDDEN'],
    ] as const) {
      const { cluster, replica } = setup();
      cluster.before((call) => {
        if (call.name === name) throw refusal(code, name, 'test');
      });
      assert.deepEqual(await replica().claim(A), { kind: 'failed', reason: code });
    }
  });

  test('a write that fails, and only for those who need it', async () => {
    const { cluster, replica } = setup();
    await replica().claim(A);
    cluster.before((call) => {
      if (call.name === 'patchConfigMap') throw refusal('FORBIDDEN', 'patchConfigMap', MAP);
    });
    const second = replica();
    // The first is read for at once, and the others wait together.
    const readings = await Promise.all([second.claim(C), second.claim(A), second.claim(B)]);
    const failed = { kind: 'failed', reason: 'FORBIDDEN' };
    assert.deepEqual(readings, [failed, [10_240], failed]);
  });

  test('others that get through again and again', async () => {
    const { cluster, replica } = setup();
    const first = replica();
    await first.claim(A);
    cluster.before((call) => {
      if (call.name === 'patchConfigMap') cluster.configMaps.set(MAP, { labels: {}, data: {} });
    });
    assert.deepEqual(await first.claim(B), { kind: 'failed', reason: 'CONFLICT' });
    assert.ok(cluster.calls.length < 30);
  });

  test('an API server that does not answer, within two seconds, and the answer serves the next', async () => {
    const { cluster, clock, replica } = setup();
    const stop = cluster.before(() => clock.sleep(5000));
    const first = replica();
    const reading = first.claim(A);
    assert.deepEqual(await clock.run(reading), { kind: 'failed', reason: 'TIMEOUT' });
    assert.equal(clock.monotonicMs(), 2000);
    stop();
    await clock.advance(5000);
    assert.deepEqual(await first.claim(A), [10_240]);
  });

  test('a range without a port left, until one is past its quarantine', async () => {
    const { cluster, clock, replica, owners } = setup({ portRange: { first: 10_240, last: 10_256 } });
    const first = replica();
    await first.claim(A);
    await first.claim(B);
    assert.deepEqual(await first.claim(C), { kind: 'failed', reason: 'RangeExhausted' });
    await first.release(A);
    assert.deepEqual(await first.claim(C), { kind: 'failed', reason: 'RangeExhausted' });
    await clock.advance(HOUR_MS + 60_000);
    assert.deepEqual(await first.claim(C), [10_240]);
    assert.deepEqual(owners(), { 10240: C, 10256: B });
    assert.equal(cluster.calls.filter(({ name }) => name === 'createConfigMap').length, 1);
  });

  test('a ConfigMap that would be too large, and what stands in it is found all the same', async () => {
    const { cluster, replica } = setup();
    const first = replica();
    await first.claim(A);
    const { labels, data } = cluster.configMaps.get(MAP) ?? assert.fail();
    cluster.configMaps.set(MAP, { labels, data: { ...data, 10256: 'x'.repeat(999_750) } });
    const second = replica();
    assert.deepEqual(await second.claim(B), { kind: 'failed', reason: 'ClaimsFull' });
    assert.deepEqual(await second.claim(A), [10_240]);
    assert.equal(cluster.calls.filter(({ name }) => name === 'patchConfigMap').length, 0);
  });
});

describe('a port that the Service no longer has', () => {
  const two = {
    ports: [
      { port: 80, portName: 'http' },
      { port: 90, portName: 'metrics' },
    ],
  };
  const LONG_MS = 6 * 60_000;

  test('is freed once it has not had it for long, and no slice of ours names it', async () => {
    const { cluster, clock, replica, owners } = setup();
    const first = replica();
    const look = async (named: readonly number[]) => {
      await first.claim(A, { named });
      await clock.settle();
      return Object.keys(owners());
    };
    assert.deepEqual(await first.claim(A, two), [10_240, 10_256]);
    assert.deepEqual(await look([10_240]), ['10240', '10256']);
    await clock.advance(LONG_MS);
    assert.deepEqual(await look([10_240, 10_256]), ['10240', '10256']);
    // The request does not show the slice yet.
    cluster.slices.push(slice(A, [10_240, 10_256]));
    assert.deepEqual(await look([10_240]), ['10240', '10256']);
    cluster.slices[0] = slice(A, [10_240]);
    assert.deepEqual(await look([10_240]), ['10240']);
  });

  // Found by the simulation (seed 500000947, --faults some).
  test('is not freed by a replica that goes by an old Service, in whatever order they call', async () => {
    for (const isMarkedForLong of [false, true]) {
      const orders = await forEveryOrder(async (choose) => {
        const { cluster, clock, replica, owners } = setup();
        await replica().claim(A, isMarkedForLong ? two : {});
        await replica().claim(A);
        await clock.advance(LONG_MS);
        const [stale, fresh] = [replica(), replica()];
        const claims = startLater(clock, () => Promise.all([fresh.claim(A, two), stale.claim(A)]));
        await serveInOrder({ cluster, clock }, choose);
        const [ports] = await claims;
        await clock.settle();
        assert.ok(Array.isArray(ports));
        assert.deepEqual(Object.keys(owners()).map(Number), ports);
      });
      assert.ok(orders >= 3, `${orders} orders`);
    }
  });

  test('nor by one that goes by it again much later: what is needed in between begins anew', async () => {
    const { clock, replica, owners } = setup();
    const [stale, fresh] = [replica(), replica()];
    await fresh.claim(A, two);
    for (let round = 0; round < 3; round++) {
      await stale.claim(A);
      await clock.advance(LONG_MS / 2);
      assert.deepEqual(await fresh.claim(A, two), [10_240, 10_256]);
      await clock.advance(LONG_MS / 2);
    }
    await stale.claim(A);
    await clock.settle();
    assert.deepEqual(owners(), { 10240: A, 10256: A });
  });

  test('costs one write, and then none until it is freed', async () => {
    const { cluster, clock, replica } = setup();
    const first = replica();
    await first.claim(A, two);
    const before = cluster.calls.length;
    for (let i = 0; i < 5; i++) {
      await first.claim(A);
      await clock.settle();
    }
    const made = cluster.calls.slice(before).map(({ name }) => name);
    assert.equal(made.filter((name) => name === 'patchConfigMap').length, 1);
    assert.equal(made.filter((name) => name === 'listSlices').length, 0);
  });

  test('is its port again when it comes back', async () => {
    const { clock, replica, owners } = setup();
    const first = replica();
    await first.claim(A, two);
    await first.claim(A);
    await clock.advance(LONG_MS);
    await first.claim(A);
    await clock.settle();
    assert.deepEqual(owners(), { 10240: A });
    await first.claim(B);
    await clock.advance(120_000);
    assert.deepEqual(await first.claim(A, two), [10_240, 10_256]);
    assert.deepEqual(owners(), { 10240: A, 10256: A, 10272: B });
  });

  test('keeps no sync from its answer when it cannot be freed', async () => {
    const { cluster, clock, replica, owners } = setup();
    const first = replica();
    await first.claim(A, two);
    await first.claim(A);
    await clock.advance(LONG_MS);
    cluster.before((call) => {
      if (call.name === 'listSlices') throw refusal('FORBIDDEN', 'listSlices', 'test');
    });
    assert.deepEqual(await first.claim(A), [10_240]);
    await clock.settle();
    assert.deepEqual(Object.keys(owners()), ['10240', '10256']);
  });
});

describe('release', () => {
  test('frees all ports but those that a slice of ours still names, whoever else names one', async () => {
    const { cluster, replica, clock } = setup();
    const first = replica();
    await first.claim(A);
    await first.claim(B);
    cluster.slices.push(slice(A, [10_240]), slice(B, [10_256], 'somebody-else'));
    await first.release(A);
    await first.release(B);
    assert.equal(cluster.claims().get(10_240)?.freedAt, undefined);
    assert.equal(cluster.claims().get(10_256)?.freedAt, clock.now().toISOString());
  });

  test('never throws', async () => {
    const { cluster, replica, owners } = setup();
    const first = replica();
    await first.claim(A);
    cluster.before(() => {
      throw refusal('UNAVAILABLE', 'release', 'test');
    });
    await replica().release(A);
    assert.deepEqual(owners(), { 10240: A });
  });
});

describe('the sweep', () => {
  test('frees what ElastiServices left that are gone, and nothing of the others', async () => {
    const { cluster, replica, owners } = setup();
    const first = replica();
    for (const uid of [A, B, C]) await first.claim(uid);
    cluster.uids.add(B);
    cluster.slices.push(slice(C, [10_272]));
    await replica().sweep();
    assert.deepEqual(owners(), { 10256: B, 10272: C });
  });

  test('leaves alone what is claimed while it looks', async () => {
    const { cluster, replica, owners } = setup();
    const [first, second] = [replica(), replica()];
    await first.claim(A);
    cluster.before(async (call) => {
      if (call.name !== 'listElastiServiceUids') return;
      // Created and claimed for right now; the list that comes back may be from just before.
      await second.claim(B);
    });
    await first.sweep();
    assert.deepEqual(owners(), { 10256: B });
  });

  test('leaves alone what is claimed in namespaces that are not watched', async () => {
    const { cluster, replica, owners } = setup({ watchNamespaces: ['shop'] });
    const first = replica();
    await first.claim(A, { namespace: 'depot' });
    await first.claim(B);
    cluster.uids.clear();
    await first.sweep();
    assert.deepEqual(owners(), { 10240: A });
  });

  test('frees nothing where the ElastiServices cannot be listed', async () => {
    const { cluster, replica, owners } = setup();
    const first = replica();
    await first.claim(A);
    cluster.before((call) => {
      if (call.name === 'listElastiServiceUids') throw refusal('NOT_FOUND', 'listElastiServiceUids', '*');
    });
    await assert.rejects(first.sweep(), KubeApiError);
    assert.deepEqual(owners(), { 10240: A });
  });

  test('lists nothing while nothing is claimed', async () => {
    const { replica, callNames } = setup();
    await replica().sweep();
    assert.deepEqual(new Set(callNames()), new Set(['readConfigMap']));
  });
});

describe('what looks have missed', () => {
  const MANY = Array.from({ length: 3000 }, (_, i) => `uid-${i}`).filter((uid) => shardOf(uid) === 0);

  const peeked = async (uids: readonly string[]) => {
    const all = setup({ portRange: { first: 10_240, last: 29_999 } });
    const claims = all.replica();
    for (const uid of uids) await claims.peek(makeClaimRequest(uid), { maxAgeSeconds: 30 });
    assert.deepEqual(all.owners(), {}, 'a look claims nothing');
    return { ...all, claims };
  };

  test('is claimed with the next claim that is written, in the same write', async () => {
    const { claims, callNames, owners } = await peeked([B, C]);
    await claims.claim(A);
    assert.deepEqual(Object.values(owners()).sort(), [A, B, C].sort());
    await claims.claim(B);
    const writes = callNames().filter((name) => /create|patch/.test(name));
    assert.deepEqual(writes, ['createConfigMap']);
  });

  test('goes into one write fifty at a time, the first first', async () => {
    const { claims, owners } = await peeked(MANY.slice(2));
    await claims.claim(A);
    assert.deepEqual(new Set(Object.values(owners())), new Set([A, ...MANY.slice(2, 52)]));
    await claims.claim(B);
    assert.equal(Object.keys(owners()).length, 102);
  });

  test('is left alone once it is gone', async () => {
    const { claims, owners } = await peeked([B, C]);
    await claims.release(B);
    await claims.claim(A);
    assert.deepEqual(Object.values(owners()).sort(), [A, C].sort());
  });

  test('is left alone where it has not been missed for a minute', async () => {
    const { claims, clock, owners } = await peeked([B]);
    await clock.advance(61_000);
    await claims.claim(A);
    assert.deepEqual(Object.values(owners()), [A]);
  });
});
