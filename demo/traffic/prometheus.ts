import { createServer } from 'node:http';
import { listenNear } from '../network/ports.ts';

/** A Prometheus that knows how many requests came to each Service. */
export interface Prometheus {
  readonly port: number;
  isUp(): boolean;
  requestSeen(service: string): void;
  /** Forgets what came to a Service, as if it had been idle for long. */
  forget(service: string): void;
  setUp(isUp: boolean): void;
  close(): void;
}

/** The range of the rate in the triggers' queries. */
const RATE_MS = 2000;
/** Longer than any window that is asked for. */
const KEPT_MS = 60_000;
const MAX_KEPT = 500;

/** Starts it: answers `/api/v1/query` for the queries of the demo's triggers, and the same over a window. */
export async function startPrometheus({ nowMs: readNowMs }: { readonly nowMs: () => number }): Promise<Prometheus> {
  const seen = new Map<string, number[]>();
  let isUp = true;
  let upSinceMs = Number.NEGATIVE_INFINITY;

  /** Requests per second at the busiest moment from sinceMs to now. */
  const highestRate = (service: string, sinceMs: number, nowMs: number) => {
    const times = seen.get(service) ?? [];
    const rateAt = (endMs: number) => times.filter((atMs) => atMs > endMs - RATE_MS && atMs <= endMs).length;
    const moments = [sinceMs, ...times.filter((atMs) => atMs > sinceMs), nowMs];
    return Math.max(...moments.map(rateAt)) / (RATE_MS / 1000);
  };
  const evaluate = (query: string): number => {
    const nowMs = readNowMs();
    const windowMs = Number(/\[(\d+)s:/.exec(query)?.[1] ?? 0) * 1000;
    if (query.includes('up{')) return upSinceMs <= nowMs - windowMs ? 1 : 0;
    return highestRate(/service="([^"]*)"/.exec(query)?.[1] ?? '', nowMs - windowMs, nowMs);
  };

  const server = createServer((req, res) => {
    if (!isUp) return void res.writeHead(503).end();
    const query = new URL(req.url ?? '', 'http://prometheus').searchParams.get('query') ?? '';
    const value = [Date.now() / 1000, String(evaluate(query))];
    const data = { resultType: 'vector', result: [{ metric: {}, value }] };
    res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ status: 'success', data }));
  });
  const port = await listenNear(server, 0);

  return {
    port,
    isUp: () => isUp,
    requestSeen: (service) => {
      const nowMs = readNowMs();
      const times = seen.get(service) ?? [];
      times.push(nowMs);
      while ((times[0] ?? nowMs) < nowMs - KEPT_MS) times.shift();
      // Of very many the latest say enough.
      if (times.length > MAX_KEPT) times.splice(0, times.length - MAX_KEPT);
      seen.set(service, times);
    },
    forget: (service) => void seen.delete(service),
    setUp: (wanted) => {
      if (wanted && !isUp) upSinceMs = readNowMs();
      isUp = wanted;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
