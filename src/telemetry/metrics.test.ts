import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { InvalidRequestError, KubeApiError, UnknownServiceError } from '../errors.ts';
import { type MetricCode, metricCodeOf } from './metric-labels.ts';
import { createMetrics, type Metrics } from './metrics.ts';

const web = { namespace: 'shop', name: 'web' };
const scaled = { service: 'web', target: { kind: 'Deployment', name: 'web-app' } } as const;
const answer = { hook: 'sync', scaled, seconds: 0.3, code: 'success' } as const;
const write = { namespace: 'shop', ...scaled, code: 'success' } as const;

const exposed = async (metrics: Metrics) => text((await metrics.expose()).body);

function setup() {
  let elapsedMs = 0;
  const metrics = createMetrics({ monotonicMs: () => elapsedMs });
  return {
    metrics,
    advance: (ms: number) => {
      elapsedMs += ms;
    },
    /** Every sample whose name begins so, without the process's own. */
    samples: async (prefix: string) => (await exposed(metrics)).split('\n').filter((line) => line.startsWith(prefix)),
  };
}

test('the metrics of KubeElasti have its names and labels', async () => {
  const { metrics, samples } = setup();
  metrics.reconciled(web, { ...answer, mode: 'proxy', phase: 'Asleep' });
  metrics.finalized(web, 'CONFLICT');
  metrics.statusChanged(web, 'proxy', 'success');
  metrics.scaled(write);
  metrics.scaled({ ...write, code: 'TIMEOUT' });
  const withoutBuckets = (await samples('elasti_operator_')).filter((line) => !line.includes('_bucket'));
  assert.deepEqual(withoutBuckets, [
    'elasti_operator_informer_count{informer_name="elastiservices"} 1',
    'elasti_operator_reconcile_sum{crd_name="shop/web",error="success"} 0.3',
    'elasti_operator_reconcile_count{crd_name="shop/web",error="success"} 1',
    'elasti_operator_CRD_finalizer_counter{crd_name="shop/web",error="CONFLICT"} 1',
    'elasti_operator_CRD_update_counter{crd_name="shop/web",mode="proxy",error="success"} 1',
    'elasti_operator_mode{crd_name="shop/web"} 1',
    'elasti_operator_informer_counter{crd_name="shop/web",action="add",error="success"} 1',
    'elasti_operator_informer_handler_counter{crd_name="shop/web",key="sync",error="success"} 1',
    'elasti_operator_scale_counter{service_name="web",namespace="shop",target="Deployment-web-app",error="success"} 1',
    'elasti_operator_scale_counter{service_name="web",namespace="shop",target="Deployment-web-app",error="TIMEOUT"} 1',
  ]);
  const buckets = (await samples('elasti_operator_reconcile_bucket')).map((line) => /le="([^"]+)"/.exec(line)?.[1]);
  assert.deepEqual(buckets, ['0.1', '0.5', '1', '2', '5', '10', '+Inf']);
  metrics.reconciled(web, { ...answer, mode: 'serve' });
  assert.deepEqual(await samples('elasti_operator_mode'), ['elasti_operator_mode{crd_name="shop/web"} 0']);
});

test('our metrics have their names and labels', async () => {
  const { metrics, samples } = setup();
  metrics.hookTimed('customize', 0.004);
  metrics.woken(0.02);
  metrics.zeroStepEnded({ kind: 'refused' });
  metrics.slept(7200);
  metrics.triggerRead('BelowThreshold');
  metrics.kubeCalled('patch', 'deployments/scale', 'success');
  metrics.httpAnswered('/sync', 200);
  metrics.reconciled(web, { ...answer, phase: 'Holding' });
  for (const sample of [
    'elasti_sync_duration_seconds_count{hook="customize"} 1',
    'elasti_wake_duration_seconds_count 1',
    'elasti_wake_duration_seconds_sum 0.02',
    'elasti_zero_steps_total{outcome="refused"} 1',
    'elasti_saved_pod_seconds_total 7200',
    'elasti_trigger_queries_total{outcome="BelowThreshold"} 1',
    'elasti_kube_requests_total{verb="patch",resource="deployments/scale",code="success"} 1',
    'elasti_http_requests_total{route="/sync",code="200"} 1',
    'elasti_phase{phase="Holding"} 1',
    'elasti_phase{phase="Asleep"} 0',
  ]) {
    assert.deepEqual(await samples(sample), [sample]);
  }
  assert.equal((await samples('process_cpu_seconds_total')).length, 1);
  assert.match((await metrics.expose()).contentType, /^text\/plain; version=0\.0\.4/);
});

test('series that are kept in parts come out as one metric, each once', async () => {
  const { metrics, samples } = setup();
  const names = Array.from({ length: 100 }, (_, i) => `web-${i}`);
  for (const name of names) metrics.reconciled({ namespace: 'shop', name }, answer);
  assert.deepEqual(
    (await samples('elasti_operator_reconcile_count')).sort(),
    names.map((name) => `elasti_operator_reconcile_count{crd_name="shop/${name}",error="success"} 1`).sort(),
  );
  const types = await samples('# TYPE ');
  assert.equal(new Set(types).size, types.length);
  assert.ok(types.includes('# TYPE elasti_operator_reconcile histogram'));
  assert.deepEqual(await samples('elasti_operator_informer_count{'), [
    'elasti_operator_informer_count{informer_name="elastiservices"} 0',
  ]);
});

test('phases are counted, not listed', async () => {
  const { metrics, samples } = setup();
  metrics.reconciled(web, { ...answer, phase: 'Serving' });
  metrics.reconciled(web, { ...answer, phase: 'Serving' });
  metrics.reconciled({ ...web, namespace: 'depot' }, { ...answer, phase: 'Serving' });
  assert.deepEqual(await samples('elasti_phase{phase="Serving"}'), ['elasti_phase{phase="Serving"} 2']);
  metrics.reconciled(web, { ...answer, phase: 'Draining' });
  assert.deepEqual(await samples('elasti_phase{phase="Serving"}'), ['elasti_phase{phase="Serving"} 1']);
  assert.deepEqual(await samples('elasti_phase{phase="Draining"}'), ['elasti_phase{phase="Draining"} 1']);
});

test('with 10,000 services our own metrics have as many series as with one, and the others a bounded number for each', async () => {
  const countSeries = async (services: number) => {
    const { metrics, samples } = setup();
    for (let index = 0; index < services; index++) {
      const ref = { namespace: `team-${index % 100}`, name: `web-${index}` };
      for (const hook of ['sync', 'finalize'] as const) {
        metrics.hookTimed(hook, 0.01);
        metrics.reconciled(ref, {
          ...answer,
          scaled: { ...scaled, service: ref.name },
          hook,
          mode: 'serve',
          phase: 'Serving',
        });
      }
      metrics.statusChanged(ref, 'serve', 'success');
      metrics.scaled({ ...write, namespace: ref.namespace, service: ref.name });
      metrics.woken(0.1);
      metrics.slept(60);
      metrics.kubeCalled('patch', 'deployments/scale', 'success');
      metrics.httpAnswered('/sync', 200);
    }
    const all = await samples('elasti_');
    const theirs = all.filter((line) => line.startsWith('elasti_operator_'));
    return { ours: all.length - theirs.length, theirs: theirs.length };
  };
  const one = await countSeries(1);
  const many = await countSeries(10_000);
  assert.equal(many.ours, one.ours);
  // informer_count is one for all.
  assert.equal(many.theirs, 1 + 10_000 * (one.theirs - 1));
  assert.ok(one.theirs <= 20, `${one.theirs} series for one service`);
});

test('what is in no closed list never becomes a label', async () => {
  const { metrics } = setup();
  const secret = 'dial tcp 10.0.0.7:443: connect: s3cret';
  metrics.reconciled(web, { ...answer, code: secret as MetricCode });
  metrics.finalized(web, secret as MetricCode);
  metrics.statusChanged(web, 'serve', secret as MetricCode);
  metrics.scaled({ ...write, code: secret as MetricCode });
  metrics.kubeCalled('get', 'secrets', secret as MetricCode);
  metrics.triggerRead(secret);
  metrics.httpAnswered('/sync/../s3cret', 200);
  metrics.httpAnswered('/sync', Number.NaN);
  const lines = await exposed(metrics);
  assert.doesNotMatch(lines, /s3cret|NaN"/);
  assert.match(lines, /elasti_operator_reconcile_count\{crd_name="shop\/web",error="other"\} 1/);
  assert.match(lines, /elasti_trigger_queries_total\{outcome="other"\} 1/);
  assert.match(lines, /elasti_http_requests_total\{route="other",code="200"\} 1/);
  assert.match(lines, /elasti_http_requests_total\{route="\/sync",code="other"\} 1/);
});

test('an error is counted by its code, a bug as INTERNAL', () => {
  assert.equal(metricCodeOf(new KubeApiError('TIMEOUT', 'cannot get x')), 'TIMEOUT');
  assert.equal(metricCodeOf(new InvalidRequestError('x')), 'INVALID_REQUEST');
  assert.equal(metricCodeOf(new UnknownServiceError('x')), 'UNKNOWN_SERVICE');
  assert.equal(metricCodeOf(new TypeError('x')), 'INTERNAL');
  assert.equal(metricCodeOf(Object.assign(new Error('x'), { code: 'success' })), 'INTERNAL');
  assert.equal(metricCodeOf(Object.assign(new Error('x'), { code: 'ECONNRESET' })), 'INTERNAL');
  assert.equal(metricCodeOf('text'), 'INTERNAL');
});

function fill(metrics: ReturnType<typeof createMetrics>) {
  metrics.reconciled(web, answer);
  metrics.finalized(web, 'success');
  metrics.statusChanged(web, 'proxy', 'success');
  metrics.reconciled(web, { ...answer, mode: 'proxy', phase: 'Asleep' });
  metrics.scaled(write);
}

test('forget ends the gauges at once and counts the end', async () => {
  const { metrics, samples } = setup();
  fill(metrics);
  metrics.forget(web);
  assert.deepEqual(await samples('elasti_operator_mode{'), []);
  assert.deepEqual(await samples('elasti_phase{phase="Asleep"}'), ['elasti_phase{phase="Asleep"} 0']);
  assert.deepEqual(await samples('elasti_operator_informer_count{'), [
    'elasti_operator_informer_count{informer_name="elastiservices"} 0',
  ]);
  assert.deepEqual(await samples('elasti_operator_informer_counter{crd_name="shop/web",action="stop"'), [
    'elasti_operator_informer_counter{crd_name="shop/web",action="stop",error="success"} 1',
  ]);
});

test('after 15 minutes of silence no series of an ElastiService is left, and nobody else loses one', async () => {
  const { metrics, samples, advance } = setup();
  fill(metrics);
  const mine = async () => (await samples('elasti_')).filter((line) => /shop|service_name="web"/.test(line));
  const before = await mine();
  assert.equal(before.length, 15);
  advance(15 * 60_000);
  assert.deepEqual(await mine(), before);
  const other = { namespace: 'depot', name: 'web' };
  metrics.reconciled(other, { ...answer, mode: 'serve', phase: 'Serving' });
  advance(1);
  assert.deepEqual(await mine(), []);
  assert.deepEqual(await samples('elasti_phase{phase="Asleep"}'), ['elasti_phase{phase="Asleep"} 0']);
  assert.deepEqual(await samples('elasti_operator_mode{'), ['elasti_operator_mode{crd_name="depot/web"} 0']);
});

test('the scale counter of a service that lives on stays, however rarely it is scaled', async () => {
  const { metrics, samples, advance } = setup();
  metrics.scaled(write);
  for (let minutes = 0; minutes < 60; minutes += 10) {
    metrics.reconciled(web, answer);
    advance(10 * 60_000);
  }
  assert.equal((await samples('elasti_operator_scale_counter')).length, 1);
});
