// Owns what every algorithm starts from: a validated set of members in one order, and the 64-bit seed of each.
// What is done with them is the algorithms'.
import { sha256 } from '@noble/hashes/sha2.js';
import { HashingError } from './errors.js';
import type { Member } from './placement.js';

/** A millionth is far below what any share can resolve; smaller ones would overflow the scores. */
export const MIN_WEIGHT = 1e-6;
export const MAX_WEIGHT = 1000;
/** Indices must fit the Uint16Array of `order`, and the table of frt its 4096-slot strata. */
export const MAX_MEMBERS = 4095;

/**
 * The set as every algorithm sees it: frozen copies, sorted by id (UTF-16 code units), so that the order they came in is forgotten.
 * @throws HashingError empty_id, duplicate_id, bad_weight, too_many_members
 */
export function toMemberSet(members: readonly Member[]): readonly Member[] {
  if (members.length > MAX_MEMBERS) {
    throw new HashingError('too_many_members', `${members.length} members: at most ${MAX_MEMBERS} are supported`);
  }
  const sorted = members.map(({ id, weight }) => Object.freeze({ id, weight }));
  sorted.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  sorted.forEach(({ id, weight }, index) => {
    if (typeof id !== 'string' || id === '') throw new HashingError('empty_id', 'a member needs a non-empty id');
    if (index > 0 && sorted[index - 1].id === id)
      throw new HashingError('duplicate_id', `member '${id}' is given twice`);
    if (!(weight >= MIN_WEIGHT && weight <= MAX_WEIGHT)) {
      throw new HashingError(
        'bad_weight',
        `weight ${weight} of '${id}': it must be from ${MIN_WEIGHT} to ${MAX_WEIGHT}`,
      );
    }
  });
  return Object.freeze(sorted);
}

export function totalWeight(members: readonly Member[]): number {
  return members.reduce((sum, { weight }) => sum + weight, 0);
}

export interface MemberSeeds {
  readonly a: Int32Array;
  readonly b: Int32Array;
}

/** Two 32-bit words per member, in member order: a function of its id alone, so no change of the others touches them. */
export function memberSeeds(members: readonly Member[]): MemberSeeds {
  const a = new Int32Array(members.length);
  const b = new Int32Array(members.length);
  members.forEach(({ id }, index) => {
    const view = new DataView(sha256(utf16Bytes(id)).buffer);
    a[index] = view.getInt32(0, true);
    b[index] = view.getInt32(4, true);
  });
  return { a, b };
}

/** UTF-16 keeps every two ids apart; UTF-8 would fold lone surrogates together and give two members one seed. */
function utf16Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 2);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    bytes[2 * i] = code & 255;
    bytes[2 * i + 1] = code >>> 8;
  }
  return bytes;
}
