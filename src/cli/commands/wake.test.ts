import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, startFakeCluster } from '../testing/fake-cluster.ts';
import { ASLEEP, CONDITIONS, elastiService, elastiServices, pathOf } from '../testing/objects.ts';

const WEB = pathOf({ namespace: 'shop', name: 'web' });
const TOKEN = '2026-03-01T12:00:00.000Z/uuid-1';

test('wake writes a token and waits until it is served and the service is up', async (t) => {
  const { run, objects, received } = await startFakeCluster(t, elastiServices(elastiService({ status: ASLEEP })));
  const steps = [
    { ...ASLEEP, phase: 'Waking', conditions: CONDITIONS.serving('Starting', 'pods are starting') },
    { phase: 'Serving', servedWake: 'of somebody else' },
    { phase: 'Serving', servedWake: TOKEN },
  ];
  const onSleep = () => {
    const { metadata } = objects[WEB] as ReturnType<typeof elastiService>;
    objects[WEB] = { ...elastiService({ status: steps.shift() ?? {} }), metadata };
  };
  assert.deepEqual(await run(['wake', 'web'], { onSleep }), {
    code: 0,
    out: 'shop/web is up\n',
    err: 'Asleep: replicas are 0; a request or an active trigger wakes it\nWaking: pods are starting\nServing: idle, and kept up until 2026-03-01T12:10:00.000Z\n',
  });
  const patches = received.filter(({ method }) => method === 'PATCH').map(({ url, body }) => [url, body]);
  assert.deepEqual(patches, [
    [
      `${WEB}?fieldManager=elasti`,
      { metadata: { uid: 'uid-web', annotations: { 'elasti.truefoundry.com/wake': TOKEN } } },
    ],
  ]);
  assert.deepEqual(steps, []);
});

test('wake --no-wait ends once the token is there', async (t) => {
  const { run } = await startFakeCluster(t, elastiServices(elastiService({ status: ASLEEP })));
  assert.deepEqual(await run(['wake', 'web', '--no-wait', '-o', 'json']), {
    code: 0,
    out: `${JSON.stringify({ namespace: 'shop', name: 'web', token: TOKEN, isUp: null }, null, 2)}\n`,
    err: '',
  });
});

test('a wake that nobody serves is given up after the time-out, and says so', async (t) => {
  const { run } = await startFakeCluster(t, elastiServices(elastiService({ status: ASLEEP })));
  let seconds = 0;
  const onSleep = () => {
    seconds += 1;
  };
  const { code, out } = await run(['wake', 'web', '--timeout', '3s'], { onSleep });
  assert.equal(
    out,
    'shop/web is not up: Asleep: replicas are 0; a request or an active trigger wakes it; nobody has served the wake, `elasti doctor` looks why\n',
  );
  assert.deepEqual({ code, seconds }, { code: 6, seconds: 3 });
});

test('where pods do not come, the condition says why', async (t) => {
  const failing = [
    {
      ...CONDITIONS.asleep()[0],
      status: 'False',
      reason: 'ScaleFailed',
      message: 'cannot patch scale of Deployment web',
    },
  ];
  const waking = { phase: 'Waking', phaseSince: ago(1), servedWake: TOKEN, conditions: failing };
  const { run } = await startFakeCluster(t, elastiServices(elastiService({ status: waking })));
  const { code, out } = await run(['wake', 'web', '--timeout', '1s']);
  assert.equal(
    out,
    'shop/web is not up: Waking: cannot patch scale of Deployment web. To do: let the hook service patch the scale of the target: look at its ClusterRole\n',
  );
  assert.equal(code, 6);
});

test('a target that is not there is waited for no longer than until a sync has looked', async (t) => {
  const conditions = CONDITIONS.blocked('TargetMissing', 'Deployment web does not exist');
  const { run } = await startFakeCluster(
    t,
    elastiServices(elastiService({ status: { phase: 'Blocked', conditions } })),
  );
  let seconds = 0;
  const onSleep = () => {
    seconds += 1;
  };
  const { code, out } = await run(['wake', 'web'], { onSleep });
  assert.equal(
    out,
    'shop/web is not up: Blocked: Deployment web does not exist. To do: create the target, or correct spec.scaleTargetRef\n',
  );
  assert.deepEqual({ code, seconds }, { code: 6, seconds: 3 });
});

test('arguments that are none end with 2 and say what is allowed', async (t) => {
  const { run } = await startFakeCluster(t, {});
  const { code, err } = await run(['wake', 'web', '--timeout', 'soon']);
  assert.deepEqual(
    { code, err },
    {
      code: 2,
      err: "error: option '--timeout <duration>' argument 'soon' is invalid. It is a duration such as 90s, 30m or 2h.\n",
    },
  );
  assert.equal((await run(['wake'])).code, 2);
});
