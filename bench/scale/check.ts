import { readFileSync } from 'node:fs';
import { printLine, printTable } from '../print.ts';
import type { RestFigures } from './measure.ts';
import { clientNames } from './measure-idle.ts';
import { idleCallsPerPoll, liveKiBPerService } from './report.ts';

/** What is allowed beside the figures that are kept: the machine and the garbage collector have their moods. */
const ALLOWED_GROWTH = 1.5;
/** Calls of a process for itself, such as the renewal of a watch: not more than so many in a window. */
const FREE_CALLS = 10;

/** The figures that must not grow, by name. */
export type Guarded = Readonly<Record<string, number>>;

const KEPT = new URL('expected.json', import.meta.url);

export function guardedOf(figures: RestFigures): Guarded {
  const calls = clientNames.map((name) => [
    `idle calls per service and poll, ${name}`,
    idleCallsPerPoll(figures, name),
  ]);
  return {
    'live KiB per service, hook service': liveKiBPerService(figures, 'hook service'),
    'live KiB per service, resolver': liveKiBPerService(figures, 'resolver'),
    ...Object.fromEntries(calls),
  };
}

/** Compares with what is kept for these components, prints both, and says whether nothing has grown by more than half. */
export function check(figures: RestFigures, components: readonly string[]): boolean {
  const name = components.join(' ') || 'no component';
  const kept = (JSON.parse(readFileSync(KEPT, 'utf8')) as Readonly<Record<string, Guarded>>)[name];
  if (kept === undefined) throw new Error(`bench/scale/expected.json holds nothing for ${name}`);
  const freeCallsPerPoll = (FREE_CALLS * figures.pollSeconds) / figures.idle.seconds / figures.services;
  const rows = Object.entries(guardedOf(figures)).map(([name, value]) => {
    const expected = kept[name] ?? 0;
    const allowed = ALLOWED_GROWTH * expected + (name.startsWith('idle calls') ? freeCallsPerPoll : 0);
    return { name, value, expected, isMet: value <= allowed };
  });
  printTable('Against the figures that are kept', [
    ['', 'kept', 'now', ''],
    ...rows.map(({ name, value, expected, isMet }) => [
      name,
      expected.toFixed(3),
      value.toFixed(3),
      isMet ? '' : 'GROWN BY MORE THAN HALF',
    ]),
  ]);
  const isMet = rows.every((row) => row.isMet);
  if (!isMet) printLine('  bench/scale/expected.json holds what is kept');
  return isMet;
}
