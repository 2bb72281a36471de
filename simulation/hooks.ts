import type { CustomizeResponse, FinalizeResponse, Parent, SyncRequest, SyncResponse } from '../src/api/hooks.ts';
import type { Process } from './process.ts';
import { createReplica, type Replica } from './replica.ts';
import type { World } from './world.ts';

export type HookAnswer = SyncResponse & Partial<Pick<FinalizeResponse, 'finalized'>>;

/** The hook service behind its load balancer. */
export interface Hooks {
  /** Posts a hook request; rejects when it is refused, lost, or has taken too long. Then it may run on all the same. */
  post(from: Process, body: SyncRequest): Promise<HookAnswer>;
  /** Asks what a parent is related to; rejects like `post`. */
  customize(from: Process, parent: Parent): Promise<CustomizeResponse>;
  /** Asks for a wake, as the resolver does. */
  wake(from: Process, namespace: string, service: string): Promise<void>;
  /** The names of the replicas that live. */
  alive(): readonly string[];
  crashOne(): void;
  suspendOne(ms: number): void;
}

/** Thrown when there is no answer. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

const HOOK_TIMEOUT_MS = 5000;
const CUSTOMIZE_TIMEOUT_MS = 3000;
const WAKE_TIMEOUT_MS = 5000;
const REPLICAS = 2;

/** Starts the replicas of a world. */
export function createHooks(world: World): Hooks {
  const { scheduler, chance, faults } = world;
  const replicas: Replica[] = Array.from({ length: REPLICAS }, (_, i) => createReplica(world, `hook-${i}`));

  const pick = () => {
    const alive = replicas.filter(({ process }) => process.isAlive());
    // The load balancer hears late of one that died.
    return alive.length === 0 || chance.is(0.1) ? chance.pick(replicas) : chance.pick(alive);
  };

  const request = <T>(
    from: Process,
    options: { readonly timeoutMs: number; readonly arrivesAfterMs: number },
    run: (replica: Replica) => Promise<T>,
  ): Promise<T> =>
    new Promise((resolve, reject) => {
      const { process } = pick();
      let isOver = false;
      const end = (settle: () => void) => {
        if (isOver) return;
        isOver = true;
        stopListening();
        timeout.cancel();
        from.deliver(settle);
      };
      const lose = () => end(() => reject(new NoAnswerError('connection lost')));
      const timeout = scheduler.after(options.timeoutMs, () => end(() => reject(new NoAnswerError('timeout'))));
      const stopListening = process.onCrash(() => void scheduler.after(1, lose));
      scheduler.after(options.arrivesAfterMs, () => {
        if (!process.isAlive()) return lose();
        process.deliver(() => {
          const replica = replicas.find((candidate) => candidate.process === process) as Replica;
          const answered = (settle: () => void) => void scheduler.after(chance.between(0.5, 2), () => end(settle));
          run(replica).then(
            (value) => answered(() => resolve(value)),
            (error) => answered(() => reject(error)),
          );
        });
      });
    });

  world.atZeroStep.push((_, process) => {
    const fate = chance.next();
    const afterMs = chance.between(0, 25);
    if (faults.has('hookCrashes') && fate < 0.1) scheduler.after(afterMs, () => crash(process));
    if (faults.has('hookSuspensions') && fate > 0.9) {
      scheduler.after(afterMs, () => suspend(process, chance.between(1000, 12_000)));
    }
  });

  // Whoever waits for its write to take effect may not live to see it, or may see it late.
  world.atZeroWrite.push((_, { by, inMs }) => {
    const fate = chance.next();
    if (faults.has('hookCrashes') && fate < 0.15) scheduler.after(chance.between(0, inMs), () => crash(by));
    if (faults.has('hookSuspensions') && fate > 0.85) {
      scheduler.after(chance.between(0, inMs), () => suspend(by, chance.between(1000, 12_000)));
    }
  });

  return {
    post: (from, body) => {
      const isLate = faults.has('lateRequests') && chance.is(0.01);
      const arrivesAfterMs = isLate ? chance.between(100, 4000) : chance.between(0.5, 2);
      return request<HookAnswer>(from, { timeoutMs: HOOK_TIMEOUT_MS, arrivesAfterMs }, async (replica) => {
        const arrivedAtMs = replica.process.clock.monotonicMs();
        try {
          if (body.finalizing) return await replica.answers.finalize(body, arrivedAtMs);
          return await replica.answers.sync(body, arrivedAtMs);
        } catch (error) {
          world.checks.bug(error);
          throw error;
        }
      });
    },
    customize: (from, parent) =>
      request(from, { timeoutMs: CUSTOMIZE_TIMEOUT_MS, arrivesAfterMs: chance.between(0.5, 2) }, async ({ answers }) =>
        answers.customize({ parent }),
      ),
    wake: (from, namespace, service) =>
      request(from, { timeoutMs: WAKE_TIMEOUT_MS, arrivesAfterMs: chance.between(0.5, 2) }, ({ wakes }) =>
        wakes.wake(namespace, service),
      ),
    alive: () => replicas.flatMap(({ process }) => (process.isAlive() ? [process.name] : [])),
    crashOne: () => crash(chance.pick(replicas).process),
    suspendOne: (ms) => suspend(chance.pick(replicas).process, ms),
  };

  function crash(process: Process): void {
    const i = replicas.findIndex((candidate) => candidate.process === process);
    if (i < 0 || !process.isAlive()) return;
    world.tell(undefined, process.name, () => 'crashes');
    process.crash();
    scheduler.after(chance.between(200, 5000), () => {
      replicas[i] = createReplica(world, process.name);
      world.tell(undefined, process.name, () => 'is back');
    });
  }

  function suspend(process: Process, ms: number): void {
    world.tell(undefined, process.name, () => `stands still for ${Math.round(ms)} ms`);
    process.suspend(ms);
  }
}
