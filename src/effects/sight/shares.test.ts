import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createIsMine } from './shares.ts';

const UIDS = Array.from({ length: 3000 }, (_, i) => `uid-${i}`);
const PEERS = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
const ownersIn = (peers: readonly string[]) => (uid: string) =>
  peers.filter((self) => createIsMine({ self, peers: () => peers })(uid));

test('each has one owner, and shares are about as large', () => {
  const counts = new Map<string, number>();
  for (const uid of UIDS) {
    const [owner, ...others] = ownersIn(PEERS)(uid);
    assert.deepEqual(others, []);
    counts.set(owner ?? assert.fail(), (counts.get(owner ?? '') ?? 0) + 1);
  }
  for (const peer of PEERS) {
    const count = counts.get(peer) ?? 0;
    assert.ok(count > 800 && count < 1200, `${peer} has ${count}`);
  }
});

test('all replicas agree in whatever order they know each other', () => {
  for (const uid of UIDS) assert.deepEqual(ownersIn([...PEERS].reverse())(uid), ownersIn(PEERS)(uid));
});

test('when one goes, only what it had moves', () => {
  const left = PEERS.slice(0, 2);
  for (const uid of UIDS) {
    const [before] = ownersIn(PEERS)(uid);
    if (before !== PEERS[2]) assert.deepEqual(ownersIn(left)(uid), [before]);
    else assert.equal(ownersIn(left)(uid).length, 1);
  }
});

test('who is alone, or does not know, looks after all; who is not ready yet, after none', () => {
  assert.ok(createIsMine({ self: '10.0.0.9', peers: () => [] })('uid'));
  assert.ok(createIsMine({ self: '10.0.0.9', peers: () => undefined })('uid'));
  assert.ok(createIsMine({ self: undefined, peers: () => PEERS })('uid'));
  assert.ok(UIDS.every((uid) => !createIsMine({ self: '10.0.0.9', peers: () => PEERS })(uid)));
});
