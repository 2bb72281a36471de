import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type TestContext, test } from 'node:test';
import { WAKE_ANNOTATION } from './api/elastiservice.ts';
import { createRegistry } from './effects/registry.ts';
import { makeParent, silentLog } from './effects/testing/shop.ts';
import { createWakes } from './effects/wake.ts';
import { createServerApp } from './http/app-server.ts';
import { createGate } from './http/gate.ts';
import { listen } from './http/listen.ts';
import { createCluster } from './kube/create-cluster.ts';
import type { OnCall } from './kube/request.ts';
import { type Answer, json, makeKubeConfig, startStub, status } from './kube/testing/api-server-stub.ts';
import { createPostWake } from './resolver/cluster/post-wake.ts';
import { createSendWake } from './resolver/cluster/send-wake.ts';
import { createTokenWriter } from './resolver/cluster/write-token.ts';
import { createColdStartTraces } from './resolver/cold-start-traces.ts';
import { connectTo, request } from './resolver/testing/client.ts';
import { makeRoute } from './resolver/testing/models.ts';
import { startPod, startWorld } from './resolver/testing/world.ts';
import { systemClock as clock, systemRandom as random } from './system.ts';
import { openTracer } from './telemetry/traces/open-tracer.ts';
import type { Tracer } from './telemetry/traces/span.ts';
import { type ReceivedSpan, startCollector } from './telemetry/traces/testing/collector.ts';
import { createTraceCalls } from './telemetry/traces/trace-calls.ts';
import { createTraceWake } from './telemetry/traces/trace-wake.ts';
import { freePort } from './testing/free-port.ts';
import { until } from './testing/until.ts';

// One cold start through the real parts of both programs, over real HTTP: client, resolver, hook service, API server, pod,
// and a collector beside them.

const options = { timeout: 30_000 };

/** An API server with ElastiService shop/web, whose target has no replicas. */
const answerAsApi: Answer = (received, response) => {
  const { method, url = '', body } = received;
  if (url.includes('/scale'))
    return json(200, { metadata: { resourceVersion: '7' }, spec: { replicas: 0 } })(received, response);
  if (method !== 'PATCH') return json(200, { metadata: {}, items: [makeParent()] })(received, response);
  const token = (body as { metadata: { annotations: Record<string, string> } }).metadata.annotations[WAKE_ANNOTATION];
  json(200, makeParent({ token: token as string }))(received, response);
};

const clusterOf = (origin: string, tracer: Tracer | undefined, calls?: OnCall) => {
  const traceCall = tracer && createTraceCalls(tracer, clock);
  const onCall: OnCall = (call) => {
    calls?.(call);
    traceCall?.(call);
  };
  return createCluster({ kubeConfig: makeKubeConfig(origin), watchNamespaces: [], clock, onCall });
};

async function startHookService(t: TestContext, api: string, tracer: Tracer | undefined) {
  const cluster = clusterOf(api, tracer);
  const wakes = createWakes({ cluster, clock, random, log: silentLog, registry: createRegistry({ cluster, clock }) });
  const app = createServerApp({
    wake: ({ namespace, service }) => wakes.wake(namespace, service),
    traceWake: tracer && createTraceWake(tracer, clock),
    listElastiServices: async () => [],
    metricsText: async () => ({ contentType: 'text/plain', body: [] }),
    isReady: async () => ({ ready: true, reason: '' }),
    gate: createGate({ maxInFlight: 10, random: random.next }),
    monotonicMs: clock.monotonicMs,
    log: silentLog,
    report: () => {},
  });
  const server = await listen(app, { port: 0, host: '127.0.0.1' });
  t.after(() => server.close(0));
  return `http://127.0.0.1:${server.port}`;
}

interface Setup {
  readonly collector: string | undefined;
  readonly api?: Answer;
  /** Where it is said to be, and nobody is. */
  readonly isHookServiceDown?: boolean;
}

async function setup(t: TestContext, { collector, api = answerAsApi, isHookServiceDown = false }: Setup) {
  const open = (name: string) =>
    openTracer(
      collector === undefined ? undefined : { endpoint: collector, headers: {}, resource: { 'service.name': name } },
      { clock, random },
    );
  const [ofResolver, ofHooks] = [await open('resolver'), await open('hooks')];
  const kube = await startStub(t, api);
  const hooks = await startHookService(t, kube.origin, ofHooks);
  const writer = createTokenWriter({
    ...{ cluster: clusterOf(kube.origin, ofResolver), clock, random, log: silentLog, raisesScale: false },
  });
  t.after(writer.stop);
  const outcomes: string[] = [];
  const sendWake = createSendWake({
    postWake: createPostWake(isHookServiceDown ? `http://127.0.0.1:${await freePort()}` : hooks),
    writeToken: writer.write,
    ...{ clock, random, tracer: ofResolver },
    onWake: (_claim, outcome) => outcomes.push(outcome),
  });
  const route = { ...makeRoute('web', await freePort()) };
  const world = await startWorld(t, {
    routes: [route],
    sendWake,
    ...(ofResolver ? { traces: createColdStartTraces({ tracer: ofResolver, clock }) } : {}),
  });
  // After all that may still tell of a span.
  t.after(() => Promise.all([ofResolver?.close(0), ofHooks?.close(0)]));
  return {
    outcomes,
    kube,
    hooks,
    world,
    dial: () => connectTo(t, route.resolverPort),
    held: (count: number) =>
      until(`${count} to be held`, () => (world.resolver.connections()['uid-web']?.held ?? 0) === count),
    wakeUp: async () =>
      world.setPods(
        route,
        await startPod(
          t,
          createServer((_req, res) => res.end('hello')),
        ),
      ),
    endTracing: async () => {
      await Promise.all([ofResolver?.close(5000), ofHooks?.close(5000)]);
    },
  };
}

/** Spans as `name < parent's name`, in the order of their beginnings. */
function tree(spans: readonly ReceivedSpan[]): readonly string[] {
  const names = new Map(spans.map(({ spanId, name }) => [spanId, name]));
  return [...spans]
    .sort((a, b) => Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano)))
    .map(
      ({ name, parentSpanId, service }) => `${service}: ${name} < ${parentSpanId && (names.get(parentSpanId) ?? '?')}`,
    );
}

const SECRETS = { authorization: 'Bearer client-secret', cookie: 'client-cookie' };

test(
  'a cold start is one trace, from the held connection to the first byte, through both programs',
  options,
  async (t) => {
    const collector = await startCollector(t);
    const { dial, held, wakeUp, outcomes, endTracing } = await setup(t, { collector: collector.origin });
    const client = await dial();
    client.socket.write(request('/path-secret?token=query-secret', SECRETS));
    await held(1);
    await until('the wake to be recorded', () => outcomes.length === 1);
    await wakeUp();
    await client.sees('hello');
    await endTracing();

    const spans = collector.spans();
    assert.equal(new Set(spans.map(({ traceId }) => traceId)).size, 1);
    const found = tree(spans);
    assert.deepEqual([...found].sort(), [
      'hooks: get deployments/scale < wake request',
      'hooks: list elastiservices < wake request',
      'hooks: patch deployments/scale < wake request',
      'hooks: patch elastiservices < wake request',
      'hooks: wake request < wake',
      'resolver: dial < held connection',
      'resolver: first byte < held connection',
      'resolver: held connection < undefined',
      'resolver: pod ready < held connection',
      'resolver: wake < held connection',
    ]);
    const order = found.map((each) => each.replace(/^\w+: | <.*/g, ''));
    const inTurn = ['list elastiservices', 'patch elastiservices', 'get deployments/scale', 'patch deployments/scale'];
    assert.deepEqual(
      order.filter((name) => inTurn.includes(name)),
      inTurn,
    );
    assert.deepEqual(order.slice(-2), ['dial', 'first byte']);
    for (const { startTimeUnixNano, endTimeUnixNano, status } of spans) {
      assert.ok(BigInt(endTimeUnixNano) >= BigInt(startTimeUnixNano));
      assert.deepEqual(status, {});
    }
    const root = spans.find(({ name }) => name === 'held connection');
    assert.deepEqual(root?.attributes, {
      'k8s.namespace.name': 'shop',
      'elasti.service': 'web',
      'elasti.elastiservice': 'web',
      'elasti.protocol': 'http1',
      'elasti.outcome': 'answered',
    });
    const rootMs = Number(BigInt(root?.startTimeUnixNano ?? 0) / 1_000_000n);
    assert.ok(Math.abs(rootMs - Date.now()) < 30_000, 'times are those of the wall clock');

    const sent = JSON.stringify(collector.received);
    for (const secret of ['client-secret', 'client-cookie', 'query-secret', 'path-secret', 'kube-token', '127.0.0.1:'])
      assert.ok(!sent.replaceAll(collector.origin.slice(7), '').includes(secret), secret);
  },
);

test(
  'of many that wait one is traced, and each whose request is part of a trace already, within that',
  options,
  async (t) => {
    const collector = await startCollector(t);
    const { dial, held, wakeUp, endTracing } = await setup(t, { collector: collector.origin });
    const theirs = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
    const traceparent = `00-${theirs.traceId}-${theirs.spanId}-01`;
    const requests = [
      request('/1'),
      request('/2'),
      request('/3', { traceparent }),
      request('/4', { traceparent: `${traceparent.slice(0, -1)}0` }),
    ];
    const clients = [];
    for (const [index, text] of requests.entries()) {
      const client = await dial();
      clients.push(client);
      client.socket.write(text);
      await held(index + 1);
    }
    await wakeUp();
    for (const client of clients) await client.sees('hello');
    await endTracing();
    const roots = collector.spans().filter(({ name }) => name === 'held connection');
    assert.equal(roots.length, 2);
    assert.deepEqual(roots.map(({ traceId, parentSpanId }) => [traceId === theirs.traceId, parentSpanId]).sort(), [
      [false, undefined],
      [true, theirs.spanId],
    ]);
  },
);

test('without a hook service the token that the resolver writes is part of the trace', options, async (t) => {
  const collector = await startCollector(t);
  const { dial, held, outcomes, endTracing } = await setup(t, { collector: collector.origin, isHookServiceDown: true });
  const client = await dial();
  client.socket.write(request('/'));
  await held(1);
  await until('the wake to be recorded', () => outcomes.length === 1);
  client.socket.destroy();
  await held(0);
  await endTracing();
  assert.deepEqual([...tree(collector.spans())].sort(), [
    'resolver: held connection < undefined',
    'resolver: patch elastiservices < wake',
    'resolver: wake < held connection',
  ]);
  const of = (name: string) => collector.spans().find((span) => span.name === name)?.attributes['elasti.outcome'];
  assert.deepEqual([of('wake'), of('held connection')], ['token', 'left']);
});

test('a call that fails says so by its code, and by no text of the server', options, async (t) => {
  const collector = await startCollector(t);
  const api: Answer = (received, response) =>
    received.method === 'PATCH' ? status(403, 'Forbidden')(received, response) : answerAsApi(received, response);
  const { dial, held, outcomes, endTracing } = await setup(t, { collector: collector.origin, api });
  const client = await dial();
  client.socket.write(request('/'));
  await held(1);
  await until('the wake to fail', () => outcomes.includes('failed'));
  await endTracing();
  const failed = collector.spans().filter(({ status }) => status.code === 2);
  assert.ok(failed.some(({ name }) => name === 'wake request'));
  assert.ok(failed.some(({ name }) => name === 'patch elastiservices'));
  for (const { status } of failed) assert.deepEqual(status, { code: 2, message: 'FORBIDDEN' });
  assert.doesNotMatch(JSON.stringify(collector.received), /server text/);
});

test('a wake of a resolver that traces nothing begins a trace of its own', options, async (t) => {
  const collector = await startCollector(t);
  const { hooks, endTracing } = await setup(t, { collector: collector.origin });
  const body = JSON.stringify({ count: 1, svc: 'web', namespace: 'shop' });
  const init = { method: 'POST', body, headers: { 'content-type': 'application/json' } };
  assert.equal((await fetch(`${hooks}/informer/incoming-request`, init)).status, 200);
  await endTracing();
  assert.ok(tree(collector.spans()).includes('hooks: wake request < undefined'));
});

test('without a collector nothing is traced, nor told to the hook service', options, async (t) => {
  const { dial, held, wakeUp, kube, outcomes } = await setup(t, { collector: undefined });
  const client = await dial();
  client.socket.write(request('/'));
  await held(1);
  await until('the wake to be recorded', () => outcomes.length === 1);
  await wakeUp();
  await client.sees('hello');
  assert.ok(kube.received.length >= 4);
  assert.doesNotMatch(JSON.stringify(kube.received), /traceparent/);
});

for (const [what, answer] of [
  ['is silent', () => {}],
  ['ends every connection', (_received, response) => response.destroy()],
  ['refuses', (received, response) => status(500, 'InternalError')(received, response)],
] as const satisfies readonly (readonly [string, Answer])[]) {
  test(`a collector that ${what} holds up no request`, options, async (t) => {
    const collector = await startCollector(t, answer);
    const { dial, held, wakeUp, endTracing } = await setup(t, { collector: collector.origin });
    const client = await dial();
    client.socket.write(request('/'));
    await held(1);
    await wakeUp();
    await client.sees('hello');
    void endTracing();
    const second = await dial();
    second.socket.write(request('/'));
    await second.sees('hello');
  });
}
