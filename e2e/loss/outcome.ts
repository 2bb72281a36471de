import type { Source } from '../stage/echo-client.ts';

/** What clients do: a new connection for each request, or one that is kept. */
export const CLIENTS = ['http-new', 'tcp-new', 'http-kept', 'tcp-kept', 'grpc-kept'] as const;
export type Client = (typeof CLIENTS)[number];

/** How a request that was lost came to its end. */
export type End = 'refused' | 'reset' | 'unanswered' | 'wrong';

/** What came of one request, line or message. */
export interface Outcome {
  /** Absent: it was answered. */
  readonly lost?: { readonly end: End; readonly text: string };
  /** Where it came from, which tells its connection apart. */
  readonly source: Source;
  /** It says that it waited for a pod. */
  readonly isHeld?: boolean;
  /** A kept connection ended before a byte of the answer; it was sent once more on a new one, as HTTP clients do. */
  readonly isRepeated?: boolean;
  /** What the pod itself took for it. */
  readonly workMs?: number;
}

/** Nobody waits longer. */
export const PATIENCE_MS = 60_000;

/** Sorts the words of an error. */
export function endOf(text: string): End {
  if (/ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT/.test(text)) return 'refused';
  if (/ECONNRESET|EPIPE|hang up|closed the connection|ERR_HTTP2|NGHTTP2|ended|aborted/.test(text)) return 'reset';
  return /^no (answer|echo) within/.test(text) ? 'unanswered' : 'wrong';
}

export const lostBy = (text: string): { end: End; text: string } => ({ end: endOf(text), text });
