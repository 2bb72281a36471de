import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SendResponse } from './send.ts';
import { type Asked, held, PROMETHEUS, scalar, service, setup, trigger, vector } from './testing/setup.ts';

const isUptime = ({ query }: Asked) => query.startsWith('min_over_time(') || query.startsWith('(max(up{');
const isWindow = ({ query }: Asked) => query.startsWith('max_over_time(');

/** Prometheus was up, and the values now and within the window are these. */
const replies =
  (answers: { now?: SendResponse | Error; past?: SendResponse | Error; up?: SendResponse | Error }) =>
  (asked: Asked) => {
    if (isUptime(asked)) return answers.up ?? vector('1');
    return (isWindow(asked) ? answers.past : answers.now) ?? vector('0');
  };
const proof = async (answers: Parameters<typeof replies>[0], windowSeconds = 900) => {
  const { prove, asked } = setup({ reply: replies(answers) });
  const [reading] = await prove(service([trigger()]), windowSeconds);
  return { verdict: `${reading?.state} ${reading?.reason}`, queries: asked.map(({ query }) => query) };
};

describe('proof', () => {
  it('is idle where now, the whole window and the uptime say so', async () => {
    const { verdict, queries } = await proof({});
    assert.equal(verdict, 'idle BelowThreshold');
    assert.deepEqual(queries, [
      'requests',
      'max_over_time((\nrequests\n)[900s:30s])',
      'min_over_time((max(up{container="prometheus"}) or vector(0))[900s:60s])',
    ]);
  });

  it('is active where the window was, at the threshold and not just below', async () => {
    assert.equal((await proof({ past: vector('5') })).verdict, 'active ActiveWithinCooldown');
    assert.equal((await proof({ past: vector('4.999') })).verdict, 'idle BelowThreshold');
  });

  it('is active where now is, which is younger than the last step of the window', async () => {
    const { verdict, queries } = await proof({ now: vector('5') });
    assert.equal(verdict, 'active AtOrAboveThreshold');
    assert.deepEqual(queries, ['requests']);
  });

  it('takes the highest of the series that followed one another within the window', async () => {
    assert.equal((await proof({ past: vector('0', '7', '0') })).verdict, 'active ActiveWithinCooldown');
    assert.equal((await proof({ past: vector('0', '1') })).verdict, 'idle BelowThreshold');
  });

  it('is failed where any of the three is not known', async () => {
    const bad = { NotANumber: vector('NaN'), EmptyResult: vector(), ConnectionFailed: new Error('no') };
    for (const [reason, answer] of Object.entries(bad)) {
      for (const which of ['now', 'past', 'up']) {
        assert.equal((await proof({ [which]: answer })).verdict, `failed ${reason}`, which);
      }
    }
    assert.equal((await proof({ now: vector('0', '0') })).verdict, 'failed SeveralSeries');
  });

  it('is active rather than failed where only the uptime is not known', async () => {
    assert.equal((await proof({ past: vector('9'), up: new Error('no') })).verdict, 'active ActiveWithinCooldown');
  });

  it('is failed where Prometheus was not up throughout', async () => {
    for (const up of ['0', '0.5', '2'])
      assert.equal((await proof({ up: vector(up) })).verdict, 'failed PrometheusWasDown');
  });

  it('needs only now where there is no cooldown (pitfall 34)', async () => {
    const { verdict, queries } = await proof({}, 0);
    assert.equal(verdict, 'idle BelowThreshold');
    assert.deepEqual(queries, ['requests', '(max(up{container="prometheus"}) or vector(0))']);
    assert.equal((await proof({ up: vector('0') }, 0)).verdict, 'failed PrometheusWasDown');
  });

  it('looks back at a scalar as a vector (pitfall 30)', async () => {
    const { verdict, queries } = await proof({ now: scalar('0') });
    assert.equal(verdict, 'idle BelowThreshold');
    assert.equal(queries[1], 'max_over_time((vector(\nrequests\n))[900s:30s])');
  });

  it('asks the uptime with the filter of the trigger', async () => {
    const { prove, asked } = setup();
    await prove(service([trigger({ uptimeFilter: 'job="prom"' })]));
    assert.ok(asked.some(({ query }) => query.includes('up{job="prom"}')));
  });
});

describe('proof, always fresh', () => {
  it('is asked for although a reading is remembered', async () => {
    const { read, prove, asked, clock } = setup({ reply: replies({}) });
    await read(service([trigger()]));
    await clock.advance(1);
    await prove(service([trigger()]));
    await clock.advance(1);
    await prove(service([trigger()]));
    assert.deepEqual(
      asked.filter((one) => isWindow(one) || isUptime(one)).map(({ atMs }) => atMs),
      [1, 1, 2, 2],
    );
    assert.deepEqual(
      asked.filter(({ query }) => query === 'requests').map(({ atMs }) => atMs),
      [0, 1, 2],
    );
  });

  it('is asked for although a failure is remembered', async () => {
    const { read, prove, world, clock } = setup({ reply: () => vector() });
    await read(service([trigger()]));
    world.reply = replies({});
    await clock.advance(1);
    assert.equal((await prove(service([trigger()])))[0]?.state, 'idle');
  });

  it('does not join a question that was sent before', async () => {
    const { triggers, prove, world, clock } = setup();
    const early = held<SendResponse>();
    world.reply = () => early.promise;
    const reading = triggers.read(service([trigger()]), { maxAgeSeconds: 0, budgetMs: 4_000 });
    await clock.advance(1);
    world.reply = replies({ now: vector('9') });
    assert.equal((await prove(service([trigger()])))[0]?.state, 'active');
    early.resolve(vector('0'));
    await reading;
    // The older answer came last and must not undo the younger one.
    assert.equal((await triggers.read(service([trigger()]), { maxAgeSeconds: 60, budgetMs: 0 }))[0]?.state, 'active');
  });

  it('is as old as the first of its questions', async () => {
    const { triggers, world, clock } = setup();
    const past = held<SendResponse>();
    world.reply = (asked) => (isWindow(asked) ? past.promise : replies({})(asked));
    const proved = triggers.prove(service([trigger()]), { windowSeconds: 900, budgetMs: 4_000 });
    await clock.advance(2_500);
    past.resolve(vector('0'));
    assert.equal((await proved)[0]?.ageSeconds, 2.5);
  });

  it('is pending when its budget is used up', async () => {
    const { clock, triggers } = setup({ reply: () => held<SendResponse>().promise });
    const proved = await clock.run(triggers.prove(service([trigger()]), { windowSeconds: 900, budgetMs: 200 }));
    assert.equal(proved[0]?.state, 'pending');
  });
});

describe('servers', () => {
  it('is the default one, or the one of the trigger with its path', async () => {
    const { read, asked } = setup();
    await read(service([trigger(), trigger({ serverAddress: 'https://mimir.example/prometheus/' })]));
    assert.deepEqual(
      asked.map(({ origin, path }) => origin + path),
      [`${PROMETHEUS}/api/v1/query`, 'https://mimir.example/prometheus/api/v1/query'],
    );
  });

  it('are not asked where they may not be', async () => {
    const { verdict, asked } = setup({ settings: { allowedServers: ['*.monitoring'] } });
    assert.equal(await verdict({ serverAddress: 'http://thanos.example' }), 'failed ServerNotAllowed');
    assert.equal(asked.length, 0);
  });

  it('need an address', async () => {
    const { verdict } = setup({ settings: { defaultServerAddress: undefined } });
    assert.equal(await verdict(), 'failed NoServer');
  });
});

describe('headers', () => {
  const settings = { defaultAuthorization: 'Bearer environment' };
  const sent = async (metadata: Parameters<typeof trigger>[0], secrets: Record<string, string | Error> = {}) => {
    const { verdict, asked } = setup({ settings, secrets });
    return { verdict: await verdict(metadata), headers: asked[0]?.headers };
  };

  it("carry the environment's credentials to the environment's server", async () => {
    assert.deepEqual((await sent({})).headers, { authorization: 'Bearer environment' });
    assert.deepEqual((await sent({ serverAddress: `${PROMETHEUS}/` })).headers, {
      authorization: 'Bearer environment',
    });
  });

  it("never carry the environment's credentials elsewhere", async () => {
    for (const serverAddress of [
      'http://evil.example',
      'http://prometheus.monitoring:9091',
      'https://prometheus.monitoring:9090',
    ]) {
      assert.deepEqual((await sent({ serverAddress })).headers, {}, serverAddress);
    }
  });

  it('of the trigger come before those of the environment', async () => {
    assert.deepEqual((await sent({ headers: { Authorization: 'mine', 'X-Scope-OrgID': 'shop' } })).headers, {
      authorization: 'mine',
      'x-scope-orgid': 'shop',
    });
  });

  it('that cannot be sent fail the reading (pitfall 25)', async () => {
    const { verdict, headers } = await sent({ headers: { a: 'b\r\nc: d' } });
    assert.equal(verdict, 'failed BadHeader');
    assert.equal(headers, undefined);
  });

  it('take secret values from the own namespace, without line breaks at the end', async () => {
    const secretHeaders = { Authorization: { name: 'login', key: 'token' } };
    const { headers } = await sent(
      { secretHeaders },
      { 'shop/login/token': 'Bearer mine\n', 'other/login/token': 'x' },
    );
    assert.deepEqual(headers, { authorization: 'Bearer mine' });
  });

  it('fail the reading where the Secret is missing, unreadable or unfit', async () => {
    const secretHeaders = { Authorization: { name: 'login', key: 'token' } };
    const reasonFor = async (value?: string | Error) =>
      (await sent({ secretHeaders }, value === undefined ? {} : { 'shop/login/token': value })).verdict;
    assert.equal(await reasonFor(), 'failed SecretMissing');
    assert.equal(await reasonFor(new Error('forbidden')), 'failed SecretUnreadable');
    assert.equal(await reasonFor('a\nb'), 'failed BadHeader');
  });

  it('never share an answer with another namespace whose Secret has the same name', async () => {
    const secretHeaders = { Authorization: { name: 'login', key: 'token' } };
    const { triggers, asked } = setup({ secrets: { 'a/login/token': '1', 'b/login/token': '2' } });
    for (const namespace of ['a', 'b']) {
      await triggers.read(service([trigger({ secretHeaders })], { namespace }), {
        maxAgeSeconds: 60,
        budgetMs: 200,
      });
    }
    assert.deepEqual(
      asked.map(({ headers }) => headers.authorization),
      ['1', '2'],
    );
  });

  it('read a Secret once a minute, and once for all who ask at the same time', async () => {
    const secretHeaders = { Authorization: { name: 'login', key: 'token' } };
    const { clock, read, secretReads, asked, world } = setup({ secrets: { 'shop/login/token': 'old' } });
    const both = service([trigger({ secretHeaders }), trigger({ secretHeaders, query: 'other' })]);
    await read(both);
    world.secrets['shop/login/token'] = 'new';
    await clock.advance(60_000);
    await read(both);
    assert.equal(secretReads.length, 1);
    await clock.advance(1);
    await read(both);
    assert.equal(secretReads.length, 2);
    assert.equal(asked.at(-1)?.headers.authorization, 'new');
  });
});
