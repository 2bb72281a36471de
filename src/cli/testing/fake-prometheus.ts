import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';

export interface Asked {
  readonly path: string;
  readonly query: string;
  readonly points: number;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** A value at a time, in milliseconds; undefined: none. Several: of several series. */
export type ValueAt = (atMs: number) => number | string | undefined | readonly (number | string)[];

/** A Prometheus that answers query_range from a function for each query; `up` is 1. */
export async function startFakePrometheus(t: TestContext, queries: Readonly<Record<string, ValueAt>>) {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const parameters = new URLSearchParams(await text(request));
    const number = (name: string) => Number(parameters.get(name));
    const query = parameters.get('query') ?? '';
    const points = Math.floor((number('end') - number('start')) / number('step')) + 1;
    asked.push({ path: request.url ?? '', query, points, headers: request.headers });
    const valueAt = query.includes('up{') ? (queries.up ?? (() => 1)) : queries[query];
    if (valueAt === undefined || points > 11_000) {
      response.writeHead(422).end(JSON.stringify({ status: 'error', errorType: 'execution', error: 'bad query' }));
      return;
    }
    const times = Array.from({ length: points }, (_, i) => number('start') + i * number('step'));
    const series: [number, string][][] = [];
    for (const time of times) {
      [valueAt(time * 1000)].flat().forEach((value, i) => {
        series[i] ??= [];
        if (value !== undefined) series[i].push([time, String(value)]);
      });
    }
    const result = series.map((values, i) => ({ metric: { i: `${i}` }, values }));
    response.end(JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}
