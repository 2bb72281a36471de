import { createModelCluster } from '../../src/effects/testing/model-cluster.ts';
import { silentLog } from '../../src/effects/testing/shop.ts';
import { createVirtualClock } from '../../src/effects/testing/virtual-clock.ts';
import { createCrdCache } from '../../src/http/crd-cache.ts';
import { createReadiness } from '../../src/http/readiness.ts';

// As often as the manifests' readiness probe asks, and as each resolver does.
const PROBE_MS = 5000;
const CRD_CACHE_MS = 5 * 60_000;

/** What one replica reads for itself, however many ElastiServices there are: by the name of the call, how often. */
export async function countProcessReads(durationMs: number): Promise<ReadonlyMap<string, number>> {
  const clock = createVirtualClock();
  const cluster = createModelCluster({ clock });
  const isReady = createReadiness({ ping: () => cluster.ping(), monotonicMs: clock.monotonicMs });
  const readCrdCache = createCrdCache({
    listElastiServices: () => cluster.listElastiServices({}),
    monotonicMs: clock.monotonicMs,
    log: silentLog,
  });
  for (let atMs = 0; atMs < durationMs; atMs += PROBE_MS) {
    await isReady();
    if (atMs % CRD_CACHE_MS === 0) await readCrdCache();
    await clock.advance(PROBE_MS);
  }
  const counts = new Map<string, number>();
  for (const { name } of cluster.calls) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
