// Owns tables of text: columns as wide as they must be, the last one cut to what the terminal has. Pure.
import { plain } from './figures.js';

const GAP = '  ';

/** @param width columns of the terminal; the last column of a table is cut to it. Infinity: nothing is cut */
export function table(head: readonly string[], rows: readonly (readonly string[])[], width = Infinity): string[] {
  const all = [head, ...rows.map((row) => row.map(plain))];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all.map((row) => {
    const line = row
      .map((cell, column) => (column === head.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join(GAP)
      .trimEnd();
    return line.length > width ? `${line.slice(0, Math.max(0, width - 1))}…` : line;
  });
}
