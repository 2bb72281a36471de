import type { DemoState, RequestEvent } from '../api.ts';

export type Link = 'connecting' | 'open' | 'lost';

export interface StreamListeners {
  readonly onState: (state: DemoState) => void;
  readonly onRequest: (event: RequestEvent) => void;
  readonly onLink: (link: Link) => void;
}

const SILENCE_MS = 8_000;
const RETRY_MS = 1_000;

/**
 * Listens to the server for ever. A connection that breaks, or says nothing for a while (a laptop slept, a tunnel hangs), is
 * opened anew; the server begins each with the whole state, so nothing has to be caught up with.
 */
export function listen({ onState, onRequest, onLink }: StreamListeners): void {
  let source: EventSource | undefined;
  let timer: number | undefined;
  const after = (ms: number, then: () => void) => {
    window.clearTimeout(timer);
    timer = window.setTimeout(then, ms);
  };
  // The browser's own reconnecting is left aside: it gives up for good where the answer is not 200.
  const lose = () => {
    source?.close();
    onLink('lost');
    after(RETRY_MS, open);
  };
  const hear = () => after(SILENCE_MS, lose);
  const open = () => {
    source = new EventSource('/api/events');
    source.onerror = lose;
    source.addEventListener('state', ({ data }: MessageEvent<string>) => {
      hear();
      onLink('open');
      onState(JSON.parse(data));
    });
    source.addEventListener('request', ({ data }: MessageEvent<string>) => {
      hear();
      onRequest(JSON.parse(data));
    });
    hear();
  };
  open();
}
