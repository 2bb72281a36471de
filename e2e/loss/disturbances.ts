import type { Harm } from './causes.ts';

/** What faults are doing, and what they did. */
export interface Disturbances {
  /** For the report: `none`, the name of the one that goes on, or `several`. */
  goingOn(): string;
  /** Runs a fault; its name stands for what goes on from its begin until a while after its end. */
  during(name: string, work: () => Promise<void>): Promise<void>;
  /** Notes that one was done to a single site. */
  count(name: string): void;
  harm(harm: Harm): void;
  readonly harms: readonly Harm[];
  /** How often each has run. */
  readonly counts: ReadonlyMap<string, number>;
}

export function createDisturbances(): Disturbances {
  const names: string[] = [];
  const harms: Harm[] = [];
  const counts = new Map<string, number>();
  const count = (name: string) => void counts.set(name, (counts.get(name) ?? 0) + 1);
  return {
    goingOn: () => (names.length > 1 ? 'several' : (names[0] ?? 'none')),
    async during(name, work) {
      names.push(name);
      try {
        await work();
      } finally {
        names.splice(names.indexOf(name), 1);
        count(name);
      }
    },
    count,
    harm: (harm) => void harms.push(harm),
    harms,
    counts,
  };
}
