import { connect } from 'node:net';

/** What came of one line; no failure: it was said back as it was. */
export interface Echo {
  readonly failure: string | undefined;
  readonly ms: number;
}

/** One connection to the echo of a sample app. */
export interface EchoLine {
  /** Says one more line, whether earlier ones have come back or not; never throws. */
  say(): Promise<Echo>;
  /** Ends our side, and waits for the end of the other; never throws. */
  end(): Promise<Echo>;
  /** The other side asked to be left, as it does before it ends; it still answers. */
  readonly isAskedToLeave: boolean;
  /** Nothing can be said any more. */
  readonly isOver: boolean;
}

/** The client's own address; by default any. */
export interface Source {
  readonly localAddress: string;
  readonly localPort: number;
}

interface Expected {
  readonly line: string;
  settle(failure?: string): void;
}

const TIMEOUT_MS = 90_000;

/** Opens a connection over plain TCP. */
export function openEchoLine(host: string, port: number, source?: Source): EchoLine {
  const socket = connect({ host, port, allowHalfOpen: true, noDelay: true, ...source });
  const expected: Expected[] = [];
  let said = 0;
  let received = '';
  let failure: string | undefined;
  let isAskedToLeave = false;

  const fail = (reason: string) => {
    failure ??= reason;
    for (const { settle } of expected.splice(0)) settle(failure);
  };
  const expect = (line: string): Promise<Echo> => {
    const startedAt = performance.now();
    return new Promise((resolve) => {
      const timer = setTimeout(() => fail(`no echo within ${TIMEOUT_MS} ms`), TIMEOUT_MS);
      const settle = (reason?: string) => {
        clearTimeout(timer);
        resolve({ failure: reason, ms: performance.now() - startedAt });
      };
      if (failure === undefined) expected.push({ line, settle });
      else settle(failure);
    });
  };
  const take = (line: string) => {
    if (line === BYE) {
      isAskedToLeave = true;
      return;
    }
    const first = expected.shift();
    first?.settle(first.line === line ? undefined : `"${first.line}" came back as "${line}"`);
  };

  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    const lines = `${received}${text}`.split('\n');
    received = lines.pop() ?? '';
    for (const line of lines) take(line);
  });
  socket.on('error', (error) => fail(error.message));
  socket.on('end', () => {
    if (expected[0]?.line === END) take(END);
    else fail(CLOSED);
  });
  // An end that nobody waits for yet is one that came from the other side.
  socket.on('close', () => fail(CLOSED));
  return {
    say() {
      said++;
      const line = `line ${said}`;
      socket.write(`${line}\n`);
      return expect(line);
    },
    end() {
      socket.end();
      return expect(END);
    },
    get isAskedToLeave() {
      return isAskedToLeave;
    },
    get isOver() {
      return failure !== undefined;
    },
  };
}

const BYE = 'bye';
const CLOSED = 'the other side closed the connection';
/** Stands among the lines for the end of them. */
const END = '(end)';
