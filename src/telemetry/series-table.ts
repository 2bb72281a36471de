import { setImmediate } from 'node:timers/promises';
import type { Family } from './families.ts';
import { createOwners, type Owners } from './owners.ts';
import { createSeries, type Series } from './series.ts';

/** The series of thousands of owners. They end with their owner. */
export interface SeriesTable<F extends string> extends Pick<Owners, 'find' | 'touch'> {
  readonly series: Readonly<Record<F, Series>>;
  /** Removes the series of every owner that was not touched for longer than this; `onGone` is told of each before. */
  sweep(maxSilenceMs: number, onGone?: (row: number) => void): void;
  /** In Prometheus' text format, in parts. */
  write(): AsyncGenerator<Buffer>;
}

/** A part of a histogram is about 200 KB: it takes a millisecond to write, and a hook waits no longer. */
const ROWS_AT_ONCE = 250;

/**
 * Numbers in columns and a row for each owner: 10,000 ElastiServices have 150,000 series, which take twenty times as much as
 * labelled objects. `labelsOf` gives an owner's own labels.
 */
export function createSeriesTable<F extends string>(
  families: Readonly<Record<F, Family>>,
  { labelsOf, monotonicMs }: { labelsOf(owner: string): string; monotonicMs(): number },
): SeriesTable<F> {
  const owners = createOwners(monotonicMs);
  const entries = Object.entries<Family>(families).map(([key, family]) => [key, createSeries(family)] as const);
  const series = Object.fromEntries(entries) as Record<F, Series>;

  const linesOf = (one: Series, from: number): string => {
    let text = '';
    for (let row = from; row < from + ROWS_AT_ONCE && row < owners.names.length; row++) {
      const name = owners.names[row];
      if (name !== undefined) text += one.lines(row, labelsOf(name));
    }
    return text;
  };

  return {
    find: owners.find,
    touch: owners.touch,
    series,
    sweep: (maxSilenceMs, onGone) =>
      owners.sweep(maxSilenceMs, (row) => {
        onGone?.(row);
        for (const [, one] of entries) one.clear(row);
      }),
    async *write() {
      for (const [, one] of entries) {
        yield Buffer.from(one.header());
        for (let from = 0; from < owners.names.length; from += ROWS_AT_ONCE) {
          await setImmediate();
          yield Buffer.from(linesOf(one, from));
        }
      }
    },
  };
}
