import type { Sight } from '../src/effects/sight/sight.ts';
import type { Mirror, MirroredKind } from '../src/mirror/mirror.ts';
import type { ObjectSink } from '../src/watch/list-watch.ts';
import type { Kind, KubeObject } from './objects.ts';
import type { Process } from './process.ts';
import { RESOLVER_NAMESPACE, type World } from './world.ts';

/** As long as the real list-watch believes a server that says nothing. */
const SILENCE_MS = 90_000;
const LIST_MS = 20;

interface Stream {
  readonly synced: Promise<void>;
  isCurrent(): boolean;
  version(): number;
}

/** The watches of one hook replica: each in order, behind its cluster and the others, and now and then silent. */
export function followWorld(
  world: World,
  process: Process,
  mirror: Mirror,
): Sight & { readonly synced: Promise<unknown> } {
  const { elastiServices, services, slices } = world;
  const streams: Readonly<Record<MirroredKind, Stream>> = {
    elastiServices: follow(world, process, elastiServices, mirror.sinks.elastiServices),
    services: follow(world, process, services, mirror.sinks.services),
    slices: follow(world, process, slices, mirror.sinks.slices),
  };
  return {
    mirror,
    synced: Promise.all(Object.values(streams).map(({ synced }) => synced)),
    isCurrent: (kind) => streams[kind].isCurrent(),
    version: (kind) => streams[kind].version(),
    newest: (kind) => streams[kind].version(),
  };
}

function follow<T extends KubeObject>(world: World, process: Process, kind: Kind<T>, sink: ObjectSink): Stream {
  const { scheduler, chance, faults } = world;
  const namespaces = new Set([...world.sites.map(({ namespace }) => namespace), RESOLVER_NAMESPACE]);
  // What was sent before the watch broke, and had not arrived, never does.
  let connection = 0;
  let isListed = false;
  const { promise: synced, resolve: markSynced } = Promise.withResolvers<void>();
  let silentSinceMs: number | undefined;
  let lastAtMs = 0;
  let version = 0;

  const seen = (object: T) => {
    version = Math.max(version, Number(object.metadata.resourceVersion ?? 0));
  };
  const list = () => {
    connection += 1;
    isListed = true;
    silentSinceMs = undefined;
    const taking = sink.startList();
    for (const namespace of namespaces) {
      for (const object of kind.in(namespace)) {
        taking.put(object);
        seen(object);
      }
    }
    taking.finish();
    markSynced();
  };
  const lagMs = () => (faults.has('watchLag') && chance.is(0.03) ? chance.between(50, 2000) : chance.between(0.5, 5));

  kind.onChange((key, object) => {
    if (!process.isAlive() || silentSinceMs !== undefined) return;
    const sentOver = connection;
    lastAtMs = Math.max(scheduler.nowMs() + lagMs(), lastAtMs);
    scheduler.after(lastAtMs - scheduler.nowMs(), () =>
      process.tell(() => {
        if (sentOver !== connection) return;
        if (object === undefined) sink.remove(namedBy(key));
        else {
          sink.put(object);
          seen(object);
        }
      }),
    );
  });

  const fallSilent = () =>
    void scheduler.after(chance.exponential(120_000 * faults.rarity), () => {
      if (!process.isAlive() || !faults.has('silentWatches')) return;
      connection += 1;
      silentSinceMs = scheduler.nowMs();
      // At the end of its patience it lists anew; where that fails for a while, it goes by nothing.
      scheduler.after(chance.spell(SILENCE_MS, 150_000), () => {
        process.tell(list);
        fallSilent();
      });
    });

  scheduler.after(chance.between(1, LIST_MS), () => process.deliver(list));
  if (faults.has('silentWatches')) fallSilent();
  return {
    synced,
    isCurrent: () => isListed && (silentSinceMs === undefined || scheduler.nowMs() - silentSinceMs <= SILENCE_MS),
    version: () => version,
  };
}

/** All that a deletion needs to say. */
function namedBy(key: string): KubeObject {
  const [namespace = '', name = ''] = key.split('/');
  return { metadata: { name, namespace } };
}
