import type { Violation } from './checks/context.ts';
import type { Mutant } from './mutant.ts';
import { simulate } from './simulate.ts';

export interface Hunt {
  readonly mutant: Mutant;
  /** Which invariant caught it, and with how many seeds; undefined: none did. */
  readonly caught: { readonly name: string; readonly seeds: number } | undefined;
  readonly cycles: number;
  /** Requests whose connection was refused or led nowhere; long ones that an abrupt pod cut do not count. */
  readonly losses: number;
  /** What else was broken. */
  readonly others: readonly string[];
}

/** Runs seeds against a planted mistake until one of the invariants that it is meant for is broken. */
export async function hunt(
  mutant: Mutant,
  {
    maxSeeds,
    minutes,
    services: count,
  }: { readonly maxSeeds: number; readonly minutes: number; readonly services: number },
): Promise<Hunt> {
  const services = Math.max(count, mutant.services ?? 0);
  let cycles = 0;
  let losses = 0;
  const others = new Set<string>();
  for (let seed = 1; seed <= maxSeeds; seed++) {
    const isHit = ({ name }: Violation) => mutant.caughtBy.some((wanted) => name.startsWith(wanted));
    const isEnough = (violations: readonly Violation[]) => violations.some(isHit);
    const result = await simulate({ seed, minutes, services, mutant, faults: mutant.faults, isEnough });
    cycles += result.cycles;
    for (const [cause, count] of result.losses) if (cause !== 'cutByAbruptPod') losses += count;
    const hit = result.violations.find(isHit);
    if (hit) return { mutant, caught: { name: hit.name, seeds: seed }, cycles, losses, others: [...others] };
    for (const { name } of result.violations) others.add(name);
  }
  return { mutant, caught: undefined, cycles, losses, others: [...others] };
}
