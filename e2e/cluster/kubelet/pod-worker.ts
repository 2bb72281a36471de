import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeApi } from '../api.ts';
import { urlOf } from '../kube-object.ts';
import { ignoring, isWorthAnother } from '../transport.ts';
import type { AddressPool } from './address-pool.ts';
import { readTestTiming } from './annotations.ts';
import { createBackOff } from './back-off.ts';
import type { ContainerProcess, Exit } from './container-process.ts';
import { launch } from './launch.ts';
import type { Pod, PodAddress } from './pod.ts';
import { followReadiness } from './readiness.ts';
import { makePodStatus, type PodState } from './status.ts';
import { createStatusWriter } from './status-writer.ts';
import { followSecrets } from './volumes.ts';

export interface PodWorkerDeps {
  readonly api: KubeApi;
  readonly addresses: AddressPool;
  /** For pods' files and output. */
  readonly directory: string;
}

export interface PodWorker {
  /** Takes note of a changed pod; one that is being deleted gets terminated. */
  update(pod: Pod): void;
  /** The object is gone: ends the process without further ado. */
  vanish(): void;
  /** Resolves when nothing of the pod is left. */
  readonly done: Promise<void>;
}

const RETRY_LAUNCH_MS = 500;
const RETRY_RELEASE_MS = 200;
/** What a kubelet grants a container whose preStop hook used up the grace period. */
const LEAST_TERMINATION_MS = 2_000;

export function startPodWorker(first: Pod, { api, addresses, directory }: PodWorkerDeps): PodWorker {
  const files = join(directory, first.metadata.uid);
  const status = createStatusWriter(api, first);
  const backOff = createBackOff();
  const stopping = new AbortController();
  const stopped = new Promise<void>((resolve) => stopping.signal.addEventListener('abort', () => resolve()));
  let pod = first;
  let hasVanished = false;
  let killAt = Number.POSITIVE_INFINITY;
  let current: ContainerProcess | undefined;
  let state: PodState = {
    phase: 'Pending',
    container: { is: 'waiting', reason: 'ContainerCreating' },
    lastExit: undefined,
    restarts: 0,
    isReady: false,
    readyChangedAt: new Date(),
    startedAt: new Date(),
  };

  function report(address: PodAddress, change: Partial<PodState>): void {
    const isReady = change.isReady ?? state.isReady;
    state = { ...state, ...change, ...(isReady === state.isReady ? {} : { readyChangedAt: new Date() }) };
    status.write(makePodStatus(pod, address, state));
  }

  async function live(): Promise<void> {
    const address = await addresses.take();
    const { startDelayMs } = readTestTiming(pod);
    if (startDelayMs > 0) {
      report(address, {});
      await pause(startDelayMs);
    }
    while (!stopping.signal.aborted) {
      current = await tryLaunch(address);
      if (!current) continue;
      const exit = await runToEnd(current, address);
      if (!exit) break;
      const policy = pod.spec.restartPolicy ?? 'Always';
      const isOver = policy === 'Never' || (policy === 'OnFailure' && exit.code === 0);
      const terminated = { container: { is: 'terminated', exit }, lastExit: exit, isReady: false } as const;
      report(address, { ...terminated, ...(isOver ? { phase: exit.code === 0 ? 'Succeeded' : 'Failed' } : {}) });
      if (isOver) await stopped;
      else await waitToRestart(exit, address);
    }
    await end(address);
  }

  async function tryLaunch(address: PodAddress): Promise<ContainerProcess | undefined> {
    try {
      return await launch({ api, pod, address, files, directory });
    } catch (error) {
      // A Secret may be created after the pod that needs it.
      const message = error instanceof Error ? error.message : String(error);
      report(address, { container: { is: 'waiting', reason: 'CreateContainerConfigError', message } });
      await pause(RETRY_LAUNCH_MS);
      return undefined;
    }
  }

  /** Resolves to the exit, or to nothing when the pod has to stop first. */
  async function runToEnd(running: ContainerProcess, address: PodAddress): Promise<Exit | undefined> {
    const [container] = pod.spec.containers;
    const { pid, startedAt } = running;
    const isReady = !container.readinessProbe && !readTestTiming(pod).isNeverReady;
    report(address, { phase: 'Running', container: { is: 'running', pid, startedAt }, isReady });
    const probing = new AbortController();
    const readiness = followReadiness({
      container,
      host: address.ipv4,
      timing: () => readTestTiming(pod),
      onChange: (value) => {
        if (value !== state.isReady) report(address, { isReady: value });
      },
      signal: probing.signal,
    });
    const volumes = { api, pod, address, directory: join(files, 'volumes') };
    const following = followSecrets({ ...volumes, signal: probing.signal });
    const exit = await Promise.race([running.exited, stopped]);
    probing.abort();
    await Promise.all([readiness, following]);
    return exit ?? undefined;
  }

  async function waitToRestart(exit: Exit, address: PodAddress): Promise<void> {
    const ranMs = exit.finishedAt.getTime() - exit.startedAt.getTime();
    const backOffMs = backOff.nextDelayMs(ranMs);
    const delayMs = readTestTiming(pod).restartDelayMs ?? backOffMs;
    if (delayMs > 0) report(address, { container: { is: 'waiting', reason: 'CrashLoopBackOff' } });
    await pause(delayMs);
    state = { ...state, restarts: state.restarts + 1 };
  }

  async function end(address: PodAddress): Promise<void> {
    const exit = current && (await terminate(current));
    if (!hasVanished) {
      const phase = !exit || exit.code === 0 ? 'Succeeded' : 'Failed';
      const isOver = state.phase === 'Succeeded' || state.phase === 'Failed';
      report(address, {
        isReady: false,
        ...(isOver ? {} : { phase }),
        ...(exit ? { container: { is: 'terminated', exit } } : {}),
      });
    }
    await Promise.all([status.flush(), addresses.giveBack(address), rm(files, { recursive: true, force: true })]);
    if (!hasVanished) await release(api, pod);
  }

  async function terminate(running: ContainerProcess): Promise<Exit> {
    const [container] = pod.spec.containers;
    const preStopMs = (container.lifecycle?.preStop?.sleep?.seconds ?? 0) * 1000;
    await Promise.race([running.exited, until(() => Math.min(killAt, stopAskedAt + preStopMs))]);
    running.terminate();
    const termAt = Date.now();
    await Promise.race([
      running.exited,
      until(() => (hasVanished ? 0 : Math.max(killAt, termAt + LEAST_TERMINATION_MS))),
    ]);
    running.kill();
    return running.exited;
  }

  let stopAskedAt = 0;
  const done = live();

  return {
    done,
    update(changed) {
      pod = changed;
      if (!changed.metadata.deletionTimestamp) return;
      stopAskedAt ||= Date.now();
      const { terminationGracePeriodSeconds = 30 } = changed.spec;
      const graceSeconds = changed.metadata.deletionGracePeriodSeconds ?? terminationGracePeriodSeconds;
      // A second deletion may shorten the grace period.
      killAt = Math.min(killAt, stopAskedAt + graceSeconds * 1000);
      stopping.abort();
    },
    vanish() {
      hasVanished = true;
      killAt = 0;
      stopping.abort();
    },
  };

  async function pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: stopping.signal }).catch(() => {});
  }
}

/** Looks again and again, because the moment may be moved forward. */
async function until(moment: () => number): Promise<void> {
  while (Date.now() < moment()) await sleep(Math.min(100, Math.max(1, moment() - Date.now())));
}

/** The last word on a deleted pod is its kubelet's, however long the API server is away. */
export async function release(api: KubeApi, { metadata: { namespace, name, uid } }: Pod): Promise<void> {
  const options = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, preconditions: { uid } };
  for (;;) {
    try {
      await api.call('DELETE', urlOf('v1/pods', namespace, name), options).catch(ignoring(404, 409));
      return;
    } catch (error) {
      if (!isWorthAnother(error)) throw error;
      await sleep(RETRY_RELEASE_MS);
    }
  }
}
