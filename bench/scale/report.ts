import { printLine, printTable } from '../print.ts';
import type { AllWakes, LoadFigures, RestFigures } from './measure.ts';
import { clientNames } from './measure-idle.ts';
import type { AllMemory } from './measure-memory.ts';
import type { RestartFigures } from './measure-restarts.ts';
import type { PassFigures } from './measure-syncs.ts';
import type { TriggerPass } from './measure-triggers.ts';
import type { WakeFigures } from './measure-wakes.ts';

/** Live memory for each further ElastiService, in KiB. */
export function liveKiBPerService(
  { services, memory: { few, all } }: RestFigures,
  of: 'hook service' | 'resolver',
): number {
  const added = (all[of].liveMiB ?? 0) - (few.memory[of].liveMiB ?? 0);
  return (added * 1024) / (services - few.services);
}

/** Calls to the API per ElastiService and poll while nothing happens. */
export function idleCallsPerPoll(
  { services, pollSeconds, idle }: RestFigures,
  of: (typeof clientNames)[number],
): number {
  const calls = Object.values(idle.clients[of].calls).reduce((sum, count) => sum + count, 0);
  return (calls * pollSeconds) / idle.seconds / services;
}

export function printRest(figures: RestFigures): void {
  const { services, memory, idle, pass, startUp } = figures;
  printLine(
    `\n${services} ElastiServices, polled each ${figures.pollSeconds} s, ${figures.metacontroller} Metacontroller`,
  );
  printTable('Memory, MiB', [
    ['', 'RSS', 'peak', 'live', 'live KiB for each further service'],
    ...clientNames.map((name) => {
      const { rssMiB, peakMiB, liveMiB } = memory.all[name];
      const perService = name === 'Metacontroller' ? '' : liveKiBPerService(figures, name).toFixed(1);
      return [name, rssMiB.toFixed(1), peakMiB.toFixed(1), liveMiB?.toFixed(1) ?? '', perService];
    }),
  ]);
  printTable(`Idle for ${idle.seconds.toFixed(0)} s, ${idle.syncsPerSecond.toFixed(1)} syncs/s`, [
    ['', 'CPU %', 'calls per service and poll', 'calls'],
    ...clientNames.map((name) => {
      const { cpuPercent, calls } = idle.clients[name];
      const list = Object.entries(calls).map(([what, count]) => `${count} ${what}`);
      return [name, cpuPercent.toFixed(1), idleCallsPerPoll(figures, name).toFixed(3), list.join(', ') || 'none'];
    }),
  ]);
  const { count, createdSeconds, settledSeconds } = startUp;
  printLine(
    `\n  ${count} ElastiServices created in ${createdSeconds.toFixed(1)} s: settled after ${settledSeconds.toFixed(1)} s`,
  );
  printLine(`  a pass over all: ${tellPass(pass)}, ${(services / pass.seconds).toFixed(0)} syncs/s`);
}

/** What there is of it. */
export function printLoad({ wakes, restarts, triggerPasses, memoryAtTheEnd }: LoadFigures): void {
  if (wakes) printWakes(wakes);
  if (restarts) printRestarts(restarts);
  if (triggerPasses) printTriggerPasses(triggerPasses);
  if (memoryAtTheEnd) printMemoryAtTheEnd(memoryAtTheEnd);
}

function printWakes(wakes: AllWakes): void {
  const row = (name: string, { count, failed, seconds, p50Ms, p99Ms }: WakeFigures) => [
    name,
    count,
    failed,
    seconds.toFixed(2),
    p50Ms.toFixed(1),
    p99Ms.toFixed(1),
  ];
  printTable('Wakes', [
    ['', 'wakes', 'failed', 'seconds', 'p50 ms', 'p99 ms'],
    row('5/s, at rest', wakes.quiet),
    row('their bare API calls', wakes.bareQuiet),
    row('5/s, all being synced', wakes.busy),
    row('their bare API calls', wakes.bareBusy),
    row('all within one second', wakes.burst),
    row('their bare API calls', wakes.bareBurst),
  ]);
  for (const [name, { failure }] of Object.entries(wakes)) if (failure) printLine(`  a failure of ${name}: ${failure}`);
  const ratio = (of: WakeFigures, bare: WakeFigures) => (of.p99Ms / bare.p99Ms).toFixed(2);
  printLine(
    `  p99 / bare: at rest ${ratio(wakes.quiet, wakes.bareQuiet)}, synced ${ratio(wakes.busy, wakes.bareBusy)}`,
  );
  printLine(`  all of the burst / bare: ${(wakes.burst.seconds / wakes.bareBurst.seconds).toFixed(2)}`);
}

function printRestarts({ hookService, metacontroller, wakeSeconds, resolver, roll }: RestartFigures): void {
  printLine(`\n  hook service killed and started, all synced: ${tellPass(hookService)}`);
  printLine(`  Metacontroller stopped and started, all synced: ${tellPass(metacontroller)}`);
  printLine(
    `  a wake asked for from the restart on was patched after: hook service ${wakeSeconds.hookService.toFixed(2)} s, Metacontroller ${wakeSeconds.metacontroller.toFixed(2)} s`,
  );
  printLine(
    `  resolver killed and started, all ports open: ${resolver.seconds.toFixed(2)} s, ${resolver.writes} writes`,
  );
  printLine(
    `  a second resolver in all slices: ${roll.inSeconds.toFixed(2)} s, out of them: ${roll.outSeconds.toFixed(2)} s, ${roll.writes} writes`,
  );
}

function printTriggerPasses(passes: readonly TriggerPass[]): void {
  printTable('A pass over the triggers of all', [
    ['Prometheus answers', 'seconds', 'answered in one poll', 'p99 of the syncs, s, at most'],
    ...passes.map(({ delay, seconds, answeredInOnePoll, syncP99Seconds }) => [
      delay === 'never' ? 'never' : `in ${delay} ms`,
      seconds?.toFixed(1) ?? 'never',
      answeredInOnePoll,
      syncP99Seconds,
    ]),
  ]);
}

function printMemoryAtTheEnd(memory: AllMemory): void {
  const parts = clientNames.map((name) => {
    const { rssMiB, peakMiB } = memory[name];
    return `${name} ${rssMiB.toFixed(1)} (peak ${peakMiB.toFixed(1)})`;
  });
  printLine(`  RSS at the end, MiB: ${parts.join(', ')}`);
}

const tellPass = ({ seconds, syncs, writes }: PassFigures): string =>
  `${seconds.toFixed(2)} s, ${syncs} syncs, ${writes} writes`;
