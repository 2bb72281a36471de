import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeApi } from '../cluster/api.ts';
import { urlOf } from '../cluster/kube-object.ts';
import { until } from '../cluster/wait.ts';
import { untilAnswers } from '../loss/load.ts';
import { createSite, type Manners, type Site } from '../loss/site.ts';
import type { Source } from '../stage/echo-client.ts';
import { makeElastiService } from '../stage/manifests.ts';
import { DEPLOYMENTS, ELASTI_SERVICES } from '../stage/objects.ts';
import { ask } from './requests.ts';
import { createTimeline, type Timeline } from './timeline.ts';

/** What the figures of one system are taken with, whichever system it is. */
export interface Scene {
  readonly api: KubeApi;
  readonly timeline: Timeline;
  readonly nextSource: () => Source;
  step(what: string): void;
  /** A Service that is up and known to the system; its trigger always says idle. */
  makeSite(options: SiteOptions): Promise<Site>;
  /** As a person does it; resolves when it is asleep: no pods, and redirected. */
  putToSleep(site: Site): Promise<void>;
  /** The same, and no pod of it starts any more: who comes is held for good. */
  putToSleepForGood(site: Site): Promise<void>;
  setReplicas(site: Site, replicas: number): Promise<void>;
  /** Until pods serve and nothing redirects. Where nobody is woken by those who came, somebody comes again. */
  untilServes(site: Site): Promise<void>;
}

interface SiteOptions {
  readonly name: string;
  readonly manners?: Manners;
  readonly startDelayMs?: number;
  readonly cooldownSeconds?: number;
}

export const NAMESPACE = 'baseline';
/** kube-proxy follows what the API server says within this. */
const SYNC_MS = 1500;
const NEVER_SECONDS = 3600;
/** Longer than a wake takes, and so often. */
const VISIT_MS = 20_000;
const MAX_VISITS = 5;

export async function createScene(
  api: KubeApi,
  { nextSource, step }: Pick<Scene, 'nextSource' | 'step'>,
): Promise<Scene> {
  await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  const timeline = await createTimeline(api, NAMESPACE);
  const setReplicas: Scene['setReplicas'] = async ({ name }, replicas) => {
    await api.call('PATCH', urlOf(DEPLOYMENTS, NAMESPACE, name), { spec: { replicas } });
  };
  const come = async (site: Site, what: string, isTrue: Parameters<Timeline['when']>[2]) => {
    if ((await timeline.when(site.name, performance.now(), isTrue)) !== undefined) return;
    throw new Error(`${site.name} did not ${what}: ${JSON.stringify(timeline.view(site.name))}`);
  };
  const putToSleep: Scene['putToSleep'] = async (site) => {
    await setReplicas(site, 0);
    await come(site, 'fall asleep', ({ replicas, pods, isRedirected }) => replicas === 0 && pods === 0 && isRedirected);
    await sleep(SYNC_MS);
  };
  return {
    ...{ api, timeline, nextSource, step, setReplicas, putToSleep },
    async makeSite({ name, manners = 'graceful', startDelayMs = 0, cooldownSeconds = NEVER_SECONDS }) {
      const site = await createSite(api, { name, namespace: NAMESPACE, manners, startDelayMs, preStopSeconds: 2 });
      await untilAnswers(site, nextSource);
      await api.apply(makeElastiService(NAMESPACE, { service: name, cooldownSeconds, minTargetReplicas: 1 }));
      // Each system sets a finalizer when it has taken note.
      const path = urlOf(ELASTI_SERVICES, NAMESPACE, name);
      await until(`${name} to be known`, async () => (await api.call('GET', path)).metadata.finalizers?.length);
      await sleep(SYNC_MS);
      return site;
    },
    async putToSleepForGood(site) {
      const metadata = { annotations: { 'e2e.elasti.dev/start-delay-ms': '3600000' } };
      const spec = { replicas: 0, template: { metadata } };
      await api.call('PATCH', urlOf(DEPLOYMENTS, NAMESPACE, site.name), { spec });
      await putToSleep(site);
    },
    async untilServes(site) {
      const isServing: Parameters<Timeline['when']>[2] = ({ readyPods, isOwnReady, isRedirected }) =>
        readyPods > 0 && isOwnReady && !isRedirected;
      for (let visits = 0; visits < MAX_VISITS; visits++) {
        if ((await timeline.when(site.name, performance.now(), isServing, VISIT_MS)) !== undefined) break;
        step(`${site.name} does not serve yet, somebody comes again`);
        // Whether it is answered is not what is measured.
        void ask({ nextSource }, site);
      }
      await come(site, 'serve', isServing);
      await sleep(SYNC_MS);
    },
  };
}
