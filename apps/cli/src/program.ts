// Owns the command line as a whole: which commands there are, what all of them take, and what --help says.
import { Command } from 'commander';
import { addDeployCommands } from './commands/deploy.js';
import { addPoolCommands } from './commands/pool.js';
import { addReplicaCommands } from './commands/replica.js';
import { addViewCommands } from './commands/views.js';
import type { Surroundings } from './session.js';

const FOOTNOTES = `
Environment (or a .env file in the working directory):
  ADMIN_HOST, ADMIN_PORT  where the admin port listens, when --url is not given
  ADMIN_TOKEN             the token; never given on the command line

Exit codes:
  0  done                 1  refused, or it could not be done
  2  wrong usage          3  no HashFlow answers there
  4  not let in           130  ended by Ctrl-C`;

/** Throws CommanderError instead of ending the process. @param asJson what is wrong with the words is said as JSON */
export function makeProgram(surroundings: Surroundings, asJson = false): Command {
  const program = new Command('hashflow')
    .description('Shows and changes a running HashFlow through its admin port.')
    .option('--url <url>', 'the admin port (default: from the environment, else http://127.0.0.1:5001)')
    .option('--json', 'print answers as JSON')
    .configureOutput({
      writeOut: (text) => void surroundings.stdout.write(text),
      writeErr: (text) => void surroundings.stderr.write(text),
      outputError: (text, write) => write(asJson ? `${JSON.stringify({ error: oneLine(text) })}\n` : text),
      getOutHelpWidth: () => surroundings.stdout.columns ?? 100,
      getErrHelpWidth: () => surroundings.stdout.columns ?? 100,
    })
    .showHelpAfterError(asJson ? false : '(hashflow COMMAND --help tells more)')
    .addHelpText('after', FOOTNOTES)
    .configureHelp({ showGlobalOptions: true })
    .exitOverride();
  addViewCommands(program, surroundings);
  addPoolCommands(program, surroundings);
  addReplicaCommands(program, surroundings);
  addDeployCommands(program, surroundings);
  return program;
}

function oneLine(text: string): string {
  return text
    .replace(/^error: /, '')
    .trim()
    .replaceAll('\n', ' ');
}
