import { join } from 'node:path';
import type { KubeApi } from '../cluster/api.ts';
import { type KubeObject, urlOf } from '../cluster/kube-object.ts';
import { run } from '../cluster/shell.ts';
import { until } from '../cluster/wait.ts';
import type { Source } from '../stage/echo-client.ts';
import { untilAnswers } from './load.ts';
import { createSite, MANNERS, PRE_STOP_LABEL, type Site } from './site.ts';

export interface SitesOptions {
  readonly api: KubeApi;
  readonly count: number;
  readonly namespace: string;
  readonly nextSource: () => Source;
}

const POLICY = join(import.meta.dirname, '../../manifests/pre-stop-policy');
const START_DELAYS_MS = [0, 300, 1000] as const;

/** Makes Services whose pods end in each of the ways, in turns, in one namespace and in one that the policy holds for. */
export async function createSites({ api, count, namespace, nextSource }: SitesOptions): Promise<readonly Site[]> {
  const policed = `${namespace}-policed`;
  await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: policed, labels: PRE_STOP_LABEL } });
  await run('kubectl', ['apply', '-k', POLICY]);
  await untilPolicyActs(api, policed);
  const sites = Array.from({ length: count }, async (_, index) => {
    const manners = MANNERS[index % MANNERS.length] ?? 'graceful';
    const startDelayMs = START_DELAYS_MS[Math.floor(index / MANNERS.length) % START_DELAYS_MS.length] ?? 0;
    const where = manners === 'policed' ? policed : namespace;
    const site = await createSite(api, { name: `${manners}-${index}`, namespace: where, manners, startDelayMs });
    await untilAnswers(site, nextSource);
    return site;
  });
  return Promise.all(sites);
}

/** The API server reads a policy a moment after it was made. */
async function untilPolicyActs(api: KubeApi, namespace: string): Promise<void> {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'probe' },
    spec: { containers: [{ name: 'app', image: 'app' }] },
  };
  type Made = KubeObject & { spec: { containers: readonly { lifecycle?: { preStop?: { sleep?: object } } }[] } };
  await until('the policy to give pods a preStop hook', async () => {
    const made = await api.call<Made>('POST', `${urlOf('v1/pods', namespace)}?dryRun=All`, pod);
    return made.spec.containers[0]?.lifecycle?.preStop?.sleep;
  });
}
