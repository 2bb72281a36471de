import { type Chance, createChance } from '../../simulation/chance.ts';
import { SLEEP_ANNOTATION } from '../../src/api/elastiservice.ts';
import { type KubeObject, urlOf } from '../cluster/kube-object.ts';
import { ELASTI_SERVICES } from '../stage/objects.ts';
import { type CycleFigures, runCycle } from './cycle.ts';
import type { FaultWorld } from './faults/fault.ts';
import type { SiteFault } from './faults/site-faults.ts';
import { RESOLVERS, systemPods } from './faults/system-pods.ts';
import type { Load } from './load.ts';
import type { Site } from './site.ts';
import { tellWhyAwake } from './why-awake.ts';

interface CyclesOptions {
  readonly world: FaultWorld;
  readonly site: Site;
  readonly load: Load;
  readonly seed: number;
  readonly siteFaults: readonly SiteFault[];
  /** The number of the next cycle; nothing once there are enough. */
  next(): number | undefined;
  done(figures: CycleFigures): void;
  failed(error: Error): void;
  step(what: string): void;
}

/** Counted beside the faults. */
const STAYED_AWAKE = 'cycles in which nobody fell asleep';
const SITE_FAULT_PROBABILITY = 0.4;

/** One sleep and wake after another of one site, until there are enough, whatever comes of each. */
export async function runCycles(options: CyclesOptions): Promise<void> {
  const chance = createChance(options.seed);
  for (let number = options.next(); number !== undefined; number = options.next()) {
    await runOne(options, chance, number).catch(options.failed);
  }
}

async function runOne(options: CyclesOptions, chance: Chance, number: number): Promise<void> {
  const { world, site, load, siteFaults, done, step } = options;
  const fault = pickFault(chance, siteFaults);
  if (fault) step(`${site.name} ${number}: ${fault.name}`);
  let isDone = false;
  const act = async (deed: SiteFault['atZero']) => {
    if (!deed) return;
    isDone = true;
    await deed(world, site);
  };
  const deps = {
    ...{ site, load, witness: world.witness, chance, step },
    askToSleep: () => askToSleep(world, site),
    connectionsThroughResolver: () => countConnections(world, site),
    atZero: () => act(fault?.atZero),
    whileWaking: () => act(fault?.whileWaking),
  };
  try {
    const figures = await runCycle(deps, number);
    if (figures) {
      done(figures);
    } else {
      world.disturbances.count(STAYED_AWAKE);
      step(`${site.name} ${number}: stayed awake: ${await tellWhyAwake(world, site)}`);
    }
  } finally {
    // A cycle in which nobody fell asleep has come to neither.
    if (fault && isDone) {
      await fault.after?.(world, site);
      world.disturbances.count(fault.name);
    }
  }
}

function pickFault(chance: Chance, siteFaults: readonly SiteFault[]): SiteFault | undefined {
  return siteFaults.length > 0 && chance.is(SITE_FAULT_PROBABILITY) ? chance.pick(siteFaults) : undefined;
}

/** As a person does; where the API server is not there just now, it is left to the trigger. */
async function askToSleep({ environment }: FaultWorld, { namespace, name }: Site): Promise<void> {
  const annotations = { [SLEEP_ANNOTATION]: new Date().toISOString() };
  const path = urlOf(ELASTI_SERVICES, namespace, name);
  await environment.api.call('PATCH', path, { metadata: { annotations } }, { timeoutMs: 2000 }).catch(() => {});
}

/** Connections of a site that are open or held at any resolver now. */
async function countConnections(world: FaultWorld, { namespace, name }: Site): Promise<number> {
  const { metadata } = await world.environment.api.call<KubeObject>('GET', urlOf(ELASTI_SERVICES, namespace, name));
  const counts = systemPods(world, RESOLVERS).map(async ({ addresses: [address] }) => {
    const response = await fetch(`http://${address}:8013/connections`, { signal: AbortSignal.timeout(1000) });
    const { services } = (await response.json()) as { services: Record<string, { open: number; held: number }> };
    const { open, held } = services[metadata.uid ?? ''] ?? { open: 0, held: 0 };
    return open + held;
  });
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}
