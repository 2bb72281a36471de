import { z } from 'zod';
import type { Clock, Logger, Random } from '../effects/ports.ts';
import { KubeApiError } from '../errors.ts';
import type { Connect } from '../kube/connection.ts';
import { makeAnswerError } from '../kube/kube-error.ts';
import { METADATA_ONLY } from '../kube/paths.ts';
import type { Call } from '../kube/request.ts';
import { followWatch, WatchSilentError } from './watch-stream.ts';

/** Which objects to follow. */
export interface Selection {
  /** Resource as RBAC names it: `endpointslices`. */
  readonly resource: string;
  /** The objects in words, for errors. */
  readonly what: string;
  readonly path: string;
  readonly labelSelector?: string;
  /** Of the objects only their metadata is sent, whatever they hold. */
  readonly isMetadataOnly?: boolean;
}

/** Where the objects go, as they come off the wire. */
export interface ObjectSink {
  /** Begins a list: what was not put when it is finished is gone. */
  startList(): { put(object: unknown): void; finish(): void };
  put(object: unknown): void;
  remove(object: unknown): void;
}

export type WatchOutcome = 'listed' | 'watched' | 'silent' | 'expired' | 'failed';

export interface ListWatchDeps {
  readonly connect: Connect;
  readonly call: Call;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Told how each list and each watch ended, for metrics. */
  readonly onEnded?: (resource: string, outcome: WatchOutcome) => void;
  /** Told of each event but bookmarks. */
  readonly onEvent?: (resource: string) => void;
}

export interface ListWatch {
  /** Resolves when the sink has the first whole list. Never rejects: an API server that is down comes back. */
  readonly synced: Promise<void>;
  /** Whether the server was heard of lately enough that what the sink has is no older. */
  isCurrent(): boolean;
  /** The version up to which the sink has everything; 0: none. */
  version(): number;
  /** The highest version among the changes that the sink was told of; 0: none. */
  newest(): number;
  /** Ends it; resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

const PAGE_SIZE = '500';
const PAGE_TIMEOUT_MS = 15_000;
const WATCH_SECONDS = 300;
// A bookmark comes every minute, unless nothing at all is written in the cluster. Whoever keeps silent for longer may be
// gone, or wait for a version that a restored etcd has never had.
const SILENCE_MS = 90_000;
const LIVED_MS = 10_000;
const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 10_000;
const FAILURES_UNLOGGED = 2;

const Page = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string().min(1), continue: z.string().optional() }),
  items: z.array(z.unknown()).nullish(),
});
const Event = z.looseObject({ type: z.string(), object: z.unknown() });
const Versioned = z.looseObject({ metadata: z.looseObject({ resourceVersion: z.string().min(1) }) });
const Failure = z.looseObject({ code: z.number() });

/**
 * Follows all objects of a selection: a list in pages, then one watch after the other from where the last one ended,
 * with bookmarks. A new list comes only where the version has expired, cannot be followed, or the server went silent.
 */
export function startListWatch(
  selection: Selection,
  sink: ObjectSink,
  deps: ListWatchDeps,
  { silenceMs = SILENCE_MS }: { readonly silenceMs?: number } = {},
): ListWatch {
  const { connect, call, clock, random, log } = deps;
  const { resource, what, path, labelSelector } = selection;
  const accept = selection.isMetadataOnly ? METADATA_ONLY : undefined;
  const selector = labelSelector === undefined ? {} : { labelSelector };
  const stopping = new AbortController();
  const { promise: synced, resolve: markSynced } = Promise.withResolvers<void>();
  let version: string | undefined;
  let heard = 0;
  let heardAtMs = Number.NEGATIVE_INFINITY;
  let newest = 0;

  const list = async (): Promise<string> => {
    const taking = sink.startList();
    const startedAtMs = clock.monotonicMs();
    let newestListed = 0;
    let next: string | undefined;
    for (;;) {
      const query: Record<string, string> = { ...selector, limit: PAGE_SIZE, ...(next ? { continue: next } : {}) };
      const request = {
        verb: 'list',
        resource,
        what,
        path,
        query,
        accept: accept?.list,
        timeoutMs: PAGE_TIMEOUT_MS,
      } as const;
      const page = await call(request, Page);
      for (const item of page.items ?? []) {
        newestListed = Math.max(newestListed, versionOf(item));
        taking.put(item);
      }
      next = page.metadata.continue;
      if (!next) {
        if (!stopping.signal.aborted) taking.finish();
        // All pages are of one version, that of the first.
        heardAtMs = startedAtMs;
        // Begun anew, since a restored etcd counts from where it was.
        newest = newestListed;
        return page.metadata.resourceVersion;
      }
    }
  };

  const take = (line: string) => {
    const { type, object } = Event.parse(JSON.parse(line));
    if (type === 'ERROR') {
      const { code } = Failure.safeParse(object).data ?? { code: 500 };
      throw makeAnswerError(`watch ${what}`, code, JSON.stringify(object));
    }
    heard += 1;
    heardAtMs = clock.monotonicMs();
    if (type !== 'BOOKMARK') {
      newest = Math.max(newest, versionOf(object));
      deps.onEvent?.(resource);
    }
    if (type === 'ADDED' || type === 'MODIFIED') sink.put(object);
    if (type === 'DELETED') sink.remove(object);
    // What cannot be read leaves the version as it is: the next event has one.
    version = Versioned.safeParse(object).data?.metadata.resourceVersion ?? version;
  };

  const follow = (from: string) => {
    const timeoutSeconds = String(Math.ceil(WATCH_SECONDS * (1 + random.next())));
    const query = { ...selector, watch: '1', allowWatchBookmarks: 'true', resourceVersion: from, timeoutSeconds };
    return followWatch(connect, {
      name: `watch ${what}`,
      path,
      query,
      silenceMs,
      accept: accept?.object,
      signal: stopping.signal,
      onLine: take,
    });
  };

  /** Gives whether it got anywhere, so that the next step may follow at once. */
  const step = async (): Promise<boolean> => {
    heard = 0;
    if (version === undefined) {
      version = await list();
      deps.onEnded?.(resource, 'listed');
      markSynced();
    }
    const startedAtMs = clock.monotonicMs();
    await follow(version);
    deps.onEnded?.(resource, 'watched');
    return heard > 0 || clock.monotonicMs() - startedAtMs > LIVED_MS;
  };

  const run = async () => {
    let failures = 0;
    while (!stopping.signal.aborted) {
      const isWell = await step().catch((error: unknown) => {
        if (stopping.signal.aborted) return false;
        if (error instanceof WatchSilentError) {
          deps.onEnded?.(resource, 'silent');
          version = undefined;
          return true;
        }
        const isExpired = error instanceof KubeApiError && error.status === 410;
        deps.onEnded?.(resource, isExpired ? 'expired' : 'failed');
        // An API server that is restarted is no news, one that stays away is.
        const tell = failures === FAILURES_UNLOGGED ? log.warn.bind(log) : log.debug.bind(log);
        tell({ err: error, resource }, 'cannot follow the objects, trying again');
        if (!mustListAgain(error)) return heard > 0;
        version = undefined;
        return false;
      });
      failures = isWell ? 0 : failures + 1;
      // Full jitter: what failed together does not come back together.
      const backoffMs = random.next() * Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** failures);
      await clock.sleep(backoffMs, stopping.signal).catch(() => undefined);
    }
  };

  const running = run();
  return {
    synced,
    isCurrent: () => clock.monotonicMs() - heardAtMs <= silenceMs,
    version: () => Number(version) || 0,
    newest: () => newest,
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

/** Versions are compared as numbers, which Kubernetes allows within one resource; what is none is 0. */
function versionOf(object: unknown): number {
  const versioned = object as { readonly metadata?: { readonly resourceVersion?: unknown } } | null;
  return Number(versioned?.metadata?.resourceVersion) || 0;
}

/** Broken connections and busy servers are followed from where they ended; anything else is begun anew. */
function mustListAgain(error: unknown): boolean {
  if (error instanceof KubeApiError) return error.status === 410 || error.code === 'INVALID';
  // Only the errors of Node itself have a code.
  return !(error instanceof Error && 'code' in error);
}
