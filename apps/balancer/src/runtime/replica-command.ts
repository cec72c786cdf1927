// Owns how the text of a command (REPLICA_COMMAND, or one in a compose file) becomes an argv: split as a shell would, but
// no shell ever sees it. Running it is the runtime's.
import { parse } from 'shell-quote';
import { RuntimeError } from './runtime-error.js';

/** Stands for `$` while the text is split: variables are not replaced, `$HOME` stays what it is. No setting can hold it. */
const DOLLAR = '\0';

/**
 * `python3 "my app.py" --port=$PORT` → `['python3', 'my app.py', '--port=$PORT']`
 * @param setting named in the error, which shows no more of the text than what is wrong: it may hold a secret
 * @throws RuntimeError code `bad_spec` for what only a shell can do (pipes, globs, …) and for open quotes
 */
export function splitCommand(text: string, setting = 'REPLICA_COMMAND'): string[] {
  const refuse = (reason: string) => new RuntimeError('bad_spec', `${setting} ${reason}`);
  if (isOpenEnded(text)) throw refuse('ends inside a quotation or after a backslash');
  const argv = parse(text.replaceAll('$', DOLLAR), {}).map((entry) => {
    if (typeof entry === 'string') return entry.replaceAll(DOLLAR, '$');
    if ('comment' in entry) throw refuse('has a comment (quote the "#")');
    if (entry.op === 'glob') throw refuse(`has the pattern ${entry.pattern}, and no shell expands it (quote it)`);
    throw refuse(`has the shell operator ${entry.op}, and no shell runs it (quote it, or name a script)`);
  });
  if (argv[0] === undefined || argv[0] === '') throw refuse('names no program');
  return argv;
}

/** The splitter closes open quotes silently, which would run another command than the one that was meant. */
function isOpenEnded(text: string): boolean {
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '\\' && quote !== "'") {
      at++;
      if (at === text.length) return true;
    } else if (quote !== '') {
      if (character === quote) quote = '';
    } else if (character === '"' || character === "'") {
      quote = character;
    }
  }
  return quote !== '';
}
