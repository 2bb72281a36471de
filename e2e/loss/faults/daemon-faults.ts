import { setTimeout as sleep } from 'node:timers/promises';
import { signal } from '../../cluster/process-identity.ts';
import { until } from '../../cluster/wait.ts';
import { daemonOf, restartAfter } from './daemons.ts';
import type { Fault, FaultWorld } from './fault.ts';

export const DAEMON_FAULTS: readonly Fault[] = [
  { name: 'metacontrollerKilled', touches: 'metacontroller', run: (world) => restartMetacontroller(world, 'SIGKILL') },
  {
    name: 'metacontrollerRestarted',
    touches: 'metacontroller',
    run: (world) => restartMetacontroller(world, 'SIGTERM'),
  },
  { name: 'prometheusKilled', touches: 'prometheus', run: (world) => restartPrometheus(world, 'SIGKILL') },
  { name: 'prometheusRestarted', touches: 'prometheus', run: (world) => restartPrometheus(world, 'SIGTERM') },
  {
    name: 'prometheusFrozen',
    touches: 'prometheus',
    async run(world) {
      const prometheus = daemonOf(world, 'prometheus');
      signal(prometheus, 'SIGSTOP');
      await sleep(world.chance.between(1000, 8000));
      signal(prometheus, 'SIGCONT');
    },
  },
  { name: 'apiServerRestarted', touches: 'api', run: (world) => restartStore(world, 'kube-apiserver') },
  { name: 'etcdRestarted', touches: 'api', run: (world) => restartStore(world, 'etcd') },
  {
    name: 'apiServerSlow',
    touches: 'api',
    async run(world) {
      const apiServer = daemonOf(world, 'kube-apiserver');
      const endsAt = performance.now() + world.chance.between(3000, 9000);
      while (performance.now() < endsAt) {
        signal(apiServer, 'SIGSTOP');
        await sleep(world.chance.between(100, 700));
        signal(apiServer, 'SIGCONT');
        await sleep(world.chance.between(20, 150));
      }
    },
  },
];

async function restartMetacontroller(world: FaultWorld, by: NodeJS.Signals): Promise<void> {
  await restartAfter(world, 'metacontroller', { by, fromMs: 1000, toMs: 6000 });
  await until('Metacontroller to serve', () => fetch('http://127.0.0.1:8082/healthz'));
}

async function restartPrometheus(world: FaultWorld, by: NodeJS.Signals): Promise<void> {
  await restartAfter(world, 'prometheus', { by, fromMs: 1000, toMs: 6000 });
  await until('Prometheus to serve', () => fetch(`${world.environment.prometheusUrl}/-/ready`));
}

async function restartStore(world: FaultWorld, name: 'kube-apiserver' | 'etcd'): Promise<void> {
  await restartAfter(world, name, { by: 'SIGKILL', fromMs: 500, toMs: 4000 });
  const { api } = world.environment;
  // It takes half a minute now and then until it speaks with a restarted etcd again.
  const isReady = () => api.call('GET', '/readyz', undefined, { timeoutMs: 1000 });
  await until('the API server to be ready', isReady, { timeoutMs: 120_000 });
}
