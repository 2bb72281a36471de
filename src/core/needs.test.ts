import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyContext } from './context.ts';
import { decideNeeds } from './needs.ts';
import { observe, parseElastiService } from './observe.ts';
import { planOf } from './phase.ts';
import { requestOf, SETTINGS, WORLD } from './testing/world.ts';

/** How old a reading of `/scale` may be for a service that has slept quietly for some seconds. */
function scaleAgeAfter(asleepSeconds: number): number | undefined {
  const phaseSince = new Date(WORLD.now.getTime() - asleepSeconds * 1000).toISOString();
  const status = { phase: 'Asleep', phaseSince, sleptBy: 'elasti', observedGeneration: 1 };
  const request = requestOf({ ...WORLD, status, pods: [], replicas: 0 });
  const elastiService = parseElastiService(request.parent);
  assert.ok(!('invalid' in elastiService));
  const facts = observe(request, elastiService, SETTINGS);
  return decideNeeds(planOf({ facts, context: emptyContext(WORLD.now) }, SETTINGS))?.scale?.maxAgeSeconds;
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
