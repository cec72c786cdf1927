// What a membership must be, and that its seeds keep every two members apart.
import fc from 'fast-check';
import { HashingError } from './errors.js';
import { MAX_MEMBERS, memberSeeds, toMemberSet } from './members.js';
import { anyMembers, servers } from './testing/memberships.js';

function refusal(members: unknown): string {
  try {
    toMemberSet(members as never);
  } catch (error) {
    if (error instanceof HashingError) return error.code;
    throw error;
  }
  return 'accepted';
}

describe('a membership', () => {
  it.each([
    ['an empty id', [{ id: '', weight: 1 }], 'empty_id'],
    ['no id', [{ weight: 1 }], 'empty_id'],
    [
      'an id twice',
      [
        { id: 'a', weight: 1 },
        { id: 'b', weight: 1 },
        { id: 'a', weight: 2 },
      ],
      'duplicate_id',
    ],
    ['weight 0', [{ id: 'a', weight: 0 }], 'bad_weight'],
    ['a negative weight', [{ id: 'a', weight: -1 }], 'bad_weight'],
    ['a weight that is no number', [{ id: 'a', weight: NaN }], 'bad_weight'],
    ['no weight', [{ id: 'a' }], 'bad_weight'],
    ['an infinite weight', [{ id: 'a', weight: Infinity }], 'bad_weight'],
    ['a weight above 1000', [{ id: 'a', weight: 1000.5 }], 'bad_weight'],
    ['a weight too small to resolve', [{ id: 'a', weight: 1e-7 }], 'bad_weight'],
    ['more members than an index can say', servers(MAX_MEMBERS + 1), 'too_many_members'],
    [
      'the largest and the smallest weight',
      [
        { id: 'a', weight: 1000 },
        { id: 'b', weight: 1e-6 },
      ],
      'accepted',
    ],
    ['nobody', [], 'accepted'],
  ])('with %s: %s', (_, members, expected) => {
    expect(refusal(members)).toBe(expected);
  });

  it('is sorted by code units and forgets the order it came in', () => {
    const set = toMemberSet([
      { id: 'b', weight: 1 },
      { id: 'a', weight: 2 },
      { id: 'B', weight: 3 },
      { id: '\u00e4', weight: 1 },
    ]);
    expect(set.map(({ id }) => id)).toEqual(['B', 'a', 'b', '\u00e4']);
  });

  it('is a frozen copy: later changes of the input do not reach it', () => {
    const given = [{ id: 'a', weight: 1 }];
    const set = toMemberSet(given);
    given[0].weight = 7;
    expect(set[0].weight).toBe(1);
    expect(Object.isFrozen(set) && Object.isFrozen(set[0])).toBe(true);
  });

  it('gives every id its own seed, lone surrogates and shared prefixes included', () => {
    fc.assert(
      fc.property(anyMembers(2, 30), (members) => {
        const { a, b } = memberSeeds(members);
        expect(new Set(members.map((_, k) => `${a[k]} ${b[k]}`)).size).toBe(members.length);
      }),
    );
  });

  it('gives an id the same seed whoever else is there', () => {
    const alone = memberSeeds([{ id: 'x', weight: 1 }]);
    const among = memberSeeds([
      { id: 'w', weight: 1 },
      { id: 'x', weight: 9 },
    ]);
    expect([among.a[1], among.b[1]]).toEqual([alone.a[0], alone.b[0]]);
  });
});
