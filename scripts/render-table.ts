/** A table in Markdown; what would break a row is escaped. */
export function renderTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const render = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replace(/\s+/g, ' ')).join(' | ')} |`;
  return [render(heads), render(heads.map(() => '---')), ...rows.map(render)].join('\n');
}
