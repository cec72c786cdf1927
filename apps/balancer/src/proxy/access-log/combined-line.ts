// Owns the access log in the combined format of Apache and nginx, for what reads that already. Pure. It has no room for
// phases, replica or cause.
import { type AccessEntry, shortened } from './access-entry.js';
import type { TargetMask } from './masked-target.js';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** @param time milliseconds since 1970 */
export function combinedLine({ facts, status, sent }: AccessEntry, mask: TargetMask, time: number): string {
  const request =
    facts.method === undefined
      ? '-'
      : `${facts.method} ${quoted(facts.target && mask(shortened(facts.target)))} HTTP/${facts.httpVersion ?? '1.1'}`;
  const referer = quoted(facts.referer && mask(shortened(facts.referer)));
  // The user is never known: Authorization is not looked at.
  return `${quoted(facts.client)} - - [${clockTime(time)}] "${request}" ${status} ${sent} "${referer}" "${quoted(facts.userAgent)}"\n`;
}

/** 10/Oct/2000:13:55:36 +0000 */
function clockTime(time: number): string {
  const date = new Date(time);
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
