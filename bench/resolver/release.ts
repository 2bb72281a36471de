import { setTimeout as sleep } from 'node:timers/promises';
import { printTable } from '../print.ts';
import { quantile } from '../stats.ts';
import { startChild } from './child.ts';
import type { Answer } from './resolver-process.ts';

interface Answers {
  readonly answeredAtMs: readonly number[];
  readonly startedAtMs: number;
}

/**
 * What connections wait after their pod is ready, and, beside it, what as many clients wait that find the pod ready and
 * connect to it themselves: no proxy that opens a connection for each can be faster than that.
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
  const { port: podPort } = await pod.ask<{ port: number }>({ listen: 0 });
  const rows = [];
  for (const { services, each } of herds) {
    const resolver = await startChild('resolver-process.ts');
    const ports = Array.from({ length: services }, (_, i) => firstPort + i);
    await resolver.ask({ listen: ports });
    const rounds = each >= 1000 ? 3 : 10;
    const clientMs: number[] = [];
    const addedMs: number[] = [];
    const directMs: number[] = [];
    const before = await resolver.ask<Answer>({ memory: true });
    let heldRss = 0;
    for (let round = 0; round < rounds; round++) {
      await resolver.ask({ pod: null });
      await herd.ask({ ports, each });
      while ((await resolver.ask<Answer>({})).held < services * each) await sleep(20);
      if (round === 0) heldRss = (await resolver.ask<Answer>({ memory: true })).rss - before.rss;
      const { readyAtMs } = await resolver.ask<Answer>({ pod: podPort });
      const { answeredAtMs } = await herd.ask<Answers>({ answers: true });
      clientMs.push(...answeredAtMs.map((atMs) => atMs - readyAtMs));
      addedMs.push(...(await resolver.ask<Answer>({})).addedMs);

      await herd.ask({ ports: [podPort], each: services * each, atOnce: services * each });
      const direct = await herd.ask<Answers>({ answers: true });
      directMs.push(...direct.answeredAtMs.map((atMs) => atMs - direct.startedAtMs));
    }
    await resolver.stop();
    rows.push([
      `${services} x ${each}`,
      ...[addedMs, clientMs, directMs].map((list) =>
        [0.5, 0.95, 0.99].map((q) => quantile(list, q).toFixed(1)).join(' / '),
      ),
      services * each >= 1000 ? (heldRss / 1024 / services / each).toFixed(1) : '',
    ]);
  }
  await Promise.all([pod.stop(), herd.stop()]);
  printTable('waited after a pod was ready, in ms: p50 / p95 / p99', [
    ['services x held', 'until the pod was reached', 'until the answer', 'clients without a proxy', 'KiB RSS / held'],
    ...rows,
  ]);
}
