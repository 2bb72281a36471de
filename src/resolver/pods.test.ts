import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSeededRandom } from '../effects/testing/seeded-random.ts';
import { type Pod, Pods } from './pods.ts';

const endpoint = (n: number) => ({ address: `10.0.0.${n}`, port: 8080 });

function setup(count: number, maxDials = 256) {
  const pods = new Pods(maxDials, createSeededRandom(1));
  pods.update(Array.from({ length: count }, (_, n) => endpoint(n)));
  const dial = (nowMs: number, waiting = 1): Pod | undefined => {
    const pod = pods.pick(nowMs, waiting);
    if (!pod) return undefined;
    pod.dialling++;
    pod.nextTryAtMs = nowMs + 25;
    return pod;
  };
  const answer = (pod: Pod) => {
    pod.dialling--;
    pod.open++;
    pod.unanswered++;
    pods.succeed(pod);
  };
  const refuse = (pod: Pod, nowMs: number) => {
    pod.dialling--;
    pods.fail(pod, nowMs);
  };
  return { pods, dial, answer, refuse };
}

test('without pods there is none to dial', () => {
  assert.equal(setup(0).dial(0), undefined);
});

test('one that has not answered yet gets one dial each 25 ms', () => {
  const { dial } = setup(1);
  assert.ok(dial(0));
  assert.equal(dial(24), undefined);
  assert.ok(dial(25));
});

test('one that has answered gets as many as fit its accept queue, and as many again 25 ms later', () => {
  const { dial, answer } = setup(1, 3);
  const counts = [];
  for (const nowMs of [0, 24, 25]) {
    let n = 0;
    for (let pod = dial(nowMs); pod; pod = dial(nowMs)) {
      answer(pod);
      n++;
    }
    counts.push(n);
  }
  assert.deepEqual(counts, [3, 0, 3]);
});

test('a pod that comes anew is tried at once beside those that serve', () => {
  const { pods, dial, answer } = setup(2);
  for (let n = 0; n < 2; n++) answer(dial(0) as Pod);
  pods.update([endpoint(0), endpoint(1), endpoint(2)]);
  assert.equal(dial(1)?.address, '10.0.0.2');
});

test('a pod that keeps failing is tried less and less often while another serves', () => {
  const { pods, dial, answer, refuse } = setup(2);
  const dead = dial(0) as Pod;
  answer(dial(0) as Pod);
  refuse(dead, 0);
  const tries = [];
  for (let nowMs = 1; nowMs <= 10_000; nowMs++) {
    const pod = dial(nowMs) as Pod;
    if (pod !== dead) {
      pod.dialling--;
      continue;
    }
    tries.push(nowMs);
    refuse(pod, nowMs);
  }
  assert.deepEqual(tries, [25, 75, 175, 375, 775, 1575, 3175, 6375]);
  assert.equal(pods.size, 2);
});

test('a pod that keeps failing is tried every 25 ms while no other serves', () => {
  const { dial, refuse } = setup(1);
  const tries = [];
  for (let nowMs = 0; nowMs <= 100; nowMs++) {
    const pod = dial(nowMs);
    if (!pod) continue;
    tries.push(nowMs);
    refuse(pod, nowMs);
  }
  assert.deepEqual(tries, [0, 25, 50, 75, 100]);
});

for (const count of [2, 4, 16, 50]) {
  test(`a herd is spread over ${count} pods, whichever answers first`, () => {
    const { dial, answer } = setup(count, 10_000);
    const first = Array.from({ length: count }, () => dial(0, 1000) as Pod);
    answer(first[0] as Pod);
    let left = 1000 - count;
    for (let pod = dial(1, left); pod && left > 0; pod = dial(1, left)) {
      left--;
      answer(pod);
    }
    assert.ok((first[0] as Pod).open <= Math.ceil(1000 / count));
    for (const pod of first.slice(1)) answer(pod);
    for (; left > 0; left--) answer(dial(30, left) as Pod);
    const opens = first.map(({ open }) => open);
    assert.ok(Math.max(...opens) - Math.min(...opens) <= (count > 16 ? 8 : 1), String(opens));
  });
}

test('what is known of a pod outlives a change of the others', () => {
  const { pods, dial, answer } = setup(1);
  answer(dial(0) as Pod);
  pods.update([endpoint(0), endpoint(1)]);
  assert.equal(dial(0)?.address, '10.0.0.1');
  assert.equal(dial(0)?.open, 1);
});
