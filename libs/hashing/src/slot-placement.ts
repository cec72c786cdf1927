// Owns placements whose lookup is one read of a table: hash modulo its length. How the table is filled is the algorithm's.
import type { Slots } from './key-space.js';
import { MemberPlacement } from './member-placement.js';
import type { PlacementOptions } from './options.js';
import type { Algorithm, Member } from './placement.js';

export abstract class SlotPlacement extends MemberPlacement {
  readonly keySpace: Slots;

  /** @param owners member index per slot; empty when there are no members */
  constructor(
    algorithm: Algorithm,
    members: readonly Member[],
    options: PlacementOptions,
    protected readonly owners: Uint16Array,
  ) {
    super(algorithm, members, options);
    this.keySpace = { kind: 'slots', owners };
  }

  override get slots(): number | null {
    return this.owners.length || null;
  }

  override slotOf(hash: number): number | null {
    return this.owners.length === 0 ? null : (hash >>> 0) % this.owners.length;
  }

  lookupHash(hash: number): number {
    return this.owners.length === 0 ? -1 : this.owners[(hash >>> 0) % this.owners.length];
  }
}
