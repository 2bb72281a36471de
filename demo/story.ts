import type { ElastiServiceStatus } from '../src/api/elastiservice.ts';
import type { Phase, TimelineEntry } from './api.ts';
import type { Store } from './control-plane/store.ts';
import { NAMESPACE } from './settings.ts';
import type { Exchange, Exchanges } from './traffic/exchanges.ts';
import type { PodBoard } from './workloads/pod-board.ts';

export interface StoryDeps {
  readonly store: Store;
  readonly pods: PodBoard;
  readonly exchanges: Exchanges;
  /** Prints a line about a service. */
  readonly say: (who: string, what: string) => void;
}

/** What has happened to each service. */
export interface Story {
  timelineOf(service: string): readonly TimelineEntry[];
  /** A request was cut off unanswered, and its client asks again. */
  retried(service: string): void;
  stop(): void;
}

const MAX_ENTRIES = 30;
/** What is cut off together is told in one line. */
const RETRIES_MS = 500;

interface Chapter {
  readonly entries: TimelineEntry[];
  phase: Phase | undefined;
  replicas: number;
  wake: Wake | undefined;
  /** Since the last line that told of any. */
  retries: number;
}

/** A wake by a request, in milliseconds since that was sent. */
interface Wake {
  readonly exchange: Exchange;
  scaleMs: number | undefined;
  readyMs: number | undefined;
}

/** Follows the services, and tells each turn of theirs in a line. */
export function createStory({ store, pods, exchanges, say }: StoryDeps): Story {
  const chapters = new Map<string, Chapter>();
  const chapterOf = (service: string): Chapter => {
    const chapter = chapters.get(service) ?? {
      entries: [],
      phase: undefined,
      replicas: 1,
      wake: undefined,
      retries: 0,
    };
    chapters.set(service, chapter);
    return chapter;
  };
  const since = ({ startedAtMs }: Exchange) => Math.round(performance.now() - startedAtMs);

  const turn = (service: string, status: ElastiServiceStatus) => {
    const chapter = chapterOf(service);
    const { phase } = status;
    if (phase === undefined || phase === chapter.phase) return;
    chapter.phase = phase;
    const what = whyOf(status);
    chapter.entries.push({ at: new Date().toISOString(), phase, what });
    if (chapter.entries.length > MAX_ENTRIES) chapter.entries.shift();
    say(service, `${phase}: ${what}`);
  };
  const scaled = (service: string, replicas: number) => {
    const chapter = chapterOf(service);
    if (replicas === chapter.replicas) return;
    say(service, `replicas ${chapter.replicas} -> ${replicas}`);
    if (chapter.wake && chapter.replicas === 0) chapter.wake.scaleMs = since(chapter.wake.exchange);
    chapter.replicas = replicas;
  };
  const unsubscribe = store.subscribe(({ plural, object }) => {
    if (object.metadata.namespace !== NAMESPACE) return;
    if (plural === 'elastiservices' && object.status) turn(object.metadata.name, object.status as ElastiServiceStatus);
    if (plural === 'deployments') scaled(object.metadata.name, (object.spec as { replicas: number }).replicas);
  });

  pods.subscribe(({ namespace, app, name, state }) => {
    if (namespace !== NAMESPACE || state !== 'ready') return;
    const { wake } = chapterOf(app);
    if (wake) wake.readyMs ??= since(wake.exchange);
    if (pods.of(namespace, app).some((pod) => pod.name === name)) say(app, `pod ${name} is ready`);
  });

  exchanges.subscribe(({ service, state, id, error }, exchange) => {
    const chapter = chapterOf(service);
    if (state === 'held' && chapter.wake === undefined && chapter.replicas === 0) {
      chapter.wake = { exchange, scaleMs: undefined, readyMs: undefined };
      say(service, `request ${id} is held by the resolver, which wakes the service`);
    }
    if (state === 'lost') say(service, `request ${id} is LOST: ${error}`);
    if (chapter.wake?.exchange !== exchange || !exchange.isOver()) return;
    if (state === 'answered' && error === undefined) finishWake(service, chapter, chapter.wake);
    chapter.wake = undefined;
  });

  const finishWake = (service: string, { entries }: Chapter, wake: Wake) => {
    const answerMs = since(wake.exchange);
    const { scaleMs = answerMs, readyMs = answerMs } = wake;
    say(
      service,
      `request ${wake.exchange.id} is answered after ${answerMs} ms (scaled ${scaleMs}, pod ready ${readyMs})`,
    );
    const at = entries.findLastIndex(({ phase }) => phase === 'Waking' || phase === 'Holding');
    const entry = entries[at];
    if (entry) entries[at] = { ...entry, coldStart: { scaleMs, readyMs, answerMs } };
  };

  const tellRetries = () => {
    for (const [service, chapter] of chapters) {
      if (chapter.retries > 0)
        say(service, `${chapter.retries} requests were cut off unanswered; their client asks again`);
      chapter.retries = 0;
    }
  };
  const timer = setInterval(tellRetries, RETRIES_MS);

  return {
    timelineOf: (service) => chapterOf(service).entries,
    retried: (service) => {
      chapterOf(service).retries += 1;
    },
    stop: () => {
      clearInterval(timer);
      unsubscribe();
    },
  };
}

/** The last decision in a sentence: what prevents a sleep, else what the phase rests on. */
export function whyOf({ conditions = [] }: ElastiServiceStatus): string {
  const prevented = conditions.find(({ type, status }) => type === 'SleepAllowed' && status === 'False');
  const ready = conditions.find(({ type }) => type === 'Ready');
  return (prevented ?? ready)?.message ?? '';
}
