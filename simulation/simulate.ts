import type { Settings } from '../src/core/types.ts';
import { createApi } from './api.ts';
import { startAutoscalers } from './autoscalers.ts';
import { createChance } from './chance.ts';
import { startChaos } from './chaos.ts';
import { createChecks, type Violation } from './checks.ts';
import { createClients } from './clients.ts';
import { createController } from './controller.ts';
import { collectGarbage, createElastiService } from './elasti-services.ts';
import { createFaults, type FaultName } from './faults.ts';
import { createHooks } from './hooks.ts';
import { type Cause, createLedger } from './ledger.ts';
import { type Mutant, NO_MUTANT } from './mutant.ts';
import { createNodes } from './nodes.ts';
import { createKind, type KubeObject, keyOf } from './objects.ts';
import { createProcess } from './process.ts';
import { createPrometheus } from './prometheus.ts';
import { checkAsleep } from './quiet.ts';
import { createResolvers } from './resolvers.ts';
import { createScheduler } from './scheduler.ts';
import { createTimeline, type Timeline } from './timeline.ts';
import { createWorkloads } from './workloads.ts';
import { RESOLVER_NAMESPACE, RESOLVER_SERVICE, SERVICE, type Site, type World } from './world.ts';

export interface RunOptions {
  readonly seed: number;
  /** Virtual time with faults; some quiet minutes follow. */
  readonly minutes: number;
  readonly faults: readonly FaultName[];
  readonly services: number;
  readonly mutant?: Mutant;
  readonly isRecording?: boolean;
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
  'lateRequests',
  'lostEvents',
  'hookCrashes',
  'hookSuspensions',
  'statusLoss',
  'garbage',
]);

const MINUTE = 60_000;
/** After the faults: until nothing of them lasts. */
const RECOVERY_MS = 5 * MINUTE;
const SILENCE_MS = 4 * MINUTE;
const LAST_MS = 2 * MINUTE;

/** Runs one seed from the beginning to the end; the same options always give the same result. */
export async function simulate(options: RunOptions): Promise<RunResult> {
  const { seed, minutes, services: count, mutant = NO_MUTANT } = options;
  const scheduler = createScheduler();
  const chance = createChance(seed);
  const faultsEndMs = minutes * MINUTE;
  const faults = createFaults(options.faults, () => scheduler.nowMs() >= faultsEndMs);
  const maxSkewMs = faults.has('clockSkew') ? 1500 : 400;
  const settings = makeSettings(chance.pick([5, 10]));
  const sites = Array.from({ length: count }, (_, index) => makeSite(index, chance, faults.has('autoscaler')));
  let versions = 0;
  const nextVersion = () => String(++versions);
  const kind = <T extends KubeObject>() => createKind<T>({ scheduler, chance, faults, nextVersion });
  const timeline = createTimeline({ scheduler, isOn: options.isRecording === true });

  const world = {
    scheduler,
    chance,
    faults,
    settings,
    sites,
    mutant,
    siteOf: new Map(sites.map((site) => [site.key, site])),
    listeners: new Map(),
    atZeroStep: [],
    elastiServices: kind(),
    services: kind(),
    slices: kind(),
    targets: kind(),
    scaledObjects: kind(),
    prometheus: createPrometheus({ scheduler, chance, sites }),
    tell: timeline.tell,
    clockOffsetMs: () => chance.between(-maxSkewMs, maxSkewMs),
  } as unknown as { -readonly [K in keyof World]: World[K] };
  world.api = createApi(world);
  world.checks = createChecks(world, {
    isWithFaults: options.faults.length > 0,
    isDisturbed: options.faults.some((name) => DISTURBING.has(name)),
    maxSkewMs,
  });
  world.ledger = createLedger({
    scheduler,
    tell: timeline.tell,
    onOurLoss: ({ site }, cause) => world.checks.violate(`lost ${cause}`, site, 'a request was lost, and it is ours'),
  });
  for (const site of sites) setUp(world, site);
  collectGarbage(world);
  world.hooks = createHooks(world);
  const workloads = createWorkloads(world, createProcess(scheduler, { name: 'kcm', offsetMs: 0 }));
  const resolvers = createResolvers(world);
  const nodes = createNodes(world);
  const controller = createController(world);
  startAutoscalers(world);
  startChaos(world, { controller, resolvers, workloads });
  for (const site of sites) createElastiService(world, site);
  const clients = createClients(world, nodes);

  await scheduler.runUntil(faultsEndMs + RECOVERY_MS);
  clients.stop();
  await scheduler.runUntil(faultsEndMs + RECOVERY_MS + SILENCE_MS);
  checkAsleep(world);
  clients.askOnce();
  await scheduler.runUntil(faultsEndMs + RECOVERY_MS + SILENCE_MS + LAST_MS);
  const { ledger, checks } = world;
  const lost = [...ledger.losses.values()].reduce((sum, n) => sum + n, 0);
  const left = ledger.sent - ledger.servedCount - lost;
  if (left > 0) checks.violate('I1 unanswered', undefined, `${left} requests are still held when all is quiet`);
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

function makeSettings(pollSeconds: number): Settings {
  return {
    resolver: { namespace: RESOLVER_NAMESPACE, serviceName: RESOLVER_SERVICE, proxyPort: 8012 },
    pollSeconds,
    drainSeconds: 5,
    settleSeconds: 2,
    resolverGoneSeconds: 30,
    reentrySeconds: 0,
    zeroDeadlineSeconds: 5,
    clockSkewSeconds: 1,
    reservedNamespaces: ['kube-system', RESOLVER_NAMESPACE],
  };
}

function makeSite(index: number, chance: World['chance'], mayHaveKeda: boolean): Site {
  const namespace = `shop-${index}`;
  return {
    index,
    namespace,
    key: keyOf(namespace, SERVICE),
    hasKeda: mayHaveKeda && chance.is(0.34),
    isAbrupt: chance.is(0.3),
    startMs: chance.pick([300, 1000, 4000]),
    cooldownSeconds: chance.pick([5, 5, 15, 60]),
    isCountedAtDoor: chance.is(0.5),
  };
}

function setUp({ services, targets, scaledObjects }: World, { namespace, key, hasKeda }: Site): void {
  const metadata = { name: SERVICE, namespace };
  services.put(key, {
    metadata: { ...metadata, uid: `service-${namespace}` },
    spec: { clusterIP: '10.96.0.1', selector: { app: SERVICE }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  });
  targets.put(key, { metadata, replicas: 1, statusReplicas: 0, by: 'person', atMs: 0 });
  if (hasKeda) scaledObjects.put(key, { metadata, minReplicaCount: 1 });
}
