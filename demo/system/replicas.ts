import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessState } from '../api.ts';
import { SYSTEM_NAMESPACE } from '../settings.ts';
import type { PodBoard } from '../workloads/pod-board.ts';
import type { Replica } from './replica.ts';

export interface ReplicasDeps {
  /** Label of the pods, and what their names begin with. */
  readonly app: string;
  readonly pods: PodBoard;
  /** Starts the process of the replica in a slot, at its pod's address. */
  readonly start: (pod: { readonly slot: number; readonly address: string; readonly name: string }) => Promise<Replica>;
  /** Ends the connections to an address. */
  readonly cut: (address: string) => void;
  readonly onBug: (error: unknown) => void;
}

/** A Deployment of two replicas of our own processes. */
export interface Replicas {
  states(): readonly ProcessState[];
  /** Kills one that is ready and gives its name; undefined where only one is: it would take all with it. */
  killOne(): string | undefined;
  stop(): Promise<void>;
}

const COUNT = 2;
const BACK_AFTER_MS = 3000;
const PROBE_MS = 50;

interface Running {
  readonly name: string;
  readonly address: string;
  readonly uid: string;
  replica: Replica | undefined;
}

/** Starts the replicas; resolves when all of them are ready. */
export async function startReplicas({ app, pods, start, cut, onBug }: ReplicasDeps): Promise<Replicas> {
  const slots: (Running | undefined)[] = Array.from({ length: COUNT });
  const timers = new Set<NodeJS.Timeout>();
  let made = 0;
  let isStopped = false;

  const fill = async (slot: number) => {
    made += 1;
    const { name, address, uid } = pods.add({ name: `${app}-${made}`, namespace: SYSTEM_NAMESPACE, app });
    const running: Running = { name, address, uid, replica: undefined };
    slots[slot] = running;
    const replica = await start({ slot, address, name });
    running.replica = replica;
    const isWanted = () => slots[slot] === running;
    while (isWanted() && !replica.isReady()) await sleep(PROBE_MS);
    if (isWanted()) pods.change(uid, 'ready');
    else await replica.kill();
  };
  const end = async (slot: number) => {
    const running = slots[slot];
    slots[slot] = undefined;
    if (running === undefined) return;
    cut(running.address);
    await running.replica?.kill();
    pods.remove(running.uid);
  };
  const isReady = (running: Running | undefined) => running?.replica?.isReady() === true;

  await Promise.all(slots.map((_, slot) => fill(slot)));
  return {
    states: () =>
      slots.flatMap((running, slot) => [{ name: running?.name ?? `${app} (${slot + 1})`, isReady: isReady(running) }]),
    killOne: () => {
      const ready = slots.flatMap((running, slot) =>
        running && isReady(running) ? [{ slot, name: running.name }] : [],
      );
      const chosen = ready[Math.floor(Math.random() * ready.length)];
      if (ready.length < COUNT || chosen === undefined) return undefined;
      end(chosen.slot).catch(onBug);
      const timer = setTimeout(() => {
        timers.delete(timer);
        if (!isStopped) fill(chosen.slot).catch(onBug);
      }, BACK_AFTER_MS);
      timers.add(timer);
      return chosen.name;
    },
    stop: async () => {
      isStopped = true;
      for (const timer of timers) clearTimeout(timer);
      await Promise.all(slots.map((_, slot) => end(slot)));
    },
  };
}
