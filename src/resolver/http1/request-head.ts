import { MAX_HEAD_BYTES } from '../limits.ts';

export interface RequestHead {
  readonly method: string;
  readonly target: string;
  readonly minorVersion: 0 | 1;
  /** Names in lower case, one entry a line. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Length of the head, the empty line included. */
  readonly byteLength: number;
  readonly hasBody: boolean;
  readonly keepsAlive: boolean;
}

const REQUEST_LINE = /^([A-Z][A-Z-]{0,31}) (\S+) HTTP\/1\.([01])$/;
const LINE_BEGUN = /^[A-Z][A-Z-]{0,31}( |$)/;
const HEAD_END = /\r?\n\r?\n/;
const HEADER = /^([^\s:]+):[ \t]*(.*?)[ \t]*$/s;

/** Reads the head of an HTTP/1 request from the first bytes of a connection. What we cannot read is passed on as it is. */
export function readRequestHead(bytes: Buffer): RequestHead | 'partial' | 'unreadable' {
  const text = bytes.toString('utf8', 0, MAX_HEAD_BYTES);
  const line = /^[^\r\n]*(?=\r?\n)/.exec(text)?.[0];
  const isTooLong = bytes.length >= MAX_HEAD_BYTES;
  if (line === undefined) return LINE_BEGUN.test(text) && !isTooLong ? 'partial' : 'unreadable';
  const request = REQUEST_LINE.exec(line);
  if (!request) return 'unreadable';
  const end = HEAD_END.exec(text);
  if (!end) return isTooLong ? 'unreadable' : 'partial';

  const headers: [string, string][] = [];
  for (const header of text.slice(line.length, end.index).split(/\r?\n/).slice(1)) {
    const [, name, value] = HEADER.exec(header) ?? [];
    if (name === undefined || value === undefined) return 'unreadable';
    headers.push([name.toLowerCase(), value]);
  }
  const has = (name: string, value: RegExp) => headers.some(([other, text]) => other === name && value.test(text));
  const isOneOne = request[3] === '1';
  return {
    method: request[1] as string,
    target: request[2] as string,
    minorVersion: isOneOne ? 1 : 0,
    headers,
    byteLength: Buffer.byteLength(text.slice(0, end.index + end[0].length)),
    hasBody: has('transfer-encoding', /./) || has('content-length', /[^0]/),
    keepsAlive: isOneOne
      ? !has('connection', /(^|,)\s*close\s*(,|$)/i)
      : has('connection', /(^|,)\s*keep-alive\s*(,|$)/i),
  };
}
