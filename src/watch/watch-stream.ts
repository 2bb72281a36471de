import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { type Connect, type Connection, openRequest } from '../kube/connection.ts';
import { makeAnswerError } from '../kube/kube-error.ts';
import { readLines } from './read-lines.ts';

// An object has at most 1.5 MiB in etcd; in JSON, with its managed fields, it is some more.
const MAX_LINE_LENGTH = 16 * 1024 * 1024;
// Well below the 11 minutes after which Linux gives up on a peer that has vanished.
const KEEP_ALIVE_MS = 10_000;

/** Thrown when a watch brought nothing for as long as it may. */
export class WatchSilentError extends Error {
  override readonly name = 'WatchSilentError';
}

export interface WatchStreamRequest {
  /** The call in words, for errors: `watch EndpointSlices`. */
  readonly name: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** The watch ends with WatchSilentError where nothing comes for this long. */
  readonly silenceMs: number;
  /** The form of the objects; default: JSON. */
  readonly accept?: string | undefined;
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
}

/** Follows one watch until the server ends it. Rejects where it is refused, breaks off, goes silent or onLine throws. */
export async function followWatch(connect: Connect, request: WatchStreamRequest): Promise<void> {
  const ending = new AbortController();
  const end = () => ending.abort(request.signal.reason);
  request.signal.addEventListener('abort', end, { once: true });
  const goneSilent = () => ending.abort(new WatchSilentError(`nothing came for ${request.silenceMs} ms`));
  const silence = setTimeout(goneSilent, request.silenceMs).unref();
  try {
    request.signal.throwIfAborted();
    const response = await open(connect, request, ending.signal);
    const { statusCode = 0 } = response;
    if (statusCode !== 200) throw makeAnswerError(request.name, statusCode, await text(response));
    await readLines(response, {
      maxLength: MAX_LINE_LENGTH,
      onLine: request.onLine,
      onBytes: () => silence.refresh(),
    });
  } catch (error) {
    // Else it would be told as nothing but "aborted".
    throw ending.signal.aborted ? (ending.signal.reason ?? error) : error;
  } finally {
    clearTimeout(silence);
    request.signal.removeEventListener('abort', end);
  }
}

function open(connect: Connect, request: WatchStreamRequest, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // A credential plug-in may never come back.
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    const send = (connection: Connection) => {
      const path = `${request.path}?${new URLSearchParams(request.query)}`;
      const headers = request.accept === undefined ? {} : { accept: request.accept };
      const sent = openRequest(connection, { path, signal, headers });
      sent.on('error', reject);
      sent.on('response', resolve);
      sent.on('socket', (socket) => socket.setKeepAlive(true, KEEP_ALIVE_MS));
      sent.end();
    };
    connect().then(send).catch(reject);
  });
}
