import { namespacesToAsk } from '../core/watched.ts';
import type { Sight } from '../effects/sight/sight.ts';
import { ELASTI_SERVICES, listPath, SERVICES, SLICES } from '../kube/paths.ts';
import { type ListWatch, type ListWatchDeps, startListWatch } from '../watch/list-watch.ts';
import type { Mirror, MirroredKind } from './mirror.ts';

export interface WatchMirrorDeps extends ListWatchDeps {
  readonly mirror: Mirror;
  /** Where ElastiServices are. Empty: everywhere. */
  readonly watchNamespaces: readonly string[];
  /** Where the resolver and the hook service are: their slices are followed too. */
  readonly ownNamespaces: readonly string[];
}

export interface WatchedMirror extends Sight {
  /** Resolves when all of it has been read once. */
  readonly synced: Promise<void>;
  stop(): Promise<void>;
}

const KINDS = { elastiServices: ELASTI_SERVICES, services: SERVICES, slices: SLICES } as const;

/** Fills a mirror: one watch for each kind, or one in each namespace that is watched. */
export function watchMirror(deps: WatchMirrorDeps): WatchedMirror {
  const { mirror, watchNamespaces, ownNamespaces } = deps;
  const watches = new Map<string, ListWatch>();
  const isEverywhere = watchNamespaces.length === 0;

  for (const kind of ['elastiServices', 'services', 'slices'] as const) {
    const own = kind === 'slices' && !isEverywhere ? ownNamespaces : [];
    for (const namespace of new Set([...namespacesToAsk(watchNamespaces), ...own])) {
      const { plural } = KINDS[kind];
      const selection = { what: plural, resource: plural, path: listPath(KINDS[kind], namespace) };
      // A list says what is gone, of its own namespace alone.
      const sink = namespace === undefined ? mirror.sinks[kind] : mirror.sinkOf(kind, namespace);
      watches.set(`${kind} ${namespace ?? ''}`, startListWatch(selection, sink, deps));
    }
  }
  const watchOf = (kind: MirroredKind, namespace: string) => watches.get(`${kind} ${isEverywhere ? '' : namespace}`);

  return {
    mirror,
    // Where nothing is followed nothing is shown, and that is all that may be known there.
    isCurrent: (kind, namespace) => watchOf(kind, namespace)?.isCurrent() ?? true,
    version: (kind, namespace) => watchOf(kind, namespace)?.version() ?? Number.POSITIVE_INFINITY,
    newest: (kind, namespace) => watchOf(kind, namespace)?.newest() ?? 0,
    synced: Promise.all([...watches.values()].map(({ synced }) => synced)).then(() => undefined),
    stop: async () => {
      await Promise.all([...watches.values()].map(({ stop }) => stop()));
    },
  };
}
