import { connect } from 'node:net';
import { type Came, expectAnswers } from './expected-answers.ts';

/** One connection to the echo of a sample app. */
export interface EchoLine {
  /** Says one more line, whether earlier ones have come back or not; never throws. */
  say(): Promise<Came>;
  /** Ends our side, and waits for the end of the other; never throws. */
  end(): Promise<Came>;
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

const TIMEOUT_MS = 90_000;

/** Opens a connection over plain TCP. */
export function openEchoLine(host: string, port: number, source?: Source): EchoLine {
  const socket = connect({ host, port, allowHalfOpen: true, noDelay: true, ...source });
  const answers = expectAnswers(TIMEOUT_MS);
  let said = 0;
  let received = '';
  let isAskedToLeave = false;

  const take = (line: string) => {
    if (line === BYE) isAskedToLeave = true;
    else answers.take(line);
  };

  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    const lines = `${received}${text}`.split('\n');
    received = lines.pop() ?? '';
    for (const line of lines) take(line);
  });
  socket.on('error', (error) => answers.fail(error.message));
  socket.on('end', () => {
    if (answers.next === END) answers.take(END);
    else answers.fail(CLOSED);
  });
  // An end that nobody waits for yet is one that came from the other side.
  socket.on('close', () => answers.fail(CLOSED));
  return {
    say() {
      said++;
      const line = `line ${said}`;
      socket.write(`${line}\n`);
      return answers.expect(line);
    },
    end() {
      socket.end();
      return answers.expect(END);
    },
    get isAskedToLeave() {
      return isAskedToLeave;
    },
    get isOver() {
      return answers.failure !== undefined;
    },
  };
}

const BYE = 'bye';
const CLOSED = 'the other side closed the connection';
/** Stands among the lines for the end of them. */
const END = '(end)';
