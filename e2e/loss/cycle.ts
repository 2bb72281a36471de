import { setTimeout as sleep } from 'node:timers/promises';
import type { Chance } from '../../simulation/chance.ts';
import type { Load } from './load.ts';
import type { Site } from './site.ts';
import type { Witness } from './witness.ts';

/** What was measured of one sleep and the wake after it. */
export interface CycleFigures {
  readonly site: Site;
  readonly number: number;
  /** From the last client to replicas 0; absent where clients stayed. */
  readonly idleToZeroMs?: number;
  readonly zeroAtMs: number;
  /** Requests that came at once, beside those that flow. */
  readonly burst: number;
  /** From the first client to replicas above 0; absent where clients had come before. */
  readonly askedToRaisedMs?: number;
  /** When the first pod was ready again. */
  readonly readyAtMs: number;
  /** From then until no slice redirected it any more. */
  readonly switchBackMs: number;
  /** Connections that still went through the resolvers then. */
  readonly stillThroughResolver: number;
}

/** How clients behave while a site falls asleep. */
const WAYS = ['quiet', 'quiet', 'kept', 'kept', 'trickle'] as const;
/** How many come at once. */
export const BURSTS = [1, 10, 50] as const;
export const BUSY = { newEveryMs: 150, kept: 'rotating' } as const;
/** Those who keep it awake go at last, so that each cycle comes to an end. */
const STAY_MS = 15_000;
const LIMIT_MS = 150_000;

export interface CycleDeps {
  readonly site: Site;
  readonly load: Load;
  readonly witness: Witness;
  readonly chance: Chance;
  /** Asks for sleep the way a person does, without the cooldown. */
  askToSleep(): Promise<unknown>;
  connectionsThroughResolver(): Promise<number>;
  /** Does what is to be done to a site that has just been put to sleep, or is waking. */
  atZero(): Promise<void>;
  whileWaking(): Promise<void>;
  step(what: string): void;
}

/**
 * One sleep and one wake, under load; throws where it does not wake or serve. Nothing where it does not fall asleep: while
 * one fault follows another nobody may know that it is idle.
 */
export async function runCycle(deps: CycleDeps, number: number): Promise<CycleFigures | undefined> {
  const { site, load, witness, chance, step } = deps;
  const reach = async (what: string, isTrue: Parameters<Witness['until']>[1]) => {
    if (await witness.until(site, isTrue, LIMIT_MS)) return;
    throw new Error(`${site.name} did not ${what} within ${LIMIT_MS} ms: ${JSON.stringify(witness.view(site))}`);
  };

  await load.flow(BUSY);
  await sleep(chance.between(300, 2000));
  await reach('serve', ({ slices, readyPods }) => slices === 0 && readyPods > 0);

  const way = chance.pick(WAYS);
  const isAsked = chance.is(0.5);
  step(`${site.name} ${number}: ${way}${isAsked ? ', asked to sleep' : ''}`);
  await load.flow(way === 'quiet' ? {} : way === 'kept' ? { kept: 'held' } : { newEveryMs: chance.between(700, 2500) });
  let idleAtMs = way === 'quiet' ? performance.now() : undefined;
  if (isAsked) await deps.askToSleep();
  const isZero = ({ replicas }: { replicas: number }) => replicas === 0;
  if (way !== 'quiet' && !(await witness.until(site, isZero, STAY_MS))) {
    await load.flow({});
    idleAtMs = performance.now();
  }
  if (!(await witness.until(site, isZero, LIMIT_MS))) return undefined;
  const zeroAtMs = performance.now();

  await deps.atZero();
  // Some come at once, while pods are still ending; others when all is quiet.
  if (chance.is(0.7)) await sleep(chance.spell(500, 4000));
  step(`${site.name} ${number}: wakes`);
  const isStillAsleep = isZero(witness.view(site)) && way === 'quiet';
  const askedAtMs = performance.now();
  await load.flow(BUSY);
  const burst = chance.pick(BURSTS);
  load.burst(burst);
  const raising = witness.until(site, ({ replicas }) => replicas > 0, LIMIT_MS).then(() => performance.now());
  await deps.whileWaking();
  await reach('come up', ({ replicas, readyPods }) => replicas > 0 && readyPods > 0);
  // Where it is raised before the zero was acted on, its pod has been there all the time.
  const readyAtMs = Math.max(witness.view(site).readySinceMs, zeroAtMs);
  await reach('serve again', ({ slices }) => slices === 0);
  return {
    site,
    number,
    ...(idleAtMs === undefined ? {} : { idleToZeroMs: zeroAtMs - idleAtMs }),
    zeroAtMs,
    burst,
    ...(isStillAsleep ? { askedToRaisedMs: (await raising) - askedAtMs } : {}),
    readyAtMs,
    switchBackMs: performance.now() - readyAtMs,
    stillThroughResolver: await deps.connectionsThroughResolver().catch(() => 0),
  };
}
