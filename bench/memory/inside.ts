import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { printLine, printTable } from '../print.ts';
import { startPrometheusStandIn } from '../scale/prometheus.ts';
import { startApiServer } from './api-server.ts';
import { checkGrowth } from './check-growth.ts';
import { createHookClient } from './hook-client.ts';
import { startHookService } from './hook-service.ts';
import { type MemoryFigures, measure } from './measure.ts';
import { createMember, isAsleepOf } from './member.ts';

// The hook service in a process of its own, for each number of ElastiServices anew, and all that it speaks with in this one.

const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: '' },
    address: { type: 'string', default: '' },
    services: { type: 'string', multiple: true, default: ['100', '500'] },
    seconds: { type: 'string', default: '30' },
    dist: { type: 'string', default: join(import.meta.dirname, '../../dist') },
    /** Added to the environment of the Deployment, as NAME=value. */
    env: { type: 'string', multiple: true, default: [] },
    snapshot: { type: 'string' },
    check: { type: 'boolean', default: false },
  },
});
const { folder, address } = values;
const API_PORT = 6443;
/** Where the hook service asks resolvers. */
const RESOLVER_PORT = 8013;

const tls = readFileSync(join(folder, 'tls.pem'), 'utf8');
const replicasOf = (name: string) => (isAsleepOf(name) ? 0 : 1);
const apiServer = await startApiServer({ host: '127.0.0.1', port: API_PORT, key: tls, cert: tls, replicasOf });
const prometheus = await startPrometheusStandIn(address);
const resolver = createServer((request, response) => {
  const answer = request.url === '/ports' ? { listening: apiServer.claimedPorts() } : { services: {} };
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(answer));
}).listen(RESOLVER_PORT, address);

const all: (MemoryFigures & { readonly services: number })[] = [];
const rows: (readonly (string | number)[])[] = [];
for (const count of values.services.map(Number)) {
  apiServer.forgetClaims();
  const token = 'token-of-the-bench';
  const env = Object.fromEntries(values.env.map((pair) => pair.split('=') as [string, string]));
  const service = await startHookService({ dist: values.dist, apiPort: API_PORT, token, env });
  const hooks = createHookClient({ port: service.hookPort, token });
  const members = Array.from({ length: count }, (_, index) =>
    createMember({ index, prometheus: prometheus.address, resolverAddress: address }),
  );
  const { calls } = apiServer;
  const figures = await measure({ service, hooks, members, calls, seconds: Number(values.seconds), step: printLine });
  all.push({ services: count, ...figures });
  if (values.snapshot) await service.inspect((inspector) => inspector.writeHeapSnapshot(`${values.snapshot}-${count}`));
  hooks.close();
  await service.stop();
  const mebibytes = [figures.rssMiB, figures.anonymousMiB, figures.peakMiB, figures.liveMiB].map((n) => n.toFixed(1));
  rows.push([count, ...mebibytes, figures.cpuMsPerSync.toFixed(2), figures.callsPerSync.toFixed(3)]);
}
printTable('The hook service, MiB', [
  ['ElastiServices', 'RSS', 'anonymous', 'peak', 'live', 'CPU ms per sync'],
  ...rows,
]);
if (values.check && !checkGrowth(all)) process.exitCode = 1;

apiServer.close();
prometheus.close();
resolver.closeAllConnections();
resolver.close();
