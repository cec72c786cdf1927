import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { containerName, parseContainerName } from './container-name.js';

const FIRST = [...'aZ09'];
const slots = fc
  .tuple(fc.constantFrom(...FIRST), fc.array(fc.constantFrom(...FIRST, ...' _.-'), { maxLength: 62 }))
  .map(([first, rest]) => first + rest.join(''));
const pools = fc.constantFrom('a', 'a-b', 'b', 'hashflow', 'x1');
const names = fc.tuple(pools, slots, fc.nat(1_000_000));

describe('the name of a container', () => {
  it('tells pool, slot and generation at a glance', () => {
    expect(containerName('hashflow', { slot: 'Server 4', generation: 7 })).toBe('hashflow.Server_4.7');
  });

  it('can be read back, with and without the engine’s slash (TRAPS 6)', () => {
    fc.assert(
      fc.property(names, ([pool, slot, generation]) => {
        const name = containerName(pool, { slot, generation });
        for (const given of [name, `/${name}`]) expect(parseContainerName(pool, given)).toEqual({ slot, generation });
      }),
    );
  });

  it('is different for a different pool, slot or generation (TRAPS 6)', () => {
    fc.assert(
      fc.property(names, names, (a, b) => {
        const [left, right] = [a, b].map(([pool, slot, generation]) => containerName(pool, { slot, generation }));
        expect(left === right).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
      { numRuns: 1000 },
    );
  });

  it('of one pool says nothing in another, even where one pool’s name begins the other’s (TRAPS 5)', () => {
    expect(parseContainerName('a', containerName('a-b', { slot: 'S1', generation: 1 }))).toBeUndefined();
    expect(parseContainerName('a-b', containerName('a', { slot: 'b', generation: 1 }))).toBeUndefined();
  });

  it.each(['', 'p', 'p.S1', 'p.S1.', 'p.S1.x', 'p.S1.01', 'p..1', 'p.S1.1.', 'p._x.1', 'q.S1.1', 'p.S 1.1', 'p.S1.-1'])(
    'that somebody changed to "%s" names no slot (TRAPS 12)',
    (name) => {
      expect(parseContainerName('p', name)).toBeUndefined();
    },
  );

  it('is legal for the engine', () => {
    fc.assert(
      fc.property(names, ([pool, slot, generation]) =>
        /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(containerName(pool, { slot, generation })),
      ),
    );
  });
});
