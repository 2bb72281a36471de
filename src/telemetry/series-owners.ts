/** What prom-client's collectors have in common here. */
export interface Collector<L extends string> {
  remove(labels: Readonly<Record<L, string>>): void;
}

/** Which series belong to whom, so that they end with their owner. */
export interface SeriesOwners {
  /** Notes that the owner is alive; true where it was not known. */
  touch(owner: string): boolean;
  /** Gives the owner, who must be alive, the series with these labels. */
  own<L extends string>(owner: string, collector: Collector<L>, labels: Readonly<Record<L, string>>): void;
  /** Removes the series of every owner that was not touched for longer than this, and gives those owners. */
  sweep(maxSilenceMs: number): readonly string[];
}

interface Owned {
  touchedAtMs: number;
  /** How to remove each series, by collector and label values. */
  readonly removals: Map<object, Map<string, () => void>>;
}

/** Creates the book of owners; monotonicMs is the clock that silence is measured by. */
export function createSeriesOwners(monotonicMs: () => number): SeriesOwners {
  const owners = new Map<string, Owned>();
  return {
    touch: (owner) => {
      const known = owners.get(owner);
      if (known) known.touchedAtMs = monotonicMs();
      else owners.set(owner, { touchedAtMs: monotonicMs(), removals: new Map() });
      return known === undefined;
    },

    own: (owner, collector, labels) => {
      const removals = owners.get(owner)?.removals;
      if (!removals) return;
      let ofCollector = removals.get(collector);
      if (!ofCollector) {
        ofCollector = new Map();
        removals.set(collector, ofCollector);
      }
      const values = Object.values(labels).join('\n');
      if (!ofCollector.has(values)) ofCollector.set(values, () => collector.remove(labels));
    },

    sweep: (maxSilenceMs) => {
      const silent = [...owners].filter(([, { touchedAtMs }]) => monotonicMs() - touchedAtMs > maxSilenceMs);
      for (const [owner, { removals }] of silent) {
        for (const ofCollector of removals.values()) for (const remove of ofCollector.values()) remove();
        owners.delete(owner);
      }
      return silent.map(([owner]) => owner);
    },
  };
}
