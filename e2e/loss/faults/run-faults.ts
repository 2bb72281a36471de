import { setTimeout as sleep } from 'node:timers/promises';
import { DAEMON_FAULTS } from './daemon-faults.ts';
import type { Fault, FaultWorld } from './fault.ts';
import { HOOK_FAULTS } from './hook-faults.ts';
import { RESOLVER_FAULTS } from './resolver-faults.ts';

/** All that can go wrong with what sites rely on. */
export const FAULTS: readonly Fault[] = [...HOOK_FAULTS, ...RESOLVER_FAULTS, ...DAEMON_FAULTS];

interface RunFaultsOptions {
  readonly faults: readonly Fault[];
  readonly signal: AbortSignal;
  step(what: string): void;
  failed(error: Error): void;
}

/** Each once, one at a time, in a random order; then two at once, until aborted. Resolves when the last has ended. */
export async function runFaults(world: FaultWorld, { faults, signal, step, failed }: RunFaultsOptions): Promise<void> {
  const { chance, disturbances } = world;
  const run = async (fault: Fault) => {
    step(`fault: ${fault.name}`);
    await disturbances.during(fault.name, async () => {
      await fault.run(world).catch(failed);
      // What it leads to goes on for a while.
      await sleep(1000);
    });
  };
  const left = [...faults];
  while (left.length > 0 && !signal.aborted) {
    await sleep(chance.between(1000, 4000));
    const [fault] = left.splice(chance.whole(0, left.length - 1), 1);
    if (fault) await run(fault);
  }
  while (!signal.aborted && faults.length > 0) {
    await sleep(chance.between(2000, 8000));
    const first = chance.pick(faults);
    const others = faults.filter(({ touches }) => touches !== first.touches);
    const second = others.length > 0 ? [chance.pick(others)] : [];
    await Promise.all(
      [first, ...second].map(async (fault) => {
        await sleep(chance.between(0, 1500));
        await run(fault);
      }),
    );
  }
}
