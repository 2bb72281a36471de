import type { Store } from '../control-plane/store.ts';
import type { Addresses } from '../network/addresses.ts';
import { type DemoService, NAMESPACE, SERVICE_PORT } from '../settings.ts';
import type { Pod, PodBoard } from './pod-board.ts';
import { type PodProcess, startPodProcess } from './pod-process.ts';

export interface WorkloadDeps {
  readonly store: Store;
  readonly pods: PodBoard;
  readonly addresses: Addresses;
  readonly service: DemoService;
}

export interface Workload {
  /** Ends all pods at once; none comes after that. */
  stop(): void;
}

/** The preStop of each pod: it serves on until kube-proxy everywhere has let go of it. */
const PRE_STOP_MS = 1500;
/** A program that ends by itself is started again after this. */
const RESTART_MS = 1000;

/** One Deployment with its ReplicaSet and the kubelet of its pods. */
export function startWorkload({ store, pods, addresses, service }: WorkloadDeps): Workload {
  const running = new Map<string, PodProcess>();
  const timers = new Set<NodeJS.Timeout>();
  let isStopped = false;
  let made = 0;

  const after = (ms: number, run: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, ms);
    timers.add(timer);
  };

  const wanted = () => {
    const deployment = store.get({ plural: 'deployments', namespace: NAMESPACE, name: service.name });
    return (deployment?.spec as { replicas: number } | undefined)?.replicas ?? 0;
  };

  const start = () => {
    made += 1;
    const pod = pods.add({ name: `${service.name}-${made}`, namespace: NAMESPACE, app: service.name });
    const program = startPodProcess({
      name: pod.name,
      service,
      onListening: (port) => {
        addresses.bind(pod.address, SERVICE_PORT.targetPort, port);
        if (stateOf(pod) === 'starting') pods.change(pod.uid, 'ready');
      },
      onExit: () => {
        addresses.release(pod.address);
        running.delete(pod.uid);
        const wasLeaving = stateOf(pod) === 'terminating';
        pods.remove(pod.uid);
        if (!isStopped) after(wasLeaving ? 0 : RESTART_MS, reconcile);
      },
    });
    running.set(pod.uid, program);
  };

  const stateOf = ({ uid }: Pod) => pods.of(NAMESPACE, service.name).find((pod) => pod.uid === uid)?.state;

  const terminate = ({ uid, state }: Pod) => {
    const program = running.get(uid);
    pods.change(uid, 'terminating');
    if (state === 'starting') program?.kill();
    else after(PRE_STOP_MS, () => program?.terminate());
  };

  const reconcile = () => {
    if (isStopped) return;
    const all = pods.of(NAMESPACE, service.name);
    // As a ReplicaSet does, it parts with those first that are not ready.
    const alive = [...all.filter(({ state }) => state === 'ready'), ...all.filter(({ state }) => state === 'starting')];
    for (let count = alive.length; count < wanted(); count++) start();
    for (const pod of alive.slice(wanted())) terminate(pod);
  };

  const unsubscribe = store.subscribe(({ plural, object }) => {
    if (plural === 'deployments' && object.metadata.name === service.name) reconcile();
  });
  reconcile();

  return {
    stop: () => {
      isStopped = true;
      unsubscribe();
      for (const timer of timers) clearTimeout(timer);
      for (const program of running.values()) program.kill();
    },
  };
}
