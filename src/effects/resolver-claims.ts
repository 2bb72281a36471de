import type { ObjectRef } from '../api/kubernetes.ts';
import { isOurSlice } from '../core/observe.ts';
import type { PortRange, ResolverPortsReading } from '../core/types.ts';
import { isWatched } from '../core/watched.ts';
import { KubeApiError } from '../errors.ts';
import { ClaimsFullError, createClaimShards, type Decide, shardOf } from './claim-shards.ts';
import {
  type Changes,
  type ClaimEntry,
  type ClaimRequest,
  claimPorts,
  dropPorts,
  type Entries,
  type Fate,
  fateOfLeftOver,
  portsInUse,
  portsOfShard,
  SHARDS,
} from './claim-table.ts';
import type { ClaimsCluster, ClaimsSight, Clock, Logger } from './ports.ts';
import { waitAtMost } from './wait-at-most.ts';

export interface ResolverClaimsDeps {
  readonly cluster: ClaimsCluster;
  readonly sight?: ClaimsSight | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: {
    /** The resolver's namespace, where the claims are kept. */
    readonly namespace: string;
    readonly portRange: PortRange;
    /** Empty: all. Claims of others are left alone. */
    readonly watchNamespaces: readonly string[];
  };
}

export interface ResolverClaims {
  /** Claims a port for each of the request's, or finds those that it has. Never throws: a failure is a reading that says so. */
  claim(request: ClaimRequest, options: { readonly maxAgeSeconds: number }): Promise<ResolverPortsReading>;
  /** The ports that it has, of those that claim would give; failed where there is anything to be claimed or written. Never throws. */
  peek(request: ClaimRequest, options: { readonly maxAgeSeconds: number }): Promise<ResolverPortsReading>;
  /** Frees all ports of an ElastiService that goes, but for those that a slice still names. Never throws. */
  release(uid: string): Promise<void>;
  /** Frees the ports of ElastiServices that are gone, as release does; throws KubeApiError where nobody knows which are. */
  sweep(): Promise<void>;
}

/** A sync waits no longer than this; what goes on after that serves the next one. */
const CLAIM_BUDGET_MS = 2000;
const CALL_TIMEOUT_MS = 1500;
/** So many that are only wanted share a write, of those that a look has missed so lately. */
const MAX_WANTED = 50;
const WANTED_MS = 60_000;
/** Of more than this the rest waits for the next sweep. */
const MAX_SWEPT = 200;

const NONE: Changes = new Map();

/** Claims, keeps and frees the ports of the resolver, for any number of replicas side by side. */
export function createResolverClaims({ cluster, sight, clock, log, settings }: ResolverClaimsDeps): ResolverClaims {
  const { namespace, portRange, watchNamespaces } = settings;
  const shards = createClaimShards({ cluster, sight, clock, namespace, portRange });
  const candidates = Array.from({ length: SHARDS }, (_, shard) => portsOfShard(portRange, shard));
  const dropping = new Map<string, Promise<void>>();
  /** Of each shard, by uid: what looks found missing, the first first. */
  const wanted = candidates.map(() => new Map<string, { readonly request: ClaimRequest; readonly atMs: number }>());

  const tryClaim = (entries: Entries, request: ClaimRequest, shard: number) =>
    claimPorts(entries, request, { now: clock.now(), candidates: candidates[shard] ?? [] });

  /** A write costs the more the more a ConfigMap holds: those that will ask for theirs in a moment share it. */
  const withWanted = (entries: Entries, own: Changes, shard: number): Changes => {
    const after = new Map([...entries, ...own]);
    const changes = new Map(own);
    for (const [uid, { request, atMs }] of wanted[shard] ?? []) {
      if (changes.size >= own.size + MAX_WANTED) break;
      const isOld = clock.monotonicMs() - atMs > WANTED_MS;
      const claimed = isOld ? undefined : tryClaim(after, request, shard);
      // Those that are written go once they are seen to be.
      if (claimed === undefined || claimed.changes.size === 0) wanted[shard]?.delete(uid);
      for (const [port, entry] of claimed?.changes ?? NONE) {
        after.set(port, entry);
        changes.set(port, entry);
      }
    }
    return changes;
  };

  const peek = async (request: ClaimRequest, maxAgeMs: number): Promise<ResolverPortsReading> => {
    const shard = shardOf(request.uid);
    const decide: Decide<ResolverPortsReading> = (entries) => {
      const claimed = tryClaim(entries, request, shard);
      if (claimed === undefined) return { changes: NONE, answer: EXHAUSTED };
      const isClaimed = claimed.changes.size === 0;
      if (isClaimed) wanted[shard]?.delete(request.uid);
      else wanted[shard]?.set(request.uid, { request, atMs: clock.monotonicMs() });
      return { changes: NONE, answer: isClaimed ? { kind: 'found', ports: claimed.ports } : UNCLAIMED };
    };
    try {
      return await shards.decide(shard, { maxAgeMs, decide });
    } catch (error) {
      return { kind: 'failed', reason: reasonOf(error) };
    }
  };

  const claim = async (request: ClaimRequest, maxAgeMs: number): Promise<ResolverPortsReading> => {
    const shard = shardOf(request.uid);
    const decide: Decide<Decided> = (entries) => {
      const claimed = tryClaim(entries, request, shard);
      if (claimed === undefined) return { changes: NONE, answer: { reading: EXHAUSTED, toDrop: false } };
      const kept = new Set([...claimed.ports.map(({ resolverPort }) => resolverPort), ...request.named]);
      const toDrop = [...portsInUse(entries, request.uid)].some(
        ([port, entry]) => !kept.has(port) && fateOfLeftOver(entry, clock.now()) !== 'keep',
      );
      const changes = claimed.changes.size === 0 ? NONE : withWanted(entries, claimed.changes, shard);
      return { changes, answer: { reading: { kind: 'found', ports: claimed.ports }, toDrop } };
    };
    try {
      const { reading, toDrop } = await shards.decide(shard, { maxAgeMs, decide });
      if (toDrop) void drop(request.uid, (entry) => fateFor(request, entry));
      return reading;
    } catch (error) {
      return { kind: 'failed', reason: reasonOf(error) };
    }
  };

  const fateFor = ({ ports }: ClaimRequest, entry: ClaimEntry): Fate =>
    ports.some(({ port }) => port === entry.port) ? 'keep' : fateOfLeftOver(entry, clock.now());

  const currentOf = (uid: string) =>
    shards.decide(shardOf(uid), {
      maxAgeMs: 0,
      decide: (entries) => ({ changes: NONE, answer: portsInUse(entries, uid) }),
    });

  /** Marks those ports of a uid, and frees those that no slice names any more, live. */
  const dropNow = async (uid: string, fateOf: (entry: ClaimEntry) => Fate): Promise<void> => {
    const used = [...(await currentOf(uid))];
    const toFree = used.filter(([, entry]) => fateOf(entry) === 'free');
    if (toFree.length === 0 && used.every(([, entry]) => fateOf(entry) === 'keep')) return;
    const named = await portsNamed(toFree.map(([, entry]) => entry));
    const unnamed = new Set(toFree.map(([port]) => port).filter((port) => !named.has(port)));
    const fateNow = (port: number, entry: ClaimEntry): Fate => {
      const fate = fateOf(entry);
      return fate === 'free' && !unnamed.has(port) ? 'keep' : fate;
    };
    await shards.decide(shardOf(uid), {
      maxAgeMs: 0,
      decide: (entries) => ({
        changes: dropPorts(entries, uid, { now: clock.now(), fateOf: fateNow }),
        answer: undefined,
      }),
    });
  };

  const portsNamed = async (entries: readonly ClaimEntry[]): Promise<ReadonlySet<number>> => {
    const services = new Map<string, ObjectRef>();
    for (const entry of entries) {
      services.set(`${entry.namespace}/${entry.service}`, { namespace: entry.namespace, name: entry.service });
    }
    const lists = await Promise.all(
      [...services.values()].map((ref) => cluster.listSlices(ref.namespace, ref.name, { timeoutMs: CALL_TIMEOUT_MS })),
    );
    const ours = lists.flat().filter(isOurSlice);
    return new Set(ours.flatMap(({ ports }) => (ports ?? []).flatMap(({ port }) => port ?? [])));
  };

  /** One at a time for each uid; what fails is left to the next sync, or to the sweep. */
  const drop = (uid: string, fateOf: (entry: ClaimEntry) => Fate): Promise<void> => {
    const started =
      dropping.get(uid) ??
      dropNow(uid, fateOf)
        .catch((error) => log.warn({ err: error, uid }, 'cannot free ports of the resolver, they stay claimed'))
        .finally(() => dropping.delete(uid));
    dropping.set(uid, started);
    return started;
  };

  return {
    claim: async (request, { maxAgeSeconds }) => {
      let reading: ResolverPortsReading = { kind: 'failed', reason: 'TIMEOUT' };
      const claimed = claim(request, maxAgeSeconds * 1000).then((result) => {
        reading = result;
      });
      await waitAtMost(clock, CLAIM_BUDGET_MS, claimed);
      return reading;
    },

    peek: (request, { maxAgeSeconds }) => peek(request, maxAgeSeconds * 1000),

    release: (uid) => {
      wanted[shardOf(uid)]?.delete(uid);
      return drop(uid, () => 'free');
    },

    sweep: async () => {
      const namespaces = new Map<string, string>();
      for (let shard = 0; shard < SHARDS; shard++) {
        const decide: Decide<readonly ClaimEntry[]> = (entries) => ({
          changes: NONE,
          answer: [...entries.values()].filter((entry) => entry !== undefined),
        });
        for (const { uid, namespace, freedAt } of await shards.decide(shard, { maxAgeMs: 0, decide })) {
          if (freedAt === undefined) namespaces.set(uid, namespace);
        }
      }
      if (namespaces.size === 0) return;
      // Listed only now: whoever claimed a port before, and is not in the list, is gone.
      const present = await cluster.listElastiServiceUids();
      const gone = [...namespaces]
        .filter(([uid, name]) => isWatched(name, watchNamespaces) && !present.has(uid))
        .map(([uid]) => uid);
      for (const uid of gone.slice(0, MAX_SWEPT)) await drop(uid, () => 'free');
      if (gone.length > 0) log.info({ gone: gone.length }, 'ElastiServices are gone whose ports were still claimed');
    },
  };
}

interface Decided {
  readonly reading: ResolverPortsReading;
  /** It has a port of the resolver that neither its Service nor its slices need any more, to be marked or freed. */
  readonly toDrop: boolean;
}

const UNCLAIMED: ResolverPortsReading = { kind: 'failed', reason: 'NotClaimed' };
const EXHAUSTED: ResolverPortsReading = { kind: 'failed', reason: 'RangeExhausted' };

function reasonOf(error: unknown): string {
  if (error instanceof ClaimsFullError) return 'ClaimsFull';
  if (error instanceof KubeApiError) return error.code;
  throw error;
}
