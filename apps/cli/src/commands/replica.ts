// Owns the commands about one replica: drain, undrain, restart, weight, deaths, logs.
import type { Command } from 'commander';
import type { Death, Moves, Replica } from '../api.js';
import { decimal, replicaPath, wholeNumber } from '../arguments.js';
import { age, duration, plain } from '../figures.js';
import { inSession, type Session, type Surroundings } from '../session.js';
import { examples, moveLines } from './pool.js';

export function addReplicaCommands(program: Command, surroundings: Surroundings): void {
  const about = (name: string, summary: string) =>
    program.command(name).summary(summary).argument('<name>', 'the replica');
  about('drain', 'take a replica out of service')
    .description('It gets no new request, finishes what it has, and runs on until it is undrained.')
    .option('--force', 'even if no other serves')
    .addHelpText('after', examples('drain "Server 1"', 'drain blue --force'))
    .action(inSession(surroundings, drain));
  about('undrain', 'put a replica back into service')
    .description('It serves again once it has passed a probe.')
    .addHelpText('after', examples('undrain "Server 1"'))
    .action(inSession(surroundings, (session, name: string) => tell(session, name, 'undrain')));
  about('restart', 'give a replica a new instance')
    .description('A successor is made and takes over; then the predecessor drains and is stopped. No request is lost.')
    .option('--wait', 'wait until the successor serves')
    .addHelpText('after', examples('restart "Server 1" --wait'))
    .action(
      inSession(surroundings, (session, name: string, { wait }: { wait?: boolean }) =>
        tell(session, name, `restart${wait ? '?wait=ready' : ''}`),
      ),
    );
  about('weight', 'give a replica another part of the keys')
    .description('Its part of the keys follows its part of all weights.')
    .argument('<weight>', 'above 0, at most 1000; 1 is the usual', decimal)
    .addHelpText('after', examples('weight "Server 1" 2', 'weight blue 0.5'))
    .action(inSession(surroundings, weigh));
  about('deaths', 'how the instances of a replica died')
    .description('Those that ended unasked, newest first, with the last lines that they wrote.')
    .addHelpText('after', examples('deaths "Server 1"', 'deaths blue --json'))
    .action(inSession(surroundings, deaths));
  about('logs', 'what a replica has written')
    .description('Its last lines, as they are; with -f each further one as it comes.')
    .option('-f, --follow', 'go on until it ends')
    .option('-n, --tail <lines>', 'how many of the last lines, at most 1000', wholeNumber, 100)
    .addHelpText(
      'after',
      `${examples('logs "Server 1"', 'logs blue -f -n 0')}\n\nWith --json each line is a string of JSON.`,
    )
    .action(inSession(surroundings, logs));
}

async function drain(session: Session, name: string, { force = false }: { force?: boolean }): Promise<void> {
  await tell(session, name, 'drain', { force });
}

async function tell(session: Session, name: string, what: string, body?: object): Promise<void> {
  const replica = await session.client.json<Replica>(replicaPath(name, what), { method: 'POST', body, patient: true });
  session.tell(
    replica,
    ({ state, reason }) => `${plain(name)} is ${state}${reason === null ? '' : ` (${plain(reason)})`}`,
  );
}

async function weigh(session: Session, name: string, weight: number): Promise<void> {
  const answer = await session.client.json<Moves>(replicaPath(name, 'weight'), { method: 'POST', body: { weight } });
  session.tell(answer, (moves) => [`${plain(name)} has the weight ${weight}`, ...moveLines(moves)]);
}

async function deaths(session: Session, name: string): Promise<void> {
  const answer = await session.client.json<{ deaths: readonly Death[] }>(replicaPath(name, 'deaths'));
  session.tell(answer, ({ deaths: all }) =>
    all.length === 0
      ? [`no instance of ${plain(name)} has died`]
      : all.flatMap((death) => deathLines(death, session.now())),
  );
}

function deathLines({ at, reason, uptimeMs, inFlight, instance, generation, lastLines }: Death, now: number): string[] {
  const life = uptimeMs === null ? 'never started' : `after ${duration(uptimeMs)}`;
  const who = instance === null ? 'never made' : `instance ${instance.slice(0, 12)}, generation ${generation ?? '?'}`;
  return [
    `${at} (${age(at, now)} ago): ${plain(reason)}; ${life}, ${inFlight} requests in flight; ${who}`,
    ...lastLines.map((line) => `    ${plain(line)}`),
  ];
}

async function logs(session: Session, name: string, { follow = false, tail }: { follow?: boolean; tail: number }) {
  const path = `${replicaPath(name, 'logs')}?tail=${tail}${follow ? '&follow=true' : ''}`;
  let rest = '';
  for await (const piece of session.client.text(path)) {
    if (!session.json) {
      session.write(piece);
      continue;
    }
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    session.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }
}
