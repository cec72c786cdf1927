import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { interpolate, TemplateError } from './interpolate.js';

const env: Readonly<Record<string, string>> = { SET: 'v', EMPTY: '', A_1: 'one' };
const lookup = (name: string) => (Object.hasOwn(env, name) ? env[name] : undefined);

describe('a variable in a compose file', () => {
  it.each([
    ['plain', 'plain'],
    ['$SET', 'v'],
    ['${SET}', 'v'],
    ['<${A_1}>$SET.', '<one>v.'],
    ['$$SET $${SET}', '$SET ${SET}'],
    ['${NONE:-d}', 'd'],
    ['${EMPTY:-d}', 'd'],
    ['${EMPTY-d}', ''],
    ['${NONE-d}', 'd'],
    ['${SET:-d}', 'v'],
    ['${NONE:-}', ''],
    ['${NONE:-${EMPTY:-${SET}}}', 'v'],
    ['${NONE:-a:b-c?d+e}', 'a:b-c?d+e'],
    ['${SET:+other}${EMPTY:+other}${EMPTY+there}', 'otherthere'],
    ['${SET:?needed}', 'v'],
    ['${EMPTY?needed}', ''],
    ['${SET:-${NONE:?never asked}}', 'v'],
  ])('%s becomes %j', (text, expected) => {
    expect(interpolate(text, lookup, () => {})).toBe(expected);
  });

  it.each([
    ['${NONE:?set it}', 'needs NONE: set it'],
    ['${EMPTY:?}', 'needs EMPTY: it is not set'],
    ['${NONE?x}', 'needs NONE: x'],
    ['${SET', 'that is no operator'],
    ['${NONE:-x', 'without its "}"'],
    ['${}', 'begins no variable'],
    ['5$', 'begins no variable'],
    ['$1', 'begins no variable'],
    ['${SET/a/b}', 'no operator'],
    ['${A:-'.repeat(40), 'nests defaults'],
  ])('%s is refused in words', (text, reason) => {
    const read = () => interpolate(text, lookup, () => {});
    expect(read).toThrow(TemplateError);
    expect(read).toThrow(reason);
  });

  it('tells of a variable that is not set, and of none that has a default', () => {
    const unset: string[] = [];
    interpolate('$NONE ${OTHER} ${THIRD:-d} ${SET} ${EMPTY}', lookup, (name) => unset.push(name));
    expect(unset).toEqual(['NONE', 'OTHER']);
  });

  it('any text comes through whole once its dollars are doubled', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(interpolate(text.replaceAll('$', '$$$$'), lookup, () => {})).toBe(text);
      }),
    );
  });

  it('whatever is written ends in a text or in a TemplateError', () => {
    const pieces = fc.constantFrom('$', '{', '}', ':', '-', '?', '+', 'SET', 'NONE', ' ');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
        try {
          expect(typeof interpolate(parts.join(''), lookup, () => {})).toBe('string');
        } catch (error) {
          expect(error).toBeInstanceOf(TemplateError);
        }
      }),
    );
  });
});
