import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { printLine, printTable } from '../print.ts';
import { makeFleet } from '../scale/fleet.ts';
import { deployedOf, HOOK_ADDRESS, HOOK_SERVICE, renderManifests, SYSTEM_NAMESPACE } from '../scale/install.ts';
import { startPrometheusStandIn } from '../scale/prometheus.ts';
import { median } from '../stats.ts';
import { variablesOf } from '../variables.ts';
import { type HookService, startHookService } from './hook-service.ts';
import { startResolverStandIn } from './resolver-stand-in.ts';
import { startWatchedCluster } from './watched-cluster.ts';

// The hook service that watches by itself, in a process of its own: while ElastiServices come, and started again with all of them
// there. Metacontroller, API server, Prometheus and resolver are in this one.

const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: '' },
    address: { type: 'string', default: '' },
    'observe-by': { type: 'string' },
    services: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '30' },
    'per-second': { type: 'string', default: '30' },
    dist: { type: 'string', default: join(import.meta.dirname, '../../dist') },
    /** Added to the environment of the Deployment, as NAME=value, from nothing on. */
    env: { type: 'string', multiple: true, default: [] },
    /** What is added when it is started again, one after the other, with commas between. */
    again: { type: 'string', multiple: true, default: [''] },
    snapshot: { type: 'string' },
  },
});
const { folder, address } = values;
const API_PORT = 6443;
const SETTLE_MS = 30_000;
const SCRAPE_MS = 15_000;
const SAMPLE_MS = 500;

const tls = readFileSync(join(folder, 'tls.pem'), 'utf8');
const prometheus = await startPrometheusStandIn(address);
const cluster = await startWatchedCluster({
  members: makeFleet(Number(values.services)),
  port: API_PORT,
  pem: tls,
  hooksUrl: `http://${HOOK_ADDRESS}`,
  resolverAddress: address,
});
const resolver = startResolverStandIn(address, cluster.claimedPorts);
const deployed = deployedOf(await renderManifests(join(folder, 'installed'), ['many-services']), HOOK_SERVICE);

/** What a cluster would give its pod. */
const OF_ITS_POD = { POD_NAMESPACE: SYSTEM_NAMESPACE, POD_IP: '127.0.0.1' };
const start = (pairs: readonly string[]): Promise<HookService> =>
  startHookService({ dist: values.dist, apiPort: API_PORT, deployed, env: { ...OF_ITS_POD, ...variablesOf(pairs) } });

/** At rest, scrapes and all: the median, and the most that there ever was. */
async function sample(name: string, service: HookService): Promise<readonly string[]> {
  await sleep(SETTLE_MS);
  const before = service.usage();
  const startedAtMs = performance.now();
  const seconds = () => (performance.now() - startedAtMs) / 1000;
  const samples: ReturnType<HookService['usage']>[] = [];
  let scrapedAtMs = Number.NEGATIVE_INFINITY;
  while (seconds() < Number(values.seconds)) {
    if (performance.now() - scrapedAtMs > SCRAPE_MS) {
      scrapedAtMs = performance.now();
      await service.scrape();
    }
    samples.push(service.usage());
    await sleep(SAMPLE_MS);
  }
  const after = service.usage();
  const cpuPercent = (100 * (after.cpuSeconds - before.cpuSeconds)) / seconds();
  const liveMiB = (await service.inspect((inspector) => inspector.liveBytes())) / 1024 ** 2;
  const medianOf = (field: 'rssMiB' | 'anonymousMiB') => median(samples.map((each) => each[field]));
  const numbers = [medianOf('rssMiB'), medianOf('anonymousMiB'), after.peakMiB, liveMiB, cpuPercent];
  return [name, ...numbers.map((number) => number.toFixed(1))];
}

const rows: (readonly string[])[] = [];
let service = await start(values.env);
printLine(`  ${values.services} ElastiServices`);
await cluster.createElastiServices(prometheus.address, Number(values['per-second']));
printLine('  rest');
rows.push(await sample('from nothing', service));
for (const words of values.again) {
  await service.stop();
  printLine(`  started again ${words}`);
  service = await start(words.split(',').filter((word) => word !== ''));
  rows.push(await sample(`started again ${words}`, service));
}
if (values.snapshot) await service.inspect((inspector) => inspector.writeHeapSnapshot(values.snapshot ?? ''));
await service.stop();
printTable('The hook service, MiB', [['', 'RSS', 'anonymous', 'peak', 'live', 'CPU %'], ...rows]);

await cluster.close();
prometheus.close();
resolver.close();
