import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer } from '../../kube/testing/api-server-stub.ts';
import { freePort } from '../../testing/free-port.ts';
import type { EndedSpan } from './otlp-body.ts';
import { createPostSpans } from './post-spans.ts';
import { startCollector } from './testing/collector.ts';

const SPAN: EndedSpan = {
  name: 'wake',
  kind: 'client',
  context: { traceId: '1'.repeat(32), spanId: '2'.repeat(16) },
  parent: { traceId: '1'.repeat(32), spanId: '3'.repeat(16) },
  startMs: 1_772_366_400_000.125,
  endMs: 1_772_366_400_250,
  attributes: { 'elasti.service': 'web', 'elasti.held': 3 },
  error: 'TIMEOUT',
};
const OPTIONS = { headers: { 'x-key': 'abc' }, resource: { 'service.name': 'elasti' } };

test('spans arrive as OTLP over HTTP has them, whole', async (t) => {
  const { origin, received } = await startCollector(t);
  assert.equal(await createPostSpans({ ...OPTIONS, endpoint: `${origin}/base/` })([SPAN]), 'sent');
  const [request] = received;
  assert.deepEqual([request?.method, request?.url], ['POST', '/base/v1/traces']);
  assert.equal(request?.headers['content-type'], 'application/json');
  assert.equal(request?.headers['x-key'], 'abc');
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  assert.deepEqual(request?.body, {
    resourceSpans: [
      {
        resource: { attributes: [text('service.name', 'elasti')] },
        scopeSpans: [
          {
            scope: { name: 'elasti' },
            spans: [
              {
                traceId: '1'.repeat(32),
                spanId: '2'.repeat(16),
                parentSpanId: '3'.repeat(16),
                flags: 1,
                name: 'wake',
                kind: 3,
                startTimeUnixNano: '1772366400000125000',
                endTimeUnixNano: '1772366400250000000',
                attributes: [text('elasti.service', 'web'), { key: 'elasti.held', value: { intValue: '3' } }],
                status: { code: 2, message: 'TIMEOUT' },
              },
            ],
          },
        ],
      },
    ],
  });
});

test('batches share a connection', async (t) => {
  const { origin, connections } = await startCollector(t);
  const post = createPostSpans({ ...OPTIONS, endpoint: origin });
  for (let n = 0; n < 3; n++) {
    await post([SPAN]);
    // The connection goes back to the pool when the answer has ended.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  assert.equal(connections(), 1);
});

const withStatus =
  (code: number, headers = {}): Answer =>
  (_received, response) =>
    response.writeHead(code, headers).end();

for (const [status, outcome] of [
  [202, 'sent'],
  [400, 'refused'],
  [401, 'refused'],
  [404, 'refused'],
  [429, 'unreachable'],
  [500, 'refused'],
  [503, 'unreachable'],
] as const) {
  test(`${status} is ${outcome}`, async (t) => {
    const { origin } = await startCollector(t, withStatus(status));
    assert.equal(await createPostSpans({ ...OPTIONS, endpoint: origin })([SPAN]), outcome);
  });
}

test('a redirect is not followed: the headers are for the collector alone', async (t) => {
  const other = await startCollector(t);
  const { origin } = await startCollector(t, withStatus(307, { location: `${other.origin}/v1/traces` }));
  assert.equal(await createPostSpans({ ...OPTIONS, endpoint: origin })([SPAN]), 'refused');
  assert.equal(other.received.length, 0);
});

test('nobody there, and an answer broken off, are unreachable', async (t) => {
  const endpoint = `http://127.0.0.1:${await freePort()}`;
  assert.equal(await createPostSpans({ ...OPTIONS, endpoint })([SPAN]), 'unreachable');
  const broken = await startCollector(t, (_received, response) => response.destroy());
  assert.equal(await createPostSpans({ ...OPTIONS, endpoint: broken.origin })([SPAN]), 'unreachable');
});
