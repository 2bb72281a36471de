import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NUDGE_ANNOTATION } from '../../api/elastiservice.ts';
import { SERVICES, SLICES } from '../../api/hooks.ts';
import { requestOf, SETTINGS, WORLD } from '../../core/testing/world.ts';
import { createMirror, type MirroredKind } from '../../mirror/mirror.ts';
import { createVirtualClock } from '../testing/virtual-clock.ts';
import { createRelate, makeNudge, type Sight } from './sight.ts';

function setup() {
  const clock = createVirtualClock();
  const whole = requestOf(WORLD);
  const mirror = createMirror({ settings: SETTINGS });
  for (const service of Object.values(whole.related[SERVICES] ?? {})) mirror.sinks.services.put(service);
  for (const slice of Object.values(whole.related[SLICES] ?? {})) mirror.sinks.slices.put(slice);
  const silent = new Set<string>();
  const seen = { version: 10, newest: 10 };
  const sight: Sight = {
    mirror,
    isCurrent: (kind: MirroredKind, namespace) => !silent.has(`${kind} ${namespace}`),
    version: () => seen.version,
    newest: () => seen.newest,
  };
  const relate = createRelate({ sight, settings: SETTINGS, clock });
  const bare = { ...whole, related: {} };
  const nudgedWith = (value: string) => {
    const metadata = { ...bare.parent.metadata, annotations: { [NUDGE_ANNOTATION]: value } };
    return { ...bare, parent: { ...bare.parent, metadata } };
  };
  return { clock, relate, bare, silent, seen, sight, nudgedWith };
}

test('supplies what is related, whatever the request says of it', async () => {
  const { relate, bare } = setup();
  const { related } = await relate(bare);
  assert.deepEqual(Object.keys(related[SERVICES] ?? {}), ['shop/web']);
  assert.deepEqual(Object.keys(related[SLICES] ?? {}).sort(), ['elasti/resolver-own', 'shop/web-own']);
});

for (const [kind, namespace, missing] of [
  ['services', 'shop', SERVICES],
  ['slices', 'shop', SLICES],
  ['slices', 'elasti', SLICES],
] as const) {
  test(`a watch of ${kind} in ${namespace} that went silent leaves the kind unknown`, async () => {
    const { relate, bare, silent } = setup();
    silent.add(`${kind} ${namespace}`);
    const { related } = await relate(bare);
    assert.deepEqual(
      [SERVICES, SLICES].filter((each) => !(each in related)),
      [missing],
    );
  });
}

test('whoever asked saw more: it is waited for, and comes', async () => {
  const { clock, relate, seen, sight, nudgedWith } = setup();
  seen.newest = 12;
  const request = nudgedWith(makeNudge(sight, 'shop', SETTINGS, 'token'));
  const answer = relate(request);
  await clock.advance(100);
  seen.version = 12;
  const { related } = await clock.run(answer);
  assert.ok(SERVICES in related && SLICES in related);
  assert.ok(clock.monotonicMs() < 150);
});

test('what does not come leaves all unknown, and keeps nobody waiting for long', async () => {
  const { clock, relate, nudgedWith } = setup();
  const { related } = await clock.run(relate(nudgedWith('10.11.10/token')));
  assert.deepEqual(related, {});
  assert.ok(clock.monotonicMs() <= 400);
});

test('an annotation that says nothing holds nobody up', async () => {
  const { clock, relate, nudgedWith } = setup();
  for (const value of ['', 'x', '1.2/token', '9.10.8/token'])
    assert.ok(SLICES in (await relate(nudgedWith(value))).related);
  assert.equal(clock.monotonicMs(), 0);
});
