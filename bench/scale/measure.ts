import type { BenchWorld } from './bench-world.ts';
import { makeFleet } from './fleet.ts';
import { type IdleFigures, measureIdle, untilQuiet } from './measure-idle.ts';
import { type AllMemory, measureMemory } from './measure-memory.ts';
import { measureRestarts, type RestartFigures } from './measure-restarts.ts';
import { type StartUp, startElastiServices, startWorkloads } from './measure-start.ts';
import { measurePass, type PassFigures, touchAll, whileAllAreSynced } from './measure-syncs.ts';
import { measureTriggerPass, type TriggerPass } from './measure-triggers.ts';
import { bareWake, measureWakes, type WakeFigures } from './measure-wakes.ts';

/** What a fleet takes while nothing happens. */
export interface RestFigures {
  readonly services: number;
  readonly metacontroller: string;
  readonly pollSeconds: number;
  readonly startUp: StartUp;
  readonly memory: {
    /** With a fifth of the ElastiServices, and with all. */
    readonly few: { readonly services: number; readonly memory: AllMemory };
    readonly all: AllMemory;
  };
  readonly idle: IdleFigures;
  readonly pass: PassFigures;
}

/** How wakes fare, each beside the bare API calls of the same run. */
export interface AllWakes {
  readonly quiet: WakeFigures;
  readonly bareQuiet: WakeFigures;
  readonly busy: WakeFigures;
  readonly bareBusy: WakeFigures;
  readonly burst: WakeFigures;
  readonly bareBurst: WakeFigures;
}

/** What it takes when something happens, of the parts that were measured. */
export interface LoadFigures {
  readonly wakes?: AllWakes;
  readonly restarts?: RestartFigures;
  readonly triggerPasses?: readonly TriggerPass[];
  readonly memoryAtTheEnd?: AllMemory;
}

export interface Run {
  readonly world: BenchWorld;
  readonly services: number;
  readonly pollSeconds: number;
  /** Tells what begins, or what came of it. */
  readonly step: (what: string) => void;
}

const SHARE_OF_FEW = 0.2;
/** Code that few syncs have run yet, or that V8 let go of between them, would count as memory of the other services. */
const WARM_UP_SYNCS = 2000;
const LATENCY_WAKES = 100;
/** What each sets off, from the Deployment's controller to the pods that end, is some 25 writes: more would measure queues. */
const WAKES_PER_SECOND = 5;
const BURST_WAKES = 1000;

/** Brings up a fleet and looks at it while nothing happens. */
export async function measureRest({ world, services, pollSeconds, step }: Run): Promise<RestFigures> {
  const members = makeFleet(services);
  const few = members.slice(0, Math.ceil(services * SHARE_OF_FEW));
  step(`${services} Deployments and Services`);
  await startWorkloads(world, members);
  await world.metacontroller.start();
  step(`the first ${few.length} ElastiServices`);
  await startElastiServices(world, few);
  await untilQuiet(world);
  for (let syncs = 0; syncs < WARM_UP_SYNCS; syncs += few.length)
    await measurePass(world, few, () => touchAll(world, few));
  const memoryOfFew = await measureMemory(world);

  step('the other ElastiServices');
  const startUp = await startElastiServices(world, members.slice(few.length));
  await untilQuiet(world);
  step('a pass over all');
  const pass = await measurePass(world, members, () => touchAll(world, members));
  step('rest');
  const idle = await measureIdle(world, pollSeconds);
  const memory = { few: { services: few.length, memory: memoryOfFew }, all: await measureMemory(world) };
  return { services, metacontroller: world.metacontroller.kind, pollSeconds, startUp, memory, idle, pass };
}

/** Lets things happen to a fleet that is at rest, in this order. */
export const LOADS: Readonly<Record<string, (run: Run) => Promise<LoadFigures>>> = {
  wakes: async (run) => ({ wakes: await measureAllWakes(run) }),
  restarts: async ({ world, services, step }) => {
    step('restarts');
    return { restarts: await measureRestarts(world, makeFleet(services)) };
  },
  triggers: async ({ world, services, pollSeconds, step }) => {
    step('passes over the triggers');
    const triggerPasses: TriggerPass[] = [];
    for (const delay of [5, 1000, 'never'] as const) {
      triggerPasses.push(await measureTriggerPass(world, { services, pollSeconds, delay }));
    }
    return { triggerPasses, memoryAtTheEnd: await measureMemory(world) };
  },
};

async function measureAllWakes({ world, services, step }: Run): Promise<AllWakes> {
  const members = makeFleet(services);
  const sleepers = members.filter(({ isAsleep }) => isAsleep);
  const { wake } = world.wakes;
  const bare = await bareWake(world);
  const perSecond = WAKES_PER_SECOND;
  const some = sleepers.slice(0, LATENCY_WAKES);
  step(`${some.length} wakes, at rest and while all are synced`);
  const bareQuiet = await measureWakes(world, some, { wake: bare, perSecond });
  const quiet = await measureWakes(world, some, { wake, perSecond });
  step(`at rest: ${tellWakes(quiet)}; bare calls: ${tellWakes(bareQuiet)}`);
  const beside = <T>(work: () => Promise<T>) => whileAllAreSynced(world, members, work);
  const bareBusy = await measureWakes(world, some, { wake: bare, perSecond, beside });
  const busy = await measureWakes(world, some, { wake, perSecond, beside });
  step(`while all are synced: ${tellWakes(busy)}; bare calls: ${tellWakes(bareBusy)}`);

  const many = sleepers.slice(0, BURST_WAKES);
  step(`${many.length} wakes in one second, and their bare calls`);
  const bareBurst = await measureWakes(world, many, { wake: bare, perSecond: many.length });
  const burst = await measureWakes(world, many, { wake, perSecond: many.length });
  return { quiet, bareQuiet, busy, bareBusy, burst, bareBurst };
}

const tellWakes = ({ failed, p50Ms, p99Ms }: WakeFigures): string =>
  `p50 ${p50Ms.toFixed(0)} ms, p99 ${p99Ms.toFixed(0)} ms, ${failed} failed`;
