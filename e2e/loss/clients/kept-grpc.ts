import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import type { Source } from '../../stage/echo-client.ts';
import { expectAnswers } from '../../stage/expected-answers.ts';
import { lostBy, type Outcome, PATIENCE_MS } from '../outcome.ts';
import type { Site } from '../site.ts';
import type { Kept } from './kept.ts';

const HEAD_BYTES = 5;

/** A client with one gRPC stream of messages both ways, on a connection of its own. */
export function openKeptGrpc(site: Site, nextSource: () => Source): Kept {
  const source = nextSource();
  const host = site.clusterIp;
  const session = connectHttp2(`http://${host}:${site.ports.grpc}`, {
    createConnection: () => connect({ host, port: site.ports.grpc, noDelay: true, ...source }),
  });
  const headers = { ':method': 'POST', ':path': '/echo.Echo/Talk', 'content-type': 'application/grpc', te: 'trailers' };
  const stream = session.request(headers);
  const answers = expectAnswers(PATIENCE_MS);
  let received = Buffer.alloc(0);
  let said = 0;
  let isAskedToLeave = false;

  const expect = async (text: string): Promise<Outcome> => {
    const { failure } = await answers.expect(text);
    return failure === undefined ? { source } : { source, lost: lostBy(failure) };
  };

  session.on('goaway', () => {
    isAskedToLeave = true;
  });
  session.on('error', (error) => answers.fail(error.message));
  session.on('close', () => answers.fail('the session ended'));
  stream.on('error', (error) => answers.fail(error.message));
  stream.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= HEAD_BYTES && received.length >= HEAD_BYTES + received.readUInt32BE(1)) {
      const end = HEAD_BYTES + received.readUInt32BE(1);
      answers.take(received.toString('utf8', HEAD_BYTES, end));
      received = received.subarray(end);
    }
  });
  stream.on('trailers', (trailers) => answers.take(`status ${trailers['grpc-status']}`));
  stream.on('close', () => {
    answers.fail('the stream ended');
    session.close();
  });

  return {
    get isSpent() {
      return isAskedToLeave || answers.failure !== undefined;
    },
    say() {
      said++;
      const text = `message ${said}`;
      stream.write(messageOf(text));
      return expect(text);
    },
    leave() {
      if (answers.failure !== undefined) return undefined;
      stream.end();
      return expect('status 0');
    },
  };
}

/** Not compressed, its length, its bytes. */
function messageOf(text: string): Buffer {
  const message = Buffer.alloc(HEAD_BYTES + Buffer.byteLength(text));
  message.writeUInt32BE(message.length - HEAD_BYTES, 1);
  message.write(text, HEAD_BYTES);
  return message;
}
