import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How long an answer takes; `never`: none comes. */
export type Delay = number | 'never';

/** Answers as Prometheus does, by what the query says of itself. */
export interface PrometheusStandIn {
  readonly address: string;
  delayBy(delay: Delay): void;
  /** Forgets what was asked and notes it anew; `distinct` counts each query once. */
  count(): { questions(): number; distinct(): number; answered(): number };
  close(): void;
}

/** Starts it; in a pod nobody asks loopback. A query for `wanted="1"` gives 1, one for `up` gives 1, any other 0. */
export async function startPrometheusStandIn(host: string): Promise<PrometheusStandIn> {
  let delay: Delay = 5;
  let asked: string[] = [];
  let answered = new Set<string>();

  const server = createServer((request, response) => {
    const query = new URL(request.url ?? '/', 'http://localhost').searchParams.get('query') ?? '';
    asked.push(query);
    const noted = answered;
    if (delay === 'never') return;
    setTimeout(() => {
      noted.add(query);
      send(response, /wanted="1"|max\(up/.test(query) ? '1' : '0');
    }, delay);
  });
  // Whoever asks keeps its connections.
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://${host}:${port}`,
    delayBy: (next) => {
      delay = next;
    },
    count: () => {
      const mine: string[] = [];
      const mineAnswered = new Set<string>();
      asked = mine;
      answered = mineAnswered;
      return {
        questions: () => mine.length,
        distinct: () => new Set(mine).size,
        answered: () => mineAnswered.size,
      };
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function send(response: ServerResponse, value: string): void {
  const result = [{ metric: {}, value: [Date.now() / 1000, value] }];
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
}
