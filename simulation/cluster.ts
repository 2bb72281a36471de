import { WAKE_ANNOTATION } from '../src/api/elastiservice.ts';
import { SERVICE_NAME_LABEL } from '../src/core/resources/resolver-slices.ts';
import type { Cluster } from '../src/effects/ports.ts';
import { LATE_MS, refusal } from './api.ts';
import { annotationsOf, keyOf } from './objects.ts';
import type { Process } from './process.ts';
import type { Site, World } from './world.ts';

/** The effects' view of the API server from one hook replica. */
export function createCluster(world: World, from: Process): Cluster {
  const { api, elastiServices, slices, targets, scaledObjects, checks, scheduler } = world;

  return {
    readScale: ({ namespace, name }, options) =>
      api.call(from, { what: 'read scale', ...options }, () => {
        checks.scaleRead(keyOf(namespace, name), from);
        const found = targets.get(keyOf(namespace, name));
        return found && { replicas: found.replicas, resourceVersion: found.metadata.resourceVersion ?? '' };
      }),

    writeScale: ({ namespace, name }, scale, options) => {
      const key = keyOf(namespace, name);
      const [site] = world.places.ofTarget(key) as readonly [Site];
      world.tell(site, from.name, () => `starts to write replicas ${scale.replicas}`);
      const step = scale.replicas === 0 ? checks.zeroStarted(key, from) : undefined;
      const isHeldUp = scale.replicas === 0 && world.faults.has('lateZeros') && world.chance.is(0.1);
      const heldUp = isHeldUp ? { heldUpMs: world.chance.between(10, LATE_MS) } : {};
      if (scale.replicas === 0) {
        const steps = step?.site ?? site;
        for (const interfere of world.atZeroWrite) interfere(steps, { by: from, inMs: heldUp.heldUpMs ?? 2 });
      }
      return api.call(from, { what: 'write scale', isWrite: true, ...options, ...heldUp }, () => {
        const found = targets.get(key);
        if (!found) throw refusal('NOT_FOUND', 'write scale');
        if (found.metadata.resourceVersion !== scale.resourceVersion) throw refusal('CONFLICT', 'write scale');
        checks.scaled(key, { from: found.replicas, to: scale.replicas, step });
        const written = targets.put(key, { ...found, replicas: scale.replicas, by: 'elasti', atMs: scheduler.nowMs() });
        world.tell(site, 'api', () => `replicas are ${scale.replicas}, written by ${from.name}`);
        return { replicas: scale.replicas, resourceVersion: written.metadata.resourceVersion ?? '' };
      });
    },

    readElastiService: ({ namespace, name }, options) =>
      api.call(from, { what: 'read ElastiService', ...options }, () => elastiServices.get(keyOf(namespace, name))),

    listElastiServices: ({ namespace, service }, options) =>
      api.call(from, { what: 'list ElastiServices', ...options }, () =>
        [...elastiServices.in(namespace ?? '')].filter(
          ({ spec }) => service === undefined || (spec as { service?: string }).service === service,
        ),
      ),

    writeWakeToken: ({ namespace, name, uid }, token, options) => {
      const key = keyOf(namespace, name);
      return api.call(from, { what: 'write wake token', isWrite: true, ...options }, () => {
        const found = elastiServices.get(key);
        if (!found) throw refusal('NOT_FOUND', 'write wake token');
        if (found.metadata.uid !== uid) throw refusal('CONFLICT', 'write wake token');
        const annotations = { ...found.metadata.annotations, [WAKE_ANNOTATION]: token };
        world.tell(
          world.places.ofElastiService(key),
          'api',
          () => `wake token ${token.slice(-4)}, written by ${from.name}`,
        );
        return elastiServices.put(key, { ...found, metadata: { ...found.metadata, annotations } });
      });
    },

    listSlices: (namespace, serviceName, options) =>
      api.call(from, { what: 'list EndpointSlices', ...options }, () =>
        [...slices.in(namespace)].filter(({ metadata }) => metadata.labels?.[SERVICE_NAME_LABEL] === serviceName),
      ),

    readScaledObject: ({ namespace, name }, options) =>
      api.call(from, { what: 'read ScaledObject', ...options }, () => {
        const found = scaledObjects.get(keyOf(namespace, name));
        return (
          found && {
            resourceVersion: found.metadata.resourceVersion ?? '',
            annotations: annotationsOf(found),
            minReplicaCount: found.minReplicaCount,
          }
        );
      }),

    annotateScaledObject: ({ namespace, name }, change, options) =>
      api.call(from, { what: 'annotate ScaledObject', isWrite: true, ...options }, () => {
        const key = keyOf(namespace, name);
        const found = scaledObjects.get(key);
        if (!found) throw refusal('NOT_FOUND', 'annotate ScaledObject');
        if (found.metadata.resourceVersion !== change.resourceVersion) throw refusal('CONFLICT', 'annotate');
        const annotations: Record<string, string> = { ...annotationsOf(found) };
        for (const [annotation, value] of Object.entries(change.annotations)) {
          if (value === null) delete annotations[annotation];
          else annotations[annotation] = value;
        }
        world.tell(world.places.ofTarget(key)[0], 'api', () => `ScaledObject has ${JSON.stringify(annotations)}`);
        scaledObjects.put(key, { ...found, metadata: { ...found.metadata, annotations } });
      }),

    createEvent: async () => {},
    readSecretKey: async () => undefined,
    ping: async () => {},
  };
}
