import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ClaimEntry,
  claimPorts,
  dropPorts,
  fateOfLeftOver,
  portsOfShard,
  readEntries,
  SHARDS,
} from './claim-table.ts';
import { makeClaimRequest } from './testing/model-claims.ts';

const now = new Date('2026-03-01T12:00:00.000Z');
const candidates = [10_240, 10_256, 10_272];
const ago = (ms: number) => new Date(now.getTime() - ms).toISOString();
const HOUR_MS = 3600_000;
/** What the clock of whoever freed it may be behind. */
const SKEW_MS = 60_000;

const entry = (uid: string, over: Partial<ClaimEntry> = {}): ClaimEntry => {
  const { ports: _ports, before: _before, named: _named, ...who } = makeClaimRequest(uid);
  return { ...who, port: 80, portName: 'http', ...over };
};
const claim = (entries: ReadonlyMap<number, ClaimEntry | undefined>, over = {}, uid = 'a') =>
  claimPorts(entries, makeClaimRequest(uid, over), { now, candidates });
const portsGiven = (claimed: ReturnType<typeof claimPorts>) => claimed?.ports.map(({ resolverPort }) => resolverPort);

test('ports that nobody ever had go first, in order, one for each port of the Service', () => {
  const claimed = claim(new Map([[10_240, entry('b')]]), {
    ports: [
      { port: 443, portName: 'https' },
      { port: 80, portName: 'http' },
    ],
  });
  assert.deepEqual(claimed?.ports, [
    { port: 80, resolverPort: 10_256 },
    { port: 443, resolverPort: 10_272 },
  ]);
  assert.deepEqual(claimed?.changes.get(10_272), entry('a', { port: 443, portName: 'https' }));
});

test('what it has it keeps, without a change', () => {
  const claimed = claim(new Map([[10_272, entry('a')]]));
  assert.deepEqual(portsGiven(claimed), [10_272]);
  assert.equal(claimed?.changes.size, 0);
});

test('a claim follows the names and the private Service of its owner', () => {
  const claimed = claim(new Map([[10_272, entry('a', { privateServiceUid: 'before', portName: 'web' })]]));
  assert.deepEqual([...(claimed?.changes ?? [])], [[10_272, entry('a')]]);
});

test('what it had before and was freed it has again within the quarantine, once nobody takes it for listened on', () => {
  const after = (ms: number) => claim(new Map([[10_272, entry('a', { freedAt: ago(ms) })]]));
  assert.deepEqual([...(after(60_000 + SKEW_MS)?.changes ?? [])], [[10_272, entry('a')]]);
  assert.deepEqual(portsGiven(after(60_000 + SKEW_MS - 1)), [10_240]);
});

test('a freed port is given to another only past its quarantine, and past what clocks differ', () => {
  const others = [
    [10_256, entry('b')],
    [10_272, entry('c')],
  ] as const;
  const freed = (ms: number) => claim(new Map([[10_240, entry('d', { freedAt: ago(ms) })], ...others]));
  assert.equal(freed(HOUR_MS + SKEW_MS - 1), undefined);
  assert.deepEqual(portsGiven(freed(HOUR_MS + SKEW_MS)), [10_240]);
  assert.equal(freed(-HOUR_MS), undefined);
});

test('of the freed ports the one that was freed longest ago goes first, and after those that nobody ever had', () => {
  const freed = [
    [10_240, entry('b', { freedAt: ago(2 * HOUR_MS) })],
    [10_256, entry('c', { freedAt: ago(3 * HOUR_MS) })],
  ] as const;
  assert.deepEqual(portsGiven(claim(new Map(freed))), [10_272]);
  const two = {
    ports: [
      { port: 1, portName: '' },
      { port: 2, portName: '' },
    ],
  };
  assert.deepEqual(portsGiven(claim(new Map([...freed, [10_272, entry('d')]]), two)), [10_256, 10_240]);
});

test('a port whose owner cannot be read is given to nobody', () => {
  const taken = readEntries({ 10240: '{"uid":', 10256: '"text"', 10272: '{}' });
  assert.equal(taken.size, 3);
  assert.equal(claim(taken), undefined);
  const freedSometime = entry('b', { freedAt: 'yesterday' });
  assert.equal(claim(new Map([[10_240, freedSometime], ...[...taken].slice(1)])), undefined);
});

test('where one port of several cannot be had, none is', () => {
  const claimed = claim(
    new Map([
      [10_240, entry('b')],
      [10_256, entry('c')],
    ]),
    {
      ports: [
        { port: 1, portName: '' },
        { port: 2, portName: '' },
      ],
    },
  );
  assert.equal(claimed, undefined);
});

test('with the claims lost it takes what its status says, if nobody ever had that', () => {
  const before = [{ port: 80, resolverPort: 10_272 }];
  assert.deepEqual(portsGiven(claim(new Map(), { before })), [10_272]);
  assert.deepEqual(
    portsGiven(claim(new Map([[10_272, entry('b', { freedAt: ago(9 * HOUR_MS) })]]), { before })),
    [10_240],
  );
  assert.deepEqual(portsGiven(claim(new Map(), { before: [{ port: 80, resolverPort: 22 }] })), [10_240]);
});

test('a port that is needed no more is marked, and goes once it has been so for five minutes and what clocks differ', () => {
  assert.equal(fateOfLeftOver(entry('a'), now), 'mark');
  assert.equal(fateOfLeftOver(entry('a', { leftOverAt: ago(359_000) }), now), 'keep');
  assert.equal(fateOfLeftOver(entry('a', { leftOverAt: ago(360_000) }), now), 'free');
  assert.equal(fateOfLeftOver(entry('a', { leftOverAt: 'yesterday' }), now), 'keep');
});

test('a port that is needed after all loses its mark', () => {
  const entries = new Map([[10_240, entry('a', { leftOverAt: ago(1000) })]]);
  const claimed = claim(entries);
  assert.deepEqual([...(claimed?.changes ?? [])], [[10_240, entry('a')]]);
});

test('only ports in use by the uid itself are freed, and once', () => {
  const entries = new Map([
    [10_240, entry('a')],
    [10_256, entry('b')],
    [10_272, entry('a', { freedAt: ago(5) })],
  ]);
  const changes = dropPorts(entries, 'a', { now, fateOf: () => 'free' });
  assert.deepEqual([...changes], [[10_240, entry('a', { freedAt: now.toISOString() })]]);
});

test('every port of a range is in exactly one ConfigMap, the one that its number says', () => {
  const range = { first: 10_247, last: 10_301 };
  const all = Array.from({ length: SHARDS }, (_, shard) => portsOfShard(range, shard));
  for (const [shard, ports] of all.entries()) for (const port of ports) assert.equal(port % SHARDS, shard);
  assert.deepEqual(
    all.flat().sort((a, b) => a - b),
    Array.from({ length: 55 }, (_, i) => 10_247 + i),
  );
});

test('what did not change is not read again', () => {
  const written = claim(new Map())?.changes.get(10_240);
  const data = { 10240: JSON.stringify(written) };
  const before = readEntries(data);
  assert.deepEqual(before.get(10_240), written);
  const after = readEntries({ ...data, 10256: JSON.stringify(entry('b')) }, before);
  assert.equal(after.get(10_240), before.get(10_240));
  assert.deepEqual(after.get(10_256), entry('b'));
  const freed = { ...entry('a'), freedAt: '2026-03-01T10:00:00.000Z' };
  assert.deepEqual(readEntries({ 10240: JSON.stringify(freed) }, before).get(10_240), freed);
});
