// Owns one run of the program from the words of the command line to an exit code. The process itself is main.ts's.
import { CommanderError } from 'commander';
import { EXIT, isFailure, RefusedError } from './failures.js';
import { makeProgram } from './program.js';
import type { Surroundings } from './session.js';

/** Never rejects for what a user or a balancer may do wrong. @param words without the program's name */
export async function run(words: readonly string[], surroundings: Surroundings): Promise<number> {
  const { stderr, signal } = surroundings;
  try {
    await makeProgram(surroundings).parseAsync([...words], { from: 'user' });
  } catch (error) {
    if (signal.aborted) return EXIT.interrupted;
    // Its own words are out already; asking for help is no mistake.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (!isFailure(error)) throw error;
    const status = error instanceof RefusedError ? { status: error.status } : {};
    const asJson = words.includes('--json');
    const text = asJson ? JSON.stringify({ error: error.message, ...status }) : `hashflow: ${error.message}`;
    stderr.write(`${text}\n`);
    return error.exitCode;
  }
  return signal.aborted ? EXIT.interrupted : EXIT.ok;
}
