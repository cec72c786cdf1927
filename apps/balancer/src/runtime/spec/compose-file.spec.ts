import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseComposeText } from './compose-file.js';

const LAUGHS = [
  'a: &a [x,x,x,x,x,x,x,x,x]',
  'b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]',
  'c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]',
  'd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]',
  'e: [*d,*d,*d,*d,*d,*d,*d,*d,*d]',
].join('\n');

describe('the text of a compose file', () => {
  it('has its merges and aliases resolved', () => {
    const text = 'x-base: &base {image: app, user: a}\nservices:\n  web:\n    <<: *base\n    user: b\n';
    expect(parseComposeText(text)).toMatchObject({ root: { services: { web: { image: 'app', user: 'b' } } } });
  });

  it('takes keys for texts, whatever they look like', () => {
    expect(parseComposeText('1: a\ntrue: b\nnull: c')).toEqual({ root: { 1: 'a', true: 'b', null: 'c' } });
  });

  it('keeps the names of prototypes as plain keys', () => {
    const parsed = parseComposeText('__proto__: {polluted: 1}\nconstructor: 2');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(Object.keys((parsed as { root: object }).root)).toEqual(['__proto__', 'constructor']);
  });

  it.each([
    ['', 'no services'],
    ['- a', 'no services'],
    ['a: 1\na: 2', 'duplicate key'],
    ['? [a]\n: b', 'non string key'],
    ['a: !reset null', 'tag'],
    ['a: 1\n---\nb: 2', 'multiple docs'],
    ['a: [', 'line 1'],
    ['a: *nowhere', 'lead nowhere|bad alias'],
    ['a: &a\n  b: *a', 'aliases'],
    [LAUGHS, 'aliases that multiply'],
    ['['.repeat(1_000_000), '64 levels'],
    ['{a: '.repeat(200_000), '64 levels'],
    ['- '.repeat(500_000), '64 levels'],
    ['? '.repeat(500_000), '64 levels'],
    [Array.from({ length: 1_400 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'), '64 levels'],
  ])('is refused where it is hostile or broken (%#)', (text, reason) => {
    expect((parseComposeText(text) as { problem: string }).problem).toMatch(new RegExp(reason));
  });

  it('a mistake in it is told by its line, without what stands there', () => {
    const { problem } = parseComposeText('a: 1\nb: "hunter2\n') as { problem: string };
    expect(problem).toMatch(/line [23]/);
    expect(problem).not.toContain('hunter2');
  });

  it('whatever it is, reading it ends', () => {
    const pieces = fc.constantFrom(
      'a',
      ': ',
      '\n',
      '  ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '&x ',
      '*x',
      '<<',
      '"',
      "'",
      '|',
      '#',
      ',',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => {
        expect(Object.keys(parseComposeText(parts.join('')))).toHaveLength(1);
      }),
    );
  });
});
