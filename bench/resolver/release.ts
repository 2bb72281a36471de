import { setTimeout as sleep } from 'node:timers/promises';
import { printLine, printTable } from '../print.ts';
import { quantile } from '../stats.ts';
import { startChild } from './child.ts';
import type { Answers } from './herd.ts';
import type { Answer as Pod } from './pod.ts';
import type { Answer } from './resolver-process.ts';

const ANSWERS_MS = 60_000;
/** Up to so many held, and beyond; both as p95. */
const GOALS = [
  { upTo: 100, ms: 10 },
  { upTo: 10_000, ms: 50 },
];

/**
 * What connections wait after their pod is ready, until the pod has their request; and, beside it, what as many clients
 * wait that find the pod ready and connect to it themselves: no proxy that opens a connection for each can be faster.
 */
export async function measureRelease(firstPort: number, most: number): Promise<void> {
  const herds = [
    { services: 1, each: 1 },
    { services: 1, each: 100 },
    { services: 1, each: 1000 },
    { services: 1, each: most },
    { services: 100, each: 1 },
    { services: 100, each: 10 },
  ];
  const [pod, herd] = await Promise.all([startChild('pod.ts'), startChild('herd.ts')]);
  const { port: podPort } = await pod.ask<Pod>({ listen: 0 });
  const rows = [];
  const misses: string[] = [];
  for (const { services, each } of herds) {
    const all = services * each;
    const resolver = await startChild('resolver-process.ts');
    const ports = Array.from({ length: services }, (_, i) => firstPort + i);
    await resolver.ask({ listen: ports });
    const rounds = all >= 1000 ? 4 : 11;
    const times = { first: [] as number[], later: [] as number[], direct: [] as number[], cpuUs: [] as number[] };
    const before = await resolver.ask<Answer>({ memory: true });
    let heldRss = 0;
    for (let round = 0; round < rounds; round++) {
      await resolver.ask({ pod: null });
      await herd.ask({ ports, each });
      while ((await resolver.ask<Answer>({})).held < all) await sleep(20);
      const held = await resolver.ask<Answer>({ memory: round === 0 });
      if (round === 0) heldRss = held.rss - before.rss;
      await pod.ask({ notes: true });
      const { readyAtMs } = await resolver.ask<Answer>({ pod: podPort });
      await herd.ask<Answers>({ answersMs: ANSWERS_MS });
      const after = await resolver.ask<Answer>({});
      const reachedMs = (await pod.ask<Pod>({})).readAtMs.map((atMs) => atMs - readyAtMs);
      (round === 0 ? times.first : times.later).push(...reachedMs);
      if (round > 0) times.cpuUs.push(((after.cpuMs - held.cpuMs) * 1000) / all);

      await pod.ask({ notes: true });
      await herd.ask({ ports: [podPort], each: all, atOnce: all });
      const { startedAtMs } = await herd.ask<Answers>({ answersMs: ANSWERS_MS });
      const { readAtMs } = await pod.ask<Pod>({});
      if (round > 0) times.direct.push(...readAtMs.map((atMs) => atMs - startedAtMs));
    }
    await resolver.stop();
    const goal = GOALS.find(({ upTo }) => all <= upTo);
    for (const [which, list] of [['', times.later] as const, [', first herd', times.first] as const]) {
      const p95 = quantile(list, 0.95);
      const isMissed = goal !== undefined && p95 > goal.ms;
      if (isMissed) misses.push(`${services} x ${each}${which}: p95 ${p95.toFixed(1)} ms; goal <= ${goal.ms}: MISSED`);
    }
    rows.push([
      `${services} x ${each}`,
      ...[times.later, times.first, times.direct].map((list) =>
        [0.5, 0.95, 0.99].map((q) => quantile(list, q).toFixed(1)).join(' / '),
      ),
      all >= 100 ? quantile(times.cpuUs, 0.5).toFixed(0) : '',
      all >= 1000 ? (heldRss / 1024 / all).toFixed(1) : '',
    ]);
  }
  await Promise.all([pod.stop(), herd.stop()]);
  printTable('from a pod that is ready to the request that it has, in ms: p50 / p95 / p99', [
    [
      'services x held',
      'until the pod has it',
      'the first herd of a process',
      'clients without a proxy',
      'CPU us / held',
      'KiB / held',
    ],
    ...rows,
  ]);
  for (const miss of misses) printLine(`  ${miss}`);
}
