import { parseArgs } from 'node:util';
import { parseFaults } from './faults.ts';
import { hunt } from './hunt.ts';
import { CAUSES, type Cause } from './ledger.ts';
import { NO_MUTANT } from './mutant.ts';
import { KUBE_ELASTIS_ORDER, MUTANTS } from './mutants.ts';
import { type RunOptions, type RunResult, simulate } from './simulate.ts';

const TIMELINE_LINES = 60;
const MAX_TOLD = 5;

const print = (line: string) => void process.stdout.write(`${line}\n`);
const options = readArguments();
if (options.isHuntingMutants) await huntMutants();
else await runSeeds();

function readArguments() {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '20' },
      seed: { type: 'string' },
      from: { type: 'string', default: '1' },
      minutes: { type: 'string', default: '30' },
      faults: { type: 'string', default: 'all' },
      services: { type: 'string', default: '3' },
      mutants: { type: 'boolean', default: false },
    },
  });
  const one = values.seed === undefined ? undefined : Number(values.seed);
  return {
    first: one ?? Number(values.from),
    count: one === undefined ? Number(values.seeds) : 1,
    isReplay: one !== undefined,
    minutes: Number(values.minutes),
    faults: parseFaults(values.faults),
    services: Number(values.services),
    isHuntingMutants: values.mutants,
  };
}

/** Runs the seeds; what comes out for a seed is the same each time, but for the time it took. */
async function runSeeds(): Promise<void> {
  const { first, count, isReplay, minutes, faults, services } = options;
  const startedMs = performance.now();
  const losses = new Map<Cause, number>();
  let [cycles, sent, served, violations, told] = [0, 0, 0, 0, 0];
  for (let seed = first; seed < first + count; seed++) {
    const run = { seed, minutes, faults, services };
    const result = await simulate(isReplay ? { ...run, isRecording: true } : run);
    cycles += result.cycles;
    sent += result.sent;
    served += result.served;
    violations += result.violations.length;
    for (const [cause, lost] of result.losses) losses.set(cause, (losses.get(cause) ?? 0) + lost);
    if (result.violations.length > 0 && told++ < MAX_TOLD) await tellViolations(run, isReplay ? result : undefined);
    if (process.stderr.isTTY) process.stderr.write(`\r${seed - first + 1}/${count} seeds, ${cycles} cycles `);
  }
  if (process.stderr.isTTY) process.stderr.write('\n');
  print(
    `${count} seeds from ${first}, ${minutes} min with faults: ${cycles} cycles, ${sent} requests, ${served} served`,
  );
  for (const [cause, lost] of [...losses].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const { isOurs, sentence } = CAUSES[cause];
    print(`  lost ${lost}, ${isOurs ? 'OURS' : 'not ours'}: ${cause}, ${sentence}`);
  }
  print(`${violations} violations`);
  // The time that it took is no part of what a replay must repeat.
  const seconds = (performance.now() - startedMs) / 1000;
  if (!isReplay) print(`${seconds.toFixed(1)} s, ${Math.round(cycles / seconds)} cycles per second`);
  if (violations > 0) process.exitCode = 1;
}

/** A violation with its timeline, for which the seed is run again and written down. */
async function tellViolations(run: RunOptions, recorded: RunResult | undefined): Promise<void> {
  const { violations, timeline } = recorded ?? (await simulate({ ...run, isRecording: true }));
  print(`seed ${run.seed}: ${violations.map(({ name }) => name).join(', ')}`);
  const [violation] = violations;
  if (violation === undefined) return;
  print(`  ${violation.name}: ${violation.detail}`);
  for (const line of timeline.linesUpTo(violation.atMs, violation.site, TIMELINE_LINES)) print(`  ${line}`);
}

/** Tells for each planted mistake which invariant catches it, and what KubeElasti's order loses beside ours. */
async function huntMutants(): Promise<void> {
  const { count: maxSeeds, minutes, services } = options;
  for (const mutant of MUTANTS) {
    const { caught, cycles, others } = await hunt(mutant, { maxSeeds, minutes, services });
    const end = caught
      ? `caught by ${caught.name}, within ${caught.seeds} seeds and ${cycles} cycles`
      : `NOT CAUGHT in ${maxSeeds} seeds; ${others.join(', ') || 'nothing was broken'}`;
    print(`${mutant.name}: ${end}`);
    if (!caught) process.exitCode = 1;
  }
  for (const mutant of [KUBE_ELASTIS_ORDER, NO_MUTANT]) {
    const never = { ...mutant, caughtBy: [], faults: [] };
    const { cycles, losses } = await hunt(never, { maxSeeds, minutes, services });
    const per = cycles === 0 ? 0 : (losses * 1000) / cycles;
    print(
      `${mutant === NO_MUTANT ? 'our order' : mutant.name}: ${per.toFixed(1)} connections lost per 1,000 cycles, of ${cycles}`,
    );
  }
}
