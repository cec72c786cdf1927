// Owns the fingerprint by which two balancers see that they send every key to the same member. It is computed on demand.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { KeySpace } from './key-space.js';
import type { Member } from './placement.js';

export interface DigestInput {
  /** Name and revision of the algorithm: a change of what it computes must change the revision. */
  readonly revision: string;
  /** The options that this algorithm reads. */
  readonly parameters: Readonly<Record<string, number | string | null>>;
  readonly seed: string;
  readonly context: string;
  readonly members: readonly Member[];
  readonly keySpace: KeySpace;
}

/**
 * SHA-256 (hex) over revision, parameters, fingerprint of the seed, context, ids and weights, and over the table or the ring itself
 * where there is one: not only the recipe must be equal but also the outcome. The seed cannot be read back from it.
 */
export function placementDigest(input: DigestInput): string {
  const { revision, parameters, seed, context, members, keySpace } = input;
  const recipe = JSON.stringify([
    revision,
    Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1)),
    bytesToHex(sha256(utf8ToBytes(`hashflow seed ${seed.toLowerCase()}`))),
    context,
    members.map(({ id, weight }) => [id, weight]),
  ]);
  const hash = sha256.create().update(utf8ToBytes(recipe));
  if (keySpace.kind === 'arcs') hash.update(littleEndian(keySpace.ends, 4));
  if (keySpace.kind !== 'race') hash.update(littleEndian(keySpace.owners, 2));
  return bytesToHex(hash.digest());
}

function littleEndian(words: Uint16Array | Uint32Array, width: 2 | 4): Uint8Array {
  const bytes = new Uint8Array(words.length * width);
  const view = new DataView(bytes.buffer);
  words.forEach((word, index) =>
    width === 2 ? view.setUint16(index * 2, word, true) : view.setUint32(index * 4, word, true),
  );
  return bytes;
}
