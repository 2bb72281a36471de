import type { Source } from '../stage/echo-client.ts';
import type { Destinations } from './destination.ts';
import type { Client, Outcome } from './outcome.ts';
import type { Site } from './site.ts';

/** One request that was lost. */
export interface Loss {
  readonly site: Site;
  readonly client: Client;
  readonly outcome: Outcome & { readonly lost: NonNullable<Outcome['lost']> };
  readonly beganAtMs: number;
  readonly endedAtMs: number;
  /** Whom kube-proxy had sent its connection to; absent: nobody. */
  readonly destination: string | undefined;
  /** When its connection was opened, which one that is kept was long before; absent: never. */
  readonly connectedAtMs: number | undefined;
  /** What was going on. */
  readonly during: string;
}

/** Requests that went on beside one thing that was going on, to sites of one kind. */
export interface Tally {
  sent: number;
  answered: number;
  late: number;
  repeated: number;
}

/** A request that waited for a pod. */
export interface Held {
  readonly site: Site;
  readonly beganAtMs: number;
  readonly endedAtMs: number;
}

/** Accounts for each request. */
export interface Book {
  enter(site: Site, client: Client, outcome: Promise<Outcome>): Promise<void>;
  /** Resolves once each that began has ended. */
  settled(): Promise<void>;
  /** By what was going on and the manners of pods. */
  readonly tallies: ReadonlyMap<string, Tally>;
  readonly losses: readonly Loss[];
  readonly held: readonly Held[];
  readonly open: number;
}

/** Answered, but after longer than a start takes by far. */
const LATE_MS = 15_000;

export const tallyKey = (during: string, { manners }: Pick<Site, 'manners'>): string => `${during} ${manners}`;

/** Node.js says of a connection that failed which it was, as `Local (10.244.0.15:20123)`. */
function sourceIn(text: string): Source | undefined {
  const [, localAddress, localPort] = /Local \(([\d.]+):(\d+)\)/.exec(text) ?? [];
  return localAddress === undefined ? undefined : { localAddress, localPort: Number(localPort) };
}

/** An empty book; `goingOn` names what happens just now. */
export function createBook(goingOn: () => string, { find }: Pick<Destinations, 'find'>): Book {
  const tallies = new Map<string, Tally>();
  const losses: Loss[] = [];
  const held: Held[] = [];
  const pending = new Set<Promise<void>>();

  async function follow(site: Site, client: Client, coming: Promise<Outcome>): Promise<void> {
    const beganAtMs = performance.now();
    const during = goingOn();
    const key = tallyKey(during, site);
    const tally = tallies.get(key) ?? { sent: 0, answered: 0, late: 0, repeated: 0 };
    tallies.set(key, tally);
    tally.sent += 1;
    const outcome = await coming;
    const endedAtMs = performance.now();
    const { lost, isHeld, isRepeated, workMs = 0 } = outcome;
    if (isRepeated) tally.repeated += 1;
    if (lost) {
      const source = sourceIn(lost.text) ?? outcome.source;
      const sent = await find(site.clusterIp, source);
      losses.push({
        ...{ site, client, outcome: { ...outcome, lost, source }, beganAtMs, endedAtMs, during },
        ...{ destination: sent?.address, connectedAtMs: sent?.atMs },
      });
      return;
    }
    tally.answered += 1;
    if (endedAtMs - beganAtMs > LATE_MS) tally.late += 1;
    if (isHeld) held.push({ site, beganAtMs, endedAtMs: endedAtMs - workMs });
  }

  return {
    enter(site, client, coming) {
      const following = follow(site, client, coming);
      pending.add(following);
      return following.finally(() => pending.delete(following));
    },
    async settled() {
      while (pending.size > 0) await Promise.all(pending);
    },
    tallies,
    losses,
    held,
    get open() {
      return pending.size;
    },
  };
}
