import type { Parent } from './api/hooks.ts';
import type { Config } from './config.ts';
import { readyEndpoints } from './core/resources/resolver-slices.ts';
import type { Settings } from './core/types.ts';
import { namespacesToAsk } from './core/watched.ts';
import type { ClaimsSight } from './effects/ports.ts';
import type { Nudges } from './effects/sight/nudges.ts';
import { createIsMine, type IsMine } from './effects/sight/shares.ts';
import type { Sight } from './effects/sight/sight.ts';
import { createMirror } from './mirror/mirror.ts';
import { watchClaims } from './mirror/watch-claims.ts';
import { watchMirror } from './mirror/watch-mirror.ts';
import type { ListWatchDeps } from './watch/list-watch.ts';

export interface WatchOurselvesDeps extends ListWatchDeps {
  readonly config: Pick<Config, 'podNamespace' | 'podAddress' | 'hookServiceName' | 'watchNamespaces'>;
  readonly settings: Settings;
}

export interface OwnWatch {
  readonly sight: Sight;
  /** Of the claims of ports; undefined under routing by host. */
  readonly claims: ClaimsSight | undefined;
  readonly isMine: IsMine;
  /** Every ElastiService that we watch; undefined: not seen well enough. */
  listElastiServices(): readonly Parent[] | undefined;
  /** Whether all of it has been read once. */
  isSynced(): boolean;
  /** From now on these are told of what changes; once all has been read they begin. */
  tell(nudges: Nudges): void;
  stop(): Promise<void>;
}

/** Watches what decisions rest on, in the place of Metacontroller. */
export function watchOurselves(deps: WatchOurselvesDeps): OwnWatch {
  const { config, settings } = deps;
  const { resolver } = settings;
  const { podNamespace, podAddress, hookServiceName } = config;
  let told: Nudges | undefined;
  let isSynced = false;

  const mirror = createMirror({
    settings,
    ownService: { namespace: podNamespace, name: hookServiceName },
    onParent: (key) => told?.parent(key),
    onRelated: (key) => told?.related(key),
    onSlices: (namespace, service) => {
      if (namespace === resolver.namespace && service === resolver.serviceName) told?.resolversChanged();
      if (namespace === podNamespace && service === hookServiceName) told?.shareChanged();
    },
    onMalformed: (kind) => deps.log.warn({ kind }, 'left out an object that cannot be read'),
  });
  const ownNamespaces = [resolver.namespace, podNamespace];
  const sight = watchMirror({ ...deps, mirror, watchNamespaces: config.watchNamespaces, ownNamespaces });
  const claims = resolver.routing === 'port' ? watchClaims(resolver.namespace, deps) : undefined;
  void sight.synced.then(() => {
    isSynced = true;
    deps.log.info(mirror.sizes(), 'all that is watched has been read');
    told?.start();
  });

  const peers = () =>
    sight.isCurrent('slices', podNamespace)
      ? mirror
          .slicesOf(podNamespace, hookServiceName)
          .flatMap(readyEndpoints)
          .map(({ address }) => address)
      : undefined;

  return {
    sight,
    claims,
    isMine: createIsMine({ self: podAddress, peers }),
    listElastiServices: () => {
      const isCurrent = namespacesToAsk(config.watchNamespaces).every((name) =>
        sight.isCurrent('elastiServices', name ?? ''),
      );
      return isSynced && isCurrent ? [...mirror.parentKeys()].flatMap((key) => mirror.parent(key) ?? []) : undefined;
    },
    isSynced: () => isSynced,
    tell: (nudges) => {
      told = nudges;
      if (isSynced) nudges.start();
    },
    stop: async () => {
      await Promise.all([sight.stop(), claims?.stop()]);
    },
  };
}
