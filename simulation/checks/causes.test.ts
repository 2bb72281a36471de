import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Site, World } from '../world.ts';
import { createLossCauses } from './causes.ts';
import { createCheckContext, SECOND } from './context.ts';
import type { SiteTruth } from './site-truth.ts';

const SITE = { key: 'shop-1/web' } as Site;
const NOW_MS = 1000 * SECOND;
const WORLD = { sites: [SITE], scheduler: { nowMs: () => NOW_MS } } as unknown as World;

/** Whose loss it is that a connection still went to a pod that our zero had stopped. */
function causeOfStalePod(truth: Partial<SiteTruth>): string {
  const context = createCheckContext(WORLD, { isWithFaults: true, isDisturbed: true, maxSkewMs: 0 });
  const known = { outage: 'ours', answeredAtMs: NOW_MS - SECOND, zeroAtMs: NOW_MS - 6 * SECOND } as const;
  Object.assign(context.truthOf(SITE), known, truth);
  return createLossCauses(context).causeOfStalePod(SITE);
}

test('a pod that our zero stopped and that is still sent connections is our loss', () => {
  assert.equal(causeOfStalePod({ chargedAtMs: NOW_MS - 60 * SECOND }), 'stalePod');
});

test('it is not where the ElastiService came after the zero of another Service, until its slices can be programmed', () => {
  assert.equal(causeOfStalePod({ chargedAtMs: NOW_MS - SECOND }), 'notOurService');
  assert.equal(causeOfStalePod({ chargedAtMs: NOW_MS - 11 * SECOND, zeroAtMs: NOW_MS - 12 * SECOND }), 'stalePod');
});

test('it is where the ElastiService was there just before the zero', () => {
  assert.equal(causeOfStalePod({ chargedAtMs: NOW_MS - 7 * SECOND }), 'stalePod');
});
