import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CANARIES } from './testing/canaries.ts';
import { startWithCanaries } from './testing/canary-service.ts';
import { until } from './testing/until.ts';

// KubeElasti's resolver answers probes by /crd-cache; why the API server refused is for whoever may read the logs.
const ALLOWED = ['probeBody in crdCache', 'apiAnswer in logs'];

test('no secret that enters the service comes out of it', { timeout: 60_000 }, async (t) => {
  const { body, hook, wake, read, end, output, prometheus, sentry, collector, api } = await startWithCanaries(t);
  const out: Record<string, string> = {};

  await hook('/sync', body);
  const isAsked = () => prometheus.heads.join().includes(CANARIES.secretHeader);
  await until('Prometheus to be asked with every header', isAsked);
  out.sync = await hook('/sync', body);
  out.finalize = await hook('/finalize', body.replace('"finalizing":false', '"finalizing":true'));
  out.customize = await hook('/customize', body);
  out.refused = await hook('/sync', body, CANARIES.wrongToken);
  out.malformed = await hook('/sync', `{"parent": "${CANARIES.malformedHook}"}`);
  out.garbage = await hook('/sync', `{"parent": ${CANARIES.malformedHook}`);
  out.wake = await wake(JSON.stringify({ count: 1, svc: 'web', namespace: 'shop' }));
  out.badWake = await wake(JSON.stringify({ count: 1, svc: { [CANARIES.malformedWake]: CANARIES.malformedWake } }));
  out.metrics = await read('/metrics');
  out.crdCache = await read('/crd-cache');
  out.ready = await read('/readyz');
  await end();
  out.logs = output();
  out.sentry = sentry.bodies.join('\n');
  out.traces = collector.bodies.join('\n');
  out.writes = api.bodies.filter((call) => !call.startsWith('GET ')).join('\n');

  // They all did enter, and all outputs are there.
  const asked = prometheus.heads.join();
  for (const name of ['prometheusAuthorization', 'secretHeader', 'plainHeader', 'query', 'serverPath'] as const)
    assert.ok(asked.includes(CANARIES[name]), name);
  assert.ok(api.heads.join().includes(CANARIES.kubeToken));
  assert.match(sentry.heads.join(), new RegExp(CANARIES.sentryKey));
  assert.ok(collector.heads.join().includes(CANARIES.collectorHeader));
  assert.match(out.traces, /"patch elastiservices"/);
  assert.match(out.traces, /SERVER_ERROR/);
  assert.match(out.sync, /"conditions"/);
  assert.match(out.logs, /did not do as asked/);
  assert.match(out.sentry, /SERVER_ERROR/);
  assert.match(out.writes, /POST \/api\/v1\/namespaces\/shop\/events/);
  assert.match(out.metrics, /elasti_kube_requests_total\{[^}]*SERVER_ERROR/);

  const found = Object.entries(out).flatMap(([where, what]) =>
    Object.entries(CANARIES)
      .filter(([, canary]) => what.includes(canary))
      .map(([name]) => `${name} in ${where}`),
  );
  assert.deepEqual(found, ALLOWED);
});
