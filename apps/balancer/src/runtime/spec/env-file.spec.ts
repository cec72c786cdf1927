import { describe, expect, it } from '@jest/globals';
import { parseEnvFile } from './env-file.js';

const lookup = (name: string) => ({ HOME_TOWN: 'Kiel' })[name];
const read = (text: string) => parseEnvFile(text, lookup, () => {});

describe('an env file', () => {
  it.each([
    ['A=1', { A: '1' }],
    ['\uFEFFA=1\r\nB=2\r\n', { A: '1', B: '2' }],
    ['# A=1\n\n  B = two words  # why\nC=a#b', { B: 'two words', C: 'a#b' }],
    ['export A=1', { A: '1' }],
    ['A=', { A: '' }],
    ['A=x=y=z', { A: 'x=y=z' }],
    ['A="a # b"   # comment', { A: 'a # b' }],
    ['A="line\\nnext \\"q\\" \\\\"', { A: 'line\nnext "q" \\' }],
    [`A='$HOME_TOWN \\n'`, { A: '$HOME_TOWN \\n' }],
    ['A=$HOME_TOWN\nB="${A}-${NONE:-d}"', { A: 'Kiel', B: 'Kiel-d' }],
    ['A="one\ntwo"\nB=3', { A: 'one\ntwo', B: '3' }],
    ['HOME_TOWN\nNONE', { HOME_TOWN: 'Kiel' }],
    ['A=1\nA=2', { A: '2' }],
    ['A="cost: \\$5"', { A: 'cost: $5' }],
  ])('%j gives %j', (text, values) => {
    expect(read(text)).toEqual({ values, problems: [] });
  });

  it('names each bad line, and shows no value', () => {
    const { problems } = read('A=1\n=hidden\nB="hidden\nC=${hidden\n');
    expect(problems).toEqual(['line 2 is no NAME=value', 'line 3 (B) has no closing "']);
    expect(read("A='x' hidden\nB=${X:?set X}").problems).toEqual([
      "line 1 (A) goes on after its closing '",
      'line 2 (B) needs X: set X',
    ]);
  });
});
