import { parseArgs } from 'node:util';
import { startChild as startFile } from '../../child.ts';
import { startChild } from '../child.ts';
import type { Answer as Pod } from '../pod.ts';
import { compareThroughput } from '../throughput.ts';
import type { Answer as Cluster } from './cluster-process.ts';
import { publicHost, services } from './names.ts';
import { startOurs, startTheirs } from './programs.ts';
import { measureReleases, type Resolver } from './release.ts';

// Ours and KubeElasti's resolver, each in a process of its own, with the same clients, pod and API server, in turns.

const { values } = parseArgs({
  options: { binary: { type: 'string' }, folder: { type: 'string' }, rounds: { type: 'string' } },
});
const { binary = '', folder = '', rounds } = values;
const FIRST_PORT = 12_000;
const THEIR_PORT = 8012;
const OPERATOR_PORT = 8015;
/**
 * With the values of its chart it answers 408 to all for 5 s, 15 s after the first request that it passed on; and asks the
 * API server about each waiting request again every 5 s, of which it may 5 a second.
 */
const WITHOUT_PAUSES = { TRAFFIC_DISABLE_GRACE_DURATION: '86400', TRAFFIC_RE_ENABLE_DURATION: '86400' };

const [pod, herd, cluster] = await Promise.all([
  startChild('pod.ts'),
  startChild('herd.ts'),
  startFile(new URL('cluster-process.ts', import.meta.url), []),
]);
const { port: podPort } = await pod.ask<Pod>({ listen: 0 });
const found = await cluster.ask<Cluster>({
  claim: { services, firstPort: FIRST_PORT },
  tls: `${folder}/tls.pem`,
  operatorPort: OPERATOR_PORT,
});
const ports = services.map((_, i) => FIRST_PORT + i);
const shared = { cluster: found, operatorPort: OPERATOR_PORT };
const ours = await startOurs({ ...shared, folder, ports });
const start = (over = {}) => startTheirs({ ...shared, binary, port: THEIR_PORT, over });
const hostOf = (service: string) => `${publicHost(service)}:${podPort}`;

const [warm = '', ...others] = services;
await cluster.ask({ ready: { service: warm, port: podPort } });
const passing = await start(WITHOUT_PAUSES);
await compareThroughput({
  ours: { ...ours, port: FIRST_PORT, host: hostOf(warm) },
  other: { ...passing, port: THEIR_PORT, host: hostOf(warm) },
  name: "KubeElasti's",
  goal: 1,
  rounds: Number(rounds),
});
await passing.stop();

const holding = await start();
const resolvers: readonly Resolver[] = [
  { name: 'ours', portOf: (service) => FIRST_PORT + services.indexOf(service), hostOf },
  { name: "KubeElasti's", portOf: () => THEIR_PORT, hostOf },
];
await measureReleases(resolvers, { pod, herd, cluster, services: others, podPort });
await Promise.all([ours.stop(), holding.stop(), pod.stop(), herd.stop(), cluster.stop()]);
