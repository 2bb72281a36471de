import type { Journal } from './journal.ts';
import { CAUSES, type Cause } from './ledger.ts';
import { carryOutAll } from './pool.ts';
import { type RunResult, simulate } from './simulate.ts';
import type { SeedRun, Tally, Task } from './task.ts';

type Print = (line: string) => void;

const TIMELINE_LINES = 60;
const MAX_TOLD = 5;

/**
 * Runs seeds and tells what came of them: the same each time, save for the last line. Says whether all was well. With a
 * journal, seeds that are in it are not run again, and its own sum is told as well.
 */
export async function tellSeeds(
  options: {
    readonly first: number;
    readonly count: number;
    readonly workers: number;
    readonly run: Omit<SeedRun, 'seed'>;
    readonly journal?: Journal | undefined;
  },
  print: Print,
): Promise<boolean> {
  const { first, count, workers, run, journal } = options;
  const startedMs = performance.now();
  const seeds = Array.from({ length: count }, (_, i) => first + i);
  const tallies: Tally[] = seeds.flatMap((seed) => journal?.tallies.get(seed) ?? []);
  let cycles = 0;
  let told = 0;
  const left = seeds.filter((seed) => journal?.tallies.has(seed) !== true);
  const tasks = left.map((seed): Task => ({ kind: 'seed', run: { ...run, seed } }));
  await carryOutAll(tasks, {
    workers,
    onDone: async (done, index) => {
      if (done.kind !== 'seed') return;
      tallies.push(done.tally);
      journal?.add(done.tally);
      cycles += done.tally.cycles;
      if (process.stderr.isTTY) process.stderr.write(`\r${index + 1}/${left.length} seeds, ${cycles} cycles `);
      if (done.tally.violations.length === 0 || told >= MAX_TOLD) return;
      told += 1;
      tellViolations(await simulate({ ...run, seed: done.tally.seed, isRecording: true }), print);
    },
  });
  if (process.stderr.isTTY) process.stderr.write('\n');
  print(`seeds ${first} to ${first + count - 1}, ${run.minutes} min with faults each, ${run.services} services`);
  let violations = tellTallies(tallies, print);
  if (journal) {
    print(`the journal, ${journal.tallies.size} seeds`);
    violations = tellTallies([...journal.tallies.values()], print);
  }
  const seconds = (performance.now() - startedMs) / 1000;
  print(`${seconds.toFixed(1)} s, ${Math.round(cycles / seconds)} cycles per second, ${workers} workers`);
  return violations === 0;
}

/** Runs one seed again and tells of it, byte for byte the same each time. */
export async function replay(run: SeedRun, print: Print): Promise<boolean> {
  const result = await simulate({ ...run, isRecording: true });
  const { losses, violations } = result;
  if (violations.length > 0) tellViolations(result, print);
  print(`seed ${run.seed}, ${run.minutes} min with faults, ${run.services} services`);
  tellTallies([{ ...result, losses: [...losses], violations: violations.map(({ name }) => name) }], print);
  return violations.length === 0;
}

function tellTallies(tallies: readonly Tally[], print: Print): number {
  const sum = (what: (tally: Tally) => number) => tallies.reduce((total, tally) => total + what(tally), 0);
  const losses = new Map<Cause, number>();
  for (const [cause, lost] of tallies.flatMap((tally) => tally.losses)) {
    losses.set(cause, (losses.get(cause) ?? 0) + lost);
  }
  print(
    `${sum(({ cycles }) => cycles)} cycles, ${sum(({ sent }) => sent)} requests, ${sum(({ served }) => served)} served`,
  );
  for (const [cause, lost] of [...losses].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const { isOurs, sentence } = CAUSES[cause];
    print(`  lost ${lost}, ${isOurs ? 'OURS' : 'not ours'}: ${cause}, ${sentence}`);
  }
  const violations = sum((tally) => tally.violations.length);
  print(`${violations} violations`);
  return violations;
}

function tellViolations({ seed, violations, timeline }: RunResult, print: Print): void {
  print(`seed ${seed}: ${violations.map(({ name }) => name).join(', ')}`);
  const [violation] = violations;
  if (violation === undefined) return;
  print(`  ${violation.name}: ${violation.detail}`);
  for (const line of timeline.linesUpTo(violation.atMs, violation.site, TIMELINE_LINES)) print(`  ${line}`);
}
