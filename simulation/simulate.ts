import type { Settings } from '../src/core/types.ts';
import { SHARDS } from '../src/effects/claim-table.ts';
import { createApi } from './api.ts';
import { startAutoscalers } from './autoscalers.ts';
import { createChance } from './chance.ts';
import { startChaos } from './chaos.ts';
import type { Violation } from './checks/context.ts';
import { createChecks } from './checks.ts';
import { createClients, LAST_REQUESTS_MS } from './clients.ts';
import { createController } from './controller.ts';
import { startEdits } from './edits.ts';
import { collectGarbage, createElastiService } from './elasti-services.ts';
import { createFamilies } from './families.ts';
import { createFaults, drawFaults, type FaultName } from './faults.ts';
import { createHooks } from './hooks.ts';
import { type Cause, createLedger } from './ledger.ts';
import { type Mutant, NO_MUTANT } from './mutant.ts';
import { createNodes } from './nodes.ts';
import { createKind, type KubeObject } from './objects.ts';
import { createPlaces } from './places.ts';
import { createProcess } from './process.ts';
import { createPrometheus } from './prometheus.ts';
import { comeToRest } from './quiet.ts';
import { createResolvers } from './resolvers.ts';
import { startRivals } from './rivals.ts';
import { createScheduler } from './scheduler.ts';
import { makeSettings, makeSites, setUpSite } from './sites.ts';
import { createTimeline, type Timeline } from './timeline.ts';
import { createWorkloads } from './workloads.ts';
import type { World } from './world.ts';

export interface RunOptions {
  readonly seed: number;
  /** Virtual time with faults; some quiet minutes follow. */
  readonly minutes: number;
  readonly faults: readonly FaultName[];
  /** Only some of these faults, drawn by the seed. */
  readonly isDrawn?: boolean;
  readonly services: number;
  readonly mutant?: Mutant;
  /** `watch`: replicas watch by themselves, and Metacontroller relates nothing. */
  readonly observedBy?: Settings['observedBy'];
  readonly isRecording?: boolean;
  /** Says of the violations so far that no more need be looked for. */
  readonly isEnough?: (violations: readonly Violation[]) => boolean;
}

export interface RunResult {
  readonly seed: number;
  readonly cycles: number;
  readonly sent: number;
  readonly served: number;
  readonly losses: ReadonlyMap<Cause, number>;
  readonly violations: readonly Violation[];
  readonly timeline: Timeline;
}

/** Faults of the machinery itself. */
const DISTURBING: ReadonlySet<FaultName> = new Set<FaultName>([
  'apiErrors',
  'apiDown',
  'apiSlow',
  'lateZeros',
  'watchLag',
  'controllerRestarts',
  'controllerDown',
  'controllerLimited',
  'lateRequests',
  'lostEvents',
  'hookCrashes',
  'hookSuspensions',
  'statusLoss',
  'garbage',
]);

const MINUTE = 60_000;
const FIRST_PORT = 20_000;
/** After the faults: until nothing of them lasts. */
const RECOVERY_MS = 5 * MINUTE;
const SILENCE_MS = 4 * MINUTE;
const STEP_MS = 10_000;

/** Runs one seed from the beginning to the end; the same options always give the same result. */
export async function simulate(options: RunOptions): Promise<RunResult> {
  const { seed, minutes, services: count, mutant = NO_MUTANT } = options;
  const scheduler = createScheduler();
  const chance = createChance(seed);
  const faultsEndMs = minutes * MINUTE;
  const names = options.isDrawn ? drawFaults(options.faults, chance) : options.faults;
  const faults = createFaults(names, () => scheduler.nowMs() >= faultsEndMs);
  const maxSkewMs = faults.has('clockSkew') ? 1500 : 20;
  const observedBy = options.observedBy ?? mutant.observedBy ?? 'metacontroller';
  const settings = {
    ...makeSettings({
      pollSeconds: chance.pick([5, 10, 20]),
      routing: faults.has('routedByPort') && chance.is(0.5) ? 'port' : 'host',
    }),
    observedBy,
  };
  const sites = makeSites(count, chance, {
    mayHaveKeda: faults.has('autoscaler'),
    mayHaveTwoFamilies: faults.has('dualStack'),
    mayHavePeriod: faults.has('enabledPeriods'),
    mayShare: faults.has('sharedTargets'),
    rarity: faults.rarity,
  });
  let versions = 0;
  const nextVersion = () => String(++versions);
  const kind = <T extends KubeObject>() => createKind<T>({ scheduler, chance, faults, nextVersion });
  const timeline = createTimeline({ scheduler, isOn: options.isRecording === true });

  const world = {
    scheduler,
    chance,
    faults,
    settings,
    portRange: { first: FIRST_PORT, last: FIRST_PORT + SHARDS * (chance.is(0.2) ? 3 : 100) - 1 },
    sites,
    mutant,
    places: createPlaces(sites),
    listeners: new Map(),
    atZeroStep: [],
    atZeroWrite: [],
    atFaultsEnd: [],
    elastiServices: kind(),
    services: kind(),
    slices: kind(),
    targets: kind(),
    scaledObjects: kind(),
    configMaps: kind(),
    prometheus: createPrometheus({ scheduler, chance, sites }),
    tell: timeline.tell,
    // As far apart as can be, often enough.
    clockOffsetMs: () =>
      chance.is(0.5) ? chance.pick([-maxSkewMs, maxSkewMs]) : chance.between(-maxSkewMs, maxSkewMs),
  } as unknown as { -readonly [K in keyof World]: World[K] };
  world.families = createFamilies(world, faults.has('dualStack'));
  world.api = createApi(world);
  world.checks = createChecks(world, {
    isWithFaults: names.length > 0,
    isDisturbed: names.some((name) => DISTURBING.has(name)),
    maxSkewMs,
  });
  world.ledger = createLedger({
    scheduler,
    tell: timeline.tell,
    onOurLoss: ({ site }, cause) => world.checks.violate(`lost ${cause}`, site, 'a request was lost, and it is ours'),
  });
  for (const site of sites) setUpSite(world, site);
  collectGarbage(world);
  world.hooks = createHooks(world);
  const workloads = createWorkloads(world, createProcess(scheduler, { name: 'kcm', offsetMs: 0 }));
  const resolvers = createResolvers(world);
  const nodes = createNodes(world);
  const controller = createController(world);
  startAutoscalers(world);
  startChaos(world, { controller, resolvers, workloads });
  startEdits(world);
  startRivals(world);
  scheduler.after(faultsEndMs, () => {
    for (const end of world.atFaultsEnd) end();
  });
  for (const site of sites) createElastiService(world, site);
  const clients = createClients(world, nodes);

  const { ledger, checks } = world;
  const isEnough = () => options.isEnough?.(checks.violations) === true;
  const busyMs = faultsEndMs + (names.length > 0 ? RECOVERY_MS : 0);
  while (scheduler.nowMs() < busyMs && !isEnough()) await scheduler.runUntil(scheduler.nowMs() + STEP_MS);
  clients.stop();
  if (!isEnough()) await comeToRest(world, { forMs: SILENCE_MS });
  clients.askAgain();
  // Until they have asked, all is at rest still.
  if (!isEnough()) await scheduler.runUntil(scheduler.nowMs() + LAST_REQUESTS_MS);
  if (!isEnough()) await comeToRest(world, { forMs: SILENCE_MS });
  return {
    seed,
    cycles: checks.cycles,
    sent: ledger.sent,
    served: ledger.servedCount,
    losses: ledger.losses,
    violations: checks.violations,
    timeline,
  };
}
