import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Parent, SERVICES, SLICES } from '../../api/hooks.ts';
import { drainPatienceSeconds } from '../../core/phase.ts';
import {
  applied,
  CREATED,
  contextOf,
  observationOf,
  requestOf,
  SETTINGS,
  syncOf,
  WORLD,
  type World,
} from '../../core/testing/world.ts';
import type { Settings, TriggerReading } from '../../core/types.ts';
import { createMirror } from '../../mirror/mirror.ts';
import { createPreview, type PreviewDeps } from './preview.ts';
import type { Sight } from './sight.ts';

const WATCHING: Settings = { ...SETTINGS, observedBy: 'watch' };
const OWNER = [{ apiVersion: 'x/v1', kind: 'ElastiService', name: 'web', uid: 'uid-web', controller: true }];

function previewIn(
  world: World,
  isCurrent: Sight['isCurrent'] = () => true,
  refresh: PreviewDeps['triggers']['refresh'] = async () => [],
  isUnheardOf = false,
) {
  const { parent, children, related } = requestOf(world);
  const mirror = createMirror({ settings: SETTINGS });
  mirror.sinks.elastiServices.put(Parent.parse(parent));
  for (const service of Object.values(related[SERVICES] ?? {})) mirror.sinks.services.put(service);
  for (const slice of Object.values(related[SLICES] ?? {})) mirror.sinks.slices.put(slice);
  for (const [kind, sink] of [
    [SERVICES, mirror.sinks.services],
    [SLICES, mirror.sinks.slices],
  ] as const) {
    for (const child of Object.values(children[kind] ?? {})) {
      sink.put({ ...child, metadata: { ...child.metadata, ownerReferences: OWNER } });
    }
  }
  const asked: string[] = [];
  const makePreview = createPreview({
    sight: { mirror, isCurrent, version: () => 1, newest: () => 1 },
    settings: WATCHING,
    clock: { now: () => world.now },
    gather: {
      gather: async (_, context, needs) => {
        if (needs.scale) asked.push('scale');
        const { scale, ...rest } = contextOf(world);
        return { ...rest, scale: needs.scale ? scale : context.scale };
      },
    },
    triggers: { refresh },
  });
  return { preview: makePreview('shop/web', { isUnheardOf }), asked, mirror };
}

const differenceIn = async (world: World) => (await previewIn(world).preview)?.difference;

/** What a world becomes once its answers have been applied again and again. */
function settled(world: World): World {
  let current = world;
  for (let i = 0; i < 5; i++) current = applied(current, syncOf(observationOf(current), WATCHING));
  return current;
}

const at = (world: World, seconds: number): World => ({
  ...world,
  now: new Date(world.now.getTime() + seconds * 1000),
});
const BUSY: World = { ...WORLD, demand: 'active' };

test('a new ElastiService differs from what it should be, and once that is applied no more', async () => {
  assert.ok(await differenceIn(BUSY));
  const rested = await previewIn(settled(BUSY)).preview;
  assert.equal(rested?.difference, undefined);
  assert.equal(rested?.againInSeconds, SETTINGS.pollSeconds);
});

test('one that a trigger keeps awake is not decided on while that is active and nothing is heard of', async () => {
  const busy = settled(BUSY);
  const whenUnheardOf = (state: TriggerReading['state'], ageSeconds = 0) => {
    const reading = { state, reason: '', message: '', ageSeconds };
    return previewIn(
      busy,
      () => true,
      async () => [reading],
      true,
    ).preview;
  };
  const seconds = (await previewIn(busy).preview)?.activeForSeconds;
  assert.ok(typeof seconds === 'number' && seconds >= 150 && seconds <= 300, `${seconds} s`);
  const { pollSeconds } = SETTINGS;
  const asBefore = { difference: undefined, activeForSeconds: 'asBefore', againInSeconds: pollSeconds };
  assert.deepEqual(await whenUnheardOf('active'), asBefore);
  assert.deepEqual(await whenUnheardOf('active', 3), { ...asBefore, againInSeconds: pollSeconds - 3 });
  for (const state of ['idle', 'failed', 'pending'] as const) {
    assert.notEqual((await whenUnheardOf(state))?.activeForSeconds, 'asBefore', state);
  }
});

for (const [what, world] of [
  ['asleep', { ...WORLD, status: { phase: 'Asleep', sleptBy: 'elasti' }, replicas: 0, pods: [] }],
  ['idle', settled(WORLD)],
  ['without a ready pod', settled({ ...BUSY, pods: [{ address: '10.0.0.1', ready: false }] })],
  ['with something to be told', { ...settled(BUSY), pods: [{ address: '10.0.0.1', ready: false }] }],
] as const) {
  test(`${what}: it does not rest on triggers alone`, async () => {
    const preview = await previewIn(world).preview;
    assert.ok(preview);
    assert.equal(preview.activeForSeconds, undefined);
  });
}

test('what a sync has read since is asked for again when it is a poll old', async () => {
  const reading = { state: 'active', reason: '', message: '', ageSeconds: 4 } as const;
  const preview = await previewIn(
    settled(BUSY),
    () => true,
    async () => [reading],
  ).preview;
  assert.equal(preview?.againInSeconds, SETTINGS.pollSeconds - 4);
});

test('a new ElastiService is left to Metacontroller for a poll, without a call', async () => {
  const made: World = { ...BUSY, status: undefined, now: CREATED };
  const { preview, asked } = previewIn(at(made, SETTINGS.pollSeconds));
  assert.equal(await preview, undefined);
  assert.deepEqual(asked, []);
  const later = previewIn(at(made, SETTINGS.pollSeconds + 1));
  assert.ok((await later.preview)?.difference);
  assert.deepEqual(later.asked, []);
});

test('the same difference is the same at another time', async () => {
  assert.equal(await differenceIn(at(BUSY, 5)), await differenceIn(BUSY));
});

for (const [what, change] of [
  ['pods that are not ready any more', { pods: [{ address: '10.0.0.1', ready: false }] }],
  ['another port of the Service', { service: { selector: { app: 'web' }, ports: [{ name: 'http', port: 81 }] } }],
  ['no Service any more', { service: undefined }],
] as const) {
  test(`${what}: a difference`, async () => assert.ok(await differenceIn({ ...settled(BUSY), ...change })));
}

test('asleep, replicas are taken for 0 without a call until endpoints show', async () => {
  const status = { phase: 'Asleep', phaseSince: '2026-03-01T10:00:00.000Z', sleptBy: 'elasti' };
  const asleep: World = { ...WORLD, status, replicas: 0, pods: [] };
  const quiet = previewIn(asleep);
  await quiet.preview;
  assert.deepEqual(quiet.asked, []);
  const stirring = previewIn({ ...asleep, pods: [{ address: '10.0.0.1', ready: true }] });
  await stirring.preview;
  assert.deepEqual(stirring.asked, ['scale']);
});

for (const kind of ['elastiServices', 'services', 'slices'] as const) {
  test(`a watch of ${kind} that went silent: nothing is asked for`, async () => {
    assert.equal(await previewIn(BUSY, (each) => each !== kind).preview, undefined);
  });
}

// Found by the simulation (seed 263, --faults some): a status from a backup said so, and nobody asked for ten minutes.
test('a drain is left to Metacontroller for as long as one may last, and no longer', async () => {
  const draining = (phaseSince: string): World => ({ ...BUSY, status: { phase: 'Draining', phaseSince } });
  const ago = (seconds: number) => new Date(BUSY.now.getTime() - seconds * 1000).toISOString();
  const patienceSeconds = drainPatienceSeconds(SETTINGS);
  assert.equal(await differenceIn(draining(ago(patienceSeconds))), undefined);
  assert.ok(await differenceIn(draining(ago(patienceSeconds + 1))));
});

test('triggers are asked before anything is decided, so that what changes while a server answers is seen', async () => {
  const refreshed = Promise.withResolvers<readonly TriggerReading[]>();
  const asked: unknown[] = [];
  const refresh: PreviewDeps['triggers']['refresh'] = ({ namespace }, { maxAgeSeconds }) => {
    asked.push({ namespace, maxAgeSeconds });
    return refreshed.promise;
  };
  const { preview, mirror } = previewIn(settled(BUSY), () => true, refresh);
  assert.deepEqual(asked, [{ namespace: 'shop', maxAgeSeconds: SETTINGS.pollSeconds / 2 }]);
  mirror.sinks.services.remove({ metadata: { namespace: 'shop', name: 'web' } });
  refreshed.resolve([]);
  assert.ok((await preview)?.difference);
});

test('of a drain no trigger is asked, and of one that goes while a server answers nothing is told', async () => {
  const never = () => assert.fail('asked');
  const draining: World = { ...BUSY, status: { phase: 'Draining', phaseSince: BUSY.now.toISOString() } };
  assert.equal(await previewIn(draining, () => true, never).preview, undefined);
  const refreshed = Promise.withResolvers<readonly TriggerReading[]>();
  const { preview, mirror } = previewIn(
    BUSY,
    () => true,
    () => refreshed.promise,
  );
  mirror.sinks.elastiServices.remove({ metadata: { namespace: 'shop', name: 'web' } });
  refreshed.resolve([]);
  assert.equal(await preview, undefined);
});
