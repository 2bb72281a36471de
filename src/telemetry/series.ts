import { type Column, createColumn } from './column.ts';
import type { Family } from './families.ts';

type Labels = Readonly<Record<string, string>>;

/** The series of one family: for each combination of the labels that all owners share, a number or a histogram for each row. */
export interface Series {
  add(row: number, labels: string, by?: number): void;
  set(row: number, labels: string, value: number): void;
  /** Counts a value of a histogram. */
  observe(row: number, labels: string, value: number): void;
  /** Takes all series of a row, or those with these labels. */
  clear(row: number, labels?: string): void;
  /** The lines HELP and TYPE. */
  header(): string;
  /** The lines of one row, whose own labels are given. */
  lines(row: number, own: string): string;
}

/** Columns of one combination: the sum is a histogram's, whose last bucket has no bound. */
interface Combination {
  readonly labels: string;
  readonly values: readonly Column[];
  readonly sum: Column;
}

/** Creates them; labels come as Prometheus writes them, see `labelText`. */
export function createSeries({ name, type, help, buckets = [] }: Family): Series {
  const bounds = [...buckets.map(String), '+Inf'];
  const combinations = new Map<string, Combination>();

  const combinationOf = (labels: string): Combination => {
    let found = combinations.get(labels);
    if (found === undefined) {
      const values = type === 'histogram' ? bounds.map(createColumn) : [createColumn()];
      found = { labels, values, sum: createColumn() };
      combinations.set(labels, found);
    }
    return found;
  };

  const clearOne = ({ values, sum }: Combination, row: number) => {
    for (const column of values) column.clear(row);
    sum.clear(row);
  };

  const histogramLines = (row: number, { values, sum }: Combination, labels: string): string => {
    const total = sum.get(row);
    if (total === undefined) return '';
    let count = 0;
    let text = '';
    for (const [i, bound] of bounds.entries()) {
      count += values[i]?.get(row) ?? 0;
      text += `${name}_bucket{le="${bound}",${labels}} ${count}\n`;
    }
    return `${text}${name}_sum{${labels}} ${total}\n${name}_count{${labels}} ${count}\n`;
  };

  return {
    add: (row, labels, by = 1) => combinationOf(labels).values[0]?.add(row, by),
    set: (row, labels, value) => combinationOf(labels).values[0]?.set(row, value),
    observe: (row, labels, value) => {
      const { values, sum } = combinationOf(labels);
      const bucket = buckets.findIndex((bound) => value <= bound);
      values[bucket < 0 ? buckets.length : bucket]?.add(row, 1);
      sum.add(row, value);
    },
    clear: (row, labels) => {
      if (labels !== undefined) clearOne(combinationOf(labels), row);
      else for (const combination of combinations.values()) clearOne(combination, row);
    },
    header: () => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`,
    lines: (row, own) => {
      let text = '';
      for (const combination of combinations.values()) {
        const labels = combination.labels === '' ? own : `${own},${combination.labels}`;
        if (type === 'histogram') {
          text += histogramLines(row, combination, labels);
          continue;
        }
        const value = combination.values[0]?.get(row);
        if (value !== undefined) text += `${name}{${labels}} ${value}\n`;
      }
      return text;
    },
  };
}

/** Labels as Prometheus writes them between braces. */
export function labelText(labels: Labels): string {
  return Object.entries(labels)
    .map(([label, value]) => `${label}="${escapeValue(value)}"`)
    .join(',');
}

const ESCAPES: Labels = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };

function escapeValue(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => ESCAPES[character] ?? character);
}
