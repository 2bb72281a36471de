import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseFaults } from './faults.ts';
import { hashCode, openJournal } from './journal.ts';
import { NO_MUTANT } from './mutant.ts';
import { KUBE_ELASTIS_ORDER, MUTANTS } from './mutants.ts';
import { carryOutAll } from './pool.ts';
import type { HuntRun, Task } from './task.ts';
import { replay, tellSeeds } from './tell.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    seed: { type: 'string' },
    from: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '30' },
    faults: { type: 'string', default: 'all' },
    services: { type: 'string', default: '3' },
    workers: { type: 'string', default: String(availableParallelism()) },
    journal: { type: 'string' },
    'observe-by': { type: 'string', default: 'metacontroller' },
    mutants: { type: 'boolean', default: false },
  },
});
const count = Number(values.seeds);
const minutes = Number(values.minutes);
const services = Number(values.services);
const workers = Number(values.workers);
const print = (line: string) => void process.stdout.write(`${line}\n`);

const isWell = values.mutants ? await huntMutants() : await runSeeds();
if (!isWell) process.exitCode = 1;

async function runSeeds(): Promise<boolean> {
  const observedBy = values['observe-by'] === 'watch' ? ('watch' as const) : ('metacontroller' as const);
  const run = { minutes, services, observedBy, ...parseFaults(values.faults) };
  if (values.seed !== undefined) return replay({ ...run, seed: Number(values.seed) }, print);
  const code = hashCode(fileURLToPath(new URL('..', import.meta.url)));
  const about = {
    code,
    options: `--faults ${values.faults} --minutes ${minutes} --services ${services} --observe-by ${observedBy}`,
  };
  const journal = values.journal === undefined ? undefined : openJournal(values.journal, about);
  return tellSeeds({ first: Number(values.from), count, workers, run, journal }, print);
}

/** Tells for each planted mistake which invariant catches it, and what KubeElasti's order loses beside ours. */
async function huntMutants(): Promise<boolean> {
  const hunt: HuntRun = { maxSeeds: count, minutes, services, isCounting: false };
  const counting = { ...hunt, isCounting: true };
  const tasks: readonly Task[] = [
    ...MUTANTS.map(({ name }) => ({ kind: 'hunt', mutant: name, hunt }) as const),
    ...[KUBE_ELASTIS_ORDER, NO_MUTANT].map(({ name }) => ({ kind: 'hunt', mutant: name, hunt: counting }) as const),
  ];
  let isEachCaught = true;
  const onDone: Parameters<typeof carryOutAll>[1]['onDone'] = (done, index) => {
    const task = tasks[index];
    if (done.kind !== 'hunt' || task?.kind !== 'hunt') return;
    const { caught, cycles, losses, others } = done.found;
    if (task.hunt.isCounting) {
      const per = cycles === 0 ? 0 : (losses * 1000) / cycles;
      const name = task.mutant === NO_MUTANT.name ? 'our order' : task.mutant;
      print(`${name}: ${per.toFixed(1)} connections lost per 1,000 cycles, of ${cycles}`);
      return;
    }
    isEachCaught &&= caught !== undefined;
    const end = caught
      ? `caught by ${caught.name}, within ${caught.seeds} seeds and ${cycles} cycles`
      : `NOT CAUGHT in ${count} seeds; ${others.join(', ') || 'nothing was broken'}`;
    print(`${task.mutant}: ${end}`);
  };
  await carryOutAll(tasks, { workers, onDone });
  return isEachCaught;
}
