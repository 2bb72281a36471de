import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MANAGED_BY, MANAGED_BY_LABEL } from '../../src/core/resources/resolver-slices.ts';
import { type KubeObject, urlOf } from '../cluster/kube-object.ts';
import { run } from '../cluster/shell.ts';
import { SYSTEM_NAMESPACE } from '../environment/environment.ts';
import { SLICES } from '../stage/objects.ts';
import { BUSY } from './cycle.ts';
import type { FaultWorld } from './faults/fault.ts';
import type { Load } from './load.ts';
import type { Site } from './site.ts';
import { tellWhyAwake } from './why-awake.ts';

interface UninstallOptions {
  readonly world: FaultWorld;
  readonly sites: readonly { readonly site: Site; readonly load: Load }[];
}

const SCRIPT = join(import.meta.dirname, '../../manifests/uninstall.sh');
const ASLEEP_LIMIT_MS = 120_000;

/** Uninstalls everything while all sites sleep and clients come to some of them; throws where anything is left of it. */
export async function uninstallWhileAsleep({ world, sites }: UninstallOptions): Promise<void> {
  const { environment, witness, disturbances } = world;
  const asleep = sites.map(async ({ site, load }) => {
    await load.flow({});
    const isAsleep = await witness.until(site, ({ phase }) => phase === 'Asleep', ASLEEP_LIMIT_MS);
    if (!isAsleep)
      throw new Error(`${site.name} did not fall asleep before the end: ${await tellWhyAwake(world, site)}`);
  });
  await Promise.all(asleep);
  await disturbances.during('uninstalled', async () => {
    // The others show that nobody has to come for a service to be woken.
    for (const { load } of sites.filter((_, index) => index % 2 === 0)) await load.flow(BUSY);
    await run(SCRIPT, [join(environment.layout.directory, 'overlay')]);
    await sleep(2000);
    for (const { load } of sites) await load.flow({});
  });
  const left = sites.filter(({ site }) => witness.view(site).replicas === 0).map(({ site }) => `${site.name} is at 0`);
  left.push(...(await remainders(world, sites)));
  if (left.length > 0) throw new Error(`after it was uninstalled: ${left.join(', ')}`);
}

/** What stands of ours. */
async function remainders({ environment }: FaultWorld, sites: UninstallOptions['sites']): Promise<readonly string[]> {
  const { api } = environment;
  const list = async (path: string) => (await api.call<{ items: readonly KubeObject[] }>('GET', path)).items;
  const slices = await list(
    `${urlOf(SLICES)}?labelSelector=${encodeURIComponent(`${MANAGED_BY_LABEL}=${MANAGED_BY}`)}`,
  );
  const services = await list(urlOf('v1/services'));
  const namespaces = await list(urlOf('v1/namespaces'));
  const ours = new Set(sites.map(({ site }) => site.namespace));
  return [
    ...slices.map(({ metadata }) => `slice ${metadata.name}`),
    ...services
      .filter(({ metadata }) => ours.has(metadata.namespace ?? '') && metadata.name.startsWith('elasti-'))
      .map(({ metadata }) => `Service ${metadata.name}`),
    ...namespaces
      .filter(({ metadata }) => metadata.name === SYSTEM_NAMESPACE)
      .map(() => `namespace ${SYSTEM_NAMESPACE}`),
  ];
}
