// Owns the walk around a ring that meets every member once: the key's own order for algorithms that place points.

export class ClockwiseOrder {
  /** Walk in which a member was met last: a new walk needs no clearing, only a new number. */
  readonly #metIn: Uint32Array;
  #walk = 0;

  /** @param owners member index per point, clockwise */
  constructor(
    private readonly owners: Uint16Array,
    private readonly count: number,
  ) {
    this.#metIn = new Uint32Array(count);
  }

  /** Fills `into` with all members as they are met from the point at `start` on; one that has no point comes last. */
  fill(start: number, into: Uint16Array): void {
    this.#walk = (this.#walk + 1) >>> 0;
    if (this.#walk === 0) {
      this.#metIn.fill(0);
      this.#walk = 1;
    }
    const points = this.owners.length;
    let met = 0;
    for (let step = 0, at = start; step < points && met < this.count; step++, at++) {
      if (at === points) at = 0;
      const owner = this.owners[at];
      if (this.#metIn[owner] === this.#walk) continue;
      this.#metIn[owner] = this.#walk;
      into[met++] = owner;
    }
    for (let member = 0; met < this.count; member++) {
      if (this.#metIn[member] !== this.#walk) into[met++] = member;
    }
  }
}
