import type { Hook } from './model-cluster.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** Decides which of `count` waiting calls the API server serves next. */
export type Choose = (count: number) => number;

/** Whose calls can be held up. */
export interface Hooked {
  before(hook: Hook): () => void;
}

/** Serves the cluster's calls one at a time, in the order that `choose` picks, until none is waiting. */
export async function serveInOrder(
  { cluster, clock }: { readonly cluster: Hooked; readonly clock: VirtualClock },
  choose: Choose,
): Promise<void> {
  const waiting: (() => void)[] = [];
  const stop = cluster.before(
    () =>
      new Promise<void>((resolve) => {
        waiting.push(resolve);
      }),
  );
  for (await clock.settle(); waiting.length > 0; await clock.settle()) {
    const [serve] = waiting.splice(choose(waiting.length), 1);
    serve?.();
  }
  stop();
}

/** Runs a scenario once for every possible sequence of choices; answers with how many there were. */
export async function forEveryOrder(scenario: (choose: Choose) => Promise<void>): Promise<number> {
  let path: { picked: number; count: number }[] = [];
  for (let runs = 1; ; runs++) {
    let depth = 0;
    await scenario((count) => {
      const step = path[depth] ?? { picked: 0, count };
      path[depth] = step;
      depth += 1;
      return step.picked;
    });
    // The next path: the last choice that has an alternative left takes it, and all after it start anew.
    const last = path.findLastIndex(({ picked, count }) => picked + 1 < count);
    if (last === -1) return runs;
    path = path.slice(0, last + 1).map((step, i) => (i === last ? { ...step, picked: step.picked + 1 } : step));
  }
}
