// Owns what a CPU profile says by function: whose own time it was, as part of the time that the thread was busy. Pure.
import { number, percent, table } from '../../experiments/page/markdown.ts';

/** As the inspector's Profiler.stop gives it; times in microseconds. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}

export interface SelfTime {
  readonly what: string;
  /** File and line, from the program's root; '' for what is not JavaScript. */
  readonly where: string;
  /** Of the time that the thread was not idle. */
  readonly part: number;
  readonly microseconds: number;
}

const IDLE = '(idle)';

/** Most first. @param root that is left out of file names */
export function selfTimes({ nodes, samples, timeDeltas }: CpuProfile, root: string): SelfTime[] {
  const places = new Map(nodes.map(({ id, callFrame }) => [id, placeOf(callFrame, root)]));
  const spent = new Map<string, { what: string; where: string; microseconds: number }>();
  let busy = 0;
  samples.forEach((id, k) => {
    const place = places.get(id);
    if (!place || place.what === IDLE) return;
    const microseconds = Math.max(0, timeDeltas[k] ?? 0);
    const key = `${place.what} ${place.where}`;
    const before = spent.get(key) ?? { ...place, microseconds: 0 };
    before.microseconds += microseconds;
    spent.set(key, before);
    busy += microseconds;
  });
  return [...spent.values()]
    .map((one) => ({ ...one, part: busy === 0 ? 0 : one.microseconds / busy }))
    .sort((a, b) => b.microseconds - a.microseconds);
}

/** @param cost microseconds of CPU per request without the profiler, which are shared out @param most rows; what is left is one row more */
export function profileTable(times: readonly SelfTime[], cost: number, most: number): string {
  const row = (what: string, where: string, part: number) => [what, where, percent(part), number(part * cost, 2)];
  const shown = times.slice(0, most).map(({ what, where, part }) => row(what, where, part));
  const rest = times.slice(most);
  const left = rest.reduce((total, { part }) => total + part, 0);
  if (rest.length > 0) shown.push(row(`${rest.length} more`, '', left));
  return table(['function', 'where', 'self', 'µs per request'], shown);
}

function placeOf({ functionName, url, lineNumber }: ProfileNode['callFrame'], root: string) {
  const file = url.replace(/^file:\/\//, '').replace(root, '');
  return { what: functionName || '(anonymous)', where: file === '' ? '' : `${file}:${lineNumber + 1}` };
}
