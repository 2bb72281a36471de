/** Prints rows under a title, each column as wide as its widest cell; the first row holds the headings. */
export function printTable(title: string, rows: readonly (readonly (string | number)[])[]): void {
  const cells = rows.map((row) => row.map(String));
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  // Words to the left, figures to the right.
  const lines = cells.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
  );
  printLine(`\n${title}\n${lines.map((line) => `  ${line.trimEnd()}`).join('\n')}`);
}

export function printLine(line: string): void {
  process.stdout.write(`${line}\n`);
}
