import { createServer, type Server } from 'node:http';
import { createServer as createHttp2Server, type Http2Server, type ServerHttp2Session } from 'node:http2';
import { createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

// A workload: answers {pod, n, port} on PORT (and PORT2) of each address in POD_IPS or POD_IP, after ?ms= milliseconds, says
// back what comes on ECHO_PORT, and on GRPC_PORT the messages of any gRPC stream.
// START_DELAY_MS: waits before it listens. ON_TERM=exit (default) ends at once, ON_TERM=drain answers what it has accepted,
// and asks those who stay connected to leave: with a line "bye" on ECHO_PORT, as the protocol has it on the others.

const { POD_IP = '127.0.0.1', POD_IPS = POD_IP, PORT = '8080', PORT2, ECHO_PORT, GRPC_PORT } = process.env;
const { START_DELAY_MS = '0', ON_TERM } = process.env;
const pod = process.env.HOSTNAME ?? POD_IP;
const DRAIN_LIMIT_MS = 25_000;
let answered = 0;
let draining = false;

function listen(address: string, port: number): Server {
  const server = createServer(async (request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://pod');
    const ms = Number(searchParams.get('ms') ?? 0);
    if (ms > 0) await sleep(ms);
    answered++;
    // A kept connection would hold the drain up.
    if (draining) response.setHeader('connection', 'close');
    response.writeHead(200, { 'content-type': 'application/json', 'x-pod': pod });
    response.end(JSON.stringify({ pod, n: answered, port }));
  });
  // Longer than any client keeps one: a reused connection must not meet a close by chance.
  server.keepAliveTimeout = 65_000;
  return server.listen(port, address);
}

function echo(address: string, port: number): TcpServer {
  const server = createTcpServer((socket) => {
    // Whoever went away waits for no echo.
    socket.on('error', () => {}).pipe(socket);
    lines.add(socket);
    socket.on('close', () => lines.delete(socket));
  });
  return server.listen(port, address);
}

function speakGrpc(address: string, port: number): Http2Server {
  const server = createHttp2Server();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session)).on('error', () => {});
  });
  server.on('stream', (stream) => {
    stream.on('error', () => {});
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.pipe(stream);
  });
  return server.listen(port, address);
}

const servers: (Server | TcpServer | Http2Server)[] = [];
const lines = new Set<Socket>();
const sessions = new Set<ServerHttp2Session>();
process.on('SIGTERM', () => {
  if (ON_TERM !== 'drain') process.exit(0);
  draining = true;
  setTimeout(() => process.exit(1), DRAIN_LIMIT_MS).unref();
  for (const server of servers) {
    server.close();
    if ('closeIdleConnections' in server) server.closeIdleConnections();
  }
  for (const line of lines) line.write('bye\n');
  for (const session of sessions) session.close();
  // With nothing left to answer, nothing keeps the process; the delay before listening has to be cut short.
  if (servers.length === 0) process.exit(0);
});

if (START_DELAY_MS !== '0') await sleep(Number(START_DELAY_MS));
for (const address of POD_IPS.split(',')) {
  for (const port of [PORT, PORT2].filter((value) => value !== undefined)) servers.push(listen(address, Number(port)));
  if (ECHO_PORT !== undefined) servers.push(echo(address, Number(ECHO_PORT)));
  if (GRPC_PORT !== undefined) servers.push(speakGrpc(address, Number(GRPC_PORT)));
}
