import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFlags } from './flags.ts';
import { parseDurationMs } from './go-duration.ts';

test('the command line that fits both', () => {
  const flags = parseFlags([
    '--apply-strategy=server-side-apply',
    '--workers=50',
    '--client-go-qps=300',
    '--client-go-burst=600',
    '--target-label-selector=app.kubernetes.io/part-of=elasti',
    '--zap-log-level=error',
    '--kubeconfig=cluster.kubeconfig',
    '--health-probe-bind-address=127.0.0.1:8082',
    '--metrics-address=0',
    '--leader-election',
    '-zap-devel=true',
  ]);
  assert.deepEqual(flags, {
    kubeconfig: 'cluster.kubeconfig',
    applyStrategy: 'server-side-apply',
    fieldManager: 'metacontroller',
    workers: 50,
    clientQps: 300,
    clientBurst: 600,
    eventsQps: 1 / 300,
    eventsBurst: 25,
    cacheFlushMs: 1_800_000,
    targetSelector: { matchExpressions: [{ key: 'app.kubernetes.io/part-of', operator: 'In', values: ['elasti'] }] },
    healthProbeBindAddress: '127.0.0.1:8082',
    logLevel: 'error',
  });
});

for (const flag of ['--unknown=1', '--workers=many', '--workers=0', '--apply-strategy=client-side', 'positional']) {
  test(`${flag} is refused`, () => {
    assert.throws(() => parseFlags([flag]));
  });
}

test('durations', () => {
  assert.equal(parseDurationMs('5s'), 5000);
  assert.equal(parseDurationMs('1m30s'), 90_000);
  assert.equal(parseDurationMs('1.5h'), 5_400_000);
  assert.equal(parseDurationMs('250ms'), 250);
  for (const wrong of ['', '5', 's', '5 s', '5sec', '-5s']) assert.throws(() => parseDurationMs(wrong), wrong);
});
