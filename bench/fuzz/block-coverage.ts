// Owns which parts of the built parsers an input makes run: V8's own block counts, taken around each input. What is made of them is
// guided.ts's.
import { type Profiler, Session } from 'node:inspector';

/** How often a block ran, as far as it tells inputs apart: never, 1, 2, 3, up to 7, 15, 31, 127, more. */
const STEPS = [0, 1, 2, 3, 7, 15, 31, 127];

export class BlockCoverage {
  readonly #session = new Session();
  #files: readonly string[] = [];
  /** By file, for each of its characters whether it is known to be code, and whether it ran. */
  readonly #marks = new Map<string, Uint8Array>();

  /** One per process: V8 counts no more once it was told to end. */
  constructor() {
    this.#session.connect();
    this.#post('Profiler.enable');
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true, allowTriggeredUpdates: false });
  }

  /** What ran while `act` did, and what did not: one word per block and step. */
  of(act: () => void): string[] {
    this.#take();
    act();
    const behaviours: string[] = [];
    for (const [file, ranges] of this.#take()) {
      // A block that ran as often as the one around it is not told apart: then the one that did not run tells.
      if (ranges[0].count > 0)
        for (const { startOffset, endOffset, count } of ranges)
          behaviours.push(`${file} ${startOffset} ${endOffset} ${STEPS.findIndex((most) => count <= most)}`);
      this.#mark(file, ranges);
    }
    return behaviours;
  }

  /** Part of the code of all functions that has run since `begin`, 0 to 1. */
  get reached(): number {
    let [ran, all] = [0, 0];
    for (const marks of this.#marks.values())
      for (const mark of marks) {
        if (mark !== 0) all++;
        if (mark === RAN) ran++;
      }
    return all === 0 ? 0 : ran / all;
  }

  /** @param files how the addresses of the scripts end that it is about */
  begin(files: readonly string[]): void {
    this.#files = files;
    this.#marks.clear();
  }

  /** Blocks of a function lie within each other, the outer before the inner. */
  #mark(file: string, ranges: readonly Profiler.CoverageRange[]): void {
    const [{ startOffset: begin, endOffset: end }] = ranges;
    const now = new Uint8Array(end - begin);
    for (const { startOffset, endOffset, count } of ranges)
      now.fill(count > 0 ? RAN : KNOWN, startOffset - begin, endOffset - begin);
    let marks = this.#marks.get(file);
    if (!marks || marks.length < end) {
      const larger = new Uint8Array(2 * end);
      if (marks) larger.set(marks);
      this.#marks.set(file, (marks = larger));
    }
    for (let at = 0; at < now.length; at++) if (now[at] > marks[begin + at]) marks[begin + at] = now[at];
  }

  /** Functions of the files, with what ran of each since the last time. */
  #take(): [string, readonly Profiler.CoverageRange[]][] {
    const { result } = this.#post('Profiler.takePreciseCoverage') as Profiler.TakePreciseCoverageReturnType;
    return result.flatMap(({ url, functions }) => {
      const file = this.#files.find((end) => url.endsWith(end));
      if (file === undefined) return [];
      // The file itself, outside of functions, ran when it was loaded.
      const inner = functions.filter(({ ranges }) => ranges[0].startOffset > 0);
      return inner.map(({ ranges }): [string, readonly Profiler.CoverageRange[]] => [file, ranges]);
    });
  }

  #post(method: string, parameters: object = {}): unknown {
    let answer: unknown;
    this.#session.post(method, parameters, (error, result) => {
      if (error) throw error;
      answer = result;
    });
    return answer;
  }
}

const [KNOWN, RAN] = [1, 2];
