import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PHASES } from '../api/elastiservice.ts';
import type { Child } from '../api/hooks.ts';
import { EndpointSlice } from '../api/kubernetes.ts';
import { checkAnswer } from './check-answer.ts';
import { applied, CREATED, observationOf, SETTINGS, settingsOf, syncOf, WORLD, type World } from './testing/world.ts';
import type { SyncResult } from './types.ts';

const NOW = WORLD.now.getTime();
const ago = (seconds: number) => new Date(NOW - seconds * 1000).toISOString();
// Around every duration in the settings and the spec, on both sides.
const seconds = fc.constantFrom(0, 0.5, 2.9, 3, 5.9, 6, 9.9, 10, 29.9, 30, 59.9, 60, 61, 119, 601, 4000);
const time = seconds.map(ago);
const reading = fc.constantFrom('active', 'idle', 'failed', 'pending');

const status = fc.record(
  {
    phase: fc.constantFrom(...PHASES),
    phaseSince: time,
    mode: fc.constantFrom('serve', 'proxy'),
    idleSince: time,
    unknownSince: time,
    redirectedSince: time,
    readySince: time,
    drainedAt: time,
    resolverGoneSince: time,
    servedWake: fc.constantFrom('old', 'new'),
    sleptBy: fc.constant('elasti'),
    wokenBy: fc.constantFrom('Wake', 'Other'),
    lastScaledUpTime: time,
    observedGeneration: fc.constantFrom(1, 2),
    foreignRaises: fc.array(time, { maxLength: 5 }),
  },
  { requiredKeys: ['phase', 'phaseSince'] },
);

const answerIn = (w: World) => syncOf(observationOf(w), settingsOf(w));

/** The children of a redirected Service. By port, the private Service is there before the slices. */
const redirectedIn = (w: World) => {
  const idle = { ...w, status: { phase: 'Serving', phaseSince: ago(900), idleSince: ago(900) } };
  return answerIn(applied(idle, { ...answerIn(idle), status: idle.status as SyncResult['status'] })).children;
};
const redirectedBy = { host: redirectedIn(WORLD), port: redirectedIn({ ...WORLD, routing: 'port' }) };
const redirected = redirectedBy.host;

const anywhereByHost = fc.record({
  now: fc.constant(WORLD.now),
  spec: fc
    .record({
      cooldownPeriod: fc.constantFrom(0, 60),
      enabledPeriod: fc.constantFrom(
        undefined,
        { schedule: '0 0 * * *', duration: '24h' },
        { schedule: '0 0 * * *', duration: '1h' },
      ),
    })
    .map((over) => JSON.parse(JSON.stringify({ ...WORLD.spec, ...over }))),
  status: fc.oneof({ weight: 9, arbitrary: status }, { weight: 1, arbitrary: fc.constant(undefined) }),
  wakeToken: fc.constantFrom(undefined, undefined, 'old', 'new', `${ago(1)}/token`),
  keepAwakeUntil: fc.constantFrom(undefined, undefined, undefined, '', ago(0), ago(-0.001), ago(-3600), '2h'),
  sleepSwitch: fc.constantFrom(undefined, undefined, undefined, '', 'off', ago(0), ago(599), ago(600), 'now'),
  children: fc.constantFrom([], redirected, redirected.slice(0, 1), redirected.slice(1)),
  sliceGeneration: fc.constantFrom(1, 1, 1, 2),
  pods: fc.constantFrom([], [{ address: '10.0.0.1', ready: true }], [{ address: '10.0.0.1', ready: false }]),
  resolvers: fc.constantFrom([], ['10.0.9.1', '10.0.9.2'], ['10.0.9.3']),
  replicas: fc.constantFrom(0, 0, 1, 2, 'missing' as const, 'failed' as const),
  demand: reading,
  proof: reading,
  deletedAt: fc.constant(undefined),
  service: fc.constantFrom(WORLD.service, WORLD.service, WORLD.service, undefined, {
    ...WORLD.service,
    externalTrafficPolicy: 'Local',
  }),
});

// However the resolver tells connections apart, and whatever it says of itself.
const byRouting = fc.record({
  routing: fc.constantFrom('host' as const, 'port' as const),
  claims: fc.constantFrom('found' as const, 'found' as const, 'found' as const, 'failed' as const),
  listening: fc.constantFrom(WORLD.listening, WORLD.listening, ['10.0.9.1'], ['10.0.9.3'], []),
  statusRead: fc.constantFrom('current' as const, 'current' as const, 'outdated' as const, 'failed' as const),
  flows: fc.constantFrom(WORLD.flows, WORLD.flows, { open: 2, held: 0 }, { open: 0, held: 1 }, 'failed' as const),
  // Slices may stand from before the routing was changed.
  slicesOf: fc.constantFrom('now' as const, 'now' as const, 'port' as const, 'host' as const),
});
const anywhere: fc.Arbitrary<World> = fc.tuple(anywhereByHost, byRouting).map(([w, { slicesOf, ...resolver }]) => {
  const all = redirectedBy[slicesOf === 'now' ? resolver.routing : slicesOf];
  const names = w.children.map(({ metadata }) => metadata.name);
  return { ...w, ...resolver, children: all.filter(({ metadata }) => names.includes(metadata.name)) };
});

// The zero step needs a dozen things at once, so half of the worlds begin where all hold, and differ in a few.
const nearZeroStep = fc
  .tuple(
    anywhere,
    fc.subarray(
      [
        'status',
        'wakeToken',
        'keepAwakeUntil',
        'sleepSwitch',
        'children',
        'sliceGeneration',
        'pods',
        'resolvers',
        'replicas',
        'demand',
        'proof',
        'claims',
        'listening',
        'flows',
        'statusRead',
      ] as const,
      { maxLength: 2 },
    ),
  )
  .chain(([elsewhere, changed]) =>
    fc.record({ redirectedSince: time, readySince: time, drainedAt: fc.constant(ago(4000)) }).map((times): World => {
      const status = {
        phase: 'Draining',
        phaseSince: ago(7),
        mode: 'proxy',
        idleSince: ago(601),
        servedWake: 'old',
        sleptBy: 'elasti',
        ...times,
      };
      const { routing } = elsewhere;
      const draining: World = { ...WORLD, routing, status, children: redirectedBy[routing] };
      return { ...draining, ...Object.fromEntries(changed.map((key) => [key, elsewhere[key]])) };
    }),
  );
const world = fc.oneof(anywhere, nearZeroStep);

const RUNS = Number(process.env.PROPERTY_RUNS ?? 400);

const holds = (name: string, check: (world: World, result: SyncResult) => void) =>
  test(name, () => {
    fc.assert(
      fc.property(world, (w) => check(w, answerIn(w))),
      { numRuns: RUNS },
    );
  });

const isSlice = (child: { kind: string }) => child.kind === 'EndpointSlice';
const sleeps = (result: SyncResult) => result.scalePatches.some((patch) => patch.kind === 'sleep');
/** Each address with each port that a slice names there. */
const pairsIn = (child: Child): readonly string[] => {
  if (!isSlice(child)) return [];
  const { endpoints, ports } = EndpointSlice.parse(child);
  const addresses = (endpoints ?? []).flatMap((endpoint) => endpoint.addresses);
  return addresses.flatMap((address) => (ports ?? []).map(({ port }) => `${address} ${port}`));
};
/** Those that may hold connections of the Service. */
const usableResolvers = (w: World): readonly string[] => {
  if (w.routing === 'host' || w.claims === 'failed') return w.resolvers;
  const named = new Set(w.children.flatMap(pairsIn));
  return w.resolvers.filter((address) => w.listening.includes(address) || named.has(`${address} 10240`));
};
const statusOf = (w: World) => (w.status ?? {}) as Record<string, string | undefined>;
const since = (text: string | undefined) =>
  text === undefined ? Number.NEGATIVE_INFINITY : (NOW - Date.parse(text)) / 1000;

holds('I2: replicas go to 0 only where the request shows the slices complete, for the drain time', (w, result) => {
  if (!sleeps(result)) return;
  assert.deepEqual(w.children, redirectedBy[w.routing]);
  assert.deepEqual(w.resolvers, WORLD.resolvers);
  assert.equal(w.sliceGeneration, 1);
  assert.equal(statusOf(w).phase, 'Draining');
  assert.ok(since(statusOf(w).redirectedSince) >= SETTINGS.drainSeconds + SETTINGS.clockSkewSeconds);
  assert.ok(typeof w.replicas === 'number' && w.replicas > 0);
});

holds('I2: no answer that changes a child scales to 0', (w, result) => {
  if (sleeps(result))
    assert.deepEqual(JSON.parse(JSON.stringify(result.children)), JSON.parse(JSON.stringify(w.children)));
});

holds('I2: a pending wake is never slept over', (w, result) => {
  const isPending = w.wakeToken !== undefined && w.status !== undefined && w.wakeToken !== statusOf(w).servedWake;
  if (isPending) assert.equal(sleeps(result), false);
});

holds(
  'I5: what is not known to be idle does not sleep, and what is not known to be active does not wake',
  (w, result) => {
    if (w.demand !== 'idle' || w.proof !== 'idle') assert.equal(sleeps(result), false);
    const wokenByTrigger = result.scalePatches.some((patch) => patch.kind === 'wake' && patch.cause === 'Trigger');
    if (wokenByTrigger) assert.equal(w.demand, 'active');
  },
);

holds('I1: while no pod is ready no slice that can hold traffic is given up', (w, result) => {
  const isReady = w.pods.some((pod) => pod.ready);
  if (isReady || !w.children.some(isSlice)) return;
  assert.ok(result.children.some(isSlice));
});

holds(
  'I3: slices go only after pods were ready for the settle time, by a current status, or when no resolver is behind them',
  (w, result) => {
    if (!w.children.some(isSlice) || result.children.some(isSlice)) return;
    assert.ok(w.pods.some((pod) => pod.ready));
    const isSettled = since(statusOf(w).readySince) >= SETTINGS.settleSeconds + SETTINGS.clockSkewSeconds;
    assert.ok((isSettled && w.statusRead === 'current') || usableResolvers(w).length === 0);
  },
);

holds('I4: a pending wake of a target at 0 is answered with a raise', (w, result) => {
  const isPending = w.wakeToken !== undefined && w.status !== undefined && w.wakeToken !== statusOf(w).servedWake;
  if (!isPending || w.replicas !== 0) return;
  assert.ok(result.scalePatches.some((patch) => patch.kind === 'wake' && patch.replicas === 2));
  assert.ok(result.resyncAfterSeconds <= SETTINGS.zeroDeadlineSeconds);
});

holds('I4: a wake counts as served only above 0 and when no zero step can be under way', (w, result) => {
  const before = statusOf(w).servedWake;
  if (w.status === undefined || result.status.servedWake === before) return;
  assert.ok(typeof w.replicas === 'number' && w.replicas > 0);
  assert.notEqual(statusOf(w).phase, 'Draining');
  assert.ok(statusOf(w).drainedAt === undefined || since(statusOf(w).drainedAt) >= 2 * SETTINGS.zeroDeadlineSeconds);
});

holds('I6: without a ready resolver nothing falls asleep', (w, result) => {
  if (w.resolvers.length > 0) return;
  assert.equal(sleeps(result), false);
  if (statusOf(w).phase !== 'Draining') assert.notEqual(result.status.phase, 'Draining');
});

holds(
  'I5: what the resolver does not say of its connections keeps replicas up, and so do those that are open',
  (w, result) => {
    const isQuiet = w.flows !== 'failed' && w.flows.open === 0 && w.flows.held === 0;
    if (w.routing === 'port' && !isQuiet) assert.equal(sleeps(result), false);
  },
);

holds('no slice comes to name a port at an address that does not accept connections on it', (w, result) => {
  if (w.routing === 'host') return;
  const before = new Set(w.children.flatMap(pairsIn));
  for (const pair of result.children.flatMap(pairsIn)) {
    if (before.has(pair)) continue;
    const [address = '', port] = pair.split(' ');
    assert.equal(port, '10240');
    assert.equal(w.claims, 'found');
    assert.ok(w.resolvers.includes(address) && w.listening.includes(address), pair);
  }
});

holds('I8: a zero of somebody else is raised by a wake, a trigger or the calendar alone', (w, result) => {
  if (w.replicas !== 0 || w.status === undefined || statusOf(w).sleptBy === 'elasti') return;
  for (const patch of result.scalePatches) {
    assert.ok(patch.kind === 'wake' && ['Wake', 'Trigger', 'OutsideEnabledPeriod'].includes(patch.cause));
  }
});

const isKeptBy = (w: World) =>
  w.sleepSwitch === 'off' || (w.keepAwakeUntil !== undefined && Date.parse(w.keepAwakeUntil) > NOW);

holds(
  'what a person keeps awake neither falls asleep nor begins to, and what we put to sleep is raised',
  (w, result) => {
    const isUnreadable = w.keepAwakeUntil === '2h' || w.sleepSwitch === 'now';
    if (!isKeptBy(w) && !isUnreadable) return;
    assert.equal(sleeps(result), false);
    assert.notEqual(result.status.phase, 'Draining');
    const isOurs = w.replicas === 0 && statusOf(w).phase === 'Asleep' && statusOf(w).sleptBy === 'elasti';
    if (isKeptBy(w) && isOurs && w.service !== undefined) {
      assert.ok(result.scalePatches.some((patch) => patch.kind === 'wake' && patch.replicas === 2));
    }
  },
);

holds('I9: an answer once applied stands: no event, no further patch, no other child, no other status', (w, result) => {
  // Children that come and go start and stop clocks in the status, so it may take some rounds until all is said.
  let before = w;
  let answer = result;
  for (let round = 0; round < 4; round++) {
    if (answer.scalePatches.length > 0) return;
    before = applied(before, answer);
    answer = answerIn(before);
  }
  assert.deepEqual(answer.events, []);
  assert.deepEqual(JSON.parse(JSON.stringify(answer.children)), JSON.parse(JSON.stringify(before.children)));
  assert.deepEqual(JSON.parse(JSON.stringify(answer.status)), before.status);
});

holds('every answer passes the check and asks to be called again in time', (w, result) => {
  checkAnswer(result, 'shop');
  const mayBeUp = w.replicas !== 0;
  assert.ok(result.resyncAfterSeconds > 0);
  assert.ok(result.resyncAfterSeconds <= (mayBeUp ? SETTINGS.pollSeconds : 600));
});

test('the same observation gives the same answer, and is left as it was', () => {
  fc.assert(
    fc.property(world, (w) => {
      const observation = observationOf(w);
      const before = structuredClone(observation);
      assert.deepEqual(syncOf(observation, settingsOf(w)), syncOf(observation, settingsOf(w)));
      assert.deepEqual(observation, before);
    }),
    { numRuns: 500 },
  );
});

test('the worlds reach every phase and both kinds of patch, so that the properties above mean something', () => {
  const seen = new Set<string>();
  for (const w of fc.sample(world, { numRuns: 1000, seed: 1 })) {
    const result = answerIn(w);
    seen.add(String(result.status.phase));
    for (const patch of result.scalePatches) seen.add(patch.kind);
  }
  assert.deepEqual([...seen].sort(), [...PHASES, 'sleep', 'wake'].sort());
  assert.ok(CREATED < WORLD.now);
});
