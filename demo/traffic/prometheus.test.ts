import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { HOST } from '../network/ports.ts';
import { startPrometheus } from './prometheus.ts';

async function setup(t: TestContext) {
  let nowMs = 1_000_000;
  const prometheus = await startPrometheus({ nowMs: () => nowMs });
  t.after(() => prometheus.close());
  const ask = async (query: string) => {
    const response = await fetch(`http://${HOST}:${prometheus.port}/api/v1/query?query=${encodeURIComponent(query)}`);
    if (response.status !== 200) return response.status;
    const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
    return data.result[0]?.value[1];
  };
  const rate = 'sum(rate(requests_total{service="web"}[2s]))';
  return {
    prometheus,
    pass: (ms: number) => {
      nowMs += ms;
    },
    now: () => ask(rate),
    over: (seconds: number) => ask(`max_over_time((\n${rate}\n)[${seconds}s:1s])`),
    up: (seconds: number) => ask(`min_over_time((max(up{container="prometheus"}) or vector(0))[${seconds}s:1s])`),
  };
}

it('gives the rate of the last two seconds, and the highest of a window', async (t) => {
  const { prometheus, pass, now, over } = await setup(t);
  assert.equal(await now(), '0');
  for (let i = 0; i < 4; i++) prometheus.requestSeen('web');
  prometheus.requestSeen('api');
  assert.equal(await now(), '2');
  pass(1999);
  assert.equal(await now(), '2');
  pass(1);
  assert.equal(await now(), '0');
  pass(6000);
  assert.equal(await over(5), '0');
  assert.equal(await over(7), '2');
  prometheus.forget('web');
  assert.equal(await over(7), '0');
});

it('answers nothing while it is broken, and remembers that it was', async (t) => {
  const { prometheus, pass, now, up } = await setup(t);
  assert.equal(await up(8), '1');
  prometheus.setUp(false);
  assert.equal(await now(), 503);
  pass(5000);
  prometheus.setUp(true);
  pass(7999);
  assert.equal(await up(8), '0');
  pass(1);
  assert.equal(await up(8), '1');
});

it('keeps a bounded number of requests', async (t) => {
  const { prometheus, now } = await setup(t);
  for (let i = 0; i < 5000; i++) prometheus.requestSeen('web');
  assert.equal(await now(), '250');
});
