import { z } from 'zod';
import { CLAIMS_SELECTOR } from '../effects/claim-table.ts';
import type { ClaimsSight } from '../effects/ports.ts';
import { CONFIG_MAPS, listPath } from '../kube/paths.ts';
import { type ListWatchDeps, startListWatch } from '../watch/list-watch.ts';
import { createObjectCache } from '../watch/object-cache.ts';

export interface WatchedClaims extends ClaimsSight {
  stop(): Promise<void>;
}

const Version = z
  .object({ metadata: z.object({ resourceVersion: z.string() }) })
  .transform(({ metadata }) => metadata.resourceVersion);

/** Follows the ConfigMaps of claims in a namespace by their versions alone: what they say is read where it is needed. */
export function watchClaims(namespace: string, deps: ListWatchDeps): WatchedClaims {
  const versions = createObjectCache({ schema: Version, onChange: () => {}, onMalformed: () => {} });
  const selection = {
    what: 'ConfigMaps of claimed ports',
    resource: CONFIG_MAPS.plural,
    path: listPath(CONFIG_MAPS, namespace),
    labelSelector: CLAIMS_SELECTOR,
    isMetadataOnly: true,
  };
  const { isCurrent, stop } = startListWatch(selection, versions, deps);
  return {
    versionOf: (name) => (isCurrent() ? (versions.get(`${namespace}/${name}`) ?? 'absent') : undefined),
    stop,
  };
}
