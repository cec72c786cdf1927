// Owns what becomes of the records of one lane, on the main thread of the data process: lines, in batches, one batch at a time. What is in
// no batch yet stays in the lane's ring, which bounds it. Writing is access-log-file.ts's.
import type { AccessLogSettings } from '../../routing/link/messages.js';
import { combinedLine } from './combined-line.js';
import type { AccessRecord } from './access-record.js';
import { AccessRing } from './access-ring.js';
import { jsonLine } from './json-line.js';
import { compileTargetMask, type TargetMask } from './masked-target.js';

export interface AccessBatch {
  /** Whole lines, in UTF-8. Reused once the batch is dealt with. */
  readonly bytes: Uint8Array;
  readonly lines: number;
  /** Lines before these that had no room. */
  readonly dropped: number;
}

/** Writes a batch, and calls `done` once it is dealt with. */
export type WriteAccess = (batch: AccessBatch, done: () => void) => void;

/** Bytes with which a batch is full: more than what the lane tells of at once makes. */
const BATCH_SIZE = 1024 * 1024;
/** Most that a line can have: five texts of a client, each shortened and every character of it escaped. */
const LONGEST_LINE = 64 * 1024;

export interface AccessLinesOptions {
  readonly ring: SharedArrayBuffer;
  readonly settings: AccessLogSettings;
  readonly write: WriteAccess;
}

export class AccessLines {
  readonly #ring: AccessRing;
  readonly #mask: TargetMask;
  readonly #json: boolean;
  readonly #buffer = Buffer.allocUnsafeSlow(BATCH_SIZE + LONGEST_LINE);
  #used = 0;
  #lines = 0;
  #dropped = 0;
  #busy = false;

  constructor(private readonly options: AccessLinesOptions) {
    this.#ring = new AccessRing(options.ring);
    this.#mask = compileTargetMask(options.settings.mask);
    this.#json = options.settings.format === 'json';
  }

  /** There may be records. */
  look(): void {
    if (this.#busy || this.#ring.empty) return;
    this.#busy = true;
    this.#used = this.#lines = 0;
    const upTo = this.#ring.read((record) => this.#take(record));
    const { dropped } = this.#ring;
    const batch = {
      bytes: this.#buffer.subarray(0, this.#used),
      lines: this.#lines,
      dropped: (dropped - this.#dropped) >>> 0,
    };
    this.#dropped = dropped;
    // Before it is written: the lane has the room at once, and not two turns of other threads later.
    this.#ring.release(upTo);
    this.options.write(batch, () => {
      this.#busy = false;
      this.look();
    });
  }

  /** @returns whether there is room for another one */
  #take({ entry, time, ended }: AccessRecord): boolean {
    const line = this.#json ? jsonLine(entry, this.#mask, time, ended) : combinedLine(entry, this.#mask, time);
    this.#used += this.#buffer.write(line, this.#used);
    this.#lines++;
    return this.#used < BATCH_SIZE;
  }
}
