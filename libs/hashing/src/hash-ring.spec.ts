// The ring as its users meet it: changes and their diffs, whole or not at all, and picks with their reasons.
import fc from 'fast-check';
import { buildPlacement, createHashRing, HashRing, type Algorithm, type Member } from './index.js';
import { anyWeight, fixedHashes, ownerOf, SEED, servers, WEIGHTED } from './testing/memberships.js';

const options = { seed: SEED, slots: 4096 };
const HASHES = fixedHashes(300);

function ringOf(members: readonly Member[], algorithm: Algorithm = 'hrw'): HashRing {
  const ring = createHashRing(algorithm, options);
  ring.replace(members);
  return ring;
}

interface Model {
  members: Map<string, number>;
}

/** One random change, applied to the ring and to a plain map; then everything is compared with a build from scratch. */
class Change implements fc.Command<Model, HashRing> {
  constructor(
    private readonly algorithm: Algorithm,
    private readonly kind: 'add' | 'remove' | 'setWeight' | 'replace',
    private readonly id: string,
    private readonly weight: number,
  ) {}

  check({ members }: Readonly<Model>): boolean {
    return this.kind === 'replace' || members.has(this.id) !== (this.kind === 'add');
  }

  run({ members }: Model, ring: HashRing): void {
    const before = ring.current();
    const diff = this.apply(members, ring);
    const scratch = buildPlacement(
      this.algorithm,
      [...members].map(([id, weight]) => ({ id, weight })),
      options,
    );
    const after = ring.current();
    expect(after.digest).toBe(scratch.digest);
    expect(Math.max(0, ...diff.flows.map(({ share }) => share))).toBeLessThanOrEqual(diff.moved + 1e-12);
    for (const hash of HASHES) {
      const [from, to] = [ownerOf(before, hash), ownerOf(after, hash)];
      if (from !== to)
        expect(diff.flows).toContainEqual(expect.objectContaining({ ...(from && { from }), ...(to && { to }) }));
    }
    if (this.algorithm === 'frt' && before.members.length > 0 && after.members.length > 0) {
      let moved = 0;
      for (let slot = 0; slot < 4096; slot++) if (ownerOf(before, slot) !== ownerOf(after, slot)) moved++;
      expect(Math.round(diff.moved * 4096)).toBe(moved);
    }
  }

  private apply(members: Map<string, number>, ring: HashRing) {
    switch (this.kind) {
      case 'add':
        members.set(this.id, this.weight);
        return ring.add({ id: this.id, weight: this.weight });
      case 'remove':
        members.delete(this.id);
        return ring.remove(this.id);
      case 'setWeight':
        members.set(this.id, this.weight);
        return ring.setWeight(this.id, this.weight);
      case 'replace':
        for (const id of [...members.keys()].slice(0, 2)) members.delete(id);
        members.set(this.id, this.weight);
        return ring.replace([...members].map(([id, weight]) => ({ id, weight })));
    }
  }

  toString(): string {
    return `${this.kind}(${this.id}, ${this.weight})`;
  }
}

describe.each(WEIGHTED)('a ring of %s', (algorithm) => {
  it('is after any history what its members are, and tells every move', () => {
    const change = fc
      .record({
        kind: fc.constantFrom('add', 'add', 'remove', 'setWeight', 'replace'),
        id: fc.constantFrom(...'abcdefgh'),
        weight: anyWeight,
      })
      .map(({ kind, id, weight }) => new Change(algorithm, kind as 'add', id, weight));
    fc.assert(
      fc.property(fc.commands([change], { maxCommands: 15 }), (commands) => {
        fc.modelRun(
          () => ({ model: { members: new Map<string, number>() }, real: createHashRing(algorithm, options) }),
          commands,
        );
      }),
      { numRuns: algorithm === 'maglev' ? 5 : 30 },
    );
  });
});

describe('a change', () => {
  it('is previewed without happening, and then happens as previewed', () => {
    const ring = ringOf(servers(3));
    const before = ring.current();
    const foretold = ring.preview(servers(4));
    expect(ring.current()).toBe(before);
    expect(foretold).toMatchObject({ minimum: 0.25, collateral: 0 });
    expect(ring.add({ id: 'Server 4', weight: 1 })).toEqual(foretold);
    expect(ring.diff(before, ring.current())).toEqual(foretold);
  });

  it.each<[string, (ring: HashRing) => unknown, string]>([
    ['adding a name that is there', (ring) => ring.add({ id: 'Server 1', weight: 1 }), 'duplicate_id'],
    ['adding a bad weight', (ring) => ring.add({ id: 'x', weight: 0 }), 'bad_weight'],
    ['adding no name', (ring) => ring.add({ id: '', weight: 1 }), 'empty_id'],
    ['removing a name that is not there', (ring) => ring.remove('x'), 'unknown_id'],
    ['weighing a name that is not there', (ring) => ring.setWeight('x', 1), 'unknown_id'],
    ['a weight out of range', (ring) => ring.setWeight('Server 1', 1001), 'bad_weight'],
    ['a set with a name twice', (ring) => ring.replace([...servers(2), ...servers(1)]), 'duplicate_id'],
    ['a preview of a bad set', (ring) => ring.preview([{ id: 'a', weight: NaN }]), 'bad_weight'],
  ])('that is refused (%s) leaves the ring as it was', (_, change, code) => {
    const ring = ringOf(servers(3));
    const before = ring.current();
    expect(() => change(ring)).toThrow(expect.objectContaining({ name: 'HashingError', code }));
    expect(ring.current()).toBe(before);
  });

  it('leaves placements that are still held untouched', () => {
    const ring = ringOf(servers(3));
    const held = ring.current();
    const owners = Array.from(HASHES, (hash) => held.lookupHash(hash));
    ring.replace(servers(9, () => 2, 'other '));
    expect(Array.from(HASHES, (hash) => held.lookupHash(hash))).toEqual(owners);
  });
});

describe('a pick', () => {
  const order = [...ringOf(servers(4)).current().successors('key')];
  const idle = { factor: 1.5, inFlight: () => 0 };

  it('is the owner when it is eligible', () => {
    expect(ringOf(servers(4)).pick('key', () => true)).toEqual({ member: order[0], rank: 0, reason: 'owner' });
    expect(ringOf(servers(4)).pick('key', () => true, idle)).toEqual({ member: order[0], rank: 0, reason: 'owner' });
  });

  it('fails over to the next eligible in the key’s own order', () => {
    const eligible = (member: Member) => member.id !== order[0].id && member.id !== order[1].id;
    expect(ringOf(servers(4)).pick('key', eligible)).toEqual({ member: order[2], rank: 2, reason: 'failover' });
  });

  it('spills past a member over its bound', () => {
    const inFlight = ({ id }: Member) => (id === order[0].id ? 100 : 1);
    expect(ringOf(servers(4)).pick('key', () => true, { factor: 1.5, inFlight })).toEqual({
      member: order[1],
      rank: 1,
      reason: 'spill',
    });
    expect(ringOf(servers(4)).pick('key', () => true, { factor: 0, inFlight })).toMatchObject({
      rank: 0,
      reason: 'owner',
    });
  });

  it('bounds over eligible members alone: with three of four ejected the last one takes everything', () => {
    const inFlight = ({ id }: Member) => (id === order[3].id ? 5000 : 0);
    const pick = ringOf(servers(4)).pick('key', ({ id }) => id === order[3].id, { factor: 1.5, inFlight });
    expect(pick).toEqual({ member: order[3], rank: 3, reason: 'failover' });
  });

  it('falls back to the first eligible when all say they are full', () => {
    const full = { factor: 1.5, inFlight: () => Infinity };
    expect(ringOf(servers(4)).pick('key', () => true, full)).toEqual({
      member: order[0],
      rank: 0,
      reason: 'saturated',
    });
  });

  it('is undefined when nobody is eligible or nobody is there', () => {
    expect(ringOf(servers(4)).pick('key', () => false)).toBeUndefined();
    expect(createHashRing('hrw', options).pick('key', () => true, idle)).toBeUndefined();
  });
});

describe('HashRing', () => {
  it('is a class, so that it can be an injection token', () => {
    expect(createHashRing('frt', options)).toBeInstanceOf(HashRing);
  });
});
