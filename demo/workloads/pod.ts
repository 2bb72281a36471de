import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';

// A pod of the demo: answers over HTTP, or says over TCP what it hears. Told by IPC where it listens and when to end.

const { POD_NAME = 'pod', POD_APP = 'pod', POD_PROTOCOL = 'http', POD_START_MS = '0' } = process.env;
let answered = 0;
let isEnding = false;

function createHttpPod(): Server {
  const server = createHttpServer((_request, response) => {
    answered += 1;
    if (isEnding) response.setHeader('connection', 'close');
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'x-pod': POD_NAME });
    response.end(`hello from ${POD_APP}, answer ${answered} of pod ${POD_NAME}, process ${process.pid}\n`);
  });
  server.keepAliveTimeout = 65_000;
  return server;
}

const createTcpPod = () =>
  createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.pipe(socket);
  });

// Whoever started us is gone, however it ended.
process.on('disconnect', () => process.exit(0));
// Ctrl-C in a terminal reaches us too; who started us decides.
process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});
process.on('SIGTERM', () => {
  isEnding = true;
  server.close(() => process.exit(0));
  if ('closeIdleConnections' in server) (server as ReturnType<typeof createHttpServer>).closeIdleConnections();
});

const server = POD_PROTOCOL === 'tcp' ? createTcpPod() : createHttpPod();
setTimeout(() => {
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
}, Number(POD_START_MS));
