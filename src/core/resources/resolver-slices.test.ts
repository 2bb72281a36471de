import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Child } from '../../api/hooks.ts';
import { applied, observationOf, syncOf, WORLD, type World } from '../testing/world.ts';

const serviceWith = (...names: readonly string[]) => ({
  selector: { app: 'web' },
  ports: names.map((name, i) => ({ name, port: 80 + i, targetPort: 8080 })),
});

/** A Service without a ready pod, whose slices stand as they should for its ports. */
const held = (...names: readonly string[]): World => {
  const world = { ...WORLD, pods: [{ address: '10.0.0.1', ready: false }], service: serviceWith(...names) };
  return applied(world, syncOf(observationOf(world)));
};

/** What each slice holds once the Service has other ports. */
function holdsThen(world: World, ...names: readonly string[]): Record<string, readonly string[]> {
  const { children } = syncOf(observationOf({ ...world, service: serviceWith(...names) }));
  const slices = children.filter(({ kind }) => kind === 'EndpointSlice');
  const portsOf = ({ ports }: Child) => (ports as readonly { name: string }[]).map(({ name }) => name);
  const shortOf = ({ metadata }: Child) => /-\d+$/.exec(metadata.name)?.[0] ?? 'first';
  return Object.fromEntries(slices.map((slice) => [shortOf(slice), portsOf(slice)]));
}

test('ports that share a port of the resolver have a slice each, in their order', () => {
  assert.deepEqual(holdsThen(held('http'), 'http'), { first: ['http'] });
  assert.deepEqual(holdsThen({ ...held('http'), children: [] }, 'web', 'http', 'admin'), {
    first: ['web'],
    '-2': ['http'],
    '-3': ['admin'],
  });
});

// Found by the simulation: Metacontroller deletes one slice before it changes the other, and nobody held the port meanwhile.
test('the port that is left of several stays in its slice', () => {
  assert.deepEqual(holdsThen(held('http', 'web'), 'web'), { '-2': ['web'] });
  assert.deepEqual(holdsThen(held('http', 'web', 'admin'), 'admin'), { '-3': ['admin'] });
  assert.deepEqual(holdsThen(held('http', 'web'), 'http'), { first: ['http'] });
});

test('ports that change their order, or get others before them, stay in their slices', () => {
  assert.deepEqual(holdsThen(held('http', 'web'), 'web', 'http'), { first: ['http'], '-2': ['web'] });
  assert.deepEqual(holdsThen(held('http'), 'web', 'http'), { first: ['http'], '-2': ['web'] });
  const less = { ...held('http', 'web'), service: serviceWith('web') };
  const left = applied(less, syncOf(observationOf(less)));
  assert.deepEqual(holdsThen(left, 'web', 'admin'), { first: ['admin'], '-2': ['web'] });
});

test('slices that stand in another order are as they should be', () => {
  const world = { ...held('http', 'web'), service: serviceWith('web', 'http') };
  // The private Service follows first.
  const { status } = syncOf(observationOf(applied(world, syncOf(observationOf(world)))));
  assert.equal(status.redirectedSince, WORLD.now.toISOString());
});
