import type { Figure } from './figures.ts';

/** A table in Markdown; the second system's column is left out where it was not measured. */
export function formatFigures(ours: readonly Figure[], theirs: readonly Figure[]): string {
  const isCompared = theirs.length > 0;
  const row = (cells: readonly string[]) => `| ${cells.slice(0, isCompared ? 3 : 2).join(' | ')} |`;
  const resultOf = (what: string) => theirs.find((figure) => figure.what === what)?.result ?? '-';
  return [
    row(['', 'Elasti', 'KubeElasti 0.1.30']),
    row(['---', '---', '---']),
    ...ours.map(({ what, result }) => row([what, result, resultOf(what)])),
  ].join('\n');
}
