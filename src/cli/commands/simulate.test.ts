import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { stringify } from 'yaml';
import { run } from '../testing/fake-cluster.ts';
import { startFakePrometheus, type ValueAt } from '../testing/fake-prometheus.ts';

const HOUR_MS = 3_600_000;
const hourOf = (atMs: number) => (atMs / HOUR_MS) % 24;
const between = (atMs: number, from: number, to: number) => hourOf(atMs) >= from && hourOf(atMs) < to;

/** Busy from eight to nine, and a single call at three in the night. */
const traffic: ValueAt = (atMs) => (between(atMs, 8, 9) ? 5 : between(atMs, 3, 3.01) ? 0.2 : 0);

async function setup(
  t: TestContext,
  queries: Readonly<Record<string, ValueAt>> = { requests: traffic },
  spec: object = {},
) {
  const prometheus = await startFakePrometheus(t, queries);
  const directory = mkdtempSync(join(tmpdir(), 'elasti-simulate-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'elastiservice.yaml');
  const manifest = {
    apiVersion: 'elasti.truefoundry.com/v1alpha1',
    kind: 'ElastiService',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      service: 'web',
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      cooldownPeriod: 900,
      triggers: [{ type: 'prometheus', metadata: { query: 'requests', threshold: 0.5 } }],
      ...spec,
    },
  };
  writeFileSync(file, `# one of several\n---\nkind: Service\n---\n${stringify(manifest)}`);
  const args = ['simulate', '-f', file, '--prometheus', prometheus.url];
  const json = async (...more: string[]) => {
    const { code, out, err } = await run([...args, ...more, '-o', 'json'], {});
    assert.deepEqual({ code, err }, { code: 0, err: '' });
    return JSON.parse(out);
  };
  return { ...prometheus, directory, file, args, json };
}

test('a day as it would have been, other cooldowns, and what they cost', async (t) => {
  const { args } = await setup(t);
  const { code, out, err } = await run([...args, '--days', '1', '--poll', '1m'], {});
  // Up until 12:15, for a quarter of an hour from three on, and from eight to a quarter past nine.
  assert.equal(
    out,
    `shop/web from 2026-02-28 12:00Z to 2026-03-01 12:00Z, a step every 1m

COOLDOWN  THRESHOLD  ASLEEP       SLEEPS  COLD HITS  A DAY
15m       0.5        22.2h (93%)  3       2          2.0          as it is
1m        0.1        22.9h (95%)  3       2          2.0    best
5m        0.1        22.7h (95%)  3       2          2.0
10m       0.1        22.5h (94%)  3       2          2.0
15m       0.1        22.2h (93%)  3       2          2.0
30m       0.1        21.5h (89%)  3       2          2.0
1h        0.1        20.0h (83%)  3       2          2.0
2h        0.1        17.0h (71%)  3       2          2.0
4h        0.1        12.0h (50%)  2       2          2.0

As it is, awake for: TriggerActive 1.0h, InCooldown 0.8h.
Suggested: cooldownPeriod 60, threshold 0.1.
A cold hit is a request that waits 10s for a pod; it counts as much as 10m of sleep.
Trigger 1: 0.1% of its values are above 0 and below its threshold: requests that are slept over, unless --requests-above says that they are none.
`,
  );
  assert.deepEqual({ code, err }, { code: 0, err: '' });
});

test('where short breaks cost more than they save, a longer cooldown is suggested', async (t) => {
  // A call every eight minutes in office hours.
  const spec = { cooldownPeriod: 300 };
  const { json } = await setup(
    t,
    { requests: (atMs) => (between(atMs, 8, 18) && (atMs / 60_000) % 8 < 1 ? 1 : 0) },
    spec,
  );
  const { asIs, suggestion, trials } = await json('--days', '1', '--poll', '1m');
  assert.deepEqual([suggestion.cooldownSeconds, suggestion.coldHits], [600, 1]);
  assert.ok(asIs.coldHits > 50, `${asIs.coldHits} cold hits`);
  assert.deepEqual(
    trials.map(({ cooldownSeconds }: { cooldownSeconds: number }) => cooldownSeconds),
    [60, 300, 600, 900, 1800, 3600, 7200, 14_400],
  );
  const cheap = await json('--days', '1', '--poll', '1m', '--cold-hit', '1s');
  assert.equal(cheap.suggestion.cooldownSeconds, 60);
});

test('Prometheus gets the headers that were given', async (t) => {
  const { args, asked } = await setup(t);
  const more = ['--days', '0.01', '--header', 'X-Scope-OrgID: shop', '--header', 'Authorization: Bearer t'];
  assert.equal((await run([...args, ...more], {})).code, 0);
  assert.deepEqual(
    asked.map(({ query, headers }) => [query, headers['x-scope-orgid'], headers.authorization]),
    [
      ['requests', 'shop', 'Bearer t'],
      ['(max(up{container="prometheus"}) or vector(0))', 'shop', 'Bearer t'],
    ],
  );
});

test('what cannot be known neither sleeps nor wakes', async (t) => {
  const dead = await setup(t, { requests: () => undefined });
  const { asIs, suggestion } = await dead.json('--days', '0.5');
  assert.deepEqual(asIs.awakeHours, { TriggersUnknown: 12 });
  assert.equal(suggestion, null);

  // From six on Prometheus was down: what sleeps goes on sleeping, what is awake stays so.
  const down = await setup(t, { requests: () => 0, up: (atMs) => (hourOf(atMs) < 6 ? 1 : 0) });
  assert.equal((await down.json('--days', '0.5')).asIs.sleeps, 1);
  const late = await setup(t, { requests: () => 0, up: (atMs) => (hourOf(atMs) < 0.1 ? 0 : 1) });
  const { asIs: afterwards } = await late.json('--days', '0.5');
  assert.equal(afterwards.sleeps, 1);
  assert.ok(afterwards.asleepHours < 12 - 0.1 - 0.25);

  const several = await setup(t, { requests: () => [0, 0] });
  assert.equal((await several.json('--days', '0.1')).asIs.sleeps, 0);
  const nan = await setup(t, { requests: () => 'NaN' });
  assert.equal((await nan.json('--days', '0.1')).asIs.sleeps, 0);
});

test('the calendar counts: outside of the enabled period it is awake', async (t) => {
  const enabledPeriod = { schedule: '0 10 * * *', duration: '1h' };
  const { json } = await setup(t, { requests: () => 0 }, { enabledPeriod });
  const { asIs } = await json('--days', '0.125');
  assert.deepEqual([asIs.sleeps, asIs.otherWakes, asIs.coldHits], [1, 1, 0]);
  assert.deepEqual([asIs.asleepHours.toFixed(1), asIs.awakeHours.OutsideEnabledPeriod.toFixed(1)], ['0.7', '2.0']);
});

test('a value that means no request wakes nobody', async (t) => {
  const { json } = await setup(t, { requests: () => 0.1 });
  const noisy = await json('--days', '0.5');
  assert.ok(noisy.asIs.coldHits > 10);
  assert.equal(noisy.suggestion.thresholds[0], 0.5);
  const quiet = await json('--days', '0.5', '--requests-above', '0.2');
  assert.deepEqual([quiet.asIs.coldHits, quiet.asIs.sleeps, quiet.valuesSleptOver], [0, 1, [0]]);
});

test('the picture has a row for each day, what is asleep, and each cold hit', async (t) => {
  const { args, directory } = await setup(t);
  const svg = join(directory, 'out.svg');
  await run([...args, '--days', '2', '--poll', '2m', '--svg', svg], {});
  const picture = readFileSync(svg, 'utf8');
  assert.match(picture, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 \d+ \d+"/);
  assert.match(picture, /<text x="10" y="22" font-size="15">shop\/web<\/text>/);
  const panels = picture.split('font-weight="bold">').slice(1);
  const countOf = (part: RegExp) => panels.map((panel) => panel.match(part)?.length);
  assert.deepEqual(
    panels.map((panel) => panel.split('<')[0]),
    ['as it is: cooldown 15m', 'suggested: cooldown 1m'],
  );
  // Two days that touch three dates; four cold hits, and one more in the legend below the last.
  assert.deepEqual(countOf(/>2026-0[23]-\d\d</g), [3, 3]);
  assert.deepEqual(countOf(/<line class="cold"/g), [4, 5]);
  // Asleep from 12:15 on: a quarter of an hour is a hundredth of the width.
  const first = /<rect class="asleep" x="([\d.]+)" y="36" width="([\d.]+)"/.exec(panels[0] ?? '');
  assert.deepEqual(first?.slice(1), ['580.1', '469.9']);
});

test('what is wrong with the arguments, the file or the server is one line', async (t) => {
  const { args, file, directory } = await setup(t);
  const line = async (...given: string[]) => {
    const { code, out, err } = await run(given, {});
    return `${code}${out} ${err.replaceAll(directory, '')}`;
  };
  const at = (path: string) => ['simulate', '-f', path, '--prometheus', 'http://127.0.0.1:2'];
  assert.equal(await line(...at('/nowhere.yaml')), '2 elasti: /nowhere.yaml cannot be read\n');
  const bad = join(directory, 'bad.yaml');
  writeFileSync(bad, 'a: [');
  assert.match(await line(...at(bad)), /^2 elasti: \/bad\.yaml is no YAML: /);
  writeFileSync(bad, 'kind: Service');
  assert.equal(await line(...at(bad)), '2 elasti: /bad.yaml has no ElastiService\n');
  const one = 'kind: ElastiService\nmetadata: {name: a}\nspec: {}\n';
  writeFileSync(bad, `${one}---\n${one}`);
  assert.equal(await line(...at(bad)), '2 elasti: /bad.yaml has 2 ElastiServices, and one is needed\n');
  writeFileSync(bad, one);
  assert.match(await line(...at(bad)), /^2 elasti: \/bad\.yaml: spec\.service: /);
  assert.equal(
    await line(...at(file)),
    '3 elasti: Prometheus at http://127.0.0.1:2: no answer (connect ECONNREFUSED 127.0.0.1:2)\n',
  );
  writeFileSync(file, readFileSync(file, 'utf8').replace('query: requests', 'query: nothing('));
  assert.match(
    await line(...args),
    /^3 elasti: Prometheus at http:\/\/127\.0\.0\.1:\d+: bad query in query nothing\(\n$/,
  );
  assert.match(await line(...at(file), '--days', '0'), /^2 error: .* It is a number from 0\.01 to 366\.\n$/);
  assert.match(
    await line('simulate', '-f', file, '--prometheus', 'prometheus'),
    /^2 error: .* It is an address such as/,
  );
  assert.match(await line(...at(file), '--header', 'nothing'), /^2 error: .* It is written 'Name: value'\.\n$/);
});
