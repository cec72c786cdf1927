// Owns how times, shares and foreign words are written for people. Pure.

/** 950 → `950 ms`, 61_000 → `1m 1s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = Math.floor(ms / 1000);
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join(' ');
}

/** @param at ISO 8601 @param now epoch milliseconds */
export function age(at: string, now: number): string {
  return duration(Math.max(0, now - Date.parse(at)));
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** On one line, and without what a terminal would obey. */
export function plain(text: string): string {
  // eslint-disable-next-line no-control-regex -- exactly those are meant
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '?');
}

/** hh:mm:ss of this machine. */
export function clock(at: string): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((n) => String(n).padStart(2, '0')).join(':');
}
