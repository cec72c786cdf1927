// Owns the commands about the pool as a whole: add, rm, preview, route.
import type { Command } from 'commander';
import type { Listing, Moves, Route } from '../api.js';
import { collected, decimal, pairs, weights, wholeNumber } from '../arguments.js';
import { UsageError } from '../failures.js';
import { percent, plain } from '../figures.js';
import { inSession, type Session, type Surroundings } from '../session.js';
import { table } from '../table.js';

interface ChangeOptions {
  readonly name?: readonly string[];
  readonly wait?: boolean;
}

interface PreviewOptions {
  readonly add?: Readonly<Record<string, number | undefined>>;
  readonly remove?: readonly string[];
  readonly weight?: Readonly<Record<string, number>>;
}

export function addPoolCommands(program: Command, surroundings: Surroundings): void {
  program
    .command('add')
    .summary('add replicas')
    .description('Adds replicas, all of them or none. Answers once the wish is stored; with --wait once they serve.')
    .argument('[n]', 'how many; by default as many as there are names, else one', wholeNumber)
    .option('--name <name>', 'name of one of them, several times; the others get names of the pool’s', collected)
    .option('--wait', 'wait until they serve, as long as the balancer’s WAIT_TIMEOUT allows')
    .addHelpText('after', examples('add', 'add 2 --wait', 'add --name blue --name green', 'add --json 3'))
    .action(inSession(surroundings, add));
  program
    .command('rm')
    .summary('remove replicas')
    .description('Removes replicas, all of them or none. They finish their requests and are stopped then.')
    .argument('[n]', 'how many; by default as many as there are names', wholeNumber)
    .option('--name <name>', 'name of one of them, several times; the others are chosen by the pool', collected)
    .option('--wait', 'wait until they are gone')
    .addHelpText('after', examples('rm 1', 'rm --name blue --wait', 'rm 2 --name blue'))
    .action(inSession(surroundings, remove));
  program
    .command('preview')
    .summary('what a change would move')
    .description('Tells which part of the keys a change would move, and from whom to whom. Changes nothing.')
    .option('--add <name[=weight]>', 'a replica that would join, several times', joining)
    .option('--remove <name>', 'a replica that would leave, several times', collected)
    .option('--weight <name=weight>', 'another weight of one that stays, several times', weights)
    .addHelpText('after', examples('preview --add blue', 'preview --remove "Server 1" --weight "Server 2=2"'))
    .action(inSession(surroundings, preview));
  program
    .command('route')
    .summary('where a key goes')
    .description('Tells to which replica a key goes now, and who stands next in line. Sends nothing to a replica.')
    .argument('[key]', 'the key')
    .option('--part <name=value>', 'a part of a request from which HASH_KEY takes the key, several times', pairs)
    .addHelpText('after', examples('route alice', 'route --part header.x-hash-key=alice', 'route --part ip=10.0.0.7'))
    .action(inSession(surroundings, route));
}

export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  hashflow ${line}`).join('\n')}`;
}

async function add(session: Session, n: number | undefined, { name: hostnames = [], wait }: ChangeOptions) {
  await change(session, 'POST', `/add${wait ? '?wait=ready' : ''}`, { n: n ?? (hostnames.length || 1), hostnames });
}

async function remove(session: Session, n: number | undefined, { name: hostnames = [], wait }: ChangeOptions) {
  const count = n ?? hostnames.length;
  if (n === undefined && count === 0) throw new UsageError('say how many to remove, or which: rm 1, rm --name blue');
  await change(session, 'DELETE', `/rm${wait ? '?wait=gone' : ''}`, { n: count, hostnames });
}

async function change(session: Session, method: 'POST' | 'DELETE', path: string, body: object): Promise<void> {
  const answer = await session.client.json<Listing>(path, { method, body, patient: true });
  session.tell(answer, ({ message: { N, replicas } }) => `${N} replicas: ${replicas.map(plain).join(', ')}`);
}

async function preview(session: Session, { add: join = {}, remove: leave, weight }: PreviewOptions) {
  const joined = Object.entries(join).map(([name, given]) => ({ name, ...(given !== undefined && { weight: given }) }));
  if (joined.length === 0 && !leave && !weight)
    throw new UsageError('say what would change: --add, --remove or --weight');
  const body = { add: joined, remove: leave ?? [], weights: weight ?? {} };
  const answer = await session.client.json<Moves>('/api/preview', { method: 'POST', body });
  session.tell(answer, moveLines);
}

export function moveLines({ moved, minimum, flows }: Moves): string[] {
  const rows = flows.map(({ from, to, share }) => [from ?? '(nobody)', to ?? '(nobody)', percent(share)]);
  const sum = `${percent(moved)} of the keys move; the least possible is ${percent(minimum)}`;
  return rows.length === 0 ? [sum] : [sum, '', ...table(['FROM', 'TO', 'SHARE'], rows)];
}

async function route(session: Session, key: string | undefined, { part }: { part?: Record<string, string> }) {
  if ((key === undefined) === (part === undefined)) throw new UsageError('give a key, or parts of a request by --part');
  const query = new URLSearchParams(key === undefined ? part : { key });
  const answer = await session.client.json<Route>(`/api/route?${query.toString()}`);
  session.tell(answer, ({ candidates, link }) => {
    const taker = candidates.find(({ eligible }) => eligible);
    const by = link === null ? '' : ` (by ${plain(link)})`;
    return [
      taker ? `${plain(answer.key)}${by} goes to ${plain(taker.name)}` : `${plain(answer.key)}${by} goes nowhere now`,
      '',
      ...table(
        ['', 'CANDIDATE', 'STANDING'],
        candidates.map((one, index) => [String(index + 1), one.name, one.reason]),
      ),
    ];
  });
}

/** `NAME` or `NAME=WEIGHT`. */
function joining(text: string, before: Readonly<Record<string, number | undefined>> = {}) {
  const [, name = text, weight] = /^(.+)=(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  return { ...before, [name]: weight === undefined ? undefined : decimal(weight) };
}
