import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Trigger } from '../api/elastiservice.ts';
import { systemClock } from '../system.ts';
import { createSend } from './send.ts';
import { service, trigger } from './testing/setup.ts';
import { type RunningPrometheus, startPrometheus } from './testing/start-prometheus.ts';
import { createTriggers } from './triggers.ts';

const BINARY = '/usr/bin/prometheus';
const skip = existsSync(BINARY) ? false : `there is no Prometheus at ${BINARY}`;

describe('against a real Prometheus', { skip, timeout: 60_000 }, () => {
  let prometheus: RunningPrometheus;
  before(async () => {
    prometheus = await startPrometheus(BINARY);
    prometheus.setRequests(1);
    await until(() => read({ query: 'requests' }), 'idle BelowThreshold');
  });
  after(() => prometheus?.stop());

  const budgetMs = 5_000;
  function evaluate(metadata: Partial<Trigger['metadata']>) {
    const triggers = createTriggers({
      clock: systemClock,
      send: createSend(),
      readSecretKey: async () => undefined,
      settings: {
        defaultServerAddress: prometheus.url,
        defaultAuthorization: undefined,
        allowedServers: ['*'],
        allowLoopback: false,
        pollSeconds: 1,
      },
    });
    return { triggers, one: service([trigger({ uptimeFilter: 'job="app"', ...metadata })]) };
  }
  async function read(metadata: Partial<Trigger['metadata']>) {
    const { triggers, one } = evaluate(metadata);
    const [reading] = await triggers.read(one, { maxAgeSeconds: 0, budgetMs });
    return `${reading?.state} ${reading?.reason}`;
  }
  async function prove(metadata: Partial<Trigger['metadata']>, windowSeconds: number) {
    const { triggers, one } = evaluate(metadata);
    const [reading] = await triggers.prove(one, { windowSeconds, budgetMs });
    return `${reading?.state} ${reading?.reason}`;
  }

  it('reads a vector and a scalar, idle and active', async () => {
    for (const query of ['requests', 'sum(requests) # in all', 'scalar(requests)', '1 + 0', 'vector(1)\n']) {
      assert.equal(await read({ query, threshold: 2 }), 'idle BelowThreshold', query);
      assert.equal(await read({ query, threshold: 1 }), 'active AtOrAboveThreshold', query);
    }
  });

  it('does not know what a query without one value means', async () => {
    assert.equal(await read({ query: 'nothing' }), 'failed EmptyResult');
    assert.equal(await read({ query: '{__name__=~"requests|up"}' }), 'failed SeveralSeries');
    assert.equal(await read({ query: 'vector(0) / 0' }), 'failed NotANumber');
    assert.equal(await read({ query: '1 / 0' }), 'failed NotFinite');
    assert.equal(await read({ query: 'requests[5m]' }), 'failed WrongResultType');
    assert.equal(await read({ query: '"text"' }), 'failed WrongResultType');
    assert.equal(await read({ query: 'sum(' }), 'failed QueryRejected');
    assert.equal(await read({ query: 'requests', serverAddress: `${prometheus.url}/nowhere` }), 'failed HttpStatus');
  });

  it('proves a window idle that was, once Prometheus has been up for as long', async () => {
    for (const query of ['requests', 'sum(requests) # in all', 'vector(1)  \n', '1 + 0', 'time() * 0 # now']) {
      await until(() => prove({ query }, 2), 'idle BelowThreshold');
    }
  });

  it('does not prove a window of which Prometheus has seen only a part', async () => {
    assert.equal(await prove({ query: 'vector(1)' }, 3600), 'failed PrometheusWasDown');
  });

  it('does not prove anything where the uptime filter matches no series', async () => {
    const uptimeFilter = 'job="nobody"';
    assert.equal(await prove({ query: 'requests', uptimeFilter }, 2), 'failed PrometheusWasDown');
    assert.equal(await prove({ query: 'requests', uptimeFilter }, 0), 'failed PrometheusWasDown');
    assert.equal(await prove({ query: 'requests', uptimeFilter: '=' }, 2), 'failed QueryRejected');
  });

  it('proves the present alone where there is no cooldown', async () => {
    assert.equal(await prove({ query: 'requests' }, 0), 'idle BelowThreshold');
  });

  it('sees a burst that is over now, in vectors and in scalars', async () => {
    prometheus.setRequests(9);
    // More than one step long, so that a step falls into it.
    await until(() => read({ query: 'min_over_time(requests[2s])' }), 'active AtOrAboveThreshold');
    prometheus.setRequests(1);
    await until(() => read({ query: 'requests' }), 'idle BelowThreshold');
    for (const query of ['requests', 'scalar(requests)']) {
      assert.equal(await read({ query }), 'idle BelowThreshold');
      assert.equal(await prove({ query }, 30), 'active ActiveWithinCooldown', query);
    }
  });
});

/** Asks again until the answer is the expected one; the test's time-out ends it otherwise. */
async function until(ask: () => Promise<string>, expected: string): Promise<void> {
  while ((await ask()) !== expected) await sleep(50);
}
