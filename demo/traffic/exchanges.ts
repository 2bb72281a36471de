import type { RequestEvent } from '../api.ts';

/** One request and what became of it. */
export interface Exchange {
  readonly id: number;
  readonly service: string;
  readonly startedAtMs: number;
  isOver(): boolean;
  /** It goes to a pod, or to a resolver. */
  route(via: 'pod' | 'resolver'): void;
  hold(): void;
  /** Its connection was cut, and its client is about to ask again. */
  retry(): void;
  answer(): void;
  lose(error: string): void;
  /** Its client does not want the answer any more. */
  forsake(): void;
}

export interface Counts {
  readonly sent: number;
  readonly answered: number;
  readonly held: number;
  readonly lost: number;
}

export interface Exchanges {
  begin(service: string): Exchange;
  /** A resolver holds the connections of a service. */
  holdAll(service: string): void;
  /** When one last did so. */
  heldAtMs(service: string): number;
  countsOf(service: string): Counts;
  totals(): Counts;
  /** Told of each change of each request. */
  subscribe(listener: (event: RequestEvent, exchange: Exchange) => void): void;
}

interface Tally {
  sent: number;
  answered: number;
  lost: number;
  heldAtMs: number;
  readonly open: Set<{ readonly state: () => string; hold(): void }>;
}

/** Counts all requests from their beginning to their end. */
export function createExchanges(): Exchanges {
  const tallies = new Map<string, Tally>();
  const listeners = new Set<(event: RequestEvent, exchange: Exchange) => void>();
  let ids = 0;

  const tallyOf = (service: string): Tally => {
    const tally = tallies.get(service) ?? {
      sent: 0,
      answered: 0,
      lost: 0,
      heldAtMs: Number.NEGATIVE_INFINITY,
      open: new Set(),
    };
    tallies.set(service, tally);
    return tally;
  };

  const begin = (service: string): Exchange => {
    ids += 1;
    const tally = tallyOf(service);
    let state: RequestEvent['state'] = 'sent';
    let via: 'pod' | 'resolver' | undefined;
    const tell = (to: RequestEvent['state'], error?: string) => {
      state = to;
      isTold = true;
      const ms = Math.round(performance.now() - exchange.startedAtMs);
      const event = { id: exchange.id, service, state, ms, ...(via ? { via } : {}), ...(error ? { error } : {}) };
      for (const listener of listeners) listener(event, exchange);
    };
    let isTold = false;
    const isOver = () => state === 'answered' || state === 'lost';
    const end = (to: 'answered' | 'lost', error?: string) => {
      if (isOver()) return;
      if (!isTold) tell('sent');
      tally.open.delete(entry);
      tally[to] += 1;
      tell(to, error);
    };
    const exchange: Exchange = {
      id: ids,
      service,
      startedAtMs: performance.now(),
      isOver,
      route: (to) => {
        if (isOver() || (via === to && state === 'sent')) return;
        via = to;
        tell('sent');
      },
      hold: () => {
        if (state === 'sent' && via === 'resolver') tell('held');
      },
      retry: () => {
        if (isOver()) return;
        state = 'sent';
        via = undefined;
      },
      answer: () => end('answered'),
      lose: (error) => end('lost', error),
      forsake: () => {
        if (isOver()) return;
        tally.open.delete(entry);
        tally.sent -= 1;
        tell('answered', 'the client went away');
      },
    };
    const entry = { state: () => state, hold: exchange.hold };
    tally.sent += 1;
    tally.open.add(entry);
    return exchange;
  };

  const countsOf = (service: string): Counts => {
    const { sent, answered, lost, open } = tallyOf(service);
    return { sent, answered, lost, held: [...open].filter(({ state }) => state() === 'held').length };
  };

  return {
    begin,
    holdAll: (service) => {
      const tally = tallyOf(service);
      tally.heldAtMs = performance.now();
      for (const { hold } of tally.open) hold();
    },
    heldAtMs: (service) => tallyOf(service).heldAtMs,
    countsOf,
    totals: () =>
      [...tallies.keys()].map(countsOf).reduce(
        (sum, one) => ({
          sent: sum.sent + one.sent,
          answered: sum.answered + one.answered,
          held: sum.held + one.held,
          lost: sum.lost + one.lost,
        }),
        { sent: 0, answered: 0, held: 0, lost: 0 },
      ),
    subscribe: (listener) => void listeners.add(listener),
  };
}
