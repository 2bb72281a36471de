import { type Chance, createChance } from '../../simulation/chance.ts';
import { createApi, type KubeApi } from '../cluster/api.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { createEnvironment } from '../environment/environment.ts';
import type { Source } from '../stage/echo-client.ts';
import { makeElastiService } from '../stage/manifests.ts';
import { type Book, createBook } from './book.ts';
import { type Cause, causeOf } from './causes.ts';
import { restartOnce } from './control.ts';
import type { CycleFigures } from './cycle.ts';
import { runCycles } from './cycles.ts';
import { createDisturbances, type Disturbances } from './disturbances.ts';
import { runFaults } from './faults/run-faults.ts';
import { createLoad, untilAnswers } from './load.ts';
import type { LossOptions } from './options.ts';
import { createSite, type Site } from './site.ts';
import { addClientAddresses, createSources } from './sources.ts';
import { createWitness, type Witness } from './witness.ts';

/** What a run brought, before it is told. */
export interface RunResult {
  readonly book: Book;
  readonly causes: readonly Cause[];
  readonly figures: readonly CycleFigures[];
  readonly disturbances: Disturbances;
  /** What did not come about: a site that was stuck, a fault that was not mended. */
  readonly failures: readonly string[];
}

export interface CampaignDeps {
  readonly cluster: Cluster;
  readonly options: LossOptions;
  step(what: string): void;
}

const START_DELAYS_MS = [0, 300, 1000] as const;

/** The load on Services without Elasti, whose Deployments are restarted; then with Elasti, asleep and awake, with faults. */
export async function runCampaign(deps: CampaignDeps): Promise<{ control: RunResult; elasti: RunResult }> {
  const { cluster, options } = deps;
  const api = createApi(cluster.kubeconfig);
  await addClientAddresses();
  const nextSource = createSources();
  const witness = await createWitness(api);
  try {
    const control = await runControl({ ...deps, api, witness, nextSource });
    const environment = await createEnvironment(cluster, (what) => deps.step(`installed: ${what}`));
    deps.step(`with the ${environment.metacontroller.kind} Metacontroller, seed ${options.seed}`);
    const disturbances = createDisturbances();
    const book = createBook(disturbances.goingOn);
    const sites = await createSites({ api, options, nextSource }, 'loss');
    await api.apply(sites.map(({ namespace, name }) => makeElastiService(namespace, { service: name })));

    const world = { environment, witness, disturbances, chance: createChance(options.seed) };
    const enough = new AbortController();
    const next = countTo(options.cycles, deps.step);
    const figures: CycleFigures[] = [];
    const failures: string[] = [];
    const noteFailure = (error: Error) => {
      failures.push(error.message);
      deps.step(`failed: ${error.message}`);
    };
    const cycling = sites.map(async (site, index) => {
      const seed = options.seed * 1000 + index;
      const load = createLoad({ site, book, chance: createChance(seed + 500), nextSource });
      const done = (each: CycleFigures) => void figures.push(each);
      await runCycles({ world, site, load, seed, siteFaults: options.siteFaults, next, done, step: deps.step }).catch(
        noteFailure,
      );
      await load.flow({});
    });
    const failing = runFaults(world, { faults: options.faults, signal: enough.signal, step: deps.step }).catch(
      noteFailure,
    );
    await Promise.all(cycling);
    enough.abort();
    await failing;
    await book.settled();
    return { control, elasti: judge({ book, figures, disturbances, witness, failures }) };
  } finally {
    witness.stop();
    api.close();
  }
}

interface ControlDeps extends CampaignDeps {
  readonly api: KubeApi;
  readonly witness: Witness;
  readonly nextSource: () => Source;
}

async function runControl({ api, witness, nextSource, options, step }: ControlDeps): Promise<RunResult> {
  const disturbances = createDisturbances();
  const book = createBook(() => 'control');
  if (options.control > 0) {
    const sites = await createSites({ api, options, nextSource }, 'control');
    const next = countTo(options.control, () => {});
    step(`${options.control} rolling restarts without Elasti`);
    await Promise.all(
      sites.map(async (site, index) => {
        const chance: Chance = createChance(options.seed * 1000 + index);
        const load = createLoad({ site, book, chance, nextSource });
        for (let number = next(); number !== undefined; number = next()) {
          await restartOnce({ api, site, load, chance }, number);
        }
        await load.flow({});
      }),
    );
    await book.settled();
    await api.remove('/api/v1/namespaces/control');
  }
  return judge({ book, figures: [], disturbances, witness, failures: [] });
}

interface SitesDeps {
  readonly api: KubeApi;
  readonly options: LossOptions;
  readonly nextSource: () => Source;
}

/** Half of them leave in good order. */
async function createSites({ api, options, nextSource }: SitesDeps, namespace: string): Promise<readonly Site[]> {
  await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const sites = Array.from({ length: options.services }, async (_, index) => {
    const manners = index % 2 === 0 ? 'graceful' : 'abrupt';
    const startDelayMs = START_DELAYS_MS[Math.floor(index / 2) % START_DELAYS_MS.length] ?? 0;
    const site = await createSite(api, { name: `${manners}-${index}`, namespace, manners, startDelayMs });
    await untilAnswers(site, nextSource);
    return site;
  });
  return Promise.all(sites);
}

function judge({ book, witness, ...rest }: Omit<RunResult, 'causes'> & { readonly witness: Witness }): RunResult {
  const { podsAt } = witness;
  const causes = book.losses.map((loss) => causeOf({ loss, harms: rest.disturbances.harms, podsAt }));
  return { book, causes, ...rest };
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
