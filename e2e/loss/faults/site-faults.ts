import { urlOf } from '../../cluster/kube-object.ts';
import { until } from '../../cluster/wait.ts';
import { makeElastiService } from '../../stage/manifests.ts';
import { ELASTI_SERVICES } from '../../stage/objects.ts';
import { podProcesses, signalPod } from '../../stage/pod-processes.ts';
import { PORTS, type Site } from '../site.ts';
import { type FaultWorld, persist } from './fault.ts';

/** Something that is done to one site in the course of a cycle. */
export interface SiteFault {
  readonly name: string;
  /** As soon as its replicas are 0. */
  atZero?(world: FaultWorld, site: Site): Promise<void>;
  /** Just after clients came to it while it slept. */
  whileWaking?(world: FaultWorld, site: Site): Promise<void>;
  /** When it serves again. */
  after?(world: FaultWorld, site: Site): Promise<void>;
}

export const SITE_FAULTS: readonly SiteFault[] = [
  { name: 'podsKilledWhileWaking', whileWaking: killNewPod },
  {
    name: 'serviceEditedAsleep',
    atZero: (world, site) => edit(world, site, 1),
    after: (world, site) => edit(world, site, 0),
  },
  { name: 'deletedAsleep', atZero: remove, after: restore },
  { name: 'deletedWhileWaking', whileWaking: remove, after: restore },
];

/** Kills the process of the first pod that comes. */
async function killNewPod({ witness, disturbances }: FaultWorld, site: Site): Promise<void> {
  const killFirst = () => {
    const pod = witness
      .pods(site.name, site.namespace)
      .find(
        ({ name, deletedAtMs, addresses }) => !deletedAtMs && addresses.length > 0 && podProcesses(name).length > 0,
      );
    if (!pod) return false;
    const fromMs = performance.now();
    for (const address of pod.addresses) {
      disturbances.harm({ kind: 'killed', address, fromMs, untilMs: fromMs + KILLED_MS });
    }
    // It may have ended in that moment; then the next one is due.
    signalPod(pod.name, 'SIGKILL');
    return true;
  };
  await until(`a process of ${site.name} to kill`, killFirst, { everyMs: 20, timeoutMs: 60_000 });
}

/** Until kube-proxy has heard of it, and whoever connected just before that has been told that nobody has its address. */
const KILLED_MS = 6500;

/** With so many ports more than clients use. */
async function edit({ environment }: FaultWorld, { namespace, name }: Site, more: number): Promise<void> {
  const ports = [
    { name: 'http', port: PORTS.http, targetPort: 'http' },
    { name: 'echo', port: PORTS.echo, targetPort: 8082 },
    { name: 'grpc', port: PORTS.grpc, targetPort: 8083 },
    ...Array.from({ length: more }, (_, index) => ({ name: `more-${index}`, port: 90 + index, targetPort: 'http' })),
  ];
  const path = urlOf('v1/services', namespace, name);
  await persist(`Service ${name} to be edited`, () => environment.api.call('PATCH', path, { spec: { ports } }));
}

async function remove({ environment }: FaultWorld, { namespace, name }: Site): Promise<void> {
  const path = urlOf(ELASTI_SERVICES, namespace, name);
  await persist(`ElastiService ${name} to be deleted`, () => environment.api.remove(path));
}

async function restore({ environment }: FaultWorld, { namespace, name }: Site): Promise<void> {
  const { api } = environment;
  const path = urlOf(ELASTI_SERVICES, namespace, name);
  const isGone = () =>
    api.call('GET', path).then(
      () => false,
      (error) => error.status === 404,
    );
  await until(`ElastiService ${name} to be gone`, isGone, { timeoutMs: 150_000 });
  await persist(`ElastiService ${name} to be made`, () => api.apply(makeElastiService(namespace, { service: name })));
}
