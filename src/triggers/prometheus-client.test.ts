import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SendResponse } from './send.ts';
import { SendError } from './send-error.ts';
import { held, service, setup, trigger, vector } from './testing/setup.ts';

const never = () => held<SendResponse>().promise;
const many = (count: number, serverAddress?: string) =>
  service(
    Array.from({ length: count }, (_, i) => trigger({ query: `q${i}`, ...(serverAddress && { serverAddress }) })),
  );

describe('a server that does not answer', () => {
  it('costs one time-out of 5 s, and the request is ended', async () => {
    const { clock, verdict, signals } = setup({ reply: never });
    assert.equal(await verdict(), 'failed Timeout');
    assert.equal(clock.monotonicMs(), 5_000);
    assert.ok(signals[0]?.aborted);
  });

  it('costs one time-out and not one per ElastiService (pitfall 26)', async () => {
    const { clock, triggers, asked } = setup({ reply: never });
    const readings = triggers.read(many(1000), { maxAgeSeconds: 0, budgetMs: 5_001 });
    await clock.advance(5_001);
    const count = (reason: string, all: readonly { reason: string }[]) =>
      all.filter((one) => one.reason === reason).length;
    // Two more got through until the third time-out was counted.
    assert.equal(asked.length, 22);
    assert.equal(count('Timeout', await readings), 20);
    assert.equal(count('ServerUnavailable', await readings), 978);
  });

  it('is left alone for 5 s, then asked once', async () => {
    const { clock, read, asked, world } = setup({ reply: () => new SendError('CONNECTION_FAILED', 'no') });
    await read(many(3));
    await clock.advance(4_999);
    assert.equal((await read(service([trigger()])))[0]?.reason, 'ServerUnavailable');
    assert.equal(asked.length, 3);
    world.reply = () => vector('1');
    // The failure itself stands for 3 s.
    await clock.advance(3_001);
    assert.equal((await read(service([trigger()])))[0]?.state, 'idle');
  });

  it('does not hold up another one', async () => {
    const { read } = setup({ reply: ({ origin }) => (origin === 'http://dead' ? new Error('no') : vector('1')) });
    await read(many(30, 'http://dead'));
    assert.ok((await read(many(30, 'http://good'))).every(({ state }) => state === 'idle'));
  });
});

describe('what counts as a failing server', () => {
  const asksAfterThree = async (reply: () => SendResponse | Error) => {
    const { read, asked } = setup({ reply, settings: { concurrencyPerServer: 1 } });
    await read(many(4));
    return asked.length;
  };

  it('is one that cannot be reached or answers with 5xx', async () => {
    assert.equal(await asksAfterThree(() => new SendError('CONNECTION_FAILED', 'no')), 3);
    assert.equal(await asksAfterThree(() => ({ status: 503, body: '' })), 3);
  });

  it('is not one that rejects a query, however often', async () => {
    assert.equal(await asksAfterThree(() => ({ status: 400, body: '' })), 4);
    assert.equal(await asksAfterThree(() => vector('NaN')), 4);
    assert.equal(await asksAfterThree(() => new SendError('ANSWER_TOO_LARGE', 'big')), 4);
    assert.equal(await asksAfterThree(() => new SendError('ADDRESS_NOT_ALLOWED', 'x')), 4);
  });
});

it('says why there is no answer', async () => {
  const reason = async (error: Error) => setup({ reply: () => error }).verdict();
  assert.equal(await reason(new SendError('CONNECTION_FAILED', 'x')), 'failed ConnectionFailed');
  assert.equal(await reason(new SendError('ANSWER_TOO_LARGE', 'x')), 'failed AnswerTooLarge');
  assert.equal(await reason(new SendError('ADDRESS_NOT_ALLOWED', 'x')), 'failed ServerNotAllowed');
  assert.equal(await reason(new TypeError('x')), 'failed ConnectionFailed');
});

it('asks a server 20 questions at a time and the rest as places come free', async () => {
  const answers: PromiseWithResolvers<SendResponse>[] = [];
  const { clock, triggers, asked } = setup({
    reply: () => {
      const answer = held<SendResponse>();
      answers.push(answer);
      return answer.promise;
    },
  });
  void triggers.read(many(50), { maxAgeSeconds: 0, budgetMs: 200 });
  await clock.settle();
  assert.equal(asked.length, 20);
  answers[7]?.resolve(vector('1'));
  await clock.settle();
  assert.equal(asked.length, 21);
});

it('counts neither age nor time-out while a question waits for a place', async () => {
  const { clock, triggers, world } = setup({ settings: { concurrencyPerServer: 1 } });
  const answers = [held<SendResponse>(), held<SendResponse>()];
  let next = 0;
  world.reply = () => (answers[next++] as PromiseWithResolvers<SendResponse>).promise;
  const readings = triggers.read(many(2), { maxAgeSeconds: 0, budgetMs: 60_000 });
  await clock.advance(4_000);
  answers[0]?.resolve(vector('1'));
  await clock.advance(4_000);
  answers[1]?.resolve(vector('1'));
  assert.deepEqual(
    (await readings).map(({ state, ageSeconds }) => [state, ageSeconds]),
    [
      ['idle', 8],
      ['idle', 4],
    ],
  );
});

it('reports each question with its outcome and its time', async () => {
  const { clock, triggers, reports, world, read } = setup();
  const answer = held<SendResponse>();
  world.reply = () => answer.promise;
  void triggers.read(service([trigger()]), { maxAgeSeconds: 0, budgetMs: 0 });
  await clock.advance(1_500);
  answer.resolve(vector('1'));
  await clock.settle();
  world.reply = () => vector();
  await read(service([trigger({ query: 'none' })]));
  assert.deepEqual(reports, [
    { outcome: 'value', seconds: 1.5 },
    { outcome: 'EmptyResult', seconds: 0 },
  ]);
});
