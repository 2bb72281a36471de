import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ResolverPod } from '../core/types.ts';
import { createResolverPods } from './resolver-pods.ts';
import { createVirtualClock } from './testing/virtual-clock.ts';

const ONE: ResolverPod = { address: '10.0.0.1', uid: 'pod-1', isReady: true };
const TWO: ResolverPod = { address: '10.0.0.2', uid: 'pod-2', isReady: true };
const LEAVING: ResolverPod = { address: '10.0.0.3', uid: 'pod-3', isReady: false };

/** What each address answers; an Error is thrown, and who has no answer is not there. */
function setup(answers: Record<string, unknown>) {
  const clock = createVirtualClock();
  const asked: string[] = [];
  const pods = createResolverPods({
    clock,
    ask: async (address, path) => {
      asked.push(`${address}${path}`);
      const answer = answers[address];
      if (answer === undefined) throw new Error('connection refused');
      return answer;
    },
  });
  return { clock, asked, answers, ...pods };
}

const listens = (...listening: number[]) => ({ listening });
const flows = (uid: string, open: number, held: number) => ({
  services: { [uid]: { open, held, bytesIn: 1, bytesOut: 2 }, other: { open: 9, held: 9 } },
});
const accepting = (...addresses: string[]) => ({ kind: 'found', addresses });

describe('listening', () => {
  test('are the ready pods that accept on every port', async () => {
    const { listening } = setup({ '10.0.0.1': listens(1, 2, 3), '10.0.0.2': listens(1), '10.0.0.3': listens(1, 2) });
    assert.deepEqual(await listening([ONE, TWO, LEAVING], [1, 2]), accepting('10.0.0.1'));
    assert.deepEqual(await listening([ONE, TWO], [1]), accepting('10.0.0.1', '10.0.0.2'));
  });

  test('are not those that do not answer, or something else', async () => {
    const { listening } = setup({ '10.0.0.1': { listening: 'all' } });
    assert.deepEqual(await listening([ONE, TWO], [1]), accepting());
  });

  // Found by the simulation (seed 9979970, --faults some): a port was freed and claimed again, and a slice named it while the
  // resolvers that had listened on it before did not yet.
  test('stay known although the pod does not answer any more, but for less than a freed port rests', async () => {
    const { clock, answers, listening } = setup({ '10.0.0.1': listens(1) });
    await listening([ONE], [1]);
    delete answers['10.0.0.1'];
    for (let second = 0; second < 44; second++) {
      await clock.advance(1000);
      assert.deepEqual(await listening([ONE], [1]), accepting('10.0.0.1'), `${second}`);
    }
    await clock.advance(1000);
    assert.deepEqual(await listening([ONE], [1]), accepting());
  });

  test('are asked every 30 s while they are asked about, and nobody waits for the answer', async () => {
    const { clock, asked, answers, listening } = setup({ '10.0.0.1': listens(1) });
    for (let second = 0; second < 90; second++) {
      assert.deepEqual(await listening([ONE], [1]), accepting('10.0.0.1'));
      await clock.advance(1000);
    }
    assert.equal(asked.length, 3);
    answers['10.0.0.1'] = new Promise(() => {});
    assert.deepEqual(await listening([ONE], [1]), accepting('10.0.0.1'));
    assert.equal(asked.length, 4);
  });

  // Found with 10,000 ElastiServices: while one asked about a port that is new, and had no answer, all others had none, either.
  test('of one port stay known while another one is asked about in vain', async () => {
    const { listening, answers, clock } = setup({ '10.0.0.1': listens(1) });
    await listening([ONE], [1]);
    await clock.advance(2000);
    delete answers['10.0.0.1'];
    assert.deepEqual(await listening([ONE], [2]), accepting());
    assert.deepEqual(await listening([ONE], [1]), accepting('10.0.0.1'));
  });

  test('are asked about what they lack once a second, by all together', async () => {
    const { clock, asked, answers, listening } = setup({ '10.0.0.1': listens(1) });
    await Promise.all([listening([ONE], [2]), listening([ONE], [3]), listening([ONE], [2, 3])]);
    await clock.advance(999);
    answers['10.0.0.1'] = listens(1, 2);
    assert.deepEqual(await listening([ONE], [2]), accepting());
    assert.equal(asked.length, 1);
    await clock.advance(1);
    assert.deepEqual(await listening([ONE], [2]), accepting('10.0.0.1'));
    assert.equal(asked.length, 2);
  });

  test('are asked anew where another pod has the address', async () => {
    const { asked, answers, listening } = setup({ '10.0.0.1': listens(1) });
    await listening([ONE], [1]);
    answers['10.0.0.1'] = listens();
    assert.deepEqual(await listening([{ ...ONE, uid: 'pod-9' }], [1]), accepting());
    assert.equal(asked.length, 2);
  });

  test('no longer have a port that a later answer does not name', async () => {
    const { clock, answers, listening } = setup({ '10.0.0.1': listens(1) });
    await listening([ONE], [1]);
    answers['10.0.0.1'] = listens(2);
    await clock.advance(1000);
    await listening([ONE], [2]);
    assert.deepEqual(await listening([ONE], [1]), accepting());
  });
});

describe('flows', () => {
  test('are those of all pods together, also of those that leave', async () => {
    const reads = setup({ '10.0.0.1': flows('a', 1, 2), '10.0.0.2': { services: {} }, '10.0.0.3': flows('a', 4, 0) });
    assert.deepEqual(await reads.flows([ONE, TWO, LEAVING], ['a']), { kind: 'found', open: 5, held: 2 });
    assert.deepEqual(await reads.flows([ONE, TWO, LEAVING], ['b']), { kind: 'found', open: 0, held: 0 });
  });

  test('are those of several ElastiServices together', async () => {
    const reads = setup({ '10.0.0.1': { services: { a: { open: 1, held: 2 }, b: { open: 4, held: 8 } } } });
    assert.deepEqual(await reads.flows([ONE], ['a', 'b', 'c']), { kind: 'found', open: 5, held: 10 });
  });

  test('are not known where a ready pod does not say', async () => {
    const failed = { kind: 'failed', reason: 'ResolverUnreachable' };
    assert.deepEqual(await setup({ '10.0.0.1': flows('a', 0, 0) }).flows([ONE, TWO], ['a']), failed);
    const odd = setup({ '10.0.0.1': { services: { b: { open: -1, held: 0 } } } });
    assert.deepEqual(await odd.flows([ONE], ['a']), failed);
  });

  test('are known where only a pod that leaves does not say: it is gone', async () => {
    const reads = setup({ '10.0.0.1': flows('a', 1, 0) });
    assert.deepEqual(await reads.flows([ONE, LEAVING], ['a']), { kind: 'found', open: 1, held: 0 });
  });

  test('of a pod with addresses of two families count once, and one address that answers is enough', async () => {
    const six: ResolverPod = { ...ONE, address: 'fd00::1' };
    const both = setup({ '10.0.0.1': flows('a', 1, 1), 'fd00::1': flows('a', 1, 1) });
    assert.deepEqual(await both.flows([ONE, six], ['a']), { kind: 'found', open: 1, held: 1 });
    const one = setup({ '10.0.0.1': flows('a', 1, 1) });
    assert.deepEqual(await one.flows([six, ONE], ['a']), { kind: 'found', open: 1, held: 1 });
  });

  test('are asked once a second, for every ElastiService together', async () => {
    const reads = setup({ '10.0.0.1': flows('a', 1, 0) });
    await Promise.all(['a', 'b', 'c'].map((uid) => reads.flows([ONE], [uid])));
    await reads.clock.advance(999);
    await reads.flows([ONE], ['a']);
    assert.equal(reads.asked.length, 1);
    await reads.clock.advance(1);
    reads.answers['10.0.0.1'] = flows('a', 0, 0);
    assert.deepEqual(await reads.flows([ONE], ['a']), { kind: 'found', open: 0, held: 0 });
    assert.equal(reads.asked.length, 2);
  });
});
