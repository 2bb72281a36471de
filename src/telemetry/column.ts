/** A number for each of many rows, some of which have none. */
export interface Column {
  get(row: number): number | undefined;
  set(row: number, value: number): void;
  /** Adds to what is there, or to 0. */
  add(row: number, by: number): void;
  clear(row: number): void;
}

const ROWS_PER_CHUNK = 256;

/** Eight bytes a row, taken a few hundred rows at a time where there is something to keep. */
export function createColumn(): Column {
  const chunks: (Float64Array | undefined)[] = [];
  const chunkOf = (row: number) => Math.floor(row / ROWS_PER_CHUNK);
  const get = (row: number) => {
    const value = chunks[chunkOf(row)]?.[row % ROWS_PER_CHUNK];
    // NaN stands for none: it is no value that anybody counts.
    return value === undefined || Number.isNaN(value) ? undefined : value;
  };
  const set = (row: number, value: number) => {
    let chunk = chunks[chunkOf(row)];
    if (chunk === undefined) {
      chunk = new Float64Array(ROWS_PER_CHUNK).fill(Number.NaN);
      chunks[chunkOf(row)] = chunk;
    }
    chunk[row % ROWS_PER_CHUNK] = value;
  };
  return {
    get,
    set,
    add: (row, by) => set(row, (get(row) ?? 0) + by),
    clear: (row) => {
      if (chunks[chunkOf(row)] !== undefined) set(row, Number.NaN);
    },
  };
}
