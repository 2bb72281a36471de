import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hunt } from './hunt.ts';
import { MUTANTS } from './mutants.ts';

/** Those that a single short seed gives away; `npm run simulate -- --mutants` goes after all. */
const QUICK = [
  'scale before the slices are observed',
  'drop the slices at the first pod ready',
  'drop the slices while pods start',
  'drop the slices of one asleep',
  'forget the drain',
  'wake without the annotation',
  'finalize at once',
  "paused-replicas in KEDA's pause",
  'skip the proof over the cooldown',
  'replicas that undo each other',
  'ignore the sharer of the target',
  'sleep outside the enabled period',
  'take one family of a Service for all',
  'name a port before it is listened on',
  'ignore the connections at the resolver',
  'never ask Metacontroller for a sync',
  'ask for syncs that change nothing',
];

for (const name of QUICK) {
  test(`the mistake is caught: ${name}`, async () => {
    const mutant = MUTANTS.find((candidate) => candidate.name === name);
    assert.ok(mutant);
    const { caught } = await hunt(mutant, { maxSeeds: 3, minutes: 6, services: 3 });
    assert.ok(caught, 'no invariant was broken');
  });
}
