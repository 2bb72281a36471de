import { type Chance, createChance } from '../../simulation/chance.ts';
import { createApi, type KubeApi } from '../cluster/api.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { createEnvironment } from '../environment/environment.ts';
import type { Source } from '../stage/echo-client.ts';
import { makeElastiService } from '../stage/manifests.ts';
import { createBook } from './book.ts';
import { startCanary } from './canary.ts';
import { restartOnce } from './control.ts';
import type { CycleFigures } from './cycle.ts';
import { runCycles } from './cycles.ts';
import { type Destinations, followDestinations } from './destination.ts';
import { createDisturbances } from './disturbances.ts';
import { runFaults } from './faults/run-faults.ts';
import { restartSoon } from './faults/system-pods.ts';
import { judge, type RunResult } from './judge.ts';
import { createLoad } from './load.ts';
import { plant } from './mistakes.ts';
import type { LossOptions } from './options.ts';
import type { Site } from './site.ts';
import { createSites } from './sites.ts';
import { addClientAddresses, createSources } from './sources.ts';
import { uninstallWhileAsleep } from './uninstall.ts';
import { createWitness, type Witness } from './witness.ts';

export interface CampaignDeps {
  readonly cluster: Cluster;
  readonly options: LossOptions;
  step(what: string): void;
}

/** The load on Services without Elasti, whose Deployments are restarted; then with Elasti, asleep and awake, with faults. */
export async function runCampaign(deps: CampaignDeps): Promise<{ control: RunResult; elasti: RunResult }> {
  const { cluster, options } = deps;
  const api = createApi(cluster.kubeconfig);
  await addClientAddresses();
  const nextSource = createSources();
  const destinations = await followDestinations();
  const witness = await createWitness(api);
  try {
    const control = await runControl({ ...deps, api, witness, destinations, nextSource });
    const environment = await createEnvironment(cluster, (what) => deps.step(`installed: ${what}`));
    await restartSoon(environment);
    if (options.mistake) await plant(environment, options.mistake);
    deps.step(`with the ${environment.metacontroller.kind} Metacontroller, seed ${options.seed}`);
    const disturbances = createDisturbances();
    const book = createBook(disturbances.goingOn, destinations);
    const sites = await createSites({ api, count: options.services, namespace: 'loss', nextSource });
    await api.apply(sites.map(({ namespace, name }) => makeElastiService(namespace, { service: name })));

    const world = { environment, witness, disturbances, chance: createChance(options.seed) };
    const canary = await startCanary(api, disturbances.harm);
    const enough = new AbortController();
    const next = countTo(options.cycles, deps.step);
    const figures: CycleFigures[] = [];
    const failures: string[] = [];
    const noteFailure = (error: Error) => {
      failures.push(error.message);
      deps.step(`failed: ${error.message}`);
    };
    const loaded = sites.map((site, index) => {
      const seed = options.seed * 1000 + index;
      return { site, seed, load: createLoad({ site, book, chance: createChance(seed + 500), nextSource }) };
    });
    const cycling = loaded.map(async ({ site, seed, load }) => {
      const done = (each: CycleFigures) => void figures.push(each);
      const { siteFaults } = options;
      await runCycles({ world, site, load, seed, siteFaults, next, done, failed: noteFailure, step: deps.step });
      await load.flow({});
    });
    const failing = runFaults(world, {
      faults: options.faults,
      signal: enough.signal,
      step: deps.step,
      failed: noteFailure,
    });
    await Promise.all(cycling);
    enough.abort();
    await failing;
    deps.step('uninstalling while all sleep');
    await uninstallWhileAsleep({ world, sites: loaded }).catch(noteFailure);
    await book.settled();
    await canary.stop();
    const { passedOn } = destinations;
    deps.step(`news of connections that the kernel dropped: ${destinations.newsLost()}`);
    const ended = figures.map(({ site }) => site);
    return { control, elasti: judge({ book, figures, ended, disturbances, witness, passedOn, failures }) };
  } finally {
    destinations.stop();
    witness.stop();
    api.close();
  }
}

interface ControlDeps extends CampaignDeps {
  readonly api: KubeApi;
  readonly witness: Witness;
  readonly destinations: Destinations;
  readonly nextSource: () => Source;
}

async function runControl({ api, witness, destinations, nextSource, options, step }: ControlDeps): Promise<RunResult> {
  const disturbances = createDisturbances();
  const book = createBook(() => 'control', destinations);
  const ended: Site[] = [];
  if (options.control > 0) {
    const sites = await createSites({ api, count: options.services, namespace: 'control', nextSource });
    const next = countTo(options.control, () => {});
    step(`${options.control} rolling restarts without Elasti`);
    await Promise.all(
      sites.map(async (site, index) => {
        const chance: Chance = createChance(options.seed * 1000 + index);
        const load = createLoad({ site, book, chance, nextSource });
        for (let number = next(); number !== undefined; number = next()) {
          await restartOnce({ api, site, load, chance }, number);
          ended.push(site);
        }
        await load.flow({});
      }),
    );
    await book.settled();
    for (const name of ['control', 'control-policed']) await api.remove(`/api/v1/namespaces/${name}`);
  }
  return judge({ book, figures: [], ended, disturbances, witness, passedOn: [], failures: [] });
}

function countTo(limit: number, step: (what: string) => void): () => number | undefined {
  let begun = 0;
  return () => {
    if (begun >= limit) return undefined;
    begun += 1;
    if (begun % 20 === 0) step(`cycle ${begun} of ${limit}`);
    return begun;
  };
}
