import { parseArgs } from 'node:util';
import type { Fault } from './faults/fault.ts';
import { FAULTS } from './faults/run-faults.ts';
import { SITE_FAULTS, type SiteFault } from './faults/site-faults.ts';
import { MISTAKES, type Mistake } from './mistakes.ts';

export interface LossOptions {
  readonly clusterName: string;
  /** Sleeps and wakes, of all services together. */
  readonly cycles: number;
  /** Rolling restarts without Elasti, for comparison. */
  readonly control: number;
  readonly services: number;
  readonly seed: number;
  readonly faults: readonly Fault[];
  readonly siteFaults: readonly SiteFault[];
  /** Planted to see the campaign fail. */
  readonly mistake: Mistake | undefined;
  /** A file for all that is known of each loss. */
  readonly json: string | undefined;
  /** Leaves logs and pods' output when the cluster is removed. */
  readonly isKeepingLogs: boolean;
  readonly isVerbose: boolean;
}

/** Reads the command line; throws one readable error. */
export function readOptions(): LossOptions {
  const { values } = parseArgs({
    options: {
      name: { type: 'string', default: 'loss' },
      cycles: { type: 'string', default: '200' },
      control: { type: 'string' },
      services: { type: 'string', default: '10' },
      seed: { type: 'string', default: '1' },
      faults: { type: 'string', default: 'all' },
      mistake: { type: 'string' },
      json: { type: 'string' },
      keep: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
    },
  });
  const cycles = countOf('cycles', values.cycles);
  const isChosen = choose(values.faults);
  return {
    clusterName: values.name,
    cycles,
    control: values.control === undefined ? cycles : countOf('control', values.control),
    services: countOf('services', values.services),
    seed: countOf('seed', values.seed),
    faults: FAULTS.filter(isChosen),
    siteFaults: SITE_FAULTS.filter(isChosen),
    mistake: chooseMistake(values.mistake),
    json: values.json,
    isKeepingLogs: values.keep,
    isVerbose: values.verbose,
  };
}

function choose(text: string): (fault: { readonly name: string }) => boolean {
  if (text === 'all') return () => true;
  const chosen = text === 'none' ? [] : text.split(',');
  const known = [...FAULTS, ...SITE_FAULTS].map(({ name }) => name);
  const unknown = chosen.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`there is no fault ${unknown}; there are: all, none, ${known.join(', ')}`);
  return ({ name }) => chosen.includes(name);
}

function chooseMistake(name: string | undefined): Mistake | undefined {
  const known = Object.keys(MISTAKES) as Mistake[];
  const chosen = known.find((mistake) => mistake === name);
  if (name !== chosen) throw new Error(`there is no mistake ${name}; there are: ${known.join(', ')}`);
  return chosen;
}

function countOf(option: string, text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 0) throw new Error(`--${option} takes a whole number, not ${text}`);
  return count;
}
