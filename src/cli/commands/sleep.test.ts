import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startFakeCluster } from '../testing/fake-cluster.ts';
import { ASLEEP, CONDITIONS, elastiService, elastiServices, type Overrides, pathOf } from '../testing/objects.ts';

const WEB = pathOf({ namespace: 'shop', name: 'web' });
const KEEP_AWAKE = 'elasti.truefoundry.com/keep-awake-until';
const SLEEP = 'elasti.truefoundry.com/sleep';

async function setup(t: Parameters<typeof startFakeCluster>[0], overrides: Overrides = {}) {
  const cluster = await startFakeCluster(t, elastiServices(elastiService(overrides)));
  const web = () => cluster.objects[WEB] as ReturnType<typeof elastiService>;
  return {
    ...cluster,
    annotations: () => web().metadata.annotations ?? {},
    /** The hook service gives it this status at the next poll. */
    becomes: (status: object) => () => {
      cluster.objects[WEB] = { ...elastiService({ status }), metadata: web().metadata };
    },
  };
}

test('sleep asks for it and waits until it sleeps', async (t) => {
  const { run, annotations, becomes } = await setup(t, { annotations: { [KEEP_AWAKE]: '2026-03-01T14:00:00Z' } });
  assert.deepEqual(await run(['sleep', 'web'], { onSleep: becomes(ASLEEP) }), {
    code: 0,
    out: 'shop/web sleeps\n',
    err: 'Serving: idle, and kept up until 2026-03-01T12:10:00.000Z\n',
  });
  assert.deepEqual(annotations(), { [SLEEP]: '2026-03-01T12:00:00.000Z' });
});

test('what is in use does not sleep for being asked, and says so', async (t) => {
  const { run, becomes } = await setup(t);
  const active = becomes({ conditions: CONDITIONS.serving('TriggerActive', 'the value is at or above the threshold') });
  const { code, out } = await run(['sleep', 'web', '--timeout', '2m', '-o', 'json'], { onSleep: active });
  assert.deepEqual(JSON.parse(out), {
    namespace: 'shop',
    name: 'web',
    askedAt: '2026-03-01T12:00:00.000Z',
    isAsleep: false,
    why: 'Serving: the value is at or above the threshold; the wish holds for ten minutes',
  });
  assert.equal(code, 6);
});

test('what can never sleep is not waited for', async (t) => {
  const message = 'no resolver is ready to hold requests';
  const { run } = await setup(t, { status: { conditions: CONDITIONS.prevented('ResolverNotReady', message) } });
  let seconds = 0;
  const onSleep = () => {
    seconds += 1;
  };
  const { code, out } = await run(['sleep', 'web'], { onSleep });
  assert.equal(out, `shop/web does not sleep: ${message}. To do: look why no pod of the resolver is ready\n`);
  assert.deepEqual({ code, seconds }, { code: 6, seconds: 3 });
});

test('sleep that is switched off stays off until somebody switches it on', async (t) => {
  const { run, annotations } = await setup(t, { annotations: { [SLEEP]: 'off' } });
  const { code, err } = await run(['sleep', 'web']);
  assert.equal(
    err,
    'elasti: sleep is switched off for shop/web; to switch it on again: kubectl annotate elastiservice -n shop web elasti.truefoundry.com/sleep-\n',
  );
  assert.equal(code, 2);
  assert.deepEqual(annotations(), { [SLEEP]: 'off' });
});

const WAKE = 'elasti.truefoundry.com/wake';
const TOKEN = '2026-03-01T12:00:00.000Z/uuid-1';
const UP = { servedWake: TOKEN };

test('keep-awake --for keeps it awake from now on, and wakes it', async (t) => {
  const { run, annotations, becomes, received } = await setup(t, {
    status: ASLEEP,
    annotations: { [SLEEP]: '2026-03-01T11:59:00Z', [WAKE]: 'old' },
  });
  assert.deepEqual(await run(['keep-awake', 'web', '--for', '2h'], { onSleep: becomes(UP) }), {
    code: 0,
    out: 'shop/web is kept awake until 2026-03-01 14:00:00Z (in 2h); shop/web is up\n',
    err: 'Asleep: replicas are 0; a request or an active trigger wakes it\n',
  });
  assert.deepEqual(annotations(), { [KEEP_AWAKE]: '2026-03-01T14:00:00.000Z', [WAKE]: TOKEN });
  // In one write, so that no zero step falls between the two.
  assert.equal(received.filter(({ method }) => method === 'PATCH').length, 1);
});

test('keep-awake --until, --always and --end', async (t) => {
  const { run, annotations } = await setup(t, { status: UP });
  const until = await run(['keep-awake', 'web', '--until', '2026-03-01T18:00:00+02:00', '-o', 'json']);
  assert.deepEqual(JSON.parse(until.out), {
    namespace: 'shop',
    name: 'web',
    token: TOKEN,
    isUp: true,
    keepAwakeUntil: '2026-03-01T16:00:00.000Z',
    isAlways: false,
  });
  assert.deepEqual(annotations(), { [KEEP_AWAKE]: '2026-03-01T16:00:00.000Z', [WAKE]: TOKEN });

  const always = await run(['keep-awake', 'web', '--always']);
  assert.equal(always.out, 'shop/web is kept awake for good; shop/web is up\n');
  assert.equal(annotations()[SLEEP], 'off');
  await run(['keep-awake', 'web', '--for', '1h']);
  assert.equal(annotations()[SLEEP], 'off', 'an hour does not end what was meant for good');

  const { code, out } = await run(['keep-awake', 'web', '--end']);
  assert.deepEqual({ code, out }, { code: 0, out: 'shop/web may sleep again\n' });
  assert.deepEqual(annotations(), { [WAKE]: TOKEN });
});

test('keep-awake wants to know for how long, once', async (t) => {
  const { run } = await setup(t);
  const none = await run(['keep-awake', 'web']);
  assert.deepEqual(none, { code: 2, out: '', err: 'error: say for how long: --for, --until, --always, or --end\n' });
  const two = await run(['keep-awake', 'web', '--for', '2h', '--always']);
  assert.deepEqual(two, {
    code: 2,
    out: '',
    err: "error: option '--always' cannot be used with option '--for <duration>'\n",
  });
  const { err } = await run(['keep-awake', 'web', '--until', 'tomorrow']);
  assert.match(err, /It is a time with its zone, such as 2026-03-01T18:00:00Z\.$/m);
});
