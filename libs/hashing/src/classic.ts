// Owns the textbook ring that HashFlow grew from: M slots, K virtual nodes per member, linear probing. For teaching and for
// comparison only, UNFIT FOR PRODUCTION: with its two polynomial hashes one of three members gets up to 96 % of all keys.
import { ClockwiseOrder } from './clockwise.js';
import { HashingError } from './errors.js';
import { memberSeeds, toMemberSet } from './members.js';
import { mixSeeded } from './mix.js';
import { integerOption, type ClassicHash, type PlacementOptions } from './options.js';
import type { Member, Placement } from './placement.js';
import { SlotPlacement } from './slot-placement.js';

interface ClassicHashes {
  /** Ring slot of request number `i`, before the modulo. The number is the key hash modulo M: the polynomials allow it. */
  readonly request: (i: number) => number;
  /** Ring slot of virtual node `j` (from 0) of member number `i` (from 1, in id order), before the modulo. */
  readonly node: (i: number, j: number) => number;
}

function classicHashes(name: ClassicHash, members: readonly Member[]): ClassicHashes {
  switch (name) {
    case 'readme':
      return { request: (i) => i + 2 * i + 17, node: (i, j) => i + j + 2 * j + 25 };
    case 'assignment':
      return { request: (i) => i * i + 2 * i + 17, node: (i, j) => i * i + j * j + 2 * j + 25 };
    case 'keyed': {
      const { a, b } = memberSeeds(members);
      return { request: (i) => i, node: (i, j) => mixSeeded(j, a[i - 1], b[i - 1]) >>> 0 };
    }
    default:
      throw new HashingError('bad_option', `classicHash '${String(name)}': readme, assignment or keyed`);
  }
}

interface Ring {
  /** Owners of the virtual nodes, clockwise. */
  readonly nodes: Uint16Array;
  /** First virtual node at or after each slot, as an index into `nodes`. */
  readonly firstNode: Uint32Array;
}

function placeNodes(count: number, M: number, K: number, node: ClassicHashes['node']): Ring {
  const taken = new Int32Array(M).fill(-1);
  for (let member = 0; member < count; member++) {
    for (let j = 0; j < K; j++) {
      let slot = node(member + 1, j) % M;
      // Ends: the caller has checked that there are slots for all.
      while (taken[slot] >= 0) slot = (slot + 1) % M;
      taken[slot] = member;
    }
  }
  const nodes = Uint16Array.from(taken.filter((member) => member >= 0));
  const firstNode = new Uint32Array(M);
  for (let slot = 0, passed = 0; slot < M; slot++) {
    firstNode[slot] = passed % Math.max(1, nodes.length);
    if (taken[slot] >= 0) passed++;
  }
  return { nodes, firstNode };
}

class ClassicPlacement extends SlotPlacement {
  readonly #walk: ClockwiseOrder;

  constructor(
    members: readonly Member[],
    options: PlacementOptions,
    protected readonly recipe: { revision: string; parameters: { M: number; K: number; hash: ClassicHash } },
    private readonly ring: Ring,
    /** Ring slot per request number modulo M. */
    private readonly requestSlots: Uint32Array,
  ) {
    super(
      'classic',
      members,
      options,
      Uint16Array.from(requestSlots, (slot) => ring.nodes[ring.firstNode[slot]]),
    );
    this.#walk = new ClockwiseOrder(ring.nodes, members.length);
  }

  /** The place on the ring, which two request numbers may share; the table counts by request number. */
  override slotOf(hash: number): number | null {
    return this.requestSlots.length === 0 ? null : this.requestSlots[(hash >>> 0) % this.requestSlots.length];
  }

  protected fillOrder(hash: number, into: Uint16Array): void {
    const slot = this.requestSlots[(hash >>> 0) % this.requestSlots.length];
    this.#walk.fill(this.ring.firstNode[slot], into);
  }
}

/**
 * Members are numbered in id order, so that history does not matter; a newcomer renumbers those behind it.
 * @throws HashingError weights_not_supported, too_many_members (K virtual nodes each must fit into M slots), bad_option, and
 * for a bad membership or seed
 */
export function buildClassic(members: readonly Member[], options: PlacementOptions): Placement {
  const set = toMemberSet(members);
  const M = integerOption('M', options.M ?? 512, 1, 65536);
  const K = integerOption('K', options.K ?? 9, 1, 1024);
  const hash = options.classicHash ?? 'readme';
  const weighted = set.find(({ weight }) => weight !== 1);
  if (weighted)
    throw new HashingError(
      'weights_not_supported',
      `classic knows no weights: '${weighted.id}' has ${weighted.weight}`,
    );
  const room = Math.floor(M / K);
  if (set.length > room) {
    throw new HashingError(
      'too_many_members',
      `${set.length} members with ${K} virtual nodes do not fit into ${M} slots: at most ${room}`,
    );
  }
  const { request, node } = classicHashes(hash, set);
  const ring = placeNodes(set.length, M, K, node);
  const requestSlots = Uint32Array.from({ length: set.length === 0 ? 0 : M }, (_, i) => request(i) % M);
  return new ClassicPlacement(set, options, { revision: 'classic/1', parameters: { M, K, hash } }, ring, requestSlots);
}
