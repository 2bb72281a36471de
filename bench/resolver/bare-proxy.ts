import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { cpuNow, serveParent } from '../child.ts';

// The least that a TCP proxy can do in Node.js: connect to one address, and pipe both ways.

interface Question {
  readonly pod?: number;
}

serveParent(async ({ pod }: Question) => {
  if (pod === undefined) return cpuNow();
  const server = createServer({ noDelay: true }, (client) => {
    const socket = connect({ port: pod, host: '127.0.0.1', noDelay: true });
    client.on('error', () => socket.destroy());
    socket.on('error', () => client.destroy());
    client.pipe(socket);
    socket.pipe(client);
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 65_535 });
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port };
});
