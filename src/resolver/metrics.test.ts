import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeClaim } from './cluster/testing/fixtures.ts';
import { createResolverMetrics, type Observed } from './metrics.ts';

const NOTHING: Observed = { objects: {}, slicesNamingUs: 0, listeningPorts: 0, connections: {} };

async function linesOf(metrics: ReturnType<typeof createResolverMetrics>): Promise<readonly string[]> {
  const text = Buffer.concat([...(await metrics.expose()).body]).toString();
  return text.split('\n');
}

test('what is there is looked at when it is asked for', async () => {
  let observed: Observed = NOTHING;
  const metrics = createResolverMetrics(() => observed);
  const traffic = { bytesIn: 1, bytesOut: 1 };
  observed = {
    objects: { claims: 16 },
    slicesNamingUs: 4,
    listeningPorts: 3,
    connections: { a: { open: 2, held: 1, ...traffic }, b: { open: 5, held: 0, ...traffic } },
  };
  const lines = await linesOf(metrics);
  for (const line of [
    'elasti_resolver_objects{what="claims"} 16',
    'elasti_resolver_slices 4',
    'elasti_resolver_listening_ports 3',
    'elasti_resolver_open_connections{state="held"} 1',
    'elasti_resolver_open_connections{state="passed-on"} 7',
  ]) {
    assert.ok(lines.includes(line), line);
  }
});

test('what the data path tells is counted', async () => {
  const metrics = createResolverMetrics(() => NOTHING);
  const { events } = metrics;
  const claim = makeClaim();
  events.held(claim);
  events.left(claim);
  events.released(claim, { addedSeconds: 0.002, heldSeconds: 3, protocol: 'http1' });
  events.released(claim, { addedSeconds: 0.0001, heldSeconds: undefined, protocol: 'unseen' });
  events.firstByte(claim, { seconds: 0.7 });
  events.ended(claim, { bytesIn: 10, bytesOut: 20, seconds: 1 });
  events.refused(claim, 'hold-time');
  events.answered(claim, { kind: 'probe', status: 200 });
  events.dialFailed(claim, 'ECONNREFUSED');
  events.dialFailed(claim, 'anything at all');
  events.wakeEnded(claim, { isSent: true, seconds: 0.1 });
  events.listenFailed(claim, new Error('in use'));
  const lines = await linesOf(metrics);
  for (const line of [
    'elasti_resolver_connections_total{outcome="left"} 1',
    'elasti_resolver_connections_total{outcome="served"} 1',
    'elasti_resolver_connections_total{outcome="refused"} 1',
    'elasti_resolver_released_total{protocol="http1"} 1',
    'elasti_resolver_added_seconds_count{start="cold"} 1',
    'elasti_resolver_added_seconds_count{start="warm"} 1',
    'elasti_resolver_held_seconds_sum 3',
    'elasti_resolver_pod_ready_seconds_count 1',
    'elasti_resolver_first_byte_seconds_sum 0.7',
    'elasti_resolver_first_byte_seconds_bucket{le="0.5"} 0',
    'elasti_resolver_first_byte_seconds_bucket{le="1"} 1',
    'elasti_resolver_bytes_total{direction="in"} 10',
    'elasti_resolver_bytes_total{direction="out"} 20',
    'elasti_resolver_refused_total{reason="hold-time"} 1',
    'elasti_resolver_answered_total{kind="probe"} 1',
    'elasti_resolver_dial_failures_total{code="ECONNREFUSED"} 1',
    'elasti_resolver_dial_failures_total{code="other"} 1',
    'elasti_resolver_listen_failures_total 1',
  ]) {
    assert.ok(lines.includes(line), line);
  }
});

test('what the cluster side tells is counted', async () => {
  const metrics = createResolverMetrics(() => NOTHING);
  metrics.woken('token');
  metrics.watchEnded('configmaps', 'expired');
  metrics.watchEvent('endpointslices');
  metrics.malformed('claims');
  metrics.kubeCalled('list', 'configmaps', 'success');
  metrics.httpAnswered('/ports', 200);
  const lines = await linesOf(metrics);
  for (const line of [
    'elasti_resolver_wakes_total{outcome="token"} 1',
    'elasti_resolver_watches_total{resource="configmaps",outcome="expired"} 1',
    'elasti_resolver_watch_events_total{resource="endpointslices"} 1',
    'elasti_resolver_malformed_total{resource="claims"} 1',
    'elasti_resolver_kube_requests_total{verb="list",resource="configmaps",code="success"} 1',
    'elasti_resolver_http_requests_total{route="/ports",code="200"} 1',
  ]) {
    assert.ok(lines.includes(line), line);
  }
});

test('no metric has a label for a service, so that none grows with them', async () => {
  const metrics = createResolverMetrics(() => NOTHING);
  metrics.events.ended(makeClaim(), { bytesIn: 1, bytesOut: 1, seconds: 1 });
  metrics.events.refused(makeClaim(), 'bytes');
  const lines = await linesOf(metrics);
  assert.ok(lines.length > 50);
  assert.deepEqual(
    lines.filter((line) => /shop|uid-web/.test(line)),
    [],
  );
});
