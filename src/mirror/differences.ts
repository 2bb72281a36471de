/** The first text of a shape. */
export interface Template {
  readonly text: string;
  /** Its values, as they are written, and where each starts. */
  readonly leaves: readonly string[];
  readonly starts: readonly number[];
}

// Each leaf that differs is four numbers and its middle: how many leaves before it are as the template's, what it is told by (the
// template's, or one that differed before it), and how many characters at its start and at its end are the same as in that. Each
// number is a character, of those that take one byte.

/** Stands between leaves. None may have it. */
export const MARK = '\n';
const ZERO = 0x20;
const MAX_NUMBER = 0xff - ZERO;
/** What is said again, names and times, comes soon; to compare each with all would take the square of their number. */
const MAX_TOLD = 32;

/** What sets these leaves, of a text of the same shape, apart from the template's. */
export function differencesOf({ leaves: ofTemplate }: Template, leaves: readonly string[]): string {
  const told: string[] = [];
  const parts: string[] = [];
  let skipped = 0;
  for (const [i, leaf] of leaves.entries()) {
    const own = ofTemplate[i] as string;
    if (leaf === own && skipped < MAX_NUMBER) {
      skipped += 1;
      continue;
    }
    let by = 0;
    let base = own;
    let start = sameAtStart(own, leaf);
    for (const [j, before] of told.entries()) {
      const same = sameAtStart(before, leaf);
      if (same > start) [by, base, start] = [j + 1, before, same];
    }
    const end = sameAtEnd(base, leaf, start);
    if (parts.length > 0) parts.push(MARK);
    parts.push(String.fromCharCode(ZERO + skipped, ZERO + by, ZERO + start, ZERO + end));
    parts.push(leaf.slice(start, leaf.length - end));
    if (told.length < MAX_TOLD) told.push(leaf);
    skipped = 0;
  }
  // What is added up, or is a single part, would hold on to the whole text.
  return parts.join('');
}

/** The text that they are of. */
export function addDifferences({ text, leaves, starts }: Template, differences: string): string {
  if (differences === '') return text;
  const told: string[] = [];
  let whole = '';
  let at = 0;
  let i = 0;
  for (const difference of differences.split(MARK)) {
    const number = (n: number) => difference.charCodeAt(n) - ZERO;
    i += number(0);
    const own = leaves[i] as string;
    const base = number(1) === 0 ? own : (told[number(1) - 1] as string);
    const leaf = base.slice(0, number(2)) + difference.slice(4) + base.slice(base.length - number(3));
    const start = starts[i] as number;
    whole += text.slice(at, start) + leaf;
    told.push(leaf);
    at = start + own.length;
    i += 1;
  }
  return whole + text.slice(at);
}

function sameAtStart(one: string, other: string): number {
  const most = Math.min(one.length, other.length, MAX_NUMBER);
  let same = 0;
  while (same < most && one.charCodeAt(same) === other.charCodeAt(same)) same += 1;
  return same;
}

/** As many as both have after this many at the start. */
function sameAtEnd(one: string, other: string, start: number): number {
  const most = Math.min(one.length - start, other.length - start, MAX_NUMBER);
  let same = 0;
  while (same < most && one.charCodeAt(one.length - 1 - same) === other.charCodeAt(other.length - 1 - same)) same += 1;
  return same;
}
