import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { printLine, printTable } from '../print.ts';
import { makeFleet } from '../scale/fleet.ts';
import { deployedOf, HOOK_SERVICE } from '../scale/install.ts';
import { startPrometheusStandIn } from '../scale/prometheus.ts';
import { variablesOf } from '../variables.ts';
import { startApiServer } from './api-server.ts';
import { createHookClient } from './hook-client.ts';
import { HOOK_PORT, startHookService } from './hook-service.ts';
import { measure } from './measure.ts';
import { createMember } from './member.ts';
import { startResolverStandIn } from './resolver-stand-in.ts';

// The hook service in a process of its own, for each number of ElastiServices anew, and all that it speaks with in this one.

const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: '' },
    address: { type: 'string', default: '' },
    services: { type: 'string', multiple: true, default: ['100', '1000'] },
    seconds: { type: 'string', default: '30' },
    dist: { type: 'string', default: join(import.meta.dirname, '../../dist') },
    /** Added to the environment of the Deployment, as NAME=value. */
    env: { type: 'string', multiple: true, default: [] },
    snapshot: { type: 'string' },
  },
});
const { folder, address } = values;
const API_PORT = 6443;
const DEPLOYMENT = new URL('../../manifests/base/deployment.yaml', import.meta.url);

const tls = readFileSync(join(folder, 'tls.pem'), 'utf8');
const counts = values.services.map(Number);
const fleet = makeFleet(Math.max(...counts));
const asleep = new Set(fleet.filter(({ isAsleep }) => isAsleep).map(({ name }) => name));
const replicasOf = (name: string) => (asleep.has(name) ? 0 : 1);
const apiServer = await startApiServer({ host: '127.0.0.1', port: API_PORT, key: tls, cert: tls, replicasOf });
const prometheus = await startPrometheusStandIn(address);
const resolver = startResolverStandIn(address, apiServer.claimedPorts);
const manifests = parseAllDocuments(readFileSync(DEPLOYMENT, 'utf8')).map((document) => document.toJS());
const deployed = deployedOf(manifests, HOOK_SERVICE);

const rows: (readonly (string | number)[])[] = [];
for (const count of counts) {
  apiServer.forgetClaims();
  const token = 'token-of-the-bench';
  const env = variablesOf(values.env);
  const service = await startHookService({ dist: values.dist, apiPort: API_PORT, token, deployed, env });
  const hooks = createHookClient({ port: HOOK_PORT, token });
  const members = fleet
    .slice(0, count)
    .map((member) => createMember(member, { prometheus: prometheus.address, resolverAddress: address }));
  const figures = await measure({ service, hooks, members, seconds: Number(values.seconds), step: printLine });
  if (values.snapshot) await service.inspect((inspector) => inspector.writeHeapSnapshot(`${values.snapshot}-${count}`));
  hooks.close();
  await service.stop();
  const mebibytes = [figures.rssMiB, figures.anonymousMiB, figures.peakMiB, figures.liveMiB].map((n) => n.toFixed(1));
  rows.push([count, ...mebibytes, figures.cpuMsPerSync.toFixed(2)]);
}
printTable('The hook service, MiB', [
  ['ElastiServices', 'RSS', 'anonymous', 'peak', 'live', 'CPU ms per sync'],
  ...rows,
]);

apiServer.close();
prometheus.close();
resolver.close();
