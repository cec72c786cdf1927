// Owns the access log in the combined format of Apache and nginx, for what reads that already. Pure. It has no room for
// phases, replica or cause.
import { type AccessEntry, type Sender, shortened } from './access-entry.js';
import { charactersOf, type LineFormat } from './line-format.js';
import { LineWriter } from './line-writer.js';
import type { TargetMask } from './masked-target.js';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** Bytes that a character takes at most: three in UTF-8, each as `\x00`. */
const WIDEST = 12;
/** Bytes of a line without its texts. */
const MOST_FIXED = 256;

export class CombinedFormat implements LineFormat {
  /** Since 1970. */
  #second = -1;
  #clockTime = '';

  constructor(private readonly mask: TargetMask) {}

  roomFor({ sender, method, target }: AccessEntry): number {
    const { httpVersion, client, userAgent, referer, repeated } = sender;
    const asked = charactersOf(method) + charactersOf(target) + charactersOf(httpVersion) + charactersOf(client);
    return (
      MOST_FIXED + WIDEST * asked + (repeated?.length ?? WIDEST * (charactersOf(userAgent) + charactersOf(referer)))
    );
  }

  write(line: LineWriter, { sender, method, target, status, sent }: AccessEntry, time: number): void {
    const second = Math.floor(time / 1000);
    if (second !== this.#second) [this.#second, this.#clockTime] = [second, clockTime(second)];
    const request =
      method === undefined
        ? '-'
        : `${quoted(method)} ${quoted(target && this.mask(shortened(target)))} HTTP/${sender.httpVersion ?? '1.1'}`;
    // The user is never known: Authorization is not looked at.
    line.ascii(`${quoted(sender.client)} - - [${this.#clockTime}] "${request}" ${status} ${sent} `);
    if (sender.repeated) line.copy(sender.repeated);
    else line.ascii(this.#repeated(sender));
  }

  repeated(sender: Sender): Uint8Array {
    return Uint8Array.from(Buffer.from(this.#repeated(sender), 'latin1'));
  }

  #repeated({ referer, userAgent }: Sender): string {
    return `"${quoted(referer && this.mask(shortened(referer)))}" "${quoted(userAgent)}"\n`;
  }
}

/** 10/Oct/2000:13:55:36 +0000 @param second since 1970 */
function clockTime(second: number): string {
  const date = new Date(second * 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${two(date.getUTCDate())}/${MONTHS[date.getUTCMonth()]}/${date.getUTCFullYear()}`;
  return `${day}:${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} +0000`;
}

/** As nginx escapes: nobody ends a field or a line but us. */
function quoted(text: string | undefined): string {
  if (text === undefined) return '-';
  const short = shortened(text);
  if (!/[^\x20-\x7e]|["\\]/.test(short)) return short;
  return Buffer.from(short)
    .toString('latin1')
    .replace(
      /[^\x20-\x7e]|["\\]/g,
      (character) => `\\x${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
    );
}
