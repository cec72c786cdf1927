// Owns following the log file of a process replica as it grows. The file itself, and its being cut, is log-file.ts's.
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { LineSplitter } from '../line-splitter.js';
import { TAIL_BYTES, tailStart } from './log-file.js';

export interface FollowTerms {
  /** Lines from before. */
  readonly tail: number;
  /** The writer has ended: what it has written is read, and no more is waited for. */
  readonly ended: () => Promise<boolean>;
  readonly signal: AbortSignal;
}

const POLL_MS = 100;

/** Looked at in intervals: a watcher of the file system would tell no sooner on every system, and hold a descriptor. */
export async function* followLog(file: string, { tail, ended, signal }: FollowTerms): AsyncGenerator<string> {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  if (!handle) return;
  try {
    const splitter = new LineSplitter();
    let at = await startOf(handle, tail);
    while (!signal.aborted) {
      // Asked before reading: what was written before the end is read after it.
      const last = await ended();
      const { size } = await handle.stat();
      // Cut down to its tail meanwhile: what was not read before is gone.
      if (size < at) at = size;
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(Math.min(TAIL_BYTES, size - at)), 0, undefined, at);
      at += bytesRead;
      yield* splitter.take(buffer.subarray(0, bytesRead));
      if (bytesRead > 0) continue;
      if (last) break;
      await delay(POLL_MS, undefined, { signal, ref: false }).catch(() => {});
    }
    if (!signal.aborted) yield* splitter.end();
  } finally {
    await handle.close();
  }
}

async function startOf(handle: FileHandle, tail: number): Promise<number> {
  const { size } = await handle.stat();
  const from = Math.max(0, size - TAIL_BYTES);
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(size - from), 0, undefined, from);
  return from + tailStart(buffer.subarray(0, bytesRead), tail);
}
