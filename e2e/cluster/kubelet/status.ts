import { NODE_IPV4 } from '../layout.ts';
import type { Exit } from './container-process.ts';
import { addressesOf, type Pod, type PodAddress } from './pod.ts';

export type ContainerState =
  | { readonly is: 'waiting'; readonly reason: string; readonly message?: string }
  | { readonly is: 'running'; readonly pid: number; readonly startedAt: Date }
  | { readonly is: 'terminated'; readonly exit: Exit };

export interface PodState {
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed';
  readonly container: ContainerState;
  readonly lastExit: Exit | undefined;
  readonly restarts: number;
  readonly isReady: boolean;
  readonly readyChangedAt: Date;
  readonly startedAt: Date;
}

/** For a strategic merge patch, which merges conditions by type and leaves the scheduler's alone. */
export function makePodStatus(pod: Pod, address: PodAddress, state: PodState): object {
  const { phase, container, lastExit, restarts, isReady, startedAt } = state;
  const isOver = phase === 'Succeeded' || phase === 'Failed';
  const notReady = isOver ? { reason: 'PodCompleted' } : { reason: 'ContainersNotReady' };
  const readiness = { status: isReady ? 'True' : 'False', lastTransitionTime: timestamp(state.readyChangedAt) };
  const fulfilled = { status: 'True', lastTransitionTime: timestamp(startedAt) };
  return {
    phase,
    hostIP: NODE_IPV4,
    hostIPs: [{ ip: NODE_IPV4 }],
    podIP: address.ipv4,
    podIPs: addressesOf(address).map((ip) => ({ ip })),
    startTime: timestamp(startedAt),
    conditions: [
      { type: 'PodReadyToStartContainers', ...fulfilled },
      { type: 'Initialized', ...fulfilled },
      { type: 'Ready', ...readiness, ...(isReady ? { reason: null } : notReady) },
      { type: 'ContainersReady', ...readiness, ...(isReady ? { reason: null } : notReady) },
    ],
    containerStatuses: pod.spec.containers.map(({ name, image }) => ({
      name,
      image,
      imageID: image,
      containerID: container.is === 'running' ? `process://${container.pid}` : '',
      ready: isReady,
      started: container.is === 'running',
      restartCount: restarts,
      state: makeState(container),
      ...(lastExit && container.is !== 'terminated' ? { lastState: makeTerminated(lastExit) } : {}),
    })),
  };
}

function makeState(container: ContainerState): object {
  switch (container.is) {
    case 'waiting':
      return { waiting: { reason: container.reason, ...(container.message ? { message: container.message } : {}) } };
    case 'running':
      return { running: { startedAt: timestamp(container.startedAt) } };
    case 'terminated':
      return makeTerminated(container.exit);
    default:
      return container satisfies never;
  }
}

function makeTerminated({ code, startedAt, finishedAt }: Exit): object {
  const times = { startedAt: timestamp(startedAt), finishedAt: timestamp(finishedAt) };
  return { terminated: { exitCode: code, reason: code === 0 ? 'Completed' : 'Error', ...times } };
}

/** The API keeps whole seconds. */
function timestamp(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}
