import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Child } from '../api/hooks.ts';
import { emptyContext } from './context.ts';
import { decideNeeds } from './needs.ts';
import { observe, parseElastiService } from './observe.ts';
import { planOf } from './phase.ts';
import { observationOf, requestOf, SETTINGS, settingsOf, syncOf, WORLD, type World } from './testing/world.ts';
import type { Context, Needs } from './types.ts';

const ago = (seconds: number) => new Date(WORLD.now.getTime() - seconds * 1000).toISOString();

/** What is to be read before anything was. */
function firstNeeds(world: World): Needs | undefined {
  const settings = settingsOf(world);
  const request = requestOf(world);
  const elastiService = parseElastiService(request.parent);
  assert.ok(!('invalid' in elastiService));
  const facts = observe(request, elastiService, settings);
  return decideNeeds(planOf({ facts, context: emptyContext(WORLD.now) }, settings));
}

/** How old a reading of `/scale` may be for a service that has slept quietly for some seconds. */
function scaleAgeAfter(asleepSeconds: number): number | undefined {
  const status = { phase: 'Asleep', phaseSince: ago(asleepSeconds), sleptBy: 'elasti', observedGeneration: 1 };
  return firstNeeds({ ...WORLD, status, pods: [], replicas: 0 })?.scale?.maxAgeSeconds;
}

test('asleep, a reading of /scale from before the zero does not count, whoever wrote it and whatever their clock says', () => {
  assert.equal(scaleAgeAfter(-1), 0);
  assert.equal(scaleAgeAfter(SETTINGS.clockSkewSeconds), 0);
  assert.equal(scaleAgeAfter(SETTINGS.clockSkewSeconds + 10), 10);
});

test('asleep for long, /scale is read every few minutes', () => {
  assert.equal(scaleAgeAfter(SETTINGS.clockSkewSeconds + 299), 299);
  assert.equal(scaleAgeAfter(86_400), 300);
});

const privateService: Child = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'elasti-web-pvt-4b5e57f6eb', namespace: 'shop' },
  spec: {},
};

// Older ones may be of a ConfigMap that somebody deleted, whose ports no resolver listens on (seeds 600000121, 600002546).
test('by port, a drain rests on claims that are as fresh as its triggers, and all else on those of the last poll', () => {
  const claimsAge = (phase: string) => {
    const status = { phase, phaseSince: ago(60), observedGeneration: 1 };
    return firstNeeds({ ...WORLD, routing: 'port', status, children: [privateService] })?.resolverPorts?.maxAgeSeconds;
  };
  assert.equal(claimsAge('Draining'), 2);
  assert.equal(claimsAge('Serving'), SETTINGS.pollSeconds);
  assert.equal(claimsAge('Asleep'), SETTINGS.pollSeconds);
});

test('by host, and where the Service cannot be redirected, no port is claimed', () => {
  const status = { phase: 'Serving', phaseSince: ago(60), observedGeneration: 1 };
  const world: World = { ...WORLD, routing: 'port', status, children: [privateService] };
  assert.notEqual(firstNeeds(world)?.resolverPorts, undefined);
  assert.equal(firstNeeds({ ...world, routing: 'host' })?.resolverPorts, undefined);
  assert.equal(firstNeeds({ ...world, service: undefined })?.resolverPorts, undefined);
  assert.equal(firstNeeds({ ...world, service: { ...WORLD.service, clusterIP: 'None' } })?.resolverPorts, undefined);
});

test('the proof looks back for the cooldown, and where a person asked for sleep at the present alone', () => {
  const status = {
    phase: 'Draining',
    phaseSince: ago(8),
    idleSince: ago(600),
    redirectedSince: ago(7),
    sleptBy: 'elasti',
    observedGeneration: 1,
  };
  const idle = { state: 'idle', reason: 'BelowThreshold', message: '', ageSeconds: 0 } as const;
  const windowOf = (world: World) => {
    const request = requestOf({ ...world, children: redirected });
    const elastiService = parseElastiService(request.parent);
    assert.ok(!('invalid' in elastiService));
    const context: Context = {
      ...emptyContext(WORLD.now),
      readings: [idle],
      scale: { kind: 'found', replicas: 2 },
      sharers: { kind: 'found', sharers: [] },
    };
    return decideNeeds(planOf({ facts: observe(request, elastiService, SETTINGS), context }, SETTINGS))?.proof;
  };
  const serving = { ...WORLD, status: { ...status, phase: 'Serving', redirectedSince: undefined } };
  const redirected = syncOf(observationOf(serving)).children;
  assert.deepEqual(windowOf({ ...WORLD, status }), { windowSeconds: 60 });
  assert.deepEqual(windowOf({ ...WORLD, status, sleepSwitch: ago(10) }), { windowSeconds: 0 });
});
