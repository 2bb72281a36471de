import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SETTINGS } from '../../core/testing/world.ts';
import { KubeApiError } from '../../errors.ts';
import { createMirror } from '../../mirror/mirror.ts';
import { createSeededRandom } from '../testing/seeded-random.ts';
import { makeParent, silentLog } from '../testing/shop.ts';
import { createVirtualClock } from '../testing/virtual-clock.ts';
import { createNudges } from './nudges.ts';
import type { Preview } from './preview.ts';

const POLL_MS = SETTINGS.pollSeconds * 1000;

function setup(options: { readonly services?: number; readonly isMine?: (uid: string) => boolean } = {}) {
  const clock = createVirtualClock();
  const mirror = createMirror({ settings: SETTINGS });
  const keys = Array.from({ length: options.services ?? 1 }, (_, i) => `shop/web-${i}`);
  for (const [i, key] of keys.entries()) {
    const name = key.slice('shop/'.length);
    mirror.sinks.elastiServices.put(makeParent({ metadata: { name, uid: `uid-${i}` }, spec: { service: name } }));
  }
  const differenceOf = new Map<string, string | undefined>();
  const world = {
    difference: undefined as string | undefined,
    differenceOf,
    againInSeconds: 30,
    activeForSeconds: undefined as Preview['activeForSeconds'],
    duringPreview: () => {},
    fails: false,
  };
  const areUnheardOf: boolean[] = [];
  const written: { readonly key: string; readonly atMs: number; readonly value: string }[] = [];
  const looks: number[] = [];
  const nudges = createNudges({
    sight: { mirror, isCurrent: () => true, version: () => 7, newest: () => 7 },
    settings: SETTINGS,
    clock,
    random: createSeededRandom(1),
    log: silentLog,
    isMine: options.isMine ?? (() => true),
    preview: async (key, { isUnheardOf }): Promise<Preview> => {
      looks.push(clock.monotonicMs());
      areUnheardOf.push(isUnheardOf);
      world.duringPreview();
      const difference = differenceOf.has(key) ? differenceOf.get(key) : world.difference;
      const { againInSeconds, activeForSeconds } = world;
      return { difference, againInSeconds, activeForSeconds };
    },
    cluster: {
      writeNudge: async ({ namespace, name }, value) => {
        if (world.fails) throw new KubeApiError('UNAVAILABLE', 'cannot annotate');
        written.push({ key: `${namespace}/${name}`, atMs: clock.monotonicMs(), value });
        return makeParent();
      },
    },
  });
  return { clock, nudges, world, written, looks, areUnheardOf, mirror };
}

test('where nothing differs nothing is written, and each is looked at once in a poll', async () => {
  const { clock, nudges, written, looks } = setup({ services: 20 });
  nudges.start();
  await clock.advance(POLL_MS);
  assert.equal(looks.length, 20);
  assert.ok(new Set(looks.map((atMs) => Math.floor(atMs / 5000))).size > 3, 'they are spread');
  await clock.advance(10 * POLL_MS);
  assert.equal(looks.length, 11 * 20);
  assert.deepEqual(written, []);
});

test('one that rests on active triggers alone is unheard of until anything is told of it, or its time is up', async () => {
  const { clock, nudges, world, areUnheardOf } = setup();
  const nextLook = async (ms = POLL_MS) => {
    await clock.advance(ms);
    return areUnheardOf.splice(0);
  };
  world.activeForSeconds = 3600;
  nudges.start();
  assert.deepEqual(await nextLook(), [false]);
  assert.deepEqual(await nextLook(), [true]);
  nudges.related('shop/web-0');
  assert.deepEqual(await nextLook(20), [false]);
  assert.deepEqual(await nextLook(), [true]);
  nudges.resolversChanged();
  assert.deepEqual(await nextLook(), [false]);

  world.duringPreview = nudges.resolversChanged;
  assert.deepEqual(await nextLook(), [true]);
  world.duringPreview = () => {};
  assert.deepEqual(await nextLook(), [false], 'what changed meanwhile may not be in it');

  world.activeForSeconds = 'asBefore';
  assert.deepEqual(await nextLook(2 * POLL_MS), [true, true]);

  world.activeForSeconds = 1.5 * (POLL_MS / 1000);
  nudges.related('shop/web-0');
  await nextLook(20);
  assert.deepEqual(await nextLook(), [true]);
  world.activeForSeconds = undefined;
  assert.deepEqual(await nextLook(), [true]);
  assert.deepEqual(await nextLook(), [false]);
});

test('of what is due together each has a turn of its own, so that a wake waits for one look and not for all', async () => {
  const { clock, nudges, looks, mirror } = setup({ services: 20 });
  nudges.start();
  await clock.advance(POLL_MS);
  const before = looks.length;
  for (const key of mirror.parentKeys()) nudges.related(key);
  let atWake = 0;
  clock.after(5, () => {
    atWake = looks.length - before;
  });
  await clock.advance(100);
  assert.ok(atWake <= 1, `${atWake} looks went before it`);
  assert.equal(looks.length - before, 20);
});

test('a difference is told within milliseconds of the change, with how much was seen', async () => {
  const { clock, nudges, world, written } = setup();
  nudges.start();
  await clock.advance(2 * POLL_MS);
  world.difference = 'a';
  const changedAtMs = clock.monotonicMs();
  nudges.related('shop/web-0');
  nudges.related('shop/web-0');
  await clock.advance(20);
  assert.equal(written.length, 1);
  assert.ok((written[0]?.atMs ?? 0) - changedAtMs <= 10);
  assert.match(written[0]?.value ?? '', /^7\.7\.7\/.+/);
});

test('a difference that stays is told ever more seldom, up to once in a poll, and never without end', async () => {
  const { clock, nudges, world, written } = setup();
  world.difference = 'a';
  nudges.start();
  nudges.related('shop/web-0');
  await clock.advance(200_000);
  const gaps = written.slice(1).map(({ atMs }, i) => Math.round((atMs - (written[i]?.atMs ?? 0)) / 1000));
  assert.deepEqual(gaps.slice(0, 6), [1, 2, 4, 8, 16, 30]);
  world.difference = undefined;
  const before = written.length;
  await clock.advance(10 * POLL_MS);
  assert.equal(written.length, before);
});

test('another difference each time is taken for the same trouble after a while', async () => {
  const { clock, nudges, world, written } = setup();
  nudges.start();
  for (let second = 0; second < 300; second++) {
    world.difference = String(second);
    nudges.related('shop/web-0');
    await clock.advance(1000);
  }
  assert.ok(written.length > 5 && written.length < 25, `${written.length} nudges in 300 s`);
});

/** All need a nudge at once, and a hundred have it. */
async function crowd(services: number) {
  const all = setup({ services });
  const { clock, nudges, world, written } = all;
  nudges.start();
  await clock.advance(2 * POLL_MS);
  world.difference = 'a';
  for (let i = 0; i < services; i++) nudges.related(`shop/web-${i}`);
  await clock.advance(900);
  assert.equal(written.length, 100);
  const asked = new Set(written.map(({ key }) => key));
  const waiting = Array.from({ length: services }, (_, i) => `shop/web-${i}`).filter((key) => !asked.has(key));
  const answer = (key: string | undefined) => {
    world.differenceOf.set(key ?? '', undefined);
    nudges.related(key ?? '');
  };
  return { ...all, waiting, answer };
}

test('only so many are waited for at once, and all come to their turn before any has a second', async () => {
  const { clock, written } = await crowd(300);
  await clock.advance(15_000);
  assert.equal(new Set(written.slice(0, 300).map(({ key }) => key)).size, 300);
});

test('an answer gives its place to one that waits', async () => {
  const { clock, written, waiting, answer } = await crowd(101);
  answer(written[7]?.key);
  await clock.advance(10);
  assert.deepEqual([written.at(-1)?.key], waiting);
});

test('what needs no nudge any more when its turn comes gives it away', async () => {
  const { clock, world, written, waiting, answer } = await crowd(103);
  for (const key of waiting.slice(0, 2)) world.differenceOf.set(key, undefined);
  answer(written[7]?.key);
  await clock.advance(20);
  assert.equal(written.length, 101);
  assert.equal(written.at(-1)?.key, waiting[2]);
});

test('where answers take long, the next try and the changes of ElastiServices wait longer', async () => {
  const { clock, nudges, world, written, looks } = setup();
  nudges.start();
  for (let round = 0; round < 50; round++) {
    if (round === 40) written.length = 0;
    world.difference = `${round}`;
    nudges.related('shop/web-0');
    await clock.advance(4000);
    world.difference = undefined;
    nudges.related('shop/web-0');
    await clock.advance(10_000);
  }
  assert.equal(written.length, 10);
  looks.length = 0;
  world.difference = 'a';
  nudges.parent('shop/web-0');
  await clock.advance(3000);
  assert.deepEqual([looks.length, written.length], [0, 10]);
  await clock.advance(5000);
  assert.equal(written.length, 11);
});

test('our own nudge, coming back by the watch, is no reason to look; what comes after it is', async () => {
  const { clock, nudges, world, looks } = setup();
  nudges.start();
  await clock.advance(2 * POLL_MS);
  world.difference = 'a';
  nudges.related('shop/web-0');
  await clock.advance(10);
  const before = looks.length;
  nudges.parent('shop/web-0');
  await clock.advance(900);
  assert.equal(looks.length, before);
  nudges.parent('shop/web-0');
  await clock.advance(10);
  assert.equal(looks.length, before + 1);
});

test('what is not ours is left alone until it is', async () => {
  let isOurs = false;
  const { clock, nudges, world, written, looks } = setup({ isMine: () => isOurs });
  world.difference = 'a';
  nudges.start();
  await clock.advance(3 * POLL_MS);
  assert.deepEqual([looks, written], [[], []]);
  isOurs = true;
  nudges.shareChanged();
  await clock.advance(POLL_MS);
  assert.ok(written.length > 0);
});

test('a nudge that cannot be written is tried again', async () => {
  const { clock, nudges, world, written } = setup();
  world.difference = 'a';
  world.fails = true;
  nudges.start();
  nudges.related('shop/web-0');
  await clock.advance(2500);
  world.fails = false;
  await clock.advance(5000);
  assert.ok(written.length > 0);
});

test('one that is gone is forgotten', async () => {
  const { clock, nudges, world, written, looks, mirror } = setup();
  world.difference = 'a';
  nudges.start();
  mirror.sinks.elastiServices.remove({ metadata: { namespace: 'shop', name: 'web-0' } });
  await clock.advance(3 * POLL_MS);
  assert.deepEqual([looks, written], [[], []]);
  assert.equal(clock.nextAtMs(), undefined);
});

test('before all has been read nothing begins', async () => {
  const { clock, nudges, world, written } = setup();
  world.difference = 'a';
  nudges.related('shop/web-0');
  nudges.parent('shop/web-0');
  await clock.advance(POLL_MS);
  assert.deepEqual(written, []);
});
