import { printTable } from '../print.ts';
import type { MemoryFigures } from './measure.ts';

/** What each further ElastiService takes of live memory, by the last look at it; the garbage collector has its moods. */
const KEPT_LIVE_KIB = 2;
/**
 * The ConfigMaps of the claims are read once in a poll, however many ElastiServices there are. The replicas of each target that
 * sleeps, which is every other one, are looked at every five minutes, and for the first time in this poll.
 */
const keptCalls = (services: number): number => 16 + services / 2;
const ALLOWED_GROWTH = 1.5;

type Measured = MemoryFigures & { readonly services: number };

/** Whether neither live memory nor calls at rest have grown by more than half; `all` are of few and of many ElastiServices. */
export function checkGrowth(all: readonly Measured[]): boolean {
  const [few, many] = [all[0], all.at(-1)];
  if (!few || !many || few.services >= many.services) throw new Error('few and many ElastiServices are needed');
  const liveKiB = ((many.liveMiB - few.liveMiB) * 1024) / (many.services - few.services);
  const rows = [
    { name: 'live KiB for each further ElastiService', value: liveKiB, kept: KEPT_LIVE_KIB },
    {
      name: 'API calls at rest in a poll, all together',
      value: many.callsPerSync * many.services,
      kept: keptCalls(many.services),
    },
  ].map((row) => ({ ...row, isMet: row.value <= ALLOWED_GROWTH * row.kept }));
  printTable('Against what is kept', [
    ['', 'kept', 'now', ''],
    ...rows.map(({ name, value, kept, isMet }) => [
      name,
      kept.toFixed(1),
      value.toFixed(1),
      isMet ? '' : 'GROWN BY MORE THAN HALF',
    ]),
  ]);
  return rows.every(({ isMet }) => isMet);
}
