import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { REASONS } from './reasons.ts';
import type { SendResponse } from './send.ts';
import { held, service, setup, trigger, vector } from './testing/setup.ts';

describe('a reading', () => {
  it('is idle just below the threshold and active at it', async () => {
    const values = {
      '4.999': 'idle BelowThreshold',
      '5': 'active AtOrAboveThreshold',
      '6': 'active AtOrAboveThreshold',
    };
    for (const [value, expected] of Object.entries(values)) {
      assert.equal(await setup({ reply: () => vector(value) }).verdict(), expected, value);
    }
  });

  it('takes a threshold with and without quotes (pitfall 31)', async () => {
    for (const threshold of [0.5, '0.5', ' 5e-1 ']) {
      assert.equal(await setup({ reply: () => vector('0.4') }).verdict({ threshold }), 'idle BelowThreshold');
      assert.equal(await setup({ reply: () => vector('0.5') }).verdict({ threshold }), 'active AtOrAboveThreshold');
    }
    for (const threshold of ['', 'many', 'NaN', 'Infinity', Number.NaN]) {
      assert.equal(await setup().verdict({ threshold }), 'failed BadThreshold', String(threshold));
    }
  });

  it('is failed at NaN, which neither wakes nor puts to sleep (pitfall 29)', async () => {
    assert.equal(await setup({ reply: () => vector('NaN') }).verdict(), 'failed NotANumber');
  });

  it('of one service never comes from the answer to another (pitfall 27)', async () => {
    const { read } = setup({
      reply: ({ query }) => (query === 'good' ? vector('1') : { status: 200, body: '{"status":"success"}' }),
    });
    const [good] = await read(service([trigger({ query: 'good' })]));
    const [bad] = await read(service([trigger({ query: 'bad' })]));
    assert.deepEqual([good?.state, bad?.state], ['idle', 'failed']);
  });

  it('has a constant sentence, whatever the server says', async () => {
    const body = JSON.stringify({ status: 'error', error: 'secret detail' });
    const { read } = setup({ reply: () => ({ status: 400, body }) });
    assert.deepEqual(await read(service([trigger()])), [
      { state: 'failed', reason: 'QueryRejected', message: REASONS.QueryRejected, ageSeconds: 0 },
    ]);
  });
});

describe('a refresh', () => {
  const options = { maxAgeSeconds: 15, budgetMs: 60_000 };

  it('asks again what was read, once it is too old, so that the next read finds it in memory', async () => {
    const { clock, triggers, asked, read } = setup();
    const web = service([trigger()]);
    await read(web);
    await clock.run(triggers.refresh(web, options));
    assert.equal(asked.length, 1);
    await clock.advance(30_000);
    await clock.run(triggers.refresh(web, options));
    assert.equal(asked.length, 2);
    await read(web, 15);
    assert.equal(asked.length, 2);
  });

  it('asks nothing that nobody has read for two polls, or at all', async () => {
    const { clock, triggers, asked, read } = setup();
    const web = service([trigger()]);
    await clock.run(triggers.refresh(web, options));
    assert.equal(asked.length, 0);
    await read(web);
    await clock.advance(61_000);
    await clock.run(triggers.refresh(web, options));
    assert.equal(asked.length, 1);
  });

  it('waits no longer than its budget', async () => {
    const { clock, triggers, world, read } = setup();
    const web = service([trigger()]);
    await read(web);
    await clock.advance(30_000);
    world.reply = () => held<SendResponse>().promise;
    const startedMs = clock.monotonicMs();
    await clock.run(triggers.refresh(web, { ...options, budgetMs: 500 }));
    assert.equal(clock.monotonicMs() - startedMs, 500);
  });
});

describe('several triggers', () => {
  it('are all read, in order, even where the first one fails (pitfall 32)', async () => {
    const { read } = setup({ reply: ({ query }) => (query === 'broken' ? new Error('no') : vector('9')) });
    const readings = await read(service([trigger({ query: 'broken' }), trigger({ query: 'busy' })]));
    assert.deepEqual(
      readings.map(({ state }) => state),
      ['failed', 'active'],
    );
  });

  it('are asked side by side (pitfall 26)', async () => {
    const { clock, triggers, asked } = setup({ reply: () => held<SendResponse>().promise });
    void triggers.read(service([trigger({ query: 'a' }), trigger({ query: 'b' })]), {
      maxAgeSeconds: 0,
      budgetMs: 200,
    });
    await clock.settle();
    assert.deepEqual(
      asked.map(({ query }) => query),
      ['a', 'b'],
    );
  });

  it('of an unknown type fail and leave the others alone', async () => {
    const { read } = setup();
    const unknown = { ...trigger(), type: 'toString' as 'prometheus' };
    const readings = await read(service([unknown, trigger()]));
    assert.deepEqual(
      readings.map(({ reason }) => reason),
      ['UnknownTriggerType', 'BelowThreshold'],
    );
  });

  it('that cannot even be understood fail, and the bug is told', async () => {
    const { read, bugs } = setup();
    const broken = { type: 'prometheus' as const, metadata: undefined as never };
    assert.deepEqual((await read(service([broken])))[0]?.reason, 'InternalError');
    assert.equal(bugs.length, 1);
  });
});

describe('memory', () => {
  it('serves a reading as old as allowed, and asks again for a younger one', async () => {
    const { clock, read, asked } = setup();
    await read(service([trigger()]));
    await clock.advance(30_000);
    assert.equal((await read(service([trigger()]), 30))[0]?.ageSeconds, 30);
    assert.equal(asked.length, 1);
    await clock.advance(1);
    assert.equal((await read(service([trigger()]), 30))[0]?.ageSeconds, 0);
    assert.equal(asked.length, 2);
  });

  it('counts the age from the question on, not from the answer', async () => {
    const { clock, triggers, world } = setup();
    const answer = held<SendResponse>();
    world.reply = () => answer.promise;
    const reading = triggers.read(service([trigger()]), { maxAgeSeconds: 0, budgetMs: 4_000 });
    await clock.advance(3_000);
    answer.resolve(vector('1'));
    assert.equal((await reading)[0]?.ageSeconds, 3);
  });

  it('lets a failure stand for 3 s and no longer, however young a reading is wanted', async () => {
    const { clock, read, asked } = setup({ reply: () => vector() });
    await read(service([trigger()]));
    await clock.advance(3_000);
    await read(service([trigger()]));
    assert.equal(asked.length, 1);
    await clock.advance(1);
    await read(service([trigger()]), 900);
    assert.equal(asked.length, 2);
  });

  it('lets a time-out stand from its end on', async () => {
    const { clock, read, asked } = setup({ reply: () => held<SendResponse>().promise });
    await read(service([trigger()]));
    await clock.advance(2_000);
    assert.equal((await read(service([trigger()])))[0]?.reason, 'Timeout');
    assert.equal(asked.length, 1);
  });

  it('lets a failure stand no longer than a poll', async () => {
    const { clock, read, asked } = setup({ reply: () => vector(), settings: { pollSeconds: 1 } });
    await read(service([trigger()]));
    await clock.advance(1_001);
    await read(service([trigger()]));
    assert.equal(asked.length, 2);
  });

  it('says failed, not what it knew before, when asking fails', async () => {
    const { clock, read, world } = setup();
    await read(service([trigger()]));
    world.reply = () => new Error('no');
    await clock.advance(10_000);
    assert.equal((await read(service([trigger()]), 5))[0]?.reason, 'ConnectionFailed');
    assert.equal((await read(service([trigger()]), 900))[0]?.reason, 'ConnectionFailed');
  });

  it('is dropped with the ElastiService', async () => {
    const { triggers, read, asked } = setup();
    await read(service([trigger()]), 900);
    triggers.forget(service([trigger({ query: 'unheard of' }), trigger({ threshold: 'none' })]));
    await read(service([trigger()]), 900);
    assert.equal(asked.length, 1);
    triggers.forget(service([trigger()]));
    await read(service([trigger()]), 900);
    assert.equal(asked.length, 2);
  });

  it('is judged by the threshold as it is now', async () => {
    const { read, asked } = setup();
    const states = [];
    for (const threshold of [5, 0, 5]) states.push((await read(service([trigger({ threshold })]), 900))[0]?.state);
    assert.deepEqual(states, ['idle', 'active', 'idle']);
    assert.equal(asked.length, 1);
  });
});

describe('budget', () => {
  it('makes a reading pending when it is used up; the answer serves the next call', async () => {
    const { clock, triggers, asked, world, read } = setup();
    const answer = held<SendResponse>();
    world.reply = () => answer.promise;
    const options = { maxAgeSeconds: 15, budgetMs: 200 };
    const pending = await clock.run(triggers.read(service([trigger()]), options));
    assert.deepEqual(pending, [{ state: 'pending', reason: 'Pending', message: REASONS.Pending, ageSeconds: 0 }]);
    assert.equal(clock.monotonicMs(), 200);
    answer.resolve(vector('9'));
    await clock.advance(1_000);
    assert.deepEqual(
      (await read(service([trigger()]), 15)).map(({ state, ageSeconds }) => [state, ageSeconds]),
      [['active', 1.2]],
    );
    assert.equal(asked.length, 1);
  });

  it('does not make the question be asked again while it is under way', async () => {
    const { clock, triggers, asked } = setup({ reply: () => held<SendResponse>().promise });
    for (let i = 0; i < 5; i++)
      await clock.run(triggers.read(service([trigger()]), { maxAgeSeconds: 0, budgetMs: 200 }));
    assert.equal(asked.length, 1);
  });

  it('leaves no timer behind when the answer was in time', async () => {
    const { clock, read, prove } = setup();
    await read(service([trigger()]));
    await prove(service([trigger()]));
    assert.equal(clock.nextAtMs(), undefined);
  });
});

describe('a question shared', () => {
  it('is asked once for all that ask the same, while under way and after (pitfall 26)', async () => {
    const { clock, triggers, asked } = setup();
    const all = Array.from({ length: 50 }, (_, i) => service([trigger({ threshold: i })], { namespace: `n-${i}` }));
    const readings = await Promise.all(all.map((one) => triggers.read(one, { maxAgeSeconds: 5, budgetMs: 200 })));
    assert.equal(asked.length, 1);
    assert.equal(readings.filter(([reading]) => reading?.state === 'active').length, 2);
    await clock.advance(5_000);
    for (const one of all) await triggers.read(one, { maxAgeSeconds: 5, budgetMs: 200 });
    assert.equal(asked.length, 1);
  });

  it('is another one with another query, server or header', async () => {
    const { triggers, asked } = setup();
    const all = [
      trigger(),
      trigger({ query: 'other' }),
      trigger({ serverAddress: 'http://other' }),
      trigger({ headers: { a: '1' } }),
      trigger({ headers: { a: '2' } }),
      trigger({ headers: { A: '2' } }),
    ];
    await triggers.read(service(all), { maxAgeSeconds: 5, budgetMs: 200 });
    assert.equal(asked.length, 5);
  });
});

it('reads the same in the same order each time, down to the requests', async () => {
  const play = async () => {
    const { clock, triggers, asked, reports } = setup({
      reply: ({ query, atMs }) => (query === 'b' && atMs > 0 ? new Error('no') : vector('1')),
    });
    const readings = [];
    for (let i = 0; i < 20; i++) {
      const one = service([trigger({ query: 'a' }), trigger({ query: 'b' })]);
      readings.push(await clock.run(triggers.read(one, { maxAgeSeconds: i % 4, budgetMs: 200 })));
      readings.push(await clock.run(triggers.prove(one, { windowSeconds: 60, budgetMs: 200 })));
      await clock.advance(1_300);
    }
    return { readings, asked, reports };
  };
  assert.deepEqual(await play(), await play());
});
