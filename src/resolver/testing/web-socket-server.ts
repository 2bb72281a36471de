import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { Duplex } from 'node:stream';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** An HTTP server that takes WebSocket connections, greets, and sends short text frames back in capitals (RFC 6455). */
export function createEchoWebSocketServer(): Server {
  return createServer().on('upgrade', (req, socket: Duplex) => {
    const accept = createHash('sha1').update(`${req.headers['sec-websocket-key']}${GUID}`).digest('base64');
    const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
    socket.write(`${[...head, `Sec-WebSocket-Accept: ${accept}`].join('\r\n')}\r\n\r\n`);
    socket.write(frameOf('welcome'));
    let bytes = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      for (let text = takeFrame(); text !== undefined; text = takeFrame()) socket.write(frameOf(text.toUpperCase()));
    });
    const takeFrame = (): string | undefined => {
      const length = (bytes[1] ?? 0) & 0x7f;
      if (bytes.length < 6 + length) return undefined;
      const [mask, masked] = [bytes.subarray(2, 6), bytes.subarray(6, 6 + length)];
      bytes = bytes.subarray(6 + length);
      return String.fromCharCode(...masked.map((byte, i) => byte ^ (mask[i % 4] as number)));
    };
  });
}

/** A whole text frame of less than 126 bytes. */
function frameOf(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, text.length]), Buffer.from(text)]);
}
