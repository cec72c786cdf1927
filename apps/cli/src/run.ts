// Owns one run of the program from the words of the command line to an exit code. The process itself is main.ts's.
import { CommanderError } from 'commander';
import { EXIT, isFailure, RefusedError } from './failures.js';
import { makeProgram } from './program.js';
import type { Surroundings } from './session.js';

const TOKEN_HINT = '\n(hashflow takes the token from ADMIN_TOKEN, in the environment or in .env)';

/** Never rejects for what a user or a balancer may do wrong. @param words without the program's name */
export async function run(words: readonly string[], surroundings: Surroundings): Promise<number> {
  const { stderr, signal } = surroundings;
  const asJson = (words.includes('--') ? words.slice(0, words.indexOf('--')) : words).includes('--json');
  try {
    await makeProgram(surroundings, asJson).parseAsync([...words], { from: 'user' });
  } catch (error) {
    if (signal.aborted) return EXIT.interrupted;
    // Its own words are out already; asking for help is no mistake.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (!isFailure(error)) throw error;
    const status = error instanceof RefusedError ? { status: error.status } : {};
    // The balancer knows of fields; who types commands knows of the environment.
    const hint = error instanceof RefusedError && error.status === 401 ? TOKEN_HINT : '';
    const text = asJson ? JSON.stringify({ error: error.message, ...status }) : `hashflow: ${error.message}${hint}`;
    stderr.write(`${text}\n`);
    return error.exitCode;
  }
  return signal.aborted ? EXIT.interrupted : EXIT.ok;
}
