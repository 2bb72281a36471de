import { setTimeout as sleep } from 'node:timers/promises';
import type { Chance } from '../../simulation/chance.ts';
import { until } from '../cluster/wait.ts';
import type { Source } from '../stage/echo-client.ts';
import { repeat } from '../stage/repeat.ts';
import type { Book } from './book.ts';
import { askHttp } from './clients/ask-http.ts';
import { openKeptGrpc } from './clients/kept-grpc.ts';
import { openKeptHttp } from './clients/kept-http.ts';
import { openKeptTcp, sayOnce } from './clients/kept-tcp.ts';
import type { Client, Outcome } from './outcome.ts';
import type { Site } from './site.ts';

/** What flows to a site. */
export interface Flow {
  /** How often clients with new connections come, over HTTP and over TCP each. Absent: none. */
  readonly newEveryMs?: number;
  /** `rotating`: those who keep a connection take a new one every few seconds; `held`: they do not. Absent: none. */
  readonly kept?: 'rotating' | 'held';
}

export interface Load {
  /** From now on this flows; what has begun goes on to its end. */
  flow(flow: Flow): Promise<void>;
  /** So many requests at once, each on a new connection. */
  burst(count: number): void;
}

interface LoadOptions {
  readonly site: Site;
  readonly book: Book;
  readonly chance: Chance;
  readonly nextSource: () => Source;
}

const KEPT_EVERY_MS = 150;
const WARM_LIMIT_MS = 60_000;
const LONGEST_WORK_MS = 60;
const OPEN = { 'http-kept': openKeptHttp, 'tcp-kept': openKeptTcp, 'grpc-kept': openKeptGrpc } as const;

/** The clients of one site: an open loop, in which nothing waits for what came before. */
export function createLoad({ site, book, chance, nextSource }: LoadOptions): Load {
  const ask = () => {
    const workMs = chance.is(0.3) ? chance.whole(1, LONGEST_WORK_MS) : 0;
    return book.enter(site, 'http-new', askHttp({ site, workMs, source: nextSource() }));
  };
  const say = () => book.enter(site, 'tcp-new', sayOnce(site, nextSource()));
  let stopFlow: () => Promise<unknown> = async () => {};
  return {
    async flow({ newEveryMs, kept }) {
      await stopFlow();
      const news = newEveryMs === undefined ? [] : [repeat(newEveryMs, ask), repeat(newEveryMs, say)];
      const keeping = kept ? Object.keys(OPEN).map((client) => keep(client as keyof typeof OPEN, kept)) : [];
      stopFlow = async () => {
        // What was begun is in the book; nobody has to wait for it here, but what is still to be entered has to be.
        for (const each of news) void each.stop();
        await Promise.all(keeping.map((stop) => stop()));
      };
    },
    burst(count) {
      for (let i = 0; i < count; i++) void ask();
    },
  };

  /** Gives what ends it, and resolves when nothing more is entered. */
  function keep(client: keyof typeof OPEN & Client, kind: 'rotating' | 'held'): () => Promise<void> {
    const stopping = new AbortController();
    const { signal } = stopping;
    const keeping = (async () => {
      while (!signal.aborted) {
        const connection = OPEN[client](site, nextSource);
        const endsAt = performance.now() + (kind === 'held' ? Number.POSITIVE_INFINITY : chance.between(1500, 5000));
        while (!signal.aborted && !connection.isSpent && performance.now() < endsAt) {
          void book.enter(site, client, connection.say());
          await sleep(KEPT_EVERY_MS, undefined, { signal }).catch(() => {});
        }
        const left = connection.leave();
        if (left) void book.enter(site, client, left);
      }
    })();
    return () => {
      stopping.abort();
      return keeping;
    };
  }
}

/** Waits until each port of a new site answers: kube-proxy hears of a Service a moment after it was made. */
export async function untilAnswers(site: Site, nextSource: () => Source): Promise<void> {
  const asks: (() => Promise<Outcome>)[] = [
    () => askHttp({ site, workMs: 0, source: nextSource() }),
    () => sayOnce(site, nextSource()),
    () => {
      const stream = openKeptGrpc(site, nextSource);
      return stream.say().finally(() => stream.leave());
    },
  ];
  await until(
    `${site.namespace}/${site.name} to answer`,
    async () => (await Promise.all(asks.map((ask) => ask()))).every(({ lost }) => lost === undefined),
    { timeoutMs: WARM_LIMIT_MS },
  );
}
