import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PoolError } from '../pool-error.js';
import { proposedMembers, type RingProposal } from './ring-proposal.js';

const current = [
  { name: 'a', weight: 1 },
  { name: 'b', weight: 2 },
  { name: 'c', weight: 1 },
];
const propose = (proposal: Partial<RingProposal>, maxReplicas = 8) =>
  proposedMembers(current, { add: [], remove: [], weights: {}, ...proposal }, maxReplicas);

describe('a proposal', () => {
  it('of nothing leaves the members as they are', () => {
    expect(propose({})).toEqual(current);
  });

  it('leaves those who stay their weight unless it names another, and gives newcomers 1 unless they bring one', () => {
    expect(propose({ add: [{ name: 'd' }, { name: 'e', weight: 0.5 }], remove: ['a'], weights: { c: 3 } })).toEqual([
      { name: 'b', weight: 2 },
      { name: 'c', weight: 3 },
      { name: 'd', weight: 1 },
      { name: 'e', weight: 0.5 },
    ]);
  });

  it('may let a name leave and join again with another weight', () => {
    expect(propose({ add: [{ name: 'b', weight: 5 }], remove: ['b'] }).at(-1)).toEqual({ name: 'b', weight: 5 });
  });

  it('may shrink a pool that is larger than MAX_REPLICAS, but not add to it', () => {
    expect(propose({ remove: ['a'] }, 1)).toHaveLength(2);
    expect(() => propose({ add: [{ name: 'd' }], remove: ['a'] }, 2)).toThrow('add is too long: 3 replicas');
  });

  it('gives every name once and a weight that a ring can take, or is refused with a PoolError naming its part', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', '', '-x', '__proto__', 'constructor');
    const weight = fc.constantFrom(-1, 0, 0.5, 1, 1000, 1001, NaN, Infinity);
    const proposal = fc.record({
      add: fc.array(fc.record({ name, weight }, { requiredKeys: ['name'] }), { maxLength: 4 }),
      remove: fc.array(name, { maxLength: 3 }),
      weights: fc.dictionary(name, weight, { maxKeys: 3 }),
    });
    fc.assert(
      fc.property(proposal, (asked) => {
        let members;
        try {
          members = propose(asked, 5);
        } catch (error) {
          expect(error).toBeInstanceOf(PoolError);
          expect((error as PoolError).message).toMatch(/\b(add|remove|weights)\b/);
          return;
        }
        expect(new Set(members.map((member) => member.name)).size).toBe(members.length);
        expect(members).toHaveLength(current.length - asked.remove.length + asked.add.length);
        for (const member of members) expect(member.weight > 0 && member.weight <= 1000).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
