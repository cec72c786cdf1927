import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isSlotName, slotOf, slugOf } from './slot-slug.js';

const LETTERS = [...'abzABZ059'];
const slots = fc
  .tuple(fc.constantFrom(...LETTERS), fc.array(fc.constantFrom(...LETTERS, ...' _.-_. '), { maxLength: 62 }))
  .map(([first, rest]) => first + rest.join(''));

describe('the slug of a slot', () => {
  it.each([
    ['Server 4', 'Server_4'],
    ['Server_4', 'Server._4'],
    ['Server-4', 'Server-4'],
    ['server 4', 'server_4'],
    ['a.b', 'a..b'],
    ['a._ ', 'a..._' + '_'],
  ])('"%s" is written "%s" (TRAPS 6)', (slot, slug) => {
    expect(slugOf(slot)).toBe(slug);
    expect(slotOf(slug)).toBe(slot);
  });

  it('look-alikes stay apart (TRAPS 6)', () => {
    const names = [
      'Server 4',
      'Server_4',
      'Server-4',
      'server 4',
      'Server.4',
      'Server  4',
      'Server4',
      'Server._4',
      'Server_ 4',
    ];
    expect(new Set(names.map(slugOf)).size).toBe(names.length);
  });

  it('gives every name back', () => {
    fc.assert(
      fc.property(slots, (slot) => slotOf(slugOf(slot)) === slot),
      { numRuns: 2000 },
    );
  });

  it('never writes two names alike', () => {
    fc.assert(
      fc.property(slots, slots, (a, b) => (a === b) === (slugOf(a) === slugOf(b))),
      { numRuns: 2000 },
    );
  });

  it('uses only characters that a container name may have', () => {
    fc.assert(fc.property(slots, (slot) => /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,125}$/.test(slugOf(slot))));
  });

  it('decodes nothing that it cannot have written', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'aA0_.- $/') }), (text) => {
        const slot = slotOf(text);
        return slot === undefined || slugOf(slot) === text;
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['-standby-1', '-standby-9999'])('of a standby, %s, is no replica’s, and can be read back', (slot) => {
    expect(isSlotName(slot)).toBe(false);
    expect(slotOf(slugOf(slot))).toBe(slot);
  });

  it.each(['-', '-standby-', '-standby-0', '-standby-01', '-standby_1', '-other-1'])(
    'refuses to decode "%s"',
    (slug) => {
      expect(slotOf(slug)).toBeUndefined();
    },
  );

  it.each(['', '_a', '.', 'a.', 'a.b', 'a/b', 'ä', `${'a'.repeat(64)}`])('refuses to decode "%s"', (slug) => {
    expect(slotOf(slug)).toBeUndefined();
  });

  it.each([
    ['S5', true],
    ['a'.repeat(63), true],
    ['a'.repeat(64), false],
    [' S5', false],
    ['', false],
    ['S/5', false],
    ['S5\n', false],
  ])('knows whether %j may be a slot', (name, legal) => {
    expect(isSlotName(name)).toBe(legal);
  });
});
