import { createServer, type Server } from 'node:http';
import { createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

// A workload: answers {pod, n, port} on PORT (and PORT2) of each address in POD_IPS or POD_IP, after ?ms= milliseconds, and
// says back what comes on ECHO_PORT.
// START_DELAY_MS: waits before it listens. ON_TERM=exit (default) ends at once, ON_TERM=drain answers what it has accepted.

const { POD_IP = '127.0.0.1', POD_IPS = POD_IP, PORT = '8080', PORT2, ECHO_PORT } = process.env;
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
  // Whoever went away waits for no echo.
  const server = createTcpServer((socket) => socket.on('error', () => {}).pipe(socket));
  return server.listen(port, address);
}

const servers: (Server | TcpServer)[] = [];
process.on('SIGTERM', () => {
  if (ON_TERM !== 'drain') process.exit(0);
  draining = true;
  setTimeout(() => process.exit(1), DRAIN_LIMIT_MS).unref();
  for (const server of servers) {
    server.close();
    if ('closeIdleConnections' in server) server.closeIdleConnections();
  }
  // With nothing left to answer, nothing keeps the process; the delay before listening has to be cut short.
  if (servers.length === 0) process.exit(0);
});

if (START_DELAY_MS !== '0') await sleep(Number(START_DELAY_MS));
for (const address of POD_IPS.split(',')) {
  for (const port of [PORT, PORT2].filter((value) => value !== undefined)) servers.push(listen(address, Number(port)));
  if (ECHO_PORT !== undefined) servers.push(echo(address, Number(ECHO_PORT)));
}
