// Owns numbers and tables as the pages show them.

/** 10000 → `10,000`. */
export function number(value: number, decimals = 0): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/** 0.1667 → `16.7 %`, 0.0004 → `0.04 %`, 0 → `0 %`: nothing at all reads otherwise than little. */
export function percent(part: number): string {
  if (part === 0) return '0 %';
  return `${(100 * part).toFixed(part > 0 && part < 0.01 ? 2 : 1)} %`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
