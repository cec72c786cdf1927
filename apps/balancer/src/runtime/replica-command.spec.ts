import { describe, expect, it } from '@jest/globals';
import { RuntimeError } from './runtime-error.js';
import { splitCommand } from './replica-command.js';

describe('REPLICA_COMMAND', () => {
  it.each([
    ['node app.js', ['node', 'app.js']],
    ['  python3   "my app.py"  ', ['python3', 'my app.py']],
    [`a 'b c' d"e f"g`, ['a', 'b c', 'de fg']],
    ['a --port=$PORT ${HOME} "$X" \'$Y\'', ['a', '--port=$PORT', '${HOME}', '$X', '$Y']],
    ['a "*.js" \'a|b\'', ['a', '*.js', 'a|b']],
    ['A=1 b', ['A=1', 'b']],
    ['a ""', ['a', '']],
    [`a "it's" 'say "x"'`, ['a', "it's", 'say "x"']],
    ['a `id`', ['a', '`id`']],
  ])('splits %s as a shell would, and replaces nothing', (text, argv) => {
    expect(splitCommand(text)).toEqual(argv);
  });

  it.each([
    ['a | b', 'operator |'],
    ['a; b', 'operator ;'],
    ['a && b', 'operator &&'],
    ['a > file', 'operator >'],
    ['a &', 'operator &'],
    ['a $(id)', 'operator ('],
    ['ls *.js', 'pattern *.js'],
    ['a # b', 'comment'],
    ['a "b', 'quotation'],
    ["it's", 'quotation'],
    ['a \\', 'backslash'],
    ['   ', 'no program'],
    ['"" a', 'no program'],
  ])('refuses %s and says why', (text, reason) => {
    expect(() => splitCommand(text)).toThrow(RuntimeError);
    expect(() => splitCommand(text)).toThrow(reason);
  });
});
