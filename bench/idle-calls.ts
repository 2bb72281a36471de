import { countProcessReads } from './idle-calls/process-reads.ts';
import { type Rest, watchRest } from './idle-calls/rest.ts';
import { readSituations } from './idle-calls/situations.ts';
import { printLine, printTable } from './print.ts';

// How many calls to the API server an ElastiService costs while nothing changes, over 10 minutes of a virtual clock.

const MINUTES = 10;
const DURATION_MS = MINUTES * 60_000;

const situations = readSituations();
const rests = await Promise.all(situations.map((situation) => watchRest(situation, DURATION_MS)));

printTable(`Calls of ours to the API server for one ElastiService in ${MINUTES} min with nothing changing`, [
  ['situation', 'syncs', 'writes', 'reads', '/scale looks', 'syncs that change anything', 'Prometheus queries'],
  ...situations.map(({ name }, i) => {
    const { syncs, changes, queries, ...rest } = rests[i] as Rest;
    const { writes, reads, looks } = countCalls(rest);
    return [name, syncs, writes, reads, looks, changes, queries];
  }),
]);
printTable(`Reads of one replica for itself in ${MINUTES} min, however many ElastiServices`, [
  ['call', 'count'],
  ...(await countProcessReads(DURATION_MS)),
]);

const isMet = situations.every(({ name, isGoal }, i) => {
  const rest = rests[i] as Rest;
  if (isGoal && rest.phase !== name) throw new Error(`${name} did not rest but became ${rest.phase}`);
  const { writes, reads, looks } = countCalls(rest);
  return !isGoal || (writes === 0 && reads === 0 && looks <= MINUTES / 5 && rest.changes === 0);
});
printLine(`  goal 0 writes and 0 reads per poll while Serving and Asleep: ${isMet ? 'met' : 'MISSED'}`);
// Unlike the times of the other benchmarks these are counts, the same on every machine.
if (!isMet) process.exitCode = 1;

/** The look at /scale every 5 min while asleep is counted apart: it does not go with the polls. */
function countCalls({ calls }: Pick<Rest, 'calls'>): { writes: number; reads: number; looks: number } {
  const writes = calls.filter(({ isWrite }) => isWrite).length;
  const looks = calls.filter(({ name }) => name === 'readScale').length;
  return { writes, looks, reads: calls.length - writes - looks };
}
