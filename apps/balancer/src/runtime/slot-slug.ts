// Owns how a slot's name is written where blanks are not allowed (container names, file names): legal characters only,
// reversible, and different for different names. Which names a slot may have is the orchestrator's.
import { isStandbySlot } from './standby-slot.js';

/** What a replica's slot may be called: 1 to 63 of letters, digits, blank, `_`, `.`, `-`, starting with a letter or digit. */
const SLOT = /^[A-Za-z0-9][A-Za-z0-9 _.-]{0,62}$/;

// A prefix code with `.` as its escape, so that the usual names stay readable: `Server 4` is `Server_4`, while `Server_4`
// is `Server._4` and `a.b` is `a..b`. No code word is the beginning of another: decoding never has to guess.
const CODES: Readonly<Record<string, string>> = { ' ': '_', _: '._', '.': '..' };
const WORD = /\.\.|\._|_|[A-Za-z0-9-]/y;
const MEANINGS: Readonly<Record<string, string>> = { _: ' ', '._': '_', '..': '.' };

/** Whether a replica may be called so: a standby's slot is not. */
export function isSlotName(text: string): boolean {
  return SLOT.test(text);
}

/** A replica's starts with a letter or digit, a standby's with a dash; holds only `[A-Za-z0-9_.-]`, at most twice as long as the slot's name. */
export function slugOf(slot: string): string {
  return slot.replace(/[ _.]/g, (character) => CODES[character] ?? character);
}

/** The inverse of `slugOf`; undefined for any text that `slugOf` cannot have made. */
export function slotOf(slug: string): string | undefined {
  let slot = '';
  for (let at = 0; at < slug.length;) {
    WORD.lastIndex = at;
    const word = WORD.exec(slug)?.[0];
    if (word === undefined) return undefined;
    slot += MEANINGS[word] ?? word;
    at += word.length;
  }
  return isSlotName(slot) || isStandbySlot(slot) ? slot : undefined;
}
