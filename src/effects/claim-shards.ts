import { hash } from 'node:crypto';
import type { ObjectRef } from '../api/kubernetes.ts';
import type { PortRange } from '../core/types.ts';
import { KubeApiError } from '../errors.ts';
import {
  type Changes,
  CLAIMS_LABEL,
  type ClaimEntry,
  type Entries,
  portsOfShard,
  readEntries,
  SHARDS,
} from './claim-table.ts';
import type { ClaimsCluster, ClaimsSight, Clock, ConfigMap } from './ports.ts';
import { recoverClaims } from './recover-claims.ts';

export interface ClaimShardsDeps {
  readonly cluster: Pick<ClaimsCluster, 'readConfigMap' | 'createConfigMap' | 'patchConfigMap' | 'listOwnSlices'>;
  /** Where our own watch shows them, what is not changed is read no more. */
  readonly sight?: ClaimsSight | undefined;
  readonly clock: Pick<Clock, 'monotonicMs' | 'now'>;
  readonly portRange: PortRange;
  /** The resolver's namespace. */
  readonly namespace: string;
}

/** What is to be changed of the claims, and the answer to whoever asked. It may be asked several times, of later claims. */
export type Decide<T> = (entries: Entries) => { readonly changes: Changes; readonly answer: T };

export interface ClaimShards {
  /**
   * Decides on claims that were read less than `maxAgeMs` ago, that our own watch shows to stand as they were read, or that are read now,
   * and writes the changes; resolves once they are written. Throws ClaimsFullError, or KubeApiError where it is not known what is written.
   */
  decide<T>(shard: number, options: { readonly maxAgeMs: number; readonly decide: Decide<T> }): Promise<T>;
}

/** Thrown when a ConfigMap cannot take a further claim. */
export class ClaimsFullError extends Error {
  readonly code = 'CLAIMS_FULL';
  override readonly name = 'ClaimsFullError';
}

const LABELS = { [CLAIMS_LABEL]: 'true', 'app.kubernetes.io/managed-by': 'elasti' };
const CALL_TIMEOUT_MS = 1500;
/** Whoever bears claims of so long ago may go by a watch, which lags, and for a while may have stopped without our knowing. */
const SIGHT_AGE_MS = 3000;
/** Each conflict means that somebody else got through. */
const MAX_TRIES = 8;
/** The API server takes a ConfigMap of up to 1 MiB; the rest is for its metadata. The default range never gets there. */
const MAX_BYTES = 1_000_000;

/** Name of the ConfigMap of that number. */
export const shardName = (shard: number): string => `elasti-resolver-ports-${shard}`;

/** The number of the ConfigMap, out of so many, that holds the claims of an ElastiService. */
export const shardOf = (uid: string): number => Number.parseInt(hash('sha256', uid).slice(0, 2), 16) % SHARDS;

interface Snapshot {
  /** Of the ConfigMap; undefined where there is none. */
  readonly resourceVersion: string | undefined;
  /** What the claims take there. */
  readonly bytes: number;
  readonly entries: Entries;
  readonly atMs: number;
}

interface Job {
  readonly maxAgeMs: number;
  readonly askedAtMs: number;
  readonly decide: Decide<unknown>;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Reads and changes the claims of resolver ports, each ConfigMap under its resourceVersion: of two who give out one port
 * only one gets it written, and the other decides anew. All that wait for one ConfigMap share its next write.
 */
export function createClaimShards(deps: ClaimShardsDeps): ClaimShards {
  const shards = Array.from({ length: SHARDS }, (_, shard) => createShard(shard, deps));
  return { decide: (shard, options) => (shards[shard] as Shard).decide(options) };
}

interface Shard {
  decide<T>(options: { readonly maxAgeMs: number; readonly decide: Decide<T> }): Promise<T>;
}

function createShard(shard: number, { cluster, sight, clock, namespace, portRange }: ClaimShardsDeps): Shard {
  const ref: ObjectRef = { namespace, name: shardName(shard) };
  const options = { timeoutMs: CALL_TIMEOUT_MS };
  let snapshot: Snapshot | undefined;
  let lastKnown: Entries = new Map();
  let jobs: Job[] = [];
  let isWorking = false;

  const keep = (kept: Snapshot): Snapshot => {
    snapshot = kept;
    if (kept.resourceVersion !== undefined) lastKnown = kept.entries;
    return kept;
  };

  const isFreshEnough = ({ atMs, resourceVersion }: Snapshot, job: Pick<Job, 'maxAgeMs' | 'askedAtMs'>): boolean => {
    if (job.askedAtMs - atMs < job.maxAgeMs) return true;
    return job.maxAgeMs >= SIGHT_AGE_MS && sight?.versionOf(ref.name) === (resourceVersion ?? 'absent');
  };

  const read = async (): Promise<Snapshot> => {
    const atMs = clock.monotonicMs();
    const { resourceVersion, data = {} }: Partial<ConfigMap> = (await cluster.readConfigMap(ref, options)) ?? {};
    return keep({ resourceVersion, bytes: bytesOf(data), entries: readEntries(data, snapshot?.entries), atMs });
  };

  /** Where there is no ConfigMap, it may have been deleted: with claims, and with ports that slices still name. */
  const startAnew = async (): Promise<Snapshot> => {
    const slices = await cluster.listOwnSlices(options);
    const candidates = portsOfShard(portRange, shard);
    const entries = recoverClaims(slices, { lastKnown, now: clock.now(), candidates });
    return { resourceVersion: undefined, bytes: 0, entries, atMs: clock.monotonicMs() };
  };

  const write = async ({ resourceVersion, bytes, entries }: Snapshot, changes: Changes): Promise<void> => {
    const isNew = resourceVersion === undefined;
    const data = textsOf(isNew ? [...entries, ...changes] : changes);
    const replaced = isNew ? {} : textsOf([...changes.keys()].map((port) => [port, entries.get(port)]));
    const bytesAfter = bytes - bytesOf(replaced) + bytesOf(data);
    if (bytesAfter > MAX_BYTES) throw new ClaimsFullError(`${ref.name} is full`);
    const atMs = clock.monotonicMs();
    const change = { labels: LABELS, data };
    const version = isNew
      ? await cluster.createConfigMap(ref, change, options)
      : await cluster.patchConfigMap(ref, { ...change, resourceVersion }, options);
    // Nobody else wrote in between, or the version would not have been accepted.
    const after = new Map([...(isNew ? [] : entries), ...readEntries(data)]);
    keep({ resourceVersion: version, bytes: bytesAfter, entries: after, atMs });
  };

  /** Serves all the jobs with one write; conflicts make it begin anew. */
  const serve = async (batch: readonly Job[]): Promise<void> => {
    for (let tries = 1; ; tries++) {
      const known = snapshot;
      let from = known && batch.every((job) => isFreshEnough(known, job)) ? known : await read();
      const isMissing = from.resourceVersion === undefined;
      if (isMissing && decideAll(from.entries, batch).changes.size > 0) from = await startAnew();
      const { decided, changes } = decideAll(from.entries, batch);
      try {
        if (changes.size > 0 || (isMissing && from.entries.size > 0)) await write(from, changes);
      } catch (error) {
        // Nobody knows what stands there now.
        if (!(error instanceof ClaimsFullError)) snapshot = undefined;
        if (isConflict(error, from) && tries < MAX_TRIES) continue;
        for (const { job, answer, isChange } of decided) {
          if (isChange) job.reject(error);
          else job.resolve(answer);
        }
        return;
      }
      for (const { job, answer } of decided) job.resolve(answer);
      return;
    }
  };

  const work = async () => {
    isWorking = true;
    while (jobs.length > 0) {
      const batch = jobs;
      jobs = [];
      try {
        await serve(batch);
      } catch (error) {
        for (const job of batch) job.reject(error);
      }
    }
    isWorking = false;
  };

  return {
    decide: <T>({ maxAgeMs, decide }: { readonly maxAgeMs: number; readonly decide: Decide<T> }) => {
      const askedAtMs = clock.monotonicMs();
      if (snapshot && isFreshEnough(snapshot, { maxAgeMs, askedAtMs })) {
        const { changes, answer } = decide(snapshot.entries);
        if (changes.size === 0) return Promise.resolve(answer);
      }
      return new Promise<T>((resolve, reject) => {
        jobs.push({ maxAgeMs, askedAtMs, decide, resolve, reject });
        if (!isWorking) void work();
      });
    },
  };
}

interface Decided {
  readonly job: Job;
  readonly answer: never;
  readonly isChange: boolean;
}

/** Each job decides on the claims as those before it leave them. */
function decideAll(entries: Entries, batch: readonly Job[]): { decided: readonly Decided[]; changes: Changes } {
  const after = new Map(entries);
  const all = new Map();
  const decided: Decided[] = [];
  for (const job of batch) {
    const { changes, answer } = job.decide(after);
    for (const [port, entry] of changes) {
      after.set(port, entry);
      all.set(port, entry);
    }
    decided.push({ job, answer: answer as never, isChange: changes.size > 0 });
  }
  return { decided, changes: all };
}

/** Somebody else created, changed or deleted the ConfigMap since it was read. */
function isConflict(error: unknown, { resourceVersion }: Snapshot): boolean {
  if (!(error instanceof KubeApiError)) return false;
  return error.code === 'CONFLICT' || (error.code === 'NOT_FOUND' && resourceVersion !== undefined);
}

function textsOf(entries: Iterable<readonly [number, ClaimEntry | undefined]>): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [port, entry] of entries) if (entry) texts[port] = JSON.stringify(entry);
  return texts;
}

function bytesOf(data: Readonly<Record<string, string>>): number {
  let bytes = 0;
  for (const [key, text] of Object.entries(data)) bytes += key.length + Buffer.byteLength(text);
  return bytes;
}
