import type { Mutant } from './mutant.ts';

const nothing = () => {};

/** The planted mistakes of a hook service that watches the cluster itself. */
export const MUTANTS_OWN_WATCH: readonly Mutant[] = [
  {
    name: 'never ask for a sync',
    caughtBy: ['converge'],
    faults: ['ownWatch'],
    nudges: () => ({
      parent: nothing,
      related: nothing,
      start: nothing,
      resolversChanged: nothing,
      shareChanged: nothing,
      stop: nothing,
    }),
  },
];
