import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startApiServer } from '../../../demo/control-plane/api-server.ts';
import { createStore } from '../../../demo/control-plane/store.ts';
import { listenNear } from '../../../demo/network/ports.ts';
import { serveParent } from '../../child.ts';
import { createTlsFront } from '../../tls-front.ts';
import { machineMs } from '../clock.ts';
import { makeClaims, makeElastiService, makeSlice } from './objects.ts';

// What two resolvers ask: an API server, and a hook service that has nothing to do.

interface Question {
  /** Claims a port for each of these, from this one on. */
  readonly claim?: { readonly services: readonly string[]; readonly firstPort: number };
  /** PEM file with key and certificate of the API server. */
  readonly tls?: string;
  readonly operatorPort?: number;
  /** Says that this Service has a ready pod at the port, or none. */
  readonly ready?: { readonly service: string; readonly port: number | null };
}

/** What it answers, whatever was asked. */
export interface Answer {
  readonly tlsPort: number;
  /** By the clock of the machine. */
  readonly atMs: number;
}

const store = createStore();
const api = await startApiServer(store);
const hooks = createHttpServer((_req, res) => {
  res.setHeader('content-type', 'application/json').end('{"message":"Request received successfully!","services":{}}');
});
let tlsPort = 0;

serveParent(async ({ claim, tls, operatorPort, ready }: Question): Promise<Answer> => {
  if (claim) {
    for (const shard of makeClaims(claim)) store.put('configmaps', shard);
    for (const service of claim.services) store.put('elastiservices', makeElastiService(service));
  }
  if (tls) tlsPort = await listenWithTls(readFileSync(tls, 'utf8'));
  if (operatorPort !== undefined) await listenNear(hooks, operatorPort);
  const atMs = machineMs();
  if (ready) store.put('endpointslices', makeSlice(ready.service, ready.port));
  return { tlsPort, atMs };
});

async function listenWithTls(pem: string): Promise<number> {
  const server = createTlsFront(pem, Number(new URL(api.url).port));
  await listenNear(server, 0);
  return (server.address() as AddressInfo).port;
}
