// Owns the streams in which the engine tells how a pull, an import or a build goes: one JSON object per line, and a failure
// is one of them, not a rejected call.
import type { Readable } from 'node:stream';
import { linesOf } from './line-stream.js';

export interface EngineStep {
  readonly status?: string;
  /** Of a pull: the layer. */
  readonly id?: string;
  /** Of a build: a line of its output. */
  readonly stream?: string;
  readonly error?: string;
}

/** Reads to the end. @throws Error with the engine's own reason, or that nothing came for `stallMs` */
export async function followSteps(
  stream: NodeJS.ReadableStream,
  stallMs: number,
  step: (step: EngineStep) => void = () => {},
): Promise<void> {
  const source = stream as Readable;
  const stalled = () => source.destroy(new Error(`no progress for ${Math.round(stallMs / 1000)} s`));
  let timer = setTimeout(stalled, stallMs);
  const arrived = () => {
    clearTimeout(timer);
    timer = setTimeout(stalled, stallMs);
  };
  try {
    for await (const line of linesOf(source, arrived)) {
      if (line.trim() === '') continue;
      const told = JSON.parse(line) as EngineStep;
      if (told.error !== undefined) throw new Error(told.error.trim());
      step(told);
    }
  } finally {
    clearTimeout(timer);
    source.destroy();
  }
}
