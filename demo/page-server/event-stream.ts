import type { ServerResponse } from 'node:http';
import type { DemoState, RequestEvent } from '../api.ts';

/** Server-sent events to any number of pages. */
export interface EventStream {
  add(res: ServerResponse): void;
  request(event: RequestEvent): void;
  stop(): void;
}

/** At most five states a second, and one a second where nothing but the time changes. */
const STATE_MS = 200;
const AT_LEAST_MS = 1000;
const MAX_PAGES = 50;
/** A page that reads nothing is let go: it comes again when it does. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

/** Makes the stream; makeState is asked only while somebody listens. */
export function createEventStream(makeState: () => DemoState): EventStream {
  const pages = new Set<ServerResponse>();
  let last = '';
  let lastAtMs = 0;

  const send = (event: string, data: string) => {
    for (const page of pages) {
      if (page.writableLength > MAX_UNREAD_BYTES) page.destroy();
      else page.write(`event: ${event}\ndata: ${data}\n\n`);
    }
  };
  const timer = setInterval(() => {
    if (pages.size === 0) return;
    const state = makeState();
    const { now: _now, totals, ...rest } = state;
    const text = JSON.stringify([rest, totals.sent, totals.answered, totals.held, totals.lost]);
    if (text === last && performance.now() - lastAtMs < AT_LEAST_MS) return;
    last = text;
    lastAtMs = performance.now();
    send('state', JSON.stringify(state));
  }, STATE_MS);

  return {
    add: (res) => {
      if (pages.size >= MAX_PAGES) return void res.writeHead(503).end();
      res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      res.write(`retry: 1000\nevent: state\ndata: ${JSON.stringify(makeState())}\n\n`);
      pages.add(res);
      res.on('close', () => pages.delete(res));
    },
    request: (event) => {
      if (pages.size > 0) send('request', JSON.stringify(event));
    },
    stop: () => {
      clearInterval(timer);
      for (const page of pages) page.destroy();
    },
  };
}
