import type { Send, SendResponse } from '../src/triggers/send.ts';
import { SendError } from '../src/triggers/send-error.ts';
import { EPOCH_MS, type Process } from './process.ts';
import type { Site, World } from './world.ts';

/** A Prometheus that counts requests: scraped every 5 s, active while a request came within the last 10 s. */
export interface Prometheus {
  readonly sendFor: (from: Process) => Send;
  /** A request that the site's metric counts. */
  requestSeen(site: Site): void;
  goDown(ms: number): void;
  lie(ms: number): void;
  /** Last time that the site was told active, or undefined. */
  saidActiveAtMs(site: Site): number | undefined;
  /** Last time that a whole window of the site was told idle. */
  provenIdleAtMs(site: Site): number | undefined;
  /** From the last outage to the first true answer to the site after it. Lies are still recorded, and so no outage. */
  lastBlindness(site: Site): Readonly<Span> | undefined;
  /** Since when scrapes have shown the site active; undefined: the latest does not. */
  shownActiveSinceMs(site: Site): number | undefined;
  /** When its answers last became of another kind. */
  turnedAtMs(site: Site): number;
  /** How often the answers to a site have been of another kind than those before: active, idle, a lie, none. */
  turns(site: Site): number;
}

export const SERVER = 'http://prometheus.monitoring:9090';
export const SCRAPE_MS = 5000;
const KEPT = 40;

export interface Span {
  fromMs: number;
  toMs: number;
}

interface Counted {
  /** Scrapes that show requests, as spans. */
  readonly active: Span[];
  /** From each outage to the first true answer after it. */
  readonly blind: Span[];
  blindSinceMs: number | undefined;
  told: string;
  turns: number;
  turnedAtMs: number;
  saidActiveAtMs: number | undefined;
  provenIdleAtMs: number | undefined;
}

const answerOf = (atMs: number, value: string): SendResponse => ({
  status: 200,
  body: `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[${Math.floor(atMs / 1000)},"${value}"]}]}}`,
});

const LIES: readonly SendResponse[] = [
  answerOf(0, 'NaN'),
  { status: 200, body: '{"status":"success","data":{"resultType":"vector","result":[]}}' },
  { status: 200, body: '{"status":"success"}' },
  { status: 500, body: 'internal' },
  { status: 200, body: '<html>' },
];

/** Makes the Prometheus of a world. */
export function createPrometheus({
  scheduler,
  chance,
  sites,
}: Pick<World, 'scheduler' | 'chance' | 'sites'>): Prometheus {
  const counts: readonly Counted[] = sites.map(() => ({
    active: [],
    blind: [],
    blindSinceMs: undefined,
    told: '',
    turns: 0,
    turnedAtMs: 0,
    saidActiveAtMs: undefined,
    provenIdleAtMs: undefined,
  }));
  const outages: Span[] = [];
  let lyingUntilMs = 0;
  let lie = LIES[0];
  let isHanging = false;

  const isIn = (spans: readonly Span[], ms: number) => spans.some(({ fromMs, toMs }) => fromMs <= ms && ms < toMs);
  const note = (spans: Span[], ms: number) => {
    const [fromMs, toMs] = [scheduler.nowMs(), scheduler.nowMs() + ms];
    const last = spans.at(-1);
    if (last && fromMs <= last.toMs) last.toMs = Math.max(last.toMs, toMs);
    else spans.push({ fromMs, toMs });
    if (spans.length > KEPT) spans.shift();
  };

  const latestScrapeMs = (nowMs: number) => {
    let atMs = Math.floor(nowMs / SCRAPE_MS) * SCRAPE_MS;
    while (atMs > 0 && isIn(outages, atMs)) atMs -= SCRAPE_MS;
    return atMs;
  };
  /** The latest recorded scrape that showed requests. */
  const lastActiveMs = ({ active }: Counted, nowMs: number): number => {
    for (let i = active.length - 1; i >= 0; i--) {
      const { fromMs, toMs } = active[i] as Span;
      const atMs = latestScrapeMs(Math.min(toMs, nowMs));
      if (atMs >= fromMs) return atMs;
    }
    return Number.NEGATIVE_INFINITY;
  };

  // The same few questions come again and again.
  const queries = new Map<string, string>();
  const queryIn = (url: string): string => {
    const query = queries.get(url) ?? new URL(url).searchParams.get('query') ?? '';
    queries.set(url, query);
    return query;
  };
  const questions = new Map<string, { readonly site: number; readonly windowSeconds: number | undefined }>();
  const questionOf = (query: string) => {
    const known = questions.get(query);
    if (known) return known;
    const seconds = /\[(\d+)s:/.exec(query)?.[1];
    const question = {
      site: Number(/site="(\d+)"/.exec(query)?.[1]),
      windowSeconds: seconds === undefined ? undefined : Number(seconds),
    };
    questions.set(query, question);
    return question;
  };

  const noteTold = (counted: Counted | undefined, told: string) => {
    if (counted === undefined || counted.told === told) return;
    counted.told = told;
    counted.turns += 1;
    counted.turnedAtMs = scheduler.nowMs();
  };

  const evaluate = (query: string, isBelieved: boolean): SendResponse => {
    const nowMs = scheduler.nowMs();
    if (query.includes('up{')) return answerOf(EPOCH_MS + nowMs, '1');
    const { site, windowSeconds } = questionOf(query);
    const counted = counts[site] as Counted;
    const lastMs = lastActiveMs(counted, nowMs);
    const sinceMs = windowSeconds === undefined ? latestScrapeMs(nowMs) : nowMs - windowSeconds * 1000;
    const isActive = lastMs >= sinceMs;
    noteTold(counted, isActive ? 'active' : 'idle');
    if (counted.blindSinceMs !== undefined) {
      counted.blind.push({ fromMs: counted.blindSinceMs, toMs: nowMs });
      counted.blindSinceMs = undefined;
      if (counted.blind.length > KEPT) counted.blind.shift();
    }
    if (isBelieved && isActive) counted.saidActiveAtMs = nowMs;
    // With no cooldown the present is the whole window.
    const isWhole = windowSeconds !== undefined || sites[site]?.cooldownSeconds === 0;
    if (isBelieved && !isActive && isWhole) counted.provenIdleAtMs = nowMs;
    return answerOf(EPOCH_MS + nowMs, isActive ? '2' : '0');
  };

  return {
    requestSeen: (site) => {
      const { active } = counts[site.index] as Counted;
      const nowMs = scheduler.nowMs();
      const fromMs = (Math.floor(nowMs / SCRAPE_MS) + 1) * SCRAPE_MS;
      const toMs = Math.floor((nowMs + site.rateMs) / SCRAPE_MS) * SCRAPE_MS;
      const last = active.at(-1);
      if (last && fromMs <= last.toMs + SCRAPE_MS) last.toMs = toMs;
      else active.push({ fromMs, toMs });
      if (active.length > KEPT) active.shift();
    },
    goDown: (ms) => {
      isHanging = chance.is(0.5);
      for (const counted of counts) counted.blindSinceMs ??= scheduler.nowMs();
      note(outages, ms);
    },
    lie: (ms) => {
      lyingUntilMs = scheduler.nowMs() + ms;
      lie = chance.pick(LIES);
    },
    saidActiveAtMs: (site) => counts[site.index]?.saidActiveAtMs,
    provenIdleAtMs: (site) => counts[site.index]?.provenIdleAtMs,
    turns: (site) => counts[site.index]?.turns ?? 0,
    turnedAtMs: (site) => counts[site.index]?.turnedAtMs ?? 0,
    shownActiveSinceMs: (site) => {
      const last = counts[site.index]?.active.at(-1);
      const atMs = latestScrapeMs(scheduler.nowMs());
      return last && last.fromMs <= atMs && atMs <= last.toMs ? last.fromMs : undefined;
    },
    lastBlindness: (site) => counts[site.index]?.blind.at(-1),
    sendFor:
      (from) =>
      ({ url }) =>
        new Promise((resolve, reject) => {
          scheduler.after(chance.between(2, 20), () => {
            const isDown = isIn(outages, scheduler.nowMs());
            const isLying = scheduler.nowMs() < lyingUntilMs;
            if (isDown || isLying) noteTold(counts[questionOf(queryIn(url)).site], isLying ? 'lie' : 'nothing');
            // A server that is down refuses, or says nothing at all until the asker gives up.
            if (isDown && isHanging) return;
            const response = isLying ? lie : isDown ? undefined : evaluate(queryIn(url), from.isAlive());
            from.deliver(() => {
              if (response) resolve(response);
              else reject(new SendError('CONNECTION_FAILED', 'refused'));
            });
          });
        }),
  };
}
