import type { Parent } from '../api/hooks.ts';
import { keyFor } from '../core/intern.ts';
import { byServiceClaim } from '../core/service-claim.ts';
import type { Clock, Cluster } from './ports.ts';

/** The ElastiService that stands behind a Service. */
export interface Entry {
  readonly name: string;
  readonly uid: string;
  /** Of two ElastiServices that name one Service, the older has it. */
  readonly createdAt: Date;
}

export interface Registry {
  /**
   * Takes in one that, as a sync saw, did not lose its Service to another. One that names another Service now is forgotten
   * under the old one.
   */
  remember(namespace: string, service: string, entry: Entry): void;
  forget(uid: string): void;
  /** The ElastiService behind a Service, from memory or else from the API; throws KubeApiError where that fails. */
  find(namespace: string, service: string): Promise<Entry | undefined>;
}

/** How long an unknown Service stays unknown, so that a flood of requests for it is one look-up a second. */
const MISS_MS = 1000;
const CALL_TIMEOUT_MS = 2000;

/** A bounded memory of which ElastiService stands behind which Service. Losing any of it costs one look-up. */
export function createRegistry(
  { cluster, clock }: { readonly cluster: Pick<Cluster, 'listElastiServices'>; readonly clock: Clock },
  { maxEntries = 50_000, maxMisses = 1000 }: { readonly maxEntries?: number; readonly maxMisses?: number } = {},
): Registry {
  // Maps keep the order of insertion: the first key is the one that was not used for longest.
  const entries = new Map<string, Kept>();
  const keyOfUid = new Map<string, string>();
  const missedAtMs = new Map<string, number>();
  const lookUps = new Map<string, Promise<Entry | undefined>>();

  const forget = (uid: string) => {
    const key = keyOfUid.get(uid);
    if (key === undefined) return;
    keyOfUid.delete(uid);
    entries.delete(key);
  };

  const put = (key: string, entry: Kept) => {
    const present = entries.get(key);
    if (present) forget(present.uid);
    entries.set(key, entry);
    keyOfUid.set(entry.uid, key);
    missedAtMs.delete(key);
    for (const oldest of entries.values()) {
      if (entries.size <= maxEntries) break;
      forget(oldest.uid);
    }
  };

  const remember = (key: string, entry: Entry) => {
    const present = entries.get(key);
    if (present?.uid === entry.uid && present.name === entry.name) return;
    const { name, uid, createdAt } = entry;
    const kept = { name, uid, createdAtMs: createdAt.getTime() };
    forget(uid);
    put(key, present && isOlder(present, kept) ? present : kept);
  };

  const lookUp = async (namespace: string, service: string): Promise<Entry | undefined> => {
    const key = keyFor(namespace, service);
    const parents = await cluster.listElastiServices({ namespace, service }, { timeoutMs: CALL_TIMEOUT_MS });
    const first = firstOf(parents);
    if (first !== undefined) remember(key, first);
    const found = entries.get(key);
    if (found) return entryOf(found);
    missedAtMs.delete(key);
    missedAtMs.set(key, clock.monotonicMs());
    for (const oldest of missedAtMs.keys()) {
      if (missedAtMs.size <= maxMisses) break;
      missedAtMs.delete(oldest);
    }
    return undefined;
  };

  return {
    forget,
    remember: (namespace, service, entry) => remember(keyFor(namespace, service), entry),
    find: async (namespace, service) => {
      const key = keyFor(namespace, service);
      const entry = entries.get(key);
      if (entry) {
        put(key, entry);
        return entryOf(entry);
      }
      if (clock.monotonicMs() - (missedAtMs.get(key) ?? Number.NEGATIVE_INFINITY) < MISS_MS) return undefined;
      const lookUpAlready = lookUps.get(key);
      if (lookUpAlready) return lookUpAlready;
      const started = lookUp(namespace, service).finally(() => lookUps.delete(key));
      lookUps.set(key, started);
      return started;
    },
  };
}

/** Of ElastiServices that name one Service the one that has it; undefined: there is none. */
export function firstOf(parents: readonly Parent[]): Entry | undefined {
  const [first] = [...parents].sort(byServiceClaim);
  if (first === undefined) return undefined;
  const { name, uid, creationTimestamp } = first.metadata;
  return { name, uid, createdAt: new Date(creationTimestamp ?? 0) };
}

/** As it is kept: a Date takes a hundred bytes. */
type Kept = Omit<Entry, 'createdAt'> & { readonly createdAtMs: number };

const entryOf = ({ name, uid, createdAtMs }: Kept): Entry => ({ name, uid, createdAt: new Date(createdAtMs) });

function isOlder(a: Kept, b: Kept): boolean {
  const byAgeMs = a.createdAtMs - b.createdAtMs;
  return byAgeMs === 0 ? a.uid < b.uid : byAgeMs < 0;
}
