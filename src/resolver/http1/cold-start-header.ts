import { MAX_HEAD_BYTES } from '../limits.ts';

const HEADER = 'X-Elasti-Cold-Start: true\r\n';

/** Gives what to send in place of a chunk, and whether it is to see the next one, too. */
export interface HeadRewriter {
  (chunk: Buffer): Buffer;
  /** Nothing more is to be changed. */
  isDone(): boolean;
  /** What is kept back, for when the answer ends early. */
  rest(): Buffer;
}

/**
 * Makes what adds the header to the first answer on a connection that was held. Only its status line is looked at, and those
 * of interim answers before it; what is no HTTP/1 or longer than a head may be goes on untouched.
 */
export function createColdStartRewriter(): HeadRewriter {
  let kept: Buffer = Buffer.alloc(0);
  let isDone = false;

  const finish = (...parts: readonly Buffer[]): Buffer => {
    isDone = true;
    kept = Buffer.alloc(0);
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  };

  const rewrite = (chunk: Buffer): Buffer => {
    const bytes = kept.length === 0 ? chunk : Buffer.concat([kept, chunk]);
    const text = bytes.toString('latin1', 0, MAX_HEAD_BYTES);
    let at = 0;
    for (;;) {
      const lineEnd = text.indexOf('\r\n', at);
      if (lineEnd < 0) break;
      const status = /^HTTP\/1\.[01] (\d{3})/.exec(text.slice(at, lineEnd))?.[1];
      if (status === undefined) return finish(bytes);
      const isInterim = status.startsWith('1') && status !== '101';
      if (!isInterim) return finish(bytes.subarray(0, lineEnd + 2), Buffer.from(HEADER), bytes.subarray(lineEnd + 2));
      const headEnd = text.indexOf('\r\n\r\n', at);
      if (headEnd < 0) break;
      at = headEnd + 4;
    }
    if (bytes.length >= MAX_HEAD_BYTES || !couldBeHttp(text.slice(at))) return finish(bytes);
    // Interim answers must not wait: the client may send nothing more before it has seen them.
    kept = bytes.subarray(at);
    return bytes.subarray(0, at);
  };
  return Object.assign(rewrite, { isDone: () => isDone, rest: () => kept });
}

function couldBeHttp(text: string): boolean {
  return text.length < 5 ? 'HTTP/'.startsWith(text) : text.startsWith('HTTP/');
}
