import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpuNow, serveParent } from '../child.ts';

// The least that a JSON hook can do in Node.js: read the body, parse it, and send the same value back.

// Connections are kept as long as the hooks keep them.
const server = createServer({ keepAliveTimeout: 95_000 }, (req, res) => {
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => {
    const text = JSON.stringify(JSON.parse(Buffer.concat(chunks).toString()));
    res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) });
    res.end(text);
  });
});
server.listen(0, '127.0.0.1', () => serveParent(cpuNow, { port: (server.address() as AddressInfo).port }));
