import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { until } from '../e2e/cluster/wait.ts';
import type { RequestEvent, ServiceDetail } from './api.ts';
import { type Demo, startDemo } from './start-demo.ts';
import { createDemoClient, type DemoClient } from './testing/demo-client.ts';

describe('the demo', () => {
  let demo: Demo;
  let client: DemoClient;
  const said: string[] = [];
  const events: RequestEvent[] = [];

  before(async () => {
    demo = await startDemo({ port: 0, say: (who, what) => said.push(`${who}: ${what}`) });
    client = createDemoClient(demo);
    demo.cluster.exchanges.subscribe((event) => events.push(event));
  });
  after(() => demo.stop());

  const assertNothingLost = async () => {
    const { totals } = await client.state();
    assert.equal(totals.lost, 0, said.filter((line) => line.includes('LOST')).join('\n'));
  };
  const untilAllAreReady = () =>
    until('all replicas to be ready', async () => {
      const { resolvers, hooks } = await client.state();
      return [...resolvers, ...hooks].every(({ isReady }) => isReady);
    });

  it('lets a service fall asleep, holds the next request, wakes the service and answers', async () => {
    const asleep = await client.untilPhase('web', 'Asleep');
    assert.equal(asleep.mode, 'proxy');
    assert.equal(asleep.replicas, 0);
    await until('its pods to be gone', async () => (await client.service('web')).pods.length === 0);
    assert.deepEqual((await client.service('web')).routesTo, ['resolver']);

    const response = await fetch(asleep.url);
    assert.match(await response.text(), /^hello from web, answer 1 of pod web-\d+, process \d+\n$/);

    const ofWeb = events.filter(({ service }) => service === 'web');
    assert.deepEqual(
      ofWeb.map(({ state, via }) => `${state} ${via}`),
      ['sent resolver', 'held resolver', 'answered resolver'],
    );
    const serving = await client.untilPhase('web', 'Serving');
    const wake = serving.timeline.findLast(({ coldStart }) => coldStart !== undefined)?.coldStart;
    assert.ok(wake && wake.scaleMs <= wake.readyMs && wake.readyMs <= wake.answerMs, JSON.stringify(serving.timeline));
    await until(
      'traffic to go straight to the pod',
      async () => (await client.service('web')).routesTo.join() === 'pod',
    );
    await assertNothingLost();
  });

  it('holds and wakes for any protocol over TCP', async () => {
    const { url } = await client.untilPhase('echo', 'Asleep');
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port) });
    socket.end('is anybody there?\n');
    assert.equal(await text(socket), 'is anybody there?\n');
    await assertNothingLost();
  });

  it('loses nothing when a resolver and a hook replica are killed under load', async () => {
    await untilAllAreReady();
    await client.act('load', { service: 'web', isOn: true });
    const sentMore = async (count: number) => {
      const { totals } = await client.state();
      await until('more to be answered', async () => (await client.state()).totals.answered >= totals.answered + count);
    };
    await sentMore(5);
    for (const action of ['kill-resolver', 'kill-hook']) {
      const names = async () => {
        const { resolvers, hooks } = await client.state();
        return [...resolvers, ...hooks].map(({ name }) => name).sort();
      };
      const namesBefore = await names();
      assert.equal((await client.act(action)).status, 204);
      assert.notDeepEqual(await names(), namesBefore);
      assert.match((await client.act(action)).text, /only one is ready/);
      await sentMore(10);
      await untilAllAreReady();
      await sentMore(5);
    }
    await client.act('load', { service: 'web', isOn: false });
    await assertNothingLost();
  });

  it('has what a killed resolver held asked again, and answered', async () => {
    await untilAllAreReady();
    await client.untilPhase('reports', 'Asleep');
    const { sent, answered } = demo.cluster.exchanges.countsOf('reports');
    await client.act('send-hundred', { service: 'reports' });
    await until('the resolvers to hold some', async () => (await client.service('reports')).held > 0);
    assert.equal((await client.act('kill-resolver')).status, 204);
    await until('all to be answered', () => demo.cluster.exchanges.countsOf('reports').answered === answered + 100);
    assert.equal(demo.cluster.exchanges.countsOf('reports').sent, sent + 100);
    assert.ok(
      said.some((line) => /^reports: \d+ requests were cut off unanswered/.test(line)),
      said.join('\n'),
    );
    await assertNothingLost();
  });

  it('says why nothing sleeps while Prometheus is broken, and goes by it again once that is mended', async () => {
    await client.act('break-prometheus');
    await client.act('scale', { service: 'api', replicas: 2 });
    await client.untilPhase('api', 'Serving');
    await until('it to be said', async () => /server/i.test((await client.service('api')).why));
    assert.equal((await client.state()).isPrometheusUp, false);
    assert.equal((await client.service('api')).pods.filter(({ state }) => state === 'ready').length, 2);
    await client.act('mend-prometheus');
    await client.act('idle', { service: 'api' });
    await until('it to be known as idle', async () => /^idle/.test((await client.service('api')).why));
  });

  it('shows the live ElastiService and the last hook of a service', async () => {
    const response = await fetch(`${demo.url}api/services/web`);
    const { elastiServiceYaml, lastHook } = (await response.json()) as ServiceDetail;
    assert.match(elastiServiceYaml, /^apiVersion: elasti\.truefoundry\.com\/v1alpha1\nkind: ElastiService\n/);
    assert.match(elastiServiceYaml, /phase: /);
    assert.deepEqual(Object.keys(lastHook ?? {}).sort(), ['at', 'request', 'response']);
    assert.equal((await fetch(`${demo.url}api/services/nobody`)).status, 404);
  });
});
