import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Loss } from './book.ts';
import { type Cause, causeOf, type Harm } from './causes.ts';
import type { Client, End } from './outcome.ts';
import { type Manners, PORTS } from './site.ts';
import type { PodRecord } from './witness.ts';

const POD = '10.244.1.4';
const RESOLVER = '10.244.1.5';
const OTHER = '10.244.1.6';
const BEGAN_MS = 10_000;
const ENDED_MS = 10_500;

interface Situation {
  readonly manners?: Manners;
  readonly client?: Client;
  readonly end?: End;
  readonly destination?: string;
  readonly pod?: Partial<PodRecord>;
  readonly sitePod?: Partial<PodRecord>;
  readonly harms?: readonly Harm[];
  /** A resolver has passed it on to the site's pod. */
  readonly isPassedOn?: boolean;
  readonly raisedSinceMs?: number;
  /** Long ago, unless said otherwise. */
  readonly withdrawnMs?: number | undefined;
  readonly endedMs?: number;
  readonly connectedMs?: number;
}

function judge({
  manners = 'graceful',
  client = 'tcp-new',
  end = 'refused',
  destination,
  pod = {},
  harms = [],
  sitePod = {},
  isPassedOn = false,
  raisedSinceMs,
  endedMs = ENDED_MS,
  connectedMs = BEGAN_MS,
  ...others
}: Situation): Cause {
  const site = { name: 'web', namespace: 'loss', manners, clusterIp: '10.96.0.9', ports: PORTS };
  const loss: Loss = {
    site,
    client,
    outcome: { source: { localAddress: '10.244.0.11', localPort: 20_000 }, lost: { end, text: end } },
    beganAtMs: BEGAN_MS,
    endedAtMs: endedMs,
    destination,
    connectedAtMs: connectedMs,
    during: 'none',
  };
  const system = { name: 'elasti-resolver-1', namespace: 'elasti', addresses: [RESOLVER], app: 'elasti-resolver' };
  const own = { name: 'web-1', namespace: 'loss', addresses: [POD], app: 'web' };
  const records = { [POD]: own, [RESOLVER]: system } as Readonly<Record<string, PodRecord>>;
  const podsAt = (address: string) => (records[address] ? [{ ...records[address], ...pod }] : []);
  const wasPassedOn = (pods: readonly PodRecord[]) => isPassedOn && pods.length > 0;
  const withdrawnSince = () => ('withdrawnMs' in others ? others.withdrawnMs : 0);
  const sitePods = [{ ...own, ...sitePod }];
  return causeOf({ loss, harms, podsAt, sitePods, raisedSinceMs, withdrawnSince, wasPassedOn });
}

const killed = (address: string, fromMs: number): Harm => ({ kind: 'killed', address, fromMs, untilMs: fromMs + 1000 });

test('a connection that was sent to nobody is ours', () => {
  assert.equal(judge({}), 'noEndpoint');
});

test('it is not while no resolver was there', () => {
  const absent = (fromMs: number): Harm => ({ kind: 'noResolver', fromMs, untilMs: fromMs + 1000 });
  assert.equal(judge({ harms: [absent(ENDED_MS)] }), 'resolverAbsent');
  assert.equal(judge({ harms: [absent(ENDED_MS + 1)] }), 'noEndpoint');
});

test('what is said while a connection is being opened fails for what there was when that began', () => {
  const harms = [{ kind: 'noResolver', fromMs: 0, untilMs: BEGAN_MS - 1 }] as const;
  const late = { destination: RESOLVER, harms, pod: { deletedAtMs: 0 } };
  assert.equal(judge({ ...late, connectedMs: BEGAN_MS - 2 }), 'resolverAbsent');
  assert.equal(judge(late), 'staleResolver');
  assert.equal(judge({ ...late, connectedMs: BEGAN_MS - 2, end: 'reset' }), 'staleResolver');
});

test('a wrong answer and no answer are ours, whatever was going on', () => {
  const harms = [killed(RESOLVER, BEGAN_MS), { kind: 'noResolver', fromMs: 0, untilMs: ENDED_MS } as const];
  assert.equal(judge({ end: 'wrong', destination: RESOLVER, harms }), 'wrongAnswer');
  assert.equal(judge({ end: 'unanswered', destination: RESOLVER, harms }), 'unanswered');
});

test('no answer is not ours where the address went with the resolver that was killed', () => {
  const silent = { end: 'unanswered', destination: RESOLVER, harms: [killed(RESOLVER, BEGAN_MS)] } as const;
  assert.equal(judge({ ...silent, pod: { goneAtMs: BEGAN_MS + 100 } }), 'resolverKilled');
  assert.equal(judge({ ...silent, pod: { goneAtMs: ENDED_MS + 1 } }), 'unanswered');
  assert.equal(judge({ ...silent, harms: [], pod: { goneAtMs: BEGAN_MS + 100 } }), 'unanswered');
});

test('no answer is not ours where nothing came through for most of the time', () => {
  const still = (untilMs: number): Harm => ({ kind: 'standstill', fromMs: BEGAN_MS, untilMs });
  assert.equal(judge({ end: 'unanswered', harms: [still(BEGAN_MS + 251)] }), 'standstill');
  assert.equal(judge({ end: 'unanswered', harms: [still(BEGAN_MS + 250)] }), 'unanswered');
});

test('no answer is not ours where replicas were raised in time and no pod came', () => {
  const waited = { end: 'unanswered', destination: RESOLVER, endedMs: BEGAN_MS + 60_000 } as const;
  const raisedSinceMs = BEGAN_MS + 10_000;
  assert.equal(judge({ ...waited, raisedSinceMs }), 'noPod');
  assert.equal(judge({ ...waited, raisedSinceMs: raisedSinceMs + 1 }), 'unanswered', 'raised late');
  assert.equal(judge(waited), 'unanswered', 'never raised');
  const ready = { ...waited, raisedSinceMs, sitePod: { firstReadyAtMs: BEGAN_MS + 55_000 } };
  assert.equal(judge(ready), 'unanswered');
  assert.equal(judge({ ...ready, sitePod: { firstReadyAtMs: BEGAN_MS + 55_001 } }), 'noPod', 'a moment before');
  assert.equal(judge({ ...ready, sitePod: { firstReadyAtMs: 0, deletedAtMs: BEGAN_MS } }), 'noPod', 'one of before');
});

test('kube-proxy sends new connections anywhere while it hears of nothing', () => {
  const still = (fromMs: number): Harm => ({ kind: 'standstill', fromMs, untilMs: fromMs + 3000 });
  assert.equal(judge({ harms: [still(BEGAN_MS)] }), 'standstill');
  assert.equal(judge({ destination: POD, harms: [still(BEGAN_MS)] }), 'standstill');
  assert.equal(judge({ destination: RESOLVER, harms: [still(BEGAN_MS)] }), 'standstill');
  assert.equal(judge({ harms: [still(ENDED_MS + 1)] }), 'noEndpoint');
  assert.equal(judge({ end: 'reset', destination: RESOLVER, harms: [still(BEGAN_MS)] }), 'livingPod');
});

test('a resolver excuses what was sent to it when it was killed, and nothing else', () => {
  const lost = { end: 'reset', destination: RESOLVER } as const;
  assert.equal(judge({ ...lost, harms: [killed(RESOLVER, BEGAN_MS)] }), 'resolverKilled');
  assert.equal(judge({ ...lost, harms: [killed(OTHER, BEGAN_MS)] }), 'livingPod');
  assert.equal(judge({ ...lost, harms: [killed(RESOLVER, BEGAN_MS - 1001)] }), 'livingPod');
  assert.equal(judge({ ...lost, pod: { deletedAtMs: 0 } }), 'staleResolver');
});

test('a resolver passes on that a pod was killed', () => {
  const lost = { destination: RESOLVER, harms: [killed(POD, BEGAN_MS)], isPassedOn: true } as const;
  assert.equal(judge({ ...lost, end: 'reset' }), 'podCrashed');
  assert.equal(judge({ ...lost, end: 'reset', isPassedOn: false }), 'livingPod');
  assert.equal(judge({ ...lost, end: 'refused' }), 'livingPod');
});

test('a resolver that is gone is absent where all are', () => {
  const harms = [{ kind: 'noResolver', fromMs: BEGAN_MS, untilMs: ENDED_MS }] as const;
  assert.equal(judge({ destination: RESOLVER, harms }), 'resolverAbsent');
  assert.equal(judge({ destination: POD, harms }), 'livingPod');
});

test('what is lost at a pod that ends is ours where the pod ends in good order', () => {
  const ending = { destination: POD, pod: { deletedAtMs: ENDED_MS - 1 } };
  assert.equal(judge(ending), 'stalePod');
  assert.equal(judge({ ...ending, manners: 'abrupt' }), 'abruptPod');
  assert.equal(judge({ ...ending, manners: 'abrupt', end: 'reset' }), 'cutByAbruptPod');
  assert.equal(judge({ ...ending, harms: [killed(POD, BEGAN_MS)] }), 'podCrashed');
});

test('what is lost at a pod that nobody asked to end is ours', () => {
  assert.equal(judge({ destination: POD, manners: 'abrupt' }), 'livingPod');
  assert.equal(judge({ destination: POD, manners: 'abrupt', pod: { deletedAtMs: ENDED_MS + 2000 } }), 'livingPod');
});

test('a preStop hook by policy spares new connections; it does not make an application leave well', () => {
  const cut = { destination: POD, pod: { deletedAtMs: BEGAN_MS - 1 }, manners: 'policed', end: 'reset' } as const;
  assert.equal(judge({ ...cut, client: 'http-new' }), 'stalePod');
  assert.equal(judge({ ...cut, client: 'tcp-kept' }), 'cutByAbruptPod');
  assert.equal(judge({ ...cut, client: 'tcp-kept', end: 'refused' }), 'stalePod');
});

test('a resolver passes on that a pod ended, where pods do not end in good order', () => {
  const cut = { destination: RESOLVER, end: 'reset', sitePod: { deletedAtMs: BEGAN_MS }, isPassedOn: true } as const;
  assert.equal(judge({ ...cut, manners: 'abrupt' }), 'cutByAbruptPod');
  assert.equal(judge({ ...cut, manners: 'abrupt', isPassedOn: false }), 'livingPod');
  assert.equal(judge({ ...cut, manners: 'abrupt', sitePod: {} }), 'livingPod');
  assert.equal(judge({ ...cut, manners: 'abrupt', sitePod: { deletedAtMs: 0, goneAtMs: 1000 } }), 'livingPod');
  assert.equal(judge({ ...cut, manners: 'policed', client: 'tcp-kept' }), 'cutByAbruptPod');
  assert.equal(judge({ ...cut, manners: 'policed', client: 'tcp-new' }), 'livingPod');
  assert.equal(judge(cut), 'livingPod');
});

test('a pod that ends in good order is sent connections while the API server stands still', () => {
  const stale = { destination: POD, pod: { deletedAtMs: BEGAN_MS - 4000 } } as const;
  const still = (fromMs: number): Harm => ({ kind: 'standstill', fromMs, untilMs: fromMs + 3000 });
  assert.equal(judge({ ...stale, harms: [still(BEGAN_MS - 5000)] }), 'standstill');
  assert.equal(judge({ ...stale, harms: [still(BEGAN_MS - 7001)] }), 'stalePod');
  assert.equal(judge({ ...stale, manners: 'abrupt', harms: [still(BEGAN_MS - 5000)] }), 'abruptPod');
});

test('a pod that Kubernetes goes on showing as ready while it ends is sent to by nobody of ours', () => {
  const ended = { destination: POD, pod: { deletedAtMs: BEGAN_MS - 9000 } };
  for (const manners of ['graceful', 'policed'] as const) {
    assert.equal(judge({ ...ended, manners }), 'stalePod');
    assert.equal(judge({ ...ended, manners, withdrawnMs: BEGAN_MS - 2600 }), 'stalePod');
    assert.equal(judge({ ...ended, manners, withdrawnMs: BEGAN_MS - 1000 }), 'endpointsLate');
    assert.equal(judge({ ...ended, manners, withdrawnMs: undefined }), 'endpointsLate');
  }
  const behind = { destination: RESOLVER, end: 'reset', isPassedOn: true, sitePod: ended.pod } as const;
  assert.equal(judge({ ...behind, withdrawnMs: undefined }), 'endpointsLate');
  assert.equal(judge(behind), 'livingPod');
});

test('what sleeps while no resolver is there has nobody but the pods that ended', () => {
  const noResolver: Harm = { kind: 'noResolver', fromMs: BEGAN_MS - 1000, untilMs: ENDED_MS + 1000 };
  const ended = { destination: POD, pod: { deletedAtMs: BEGAN_MS - 9000 } };
  assert.equal(judge({ ...ended, harms: [noResolver] }), 'resolverAbsent');
  assert.equal(judge({ ...ended, harms: [noResolver], raisedSinceMs: BEGAN_MS - 5000 }), 'stalePod');
  assert.equal(judge({ ...ended, harms: [noResolver], manners: 'abrupt' }), 'abruptPod');
});
