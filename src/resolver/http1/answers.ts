import { http } from '../../node-http.ts';
import type { ProbeAnswer } from './probe-response.ts';
import type { RequestHead } from './request-head.ts';

const LOOKS_LIKE_HTML = /^\s*<(!doctype html|html|head|body|!--)/i;
const RETRY_SECONDS = 5;
/** Shorter than what a browser takes for an error, longer than most pods need. */
const REFRESH_SECONDS = 2;

/** Tells a client that half closed an HTTP/1.1 connection that we are still there; one that is gone answers with a reset. */
export const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly isHead: boolean;
  readonly headers?: readonly string[];
}

function makeAnswer({ status, type, body, isHead, headers = [] }: Answer): string {
  const hasBody = status !== 204;
  return [
    `HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? ''}`,
    `Date: ${new Date().toUTCString()}`,
    ...(hasBody ? [`Content-Type: ${type}; charset=utf-8`, `Content-Length: ${Buffer.byteLength(body)}`] : []),
    ...headers,
    '',
    hasBody && !isHead ? body : '',
  ].join('\r\n');
}

/** What a probeResponse rule says. */
export function makeProbeAnswer({ status, body }: ProbeAnswer, head: RequestHead, keepsAlive: boolean): string {
  const type = LOOKS_LIKE_HTML.test(body) ? 'text/html' : 'text/plain';
  const connection = keepsAlive ? (head.minorVersion === 0 ? ['Connection: keep-alive'] : []) : ['Connection: close'];
  return makeAnswer({ status, type, body, isHead: head.method === 'HEAD', headers: connection });
}

/** Says that there is no pod now, and when to ask again. */
export function makeRefusal(): string {
  return makeAnswer({
    status: 503,
    type: 'text/plain',
    body: 'The service is starting and cannot take this request yet. Please try again.\n',
    isHead: false,
    headers: [`Retry-After: ${RETRY_SECONDS}`, 'Cache-Control: no-store', 'Connection: close'],
  });
}

/** A page that a browser shows until the service is there; 503, so that no cache and no crawler takes it for the real one. */
export function makeWaitingPage(): string {
  return makeAnswer({
    status: 503,
    type: 'text/html',
    body: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="refresh" content="${REFRESH_SECONDS}">
<meta name="viewport" content="width=device-width">
<title>Starting</title>
<style>body { font-family: sans-serif; margin: 20vh auto; max-width: 30em; text-align: center }</style>
</head>
<body>
<h1>Starting</h1>
<p>This service was asleep and is starting now. The page loads by itself when it is ready.</p>
</body>
</html>
`,
    isHead: false,
    headers: [`Retry-After: ${REFRESH_SECONDS}`, 'Cache-Control: no-store', 'Connection: close'],
  });
}

/** Whether a request comes from a person in front of a browser. */
export function wantsPage(head: RequestHead): boolean {
  if (head.method !== 'GET' || head.headers.some(([name]) => name === 'upgrade')) return false;
  return head.headers.some(([name, value]) => name === 'accept' && /(^|,)\s*text\/html\s*(;|,|$)/i.test(value));
}
