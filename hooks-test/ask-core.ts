import assert from 'node:assert/strict';
import type { SyncRequest } from '../src/api/hooks.ts';
import { emptyContext } from '../src/core/context.ts';
import { decideFinalizeNeeds, finalize } from '../src/core/finalize.ts';
import { finalizeInvalid, syncInvalid } from '../src/core/invalid.ts';
import { decideNeeds } from '../src/core/needs.ts';
import { observe, parseElastiService } from '../src/core/observe.ts';
import { planOf } from '../src/core/phase.ts';
import { sync } from '../src/core/sync.ts';
import type { Context, FinalizeResult, Needs, Settings, SyncResult } from '../src/core/types.ts';
import { type GoldenContext, SETTINGS } from './golden.ts';

/** The shell gathers no more often than this for one answer. */
const MAX_ROUNDS = 8;

export interface Setup {
  readonly context: Context;
  readonly settings: Settings;
}

const { now: _now, ...UNREAD } = emptyContext(new Date(0));
const GATHERED = Object.keys(UNREAD) as readonly (keyof Needs & keyof Context)[];

/** What the core is given beside the request. */
export function setupOf({ now, settings, partial: _, then: __, ...given }: GoldenContext): Setup {
  for (const key of Object.keys(given)) assert.ok(key in UNREAD, `context.json has no use for ${key}`);
  return { context: { ...UNREAD, ...given, now: new Date(now) }, settings: { ...SETTINGS, ...settings } };
}

/** What the core answers to a request, whole. */
export function answer(
  hook: 'sync' | 'finalize',
  request: SyncRequest,
  { context, settings }: Setup,
): SyncResult | FinalizeResult {
  const elastiService = parseElastiService(request.parent);
  if ('invalid' in elastiService) {
    const observation = { request, invalid: elastiService.invalid, now: context.now };
    return hook === 'sync' ? syncInvalid(observation, settings) : finalizeInvalid(observation, settings);
  }
  const observation = { facts: observe(request, elastiService, settings), context };
  return hook === 'sync' ? sync(planOf(observation, settings)) : finalize(observation, settings);
}

/** Gathers as the shell does, from what the golden gives; whether that was all, and what of it was never asked for. */
export function gather(hook: 'sync' | 'finalize', request: SyncRequest, { context, settings }: Setup) {
  const elastiService = parseElastiService(request.parent);
  const given = GATHERED.filter((key) => JSON.stringify(context[key]) !== JSON.stringify(UNREAD[key]));
  if ('invalid' in elastiService) return { isComplete: true, unused: given };
  const facts = observe(request, elastiService, settings);
  const asked = new Set<string>();
  let gathered: Context = { ...UNREAD, now: context.now };
  for (let round = 0; round <= MAX_ROUNDS; round++) {
    const observation = { facts, context: gathered };
    const needs =
      hook === 'sync' ? decideNeeds(planOf(observation, settings)) : decideFinalizeNeeds(observation, settings);
    if (needs === undefined) return { isComplete: true, unused: given.filter((key) => !asked.has(key)) };
    const wanted = GATHERED.filter((key) => needs[key] !== undefined && needs[key] !== false);
    for (const key of wanted) asked.add(key);
    gathered = { ...gathered, ...Object.fromEntries(wanted.map((key) => [key, context[key]])) };
  }
  return { isComplete: false, unused: given.filter((key) => !asked.has(key)) };
}
