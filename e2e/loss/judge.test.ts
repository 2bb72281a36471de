import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBook } from './book.ts';
import { createDisturbances } from './disturbances.ts';
import { judge } from './judge.ts';
import type { Outcome } from './outcome.ts';
import { countOurs } from './report.ts';
import { PORTS, type Site } from './site.ts';

const SITE: Site = { name: 'web', namespace: 'loss', manners: 'graceful', clusterIp: '10.96.0.9', ports: PORTS };
const ANSWERED: Outcome = { source: { localAddress: '10.244.0.11', localPort: 20_000 } };
const REFUSED: Outcome = { ...ANSWERED, lost: { end: 'refused', text: 'ECONNREFUSED' } };

function setup() {
  const disturbances = createDisturbances();
  const book = createBook(disturbances.goingOn, { find: async () => undefined });
  const witness = {
    podsAt: () => [],
    allPods: () => [],
    raisedSince: () => undefined,
    withdrawnSince: () => undefined,
  };
  const run = { book, disturbances, witness, passedOn: [], figures: [], ended: [], failures: [] };
  return { disturbances, book, result: () => judge(run) };
}

test('each request is answered or lost, and each loss has a cause', async () => {
  const { book, result } = setup();
  await Promise.all([ANSWERED, REFUSED].map((outcome) => book.enter(SITE, 'tcp-new', Promise.resolve(outcome))));
  const { losses, failures } = result();
  assert.deepEqual(
    losses.map(({ cause }) => cause),
    ['noEndpoint'],
  );
  assert.equal(countOurs({ losses }), 1);
  assert.deepEqual(failures, []);
});

test('a request that nothing has come of is a failure', () => {
  const { book, result } = setup();
  void book.enter(SITE, 'tcp-new', new Promise(() => {}));
  assert.deepEqual(result().failures, ['requests that nothing came of: 1']);
});
