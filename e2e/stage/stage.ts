import type { KubeApi } from '../cluster/api.ts';
import { type KubeObject, urlOf } from '../cluster/kube-object.ts';
import type { SampleApp } from '../cluster/sample-app-manifest.ts';
import { until } from '../cluster/wait.ts';
import type { Environment } from '../environment/environment.ts';
import { setTraffic } from '../environment/prometheus.ts';
import { type Answer, ask, keepAsking } from './client.ts';
import { type ElastiServiceOptions, makeApp, makeElastiService } from './manifests.ts';
import { ELASTI_SERVICES, type ElastiServiceObject } from './objects.ts';
import { createReads, type Reads } from './reads.ts';
import { type Recorded, record } from './recording.ts';
import { createWaits, WAIT_MS, type Waits } from './waits.ts';

/** What a story has to tell with: a namespace of its own in a cluster where everything is installed. */
export interface Stage extends Reads, Waits, StageOptions {
  readonly environment: Environment;
  readonly api: KubeApi;
  /** kubectl in the story's namespace. */
  kubectl(...args: readonly string[]): Promise<string>;
  apply(...objects: readonly object[]): Promise<void>;
  /** How busy the trigger of a service finds it; active from 1 on. */
  traffic(service: string, value: number): Promise<void>;
  hostOf(service: string): string;
  ask(service?: string, options?: { port?: number; timeoutMs?: number }): Promise<Answer>;
  /** Asks until told to stop; resolves to all answers. */
  keepAsking(service?: string): () => Promise<readonly Answer[]>;
  /** Records all that happens to the objects of a kind, from what is there now on, until the story ends. */
  record<T extends KubeObject>(kind: string): Promise<readonly Recorded<T>[]>;
  /** A sample app that answers. */
  startApp(app?: Omit<SampleApp, 'name' | 'namespace'> & { name?: string }): Promise<void>;
  /** A sample app that was put to sleep by its idle trigger; it stays up once woken. */
  startAsleep(options?: ElastiServiceOptions & { app?: Partial<SampleApp> }): Promise<ElastiServiceObject>;
  /** Makes the cooldown so long that what is up does not fall asleep again. */
  keepUp(name?: string): Promise<ElastiServiceObject>;
  /** Has something done when the story ends, however it ends. */
  onLeave(work: () => unknown): void;
  leave(): Promise<void>;
}

interface StageOptions {
  readonly namespace: string;
  /** Says what comes next, to whoever watches with --verbose. */
  step(what: string): void;
  /** A figure for the end of the run. */
  figure(what: string): void;
}

/** Makes the namespace of a story and all that it is told with. */
export async function createStage(environment: Environment, options: StageOptions): Promise<Stage> {
  const { api } = environment;
  const { namespace } = options;
  await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });

  const leaving: (() => unknown)[] = [];
  const hostOf = (service: string) => `${service}.${namespace}.svc.cluster.local`;
  const askService: Stage['ask'] = (service = 'web', askOptions = {}) => ask(hostOf(service), askOptions);
  const reads = createReads(api, namespace);
  const stage: Stage = {
    environment,
    api,
    hostOf,
    ask: askService,
    ...options,
    ...reads,
    ...createWaits({ ...reads, namespace, ask: askService }),
    kubectl: (...args) => environment.kubectl(...args, '--namespace', namespace),
    apply: async (...objects) => void (await api.apply(objects, { namespace })),
    traffic: (service, value) => setTraffic(`${namespace}/${service}`, value),
    keepAsking(service = 'web') {
      const { stop } = keepAsking(hostOf(service));
      leaving.push(stop);
      return stop;
    },
    async record<T extends KubeObject>(kind: string) {
      const { events, stop } = await record<T>(api, kind, namespace);
      leaving.push(stop);
      return events;
    },
    async startApp({ name = 'web', ...app } = {}) {
      await stage.apply(...makeApp({ ...app, name, namespace }));
      const answers = async () => (await askService(name, { timeoutMs: 1000 })).status === 200;
      await until(`${namespace}/${name} to answer`, answers, { timeoutMs: WAIT_MS });
    },
    async startAsleep({ app = {}, ...elastiService } = {}) {
      const { service = 'web', name = service } = elastiService;
      await stage.startApp({ ...app, name: service });
      await stage.apply(makeElastiService(namespace, elastiService));
      await stage.untilPhase('Asleep', { name, reason: 'SleptByElasti' });
      await stage.untilNoPods(service);
      return stage.keepUp(name);
    },
    async keepUp(name = 'web') {
      const path = urlOf(ELASTI_SERVICES, namespace, name);
      const { metadata } = await api.call<ElastiServiceObject>('PATCH', path, { spec: { cooldownPeriod: 3600 } });
      return until('the changed cooldown to be seen', async () => {
        const object = await stage.elastiService(name);
        return object.status?.observedGeneration === metadata.generation && object;
      });
    },
    onLeave: (work) => void leaving.push(work),
    async leave() {
      for (const work of leaving.reverse()) await work();
    },
  };
  return stage;
}
