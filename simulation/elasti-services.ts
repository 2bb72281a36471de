import { API_VERSION } from '../src/api/elastiservice.ts';
import type { Parent } from '../src/api/hooks.ts';
import type { EndpointSlice } from '../src/api/kubernetes.ts';
import { MANAGED_BY, MANAGED_BY_LABEL, SERVICE_NAME_LABEL } from '../src/core/resources/resolver-slices.ts';
import { isOwnedBy } from './controller-children.ts';
import type { Family } from './families.ts';
import { keyOf } from './objects.ts';
import { enabledPeriodOf } from './periods.ts';
import { timestamp } from './process.ts';
import type { Site, World } from './world.ts';

export const FINALIZER = 'metacontroller.io/compositecontroller-elasti';

export const finalizersOf = ({ metadata }: Parent): readonly string[] =>
  (metadata as { finalizers?: readonly string[] }).finalizers ?? [];

/** The parent with our finalizer or without it; undefined where it is so already. */
export function withFinalizer(parent: Parent, isWanted: boolean): Parent | undefined {
  if (finalizersOf(parent).includes(FINALIZER) === isWanted) return undefined;
  return { ...parent, metadata: { ...parent.metadata, finalizers: isWanted ? [FINALIZER] : [] } };
}

/** Creates a site's ElastiService, as a person does; by other names a second one. */
export function createElastiService(
  world: World,
  site: Site,
  { name, service }: { readonly name: string; readonly service: string } = { name: site.name, service: site.name },
): void {
  const { scheduler, chance, elastiServices } = world;
  world.tell(site, 'a person', () => `creates ElastiService ${name} on Service ${service}`);
  world.checks.elastiServiceMade(site);
  elastiServices.put(keyOf(site.namespace, name), {
    apiVersion: API_VERSION,
    kind: 'ElastiService',
    metadata: {
      name,
      namespace: site.namespace,
      uid: chance.uuid(),
      generation: 1,
      creationTimestamp: timestamp(scheduler.nowMs()),
    },
    spec: {
      service,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: site.targetName },
      minTargetReplicas: site.index % 4 === 3 ? 2 : 1,
      cooldownPeriod: site.cooldownSeconds,
      triggers: [{ type: 'prometheus', metadata: { query: `q{site="${site.index}"}`, threshold: '1' } }],
      ...(site.period ? { enabledPeriod: enabledPeriodOf(site.period) } : {}),
      ...(site.hasKeda ? { autoscaler: { type: 'keda', name: site.targetName } } : {}),
    },
  });
}

/** Deletes one of a site, as a person does: it goes once its finalizers are gone. */
export function deleteElastiService(
  { scheduler, elastiServices, tell }: World,
  site: Site,
  key: string = site.key,
): void {
  const found = elastiServices.get(key);
  if (!found || found.metadata.deletionTimestamp !== undefined) return;
  tell(site, 'a person', () => `deletes ElastiService ${key}`);
  elastiServices.put(key, {
    ...found,
    metadata: { ...found.metadata, deletionTimestamp: timestamp(scheduler.nowMs()) },
  });
}

/** The garbage collector: what is deleted goes when nobody holds it, and its children after it. */
export function collectGarbage(world: World): void {
  const { scheduler, chance, elastiServices, services, slices } = world;
  elastiServices.onChange((key, parent) => {
    if (parent?.metadata.deletionTimestamp === undefined || finalizersOf(parent).length > 0) return;
    scheduler.after(0, () => {
      if (elastiServices.get(key)?.metadata.uid !== parent.metadata.uid) return;
      elastiServices.remove(key);
      const { namespace, uid } = parent.metadata;
      const site = world.places.ofElastiService(key) as Site;
      world.tell(site, 'api', () => `ElastiService ${key} is gone`);
      world.checks.elastiServiceGone(site, parent);
      scheduler.after(chance.between(20, 200), () => {
        for (const slice of [...slices.in(namespace)]) {
          if (isOwnedBy(slice, uid)) slices.remove(keyOf(namespace, slice.metadata.name));
        }
        const privateService = services.get(site.privateKey);
        if (privateService && isOwnedBy(privateService, uid)) services.remove(site.privateKey);
      });
    });
  });
}

/** The slice that takes what clients ask for in a family to the resolver: the last port of the Service. */
export function redirectionOf({ slices, services }: World, site: Site, family: Family): EndpointSlice | undefined {
  const port = services.get(site.key)?.spec.ports?.at(-1)?.name;
  for (const slice of slices.in(site.namespace)) {
    if (slice.addressType !== family) continue;
    const { labels } = slice.metadata;
    if (labels?.[MANAGED_BY_LABEL] !== MANAGED_BY || labels[SERVICE_NAME_LABEL] !== site.name) continue;
    if (port === undefined || slice.ports?.some(({ name }) => name === port)) return slice;
  }
  return undefined;
}
