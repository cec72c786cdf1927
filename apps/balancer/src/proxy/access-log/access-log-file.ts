// Owns the file of the access log, on the main thread of the data process: one write at a time, nothing waits for it, and what
// cannot be written is counted and reported. How much may wait here is access-ring.ts's to bound.
import { close, openSync, write } from 'node:fs';
import type { AccessBatch } from './access-lines.js';

/** Where the standard output of the control process is, in a data process that was given it. */
const INHERITED_OUTPUT = 3;
const LINE_END = 10;
const OWNER_WRITES_GROUP_READS = 0o640;

/** Between two tries to write to a pipe that takes nothing. */
const FULL_PAUSE = 50;
/** Between two reports of lost lines. */
const REPORT_INTERVAL = 10_000;

interface Pending {
  readonly bytes: Uint8Array;
  readonly done: () => void;
}

export class AccessLogFile {
  readonly #queue: Pending[] = [];
  #busy = false;
  #reopen = false;
  #lost = 0;
  #why = '';
  #reportedAt = -Infinity;
  #onDrained: (() => void) | undefined;

  /**
   * @param path null: the inherited output
   * @param report told in words, at most every 10 s
   * @throws Error when the file cannot be opened
   */
  static open(path: string | null, report: (message: string) => void): AccessLogFile {
    const fd = path === null ? INHERITED_OUTPUT : openSync(path, 'a', OWNER_WRITES_GROUP_READS);
    return new AccessLogFile(fd, path, report);
  }

  /** @param path to open anew; null: what `fd` is has none */
  constructor(
    private fd: number,
    private readonly path: string | null,
    private readonly report: (message: string) => void,
  ) {}

  /** Lines since the start that came too fast, or that the disk refused. */
  get lost(): number {
    return this.#lost;
  }

  /** @param done called once it is written or lost */
  write({ bytes, dropped }: AccessBatch, done: () => void): void {
    if (dropped > 0) this.#lose(dropped, 'they came faster than they could be written');
    this.#queue.push({ bytes, done });
    this.#next();
  }

  /** Somebody moved the file away: what comes from now on goes into a new one of that name. */
  reopen(): void {
    this.#reopen = this.path !== null;
    this.#next();
  }

  /** Resolves when all is written, or after `ms`. */
  drained(ms: number): Promise<void> {
    if (!this.#busy && this.#queue.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#onDrained = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #next(): void {
    if (this.#busy) return;
    if (this.#reopen) this.#openAnew();
    const pending = this.#queue.shift();
    if (!pending) {
      this.#onDrained?.();
      return;
    }
    this.#busy = true;
    this.#write(pending, 0);
  }

  #write(pending: Pending, from: number): void {
    const { bytes, done } = pending;
    write(this.fd, bytes, from, bytes.length - from, null, (error, count) => {
      const at = from + (error ? 0 : count);
      if (!error && at < bytes.length) return this.#write(pending, at);
      if (error?.code === 'EAGAIN') {
        // A pipe that somebody reads too slowly.
        setTimeout(() => this.#write(pending, at), FULL_PAUSE);
        return;
      }
      if (error) this.#lose(linesIn(bytes), error.message);
      this.#busy = false;
      done();
      this.#next();
    });
  }

  #openAnew(): void {
    this.#reopen = false;
    try {
      const fresh = openSync(this.path ?? '', 'a', OWNER_WRITES_GROUP_READS);
      close(this.fd, () => {});
      this.fd = fresh;
    } catch (error) {
      // Better in a file of another name than nowhere.
      this.report(`the access log cannot be opened anew and goes on where it was: ${(error as Error).message}`);
    }
  }

  #lose(lines: number, why: string): void {
    this.#lost += lines;
    this.#why = why;
    const now = performance.now();
    if (now - this.#reportedAt < REPORT_INTERVAL) return;
    this.#reportedAt = now;
    this.report(`${this.#lost} lines of the access log were lost since the start: ${this.#why}`);
  }
}

/** Only counted where they are lost. */
function linesIn(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(LINE_END); at >= 0; at = bytes.indexOf(LINE_END, at + 1)) lines++;
  return lines;
}
