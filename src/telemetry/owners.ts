import { createColumn } from './column.ts';

/** Who has a row in the columns, until they have been silent for too long. */
export interface Owners {
  /** The row of one who has one. */
  find(owner: string): number | undefined;
  /** Notes that the owner is alive, and gives it a row where it had none. */
  touch(owner: string): number;
  /** Takes the rows of all who were not touched for longer than this; `onGone` is told of each. */
  sweep(maxSilenceMs: number, onGone: (row: number) => void): void;
  /** By row; undefined where a row is free. */
  readonly names: readonly (string | undefined)[];
}

/** monotonicMs is the clock that silence is measured by. */
export function createOwners(monotonicMs: () => number): Owners {
  const rows = new Map<string, number>();
  const names: (string | undefined)[] = [];
  const free: number[] = [];
  const touchedAtMs = createColumn();
  return {
    names,
    find: (owner) => rows.get(owner),
    touch: (owner) => {
      const row = rows.get(owner) ?? free.pop() ?? names.length;
      if (names[row] === undefined) {
        names[row] = owner;
        rows.set(owner, row);
      }
      touchedAtMs.set(row, monotonicMs());
      return row;
    },
    sweep: (maxSilenceMs, onGone) => {
      const nowMs = monotonicMs();
      for (const [owner, row] of rows) {
        if (nowMs - (touchedAtMs.get(row) ?? 0) <= maxSilenceMs) continue;
        rows.delete(owner);
        names[row] = undefined;
        free.push(row);
        onGone(row);
      }
    },
  };
}
