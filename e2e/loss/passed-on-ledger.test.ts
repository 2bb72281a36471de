import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Loss } from './book.ts';
import type { PassedOn } from './destination.ts';
import type { Client } from './outcome.ts';
import { createPassedOnLedger } from './passed-on-ledger.ts';
import { PORTS } from './site.ts';
import type { PodRecord } from './witness.ts';

const POD: PodRecord = { name: 'web-1', namespace: 'loss', addresses: ['10.244.1.4'], app: 'web' };
const OTHER: PodRecord = { ...POD, name: 'web-2', addresses: ['10.244.1.5'] };
const toPod = (atMs: number, port = 8082): PassedOn => ({ address: '10.244.1.4', port, atMs });

function lossOf(localPort: number, { from = 1000, to = 2000, client = 'tcp-kept' as Client } = {}): Loss {
  return {
    site: { name: 'web', namespace: 'loss', manners: 'abrupt', clusterIp: '10.96.0.9', ports: PORTS },
    client,
    outcome: { source: { localAddress: '10.244.0.11', localPort }, lost: { end: 'reset', text: 'ECONNRESET' } },
    ...{ beganAtMs: to - 100, endedAtMs: to, destination: '10.244.1.9', connectedAtMs: from, during: 'none' },
  };
}

test("what a pod accepted is one client's", () => {
  const ledger = createPassedOnLedger([toPod(1100)]);
  assert.equal(ledger.take(lossOf(20_000), [POD]), true);
  assert.equal(ledger.take(lossOf(20_001), [POD]), false);
});

test('several requests over one connection are lost with it', () => {
  const ledger = createPassedOnLedger([toPod(1100)]);
  assert.deepEqual(
    [1, 2].map(() => ledger.take(lossOf(20_000), [POD])),
    [true, true],
  );
  assert.equal(ledger.take(lossOf(20_000), [OTHER]), false, 'it had gone to another');
});

test('it has to be this pod, this port and this time', () => {
  const takes = (passedOn: PassedOn, pods = [POD]) => createPassedOnLedger([passedOn]).take(lossOf(20_000), pods);
  assert.equal(takes(toPod(1100), [OTHER]), false);
  assert.equal(takes(toPod(1100, 8080)), false);
  assert.equal(takes(toPod(999)), false, 'before the client had connected');
  assert.equal(takes(toPod(2501)), false, 'after it was lost');
});

test('who ended first leaves the later connection to who can do with it', () => {
  const ledger = createPassedOnLedger([toPod(1100), toPod(1900)]);
  assert.equal(ledger.take(lossOf(20_000, { to: 1200 }), [POD]), true);
  assert.equal(ledger.take(lossOf(20_001, { to: 2000 }), [POD]), true);
});
