import type { Mutant } from './mutant.ts';

/** Mistakes of replicas that watch by themselves. To go by a watch that went silent is none: what changes anything rests on live reads. */
export const MUTANTS_BY_WATCH: readonly Mutant[] = [
  {
    name: 'never ask Metacontroller for a sync',
    caughtBy: ['converge', 'I4', 'I1'],
    faults: [],
    observedBy: 'watch',
    sighted: (deps) => ({ ...deps, isMine: () => false }),
  },
  {
    name: 'ask for syncs that change nothing',
    caughtBy: ['I9'],
    faults: [],
    observedBy: 'watch',
    sighted: (deps) => ({
      ...deps,
      // Each nudge is sent on and on.
      cluster: {
        ...deps.cluster,
        writeNudge: async (ref, value, options) => {
          const again = (count: number): Promise<unknown> =>
            deps.cluster.writeNudge(ref, `${value}${count}`, options).then(() => again(count + 1));
          void again(0).catch(() => {});
          return deps.cluster.writeNudge(ref, value, options);
        },
      },
    }),
  },
];
