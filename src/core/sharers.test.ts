import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KEEP_AWAKE_ANNOTATION, SLEEP_ANNOTATION, WAKE_ANNOTATION } from '../api/elastiservice.ts';
import type { Parent } from '../api/hooks.ts';
import type { Target } from '../api/kubernetes.ts';
import { sharersOf } from './sharers.ts';

const NOW = new Date('2026-03-01T12:00:00Z');
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000).toISOString();
const TARGET: Target = { namespace: 'shop', apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };

interface Case {
  readonly metadata?: object;
  readonly spec?: object;
  readonly status?: object | undefined;
}

const setup = (one: Case = {}, ...others: readonly Case[]) =>
  sharersOf([one, ...others].map(makeParent), { uid: 'u1', target: TARGET }, NOW, {
    drainSeconds: 5,
    clockSkewSeconds: 1,
  });

function makeParent({ metadata, spec, status }: Case): Parent {
  return {
    metadata: { name: 'api', namespace: 'shop', uid: 'u2', generation: 1, creationTimestamp: ago(90_000), ...metadata },
    spec: {
      service: 'api',
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      triggers: [{ type: 'prometheus', metadata: { query: 'q', threshold: 1 } }],
      cooldownPeriod: 60,
      ...spec,
    },
    status,
  } as Parent;
}

const sharer = (isIdle: boolean, isDrained: boolean, drainingSince?: string) => [
  { name: 'api', uid: 'u2', isIdle, isDrained, drainingSince },
];

test('one that has no status yet is in use', () => {
  assert.deepEqual(setup(), sharer(false, false));
});

// Found by the simulation (seed 16, --faults all): the other drained for it again and again.
test('one that something else than the sharing keeps awake is in use, unless it sleeps or drains already', () => {
  const idleWith = (reason: string, phase = 'Serving') => {
    const condition = { type: 'SleepAllowed', status: 'False', reason, message: '', lastTransitionTime: ago(900) };
    return setup({ status: { phase, phaseSince: ago(900), idleSince: ago(600), conditions: [condition] } })[0]?.isIdle;
  };
  assert.equal(idleWith('ResolverPortsExhausted'), false);
  assert.equal(idleWith('TargetShared'), true);
  assert.equal(idleWith('ResolverPortsExhausted', 'Draining'), true);
});

test('one that serves for connections that are open, or may be, is in use', () => {
  const idleWith = (reason: string) => {
    const condition = { type: 'Ready', status: 'True', reason, message: '', lastTransitionTime: ago(900) };
    const status = { phase: 'Serving', phaseSince: ago(900), idleSince: ago(600), conditions: [condition] };
    return setup({ status })[0]?.isIdle;
  };
  for (const reason of ['ConnectionsOpen', 'ConnectionsUnknown', 'AutoscalerUnknown']) {
    assert.equal(idleWith(reason), false, reason);
  }
  for (const reason of ['Serving', 'TargetShared', 'DrainTimedOut']) assert.equal(idleWith(reason), true, reason);
});

// Found by the simulation (seed 500001882, --faults some): the other drained for it until its period began.
test('one that its enabledPeriod keeps awake is in use, whatever its phase', () => {
  const at = (schedule: string, status: object) =>
    setup({ spec: { enabledPeriod: { schedule, duration: '2h' } }, status });
  const idle = { phase: 'Serving', idleSince: ago(600) };
  const drained = { phase: 'Draining', redirectedSince: ago(60) };
  assert.deepEqual(at('0 11 * * *', idle), sharer(true, false));
  assert.deepEqual(at('0 11 * * *', drained), sharer(true, true));
  assert.deepEqual(at('0 8 * * *', idle), sharer(false, false));
  assert.deepEqual(at('0 8 * * *', drained), sharer(false, false));
});

test('the ElastiService itself is no sharer', () => {
  assert.deepEqual(setup({ metadata: { uid: 'u1' } }), []);
});

test('the same target name in another namespace is another target', () => {
  assert.deepEqual(setup({ metadata: { namespace: 'other' } }), []);
});

test('another kind or another name is another target', () => {
  assert.deepEqual(
    setup({ spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web' } } }),
    [],
  );
  assert.deepEqual(setup({ spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'db' } } }), []);
});

test('a legacy kind names the same target', () => {
  const spec = { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'deployments', name: 'web' } };
  assert.deepEqual(setup({ spec, status: { phase: 'Asleep' } }), sharer(true, true));
});

// Found by the simulation (seed 249, --faults some, by its own watch): the other was gone, and nobody held what came.
test('one that lost its Service to another has no traffic to wait for, as long as that other is there', () => {
  const conditions = [
    { type: 'Ready', status: 'False', reason: 'ServiceClaimed', message: '', lastTransitionTime: ago(1) },
  ];
  const lost = { status: { phase: 'Blocked', conditions } };
  const elsewhere = { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'other' } };
  const winner = { metadata: { name: 'rival', uid: 'u3' }, spec: elsewhere, status: { phase: 'Serving' } };
  assert.deepEqual(setup(lost, winner), []);
  assert.deepEqual(setup(lost), sharer(false, false));
  assert.deepEqual(setup(lost, { ...winner, status: undefined }), sharer(false, false));
  assert.deepEqual(setup(lost, { ...winner, status: lost.status }), sharer(false, false));
  assert.deepEqual(setup(lost, { ...winner, spec: { ...elsewhere, service: 'others' } }), sharer(false, false));
  assert.deepEqual(setup(lost, { ...winner, metadata: { uid: 'u3', namespace: 'else' } }), sharer(false, false));
});

test('a spec that cannot be read but names the target counts as in use', () => {
  assert.deepEqual(setup({ spec: { triggers: [] }, status: { phase: 'Asleep' } }), sharer(false, false));
  assert.deepEqual(setup({ spec: { triggers: [], scaleTargetRef: { name: 'db' } } }), []);
});

test('idle just inside its own cooldown is in use, at the cooldown it is idle', () => {
  assert.deepEqual(setup({ status: { phase: 'Serving', idleSince: ago(59) } }), sharer(false, false));
  assert.deepEqual(setup({ status: { phase: 'Serving', idleSince: ago(60) } }), sharer(true, false));
});

test('a raise within the cooldown keeps it in use, however long the triggers are idle', () => {
  const status = { phase: 'Serving', idleSince: ago(600), lastScaledUpTime: ago(59) };
  assert.deepEqual(setup({ status }), sharer(false, false));
});

test('redirected just short of drain and skew is not drained, at it is', () => {
  assert.deepEqual(setup({ status: { phase: 'Draining', redirectedSince: ago(5.9) } }), sharer(true, false));
  assert.deepEqual(setup({ status: { phase: 'Draining', redirectedSince: ago(6) } }), sharer(true, true));
});

test('Draining without a proven redirection is not drained', () => {
  assert.deepEqual(setup({ status: { phase: 'Draining' } }), sharer(true, false));
});

test('a drain is told with its beginning', () => {
  assert.deepEqual(setup({ status: { phase: 'Draining', phaseSince: ago(3) } }), sharer(true, false, ago(3)));
});

test('redirected for long but Serving again is not drained', () => {
  assert.deepEqual(setup({ status: { phase: 'Serving', redirectedSince: ago(600) } }), sharer(false, false));
});

test('a pending wake makes the sleeping one count as in use, a served one does not', () => {
  const metadata = { annotations: { [WAKE_ANNOTATION]: 't1' } };
  assert.deepEqual(setup({ metadata, status: { phase: 'Asleep' } }), sharer(false, false));
  assert.deepEqual(setup({ metadata, status: { phase: 'Asleep', servedWake: 't1' } }), sharer(true, true));
});

test('one that is being deleted is not drained: its slices are about to go', () => {
  const metadata = { deletionTimestamp: ago(1) };
  assert.deepEqual(setup({ metadata, status: { phase: 'Asleep' } }), sharer(true, false));
});

test('one that a person keeps awake is in use, however idle it is, and one that is asked to sleep needs no cooldown', () => {
  const annotated = (annotations: Record<string, string>, status: object) =>
    setup({ metadata: { annotations }, status });
  const drained = { phase: 'Draining', redirectedSince: ago(60), idleSince: ago(600) };
  for (const annotation of [
    { [KEEP_AWAKE_ANNOTATION]: ago(-1) },
    { [KEEP_AWAKE_ANNOTATION]: '2h' },
    { [SLEEP_ANNOTATION]: 'off' },
  ]) {
    assert.deepEqual(annotated(annotation, drained), sharer(false, false), JSON.stringify(annotation));
  }
  assert.deepEqual(annotated({ [KEEP_AWAKE_ANNOTATION]: ago(0) }, drained), sharer(true, true));
  const justIdle = { phase: 'Serving', idleSince: ago(1) };
  assert.deepEqual(annotated({}, justIdle), sharer(false, false));
  assert.deepEqual(annotated({ [SLEEP_ANNOTATION]: ago(5) }, justIdle), sharer(true, false));
});
