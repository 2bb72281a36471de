import type { CheckContext } from './context.ts';

const MAX_WRITES_PER_MINUTE = 90;
const MAX_SYNCS_PER_MINUTE = 400;
/** Of five minutes: what nobody caused, and what one cause may lead to. */
const UNCAUSED_WRITES = 12;
const WRITES_PER_CAUSE = 10;
const SPAN_MINUTES = 5;

/**
 * I9: writes and syncs per minute, and writes for which there was no cause: replicas that undo each other go on for ever
 * while nothing happens, however slowly.
 */
export function checkRates({ world, truthOf, violate }: CheckContext): { everyMinute(): void } {
  let minutes = 0;
  return {
    everyMinute: () => {
      minutes += 1;
      for (const site of world.sites) {
        const truth = truthOf(site);
        if (truth.writes > MAX_WRITES_PER_MINUTE) violate('I9 writes', site, `${truth.writes} writes within a minute`);
        if (truth.syncs > MAX_SYNCS_PER_MINUTE) violate('I9 syncs', site, `${truth.syncs} syncs within a minute`);
        truth.spanWrites += truth.writes;
        truth.writes = 0;
        truth.syncs = 0;
        if (minutes % SPAN_MINUTES !== 0) continue;
        const sharing = world.places.ofTarget(site.targetKey);
        const turns = sharing.reduce((sum, each) => sum + world.prometheus.turns(each), 0);
        const { spanWrites } = truth;
        const causes = truth.causes + turns - truth.seenTurns;
        truth.seenTurns = turns;
        if (spanWrites > UNCAUSED_WRITES + WRITES_PER_CAUSE * causes) {
          violate('I9 undone', site, `${spanWrites} writes within ${SPAN_MINUTES} min, for ${causes} causes`);
        }
        truth.spanWrites = 0;
        truth.causes = 0;
      }
    },
  };
}
