// Owns what a format of the access log has to know how to do. The formats are json-line.ts's and combined-line.ts's.
import { type AccessEntry, LONGEST, type Sender } from './access-entry.js';
import type { LineWriter } from './line-writer.js';

export interface LineFormat {
  /** Bytes that the line of this entry takes at most. */
  roomFor(entry: AccessEntry): number;
  /** @param time milliseconds since 1970 */
  write(line: LineWriter, entry: AccessEntry, time: number): void;
  /** What this one comes to in a line; for `Sender.repeated`. */
  repeated(sender: Sender): Uint8Array;
}

/** Of a line, with what is written behind a text that was cut. */
export function charactersOf(text: string | undefined): number {
  return text === undefined ? 0 : Math.min(text.length, LONGEST) + 1;
}
