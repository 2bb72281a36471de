import type { FaultName } from './faults.ts';
import { hunt } from './hunt.ts';
import type { Cause } from './ledger.ts';
import { NO_MUTANT } from './mutant.ts';
import { KUBE_ELASTIS_ORDER, MUTANTS } from './mutants.ts';
import { type RunResult, simulate } from './simulate.ts';

/** One piece of work for a worker, as plain data. */
export type Task =
  | { readonly kind: 'seed'; readonly run: SeedRun }
  | { readonly kind: 'hunt'; readonly mutant: string; readonly hunt: HuntRun };

export interface SeedRun {
  readonly seed: number;
  readonly minutes: number;
  readonly faults: readonly FaultName[];
  readonly isDrawn: boolean;
  readonly services: number;
  readonly observedBy?: 'metacontroller' | 'watch';
}

export interface HuntRun {
  readonly maxSeeds: number;
  readonly minutes: number;
  readonly services: number;
  /** Runs all seeds without faults, and only counts what is lost. */
  readonly isCounting: boolean;
}

/** What came of a task, as plain data. */
export type CarriedOut =
  | { readonly kind: 'seed'; readonly tally: Tally }
  | { readonly kind: 'hunt'; readonly found: Found };

export interface Tally {
  readonly seed: number;
  readonly cycles: number;
  readonly sent: number;
  readonly served: number;
  readonly losses: readonly (readonly [Cause, number])[];
  readonly violations: readonly string[];
}

export interface Found {
  readonly caught: { readonly name: string; readonly seeds: number } | undefined;
  readonly cycles: number;
  readonly losses: number;
  readonly others: readonly string[];
}

/** Carries out a task. */
export async function carryOut(task: Task): Promise<CarriedOut> {
  if (task.kind === 'seed') return { kind: 'seed', tally: tallyOf(await simulate(task.run)) };
  const known = [...MUTANTS, KUBE_ELASTIS_ORDER, NO_MUTANT].find(({ name }) => name === task.mutant);
  if (known === undefined) throw new Error(`no mutant ${task.mutant}`);
  const mutant = task.hunt.isCounting ? { ...known, caughtBy: [], faults: [] } : known;
  const { caught, cycles, losses, others } = await hunt(mutant, task.hunt);
  return { kind: 'hunt', found: { caught, cycles, losses, others } };
}

function tallyOf({ seed, cycles, sent, served, losses, violations }: RunResult): Tally {
  return { seed, cycles, sent, served, losses: [...losses], violations: violations.map(({ name }) => name) };
}
