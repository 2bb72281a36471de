import type { Figure } from './figures.ts';

/** A table in Markdown; the second system's column is left out where it was not measured. */
export function formatFigures(ours: readonly Figure[], theirs: readonly Figure[]): string {
  const isCompared = theirs.length > 0;
  const row = (cells: readonly string[]) => `| ${cells.slice(0, isCompared ? 3 : 2).join(' | ')} |`;
  const resultIn = (figures: readonly Figure[], what: string) =>
    figures.find((figure) => figure.what === what)?.result ?? '-';
  const rows = [...new Set([...ours, ...theirs].map(({ what }) => what))];
  return [
    row(['', 'Elasti', 'KubeElasti 0.1.30']),
    row(['---', '---', '---']),
    ...rows.map((what) => row([what, resultIn(ours, what), resultIn(theirs, what)])),
  ].join('\n');
}
