// Owns the access log in the combined format of Apache and nginx, for what reads that already. Pure. It has no room for
// phases, replica or cause.
import { type AccessEntry, LONGEST, type Sender, shortened } from './access-entry.js';
import { charactersOf, type LineFormat } from './line-format.js';
import { type LineWriter, OVERRUN, piece } from './line-writer.js';
import type { TargetMask } from './masked-target.js';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** Bytes that a character takes at most: three in UTF-8, each as `\x00`. */
const WIDEST = 12;
/** Bytes of a line without its texts. */
const MOST_FIXED = 256;
const NONE = '-';
/** What nearly every request is in. */
const HTTP_1_1 = '1.1';
const [SPACE, HTTP, QUOTE_END] = [' ', ' HTTP/', '" '].map(piece);
const PLAIN_VERSION = piece(` HTTP/${HTTP_1_1}" `);

export class CombinedFormat implements LineFormat {
  /** Since 1970. */
  #second = -1;
  /** From the client to the request. The user is never known: Authorization is not looked at. */
  #clockTime = piece('');

  constructor(private readonly mask: TargetMask) {}

  roomFor({ sender, method, target }: AccessEntry): number {
    const { httpVersion, client, userAgent, referer, repeated } = sender;
    const asked = charactersOf(method) + charactersOf(target) + charactersOf(httpVersion) + charactersOf(client);
    const said = repeated?.length ?? WIDEST * (charactersOf(userAgent) + charactersOf(referer));
    return MOST_FIXED + WIDEST * asked + said + OVERRUN;
  }

  write(line: LineWriter, { sender, method, target, status, sent }: AccessEntry, time: number): void {
    const second = Math.floor(time / 1000);
    if (second !== this.#second) [this.#second, this.#clockTime] = [second, piece(` - - [${clockTime(second)}] "`)];
    word(line, sender.client);
    line.piece(this.#clockTime);
    if (method === undefined) {
      line.ascii(NONE);
      line.piece(QUOTE_END);
    } else this.#writeRequest(line, method, target, sender.httpVersion ?? HTTP_1_1);
    line.count(status);
    line.piece(SPACE);
    line.count(sent);
    line.piece(SPACE);
    if (sender.repeated) line.copy(sender.repeated);
    else line.ascii(this.#repeated(sender));
  }

  repeated(sender: Sender): Uint8Array {
    return Uint8Array.from(Buffer.from(this.#repeated(sender), 'latin1'));
  }

  #writeRequest(line: LineWriter, method: string, target: string | undefined, version: string): void {
    word(line, method);
    line.piece(SPACE);
    word(line, target && this.mask(shortened(target)));
    if (version === HTTP_1_1) line.piece(PLAIN_VERSION);
    else {
      line.piece(HTTP);
      line.ascii(version);
      line.piece(QUOTE_END);
    }
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

function word(line: LineWriter, text: string | undefined): void {
  if (text === undefined || text.length > LONGEST || !line.plain(text)) line.ascii(quoted(text));
}

/** As nginx escapes: nobody ends a field or a line but us. */
function quoted(text: string | undefined): string {
  if (text === undefined) return NONE;
  const short = shortened(text);
  return Buffer.from(short)
    .toString('latin1')
    .replace(
      /[^\x20-\x7e]|["\\]/g,
      (character) => `\\x${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
    );
}
