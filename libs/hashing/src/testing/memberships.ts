// Owns the inputs of the specs: fixed memberships, arbitrary ones for the properties, fixed keys. Not part of the library.
import fc from 'fast-check';
import { createKeyHash, type Algorithm, type Member, type Placement } from '../index.js';

export const SEED = '00112233445566ff';
export const ALGORITHMS: readonly Algorithm[] = ['hrw', 'frt', 'ketama', 'maglev', 'classic'];
export const WEIGHTED: readonly Algorithm[] = ['hrw', 'frt', 'ketama', 'maglev'];

export function servers(count: number, weightOf: (index: number) => number = () => 1, prefix = 'Server '): Member[] {
  return Array.from({ length: count }, (_, index) => ({ id: `${prefix}${index + 1}`, weight: weightOf(index) }));
}

/** Any UTF-16 string: also lone surrogates, line breaks, the NUL. */
export const anyId = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: 6 })
  .map((codes) => String.fromCharCode(...codes));
export const anyWeight = fc.oneof(fc.constant(1), fc.double({ min: 0.05, max: 100, noNaN: true }));

export function anyMembers(
  minLength = 0,
  maxLength = 12,
  weight: fc.Arbitrary<number> = anyWeight,
): fc.Arbitrary<Member[]> {
  return fc.uniqueArray(fc.record({ id: anyId, weight }), { selector: ({ id }) => id, minLength, maxLength });
}

/** A membership for any algorithm: classic knows only the weight 1. */
export function membersFor(algorithm: Algorithm, minLength = 0, maxLength = 12): fc.Arbitrary<Member[]> {
  return anyMembers(minLength, maxLength, algorithm === 'classic' ? fc.constant(1) : anyWeight);
}

/** Keys like request ids, hashed: the same on every machine. */
export function fixedHashes(count: number, seed = SEED): Uint32Array {
  const keyHash = createKeyHash(seed);
  return Uint32Array.from({ length: count }, (_, index) => keyHash(`request-${index}`));
}

export function ownerOf(placement: Placement, hash: number): string | undefined {
  return placement.members[placement.lookupHash(hash)]?.id;
}

export function orderOf(placement: Placement, hash: number): string[] {
  const order = new Uint16Array(placement.members.length);
  placement.order(hash, order);
  return Array.from(order, (index) => placement.members[index].id);
}
