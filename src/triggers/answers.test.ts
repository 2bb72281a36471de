import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '../effects/testing/virtual-clock.ts';
import { createAnswers } from './answers.ts';

function setup() {
  const clock = createVirtualClock();
  const answers = createAnswers<string>({ clock, maxEntries: 10, keepFailureMs: 1000, isFailure: () => false });
  const asked: PromiseWithResolvers<string>[] = [];
  const ask = (joinMs: number) =>
    answers.ask('key', joinMs, (markAsked) => {
      markAsked();
      const one = Promise.withResolvers<string>();
      asked.push(one);
      return one.promise;
    });
  const recalled = () => answers.recall('key', 60_000)?.answer;
  return { clock, answers, asked, ask, recalled };
}

const turn = () => new Promise(setImmediate);

test('what is forgotten while it is under way is not remembered, and not joined', async () => {
  const { answers, asked, ask, recalled } = setup();
  const first = ask(Number.POSITIVE_INFINITY);
  await turn();
  answers.forget('key');
  const second = ask(Number.POSITIVE_INFINITY);
  await turn();
  assert.equal(asked.length, 2);
  asked[0]?.resolve('first');
  assert.equal((await first).answer, 'first');
  assert.equal(recalled(), undefined);
  asked[1]?.resolve('second');
  await second;
  assert.equal(recalled(), 'second');
});

test('a question that was overtaken does not undo the answer of the younger one', async () => {
  const { clock, asked, ask, recalled } = setup();
  const older = ask(0);
  await turn();
  await clock.advance(10);
  const younger = ask(0);
  await turn();
  asked[1]?.resolve('younger');
  await younger;
  asked[0]?.resolve('older');
  assert.equal((await older).answer, 'older');
  assert.equal(recalled(), 'younger');
});

test('a question that failed is asked anew', async () => {
  const { asked, ask } = setup();
  const failing = ask(Number.POSITIVE_INFINITY);
  await turn();
  asked[0]?.reject(new Error('no answer'));
  await assert.rejects(failing);
  void ask(Number.POSITIVE_INFINITY);
  await turn();
  assert.equal(asked.length, 2);
});
