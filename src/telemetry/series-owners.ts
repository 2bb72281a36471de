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

type Labels = Readonly<Record<string, string>>;

interface Owned {
  touchedAtMs: number;
  /** A handful, and one list takes a tenth of the memory of maps by collector and labels: there are thousands of owners. */
  readonly series: { readonly collector: Collector<string>; readonly labels: Labels }[];
}

/** Creates the book of owners; monotonicMs is the clock that silence is measured by. */
export function createSeriesOwners(monotonicMs: () => number): SeriesOwners {
  const owners = new Map<string, Owned>();
  return {
    touch: (owner) => {
      const known = owners.get(owner);
      if (known) known.touchedAtMs = monotonicMs();
      else owners.set(owner, { touchedAtMs: monotonicMs(), series: [] });
      return known === undefined;
    },

    own: (owner, collector, labels) => {
      const series = owners.get(owner)?.series;
      if (series?.some((known) => known.collector === collector && hasSameValues(known.labels, labels))) return;
      series?.push({ collector, labels });
    },

    sweep: (maxSilenceMs) => {
      const silent = [...owners].filter(([, { touchedAtMs }]) => monotonicMs() - touchedAtMs > maxSilenceMs);
      for (const [owner, { series }] of silent) {
        for (const { collector, labels } of series) collector.remove(labels);
        owners.delete(owner);
      }
      return silent.map(([owner]) => owner);
    },
  };
}

/** Two of one collector have the same names. */
function hasSameValues(a: Labels, b: Labels): boolean {
  return Object.keys(a).every((name) => a[name] === b[name]);
}
