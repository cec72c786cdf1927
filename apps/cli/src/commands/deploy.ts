// Owns the commands about deploys: begin one and follow it to its end, look at it, cancel it, take it back.
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Deploy } from '../api.js';
import { collected, decimal, pairs, wholeNumber } from '../arguments.js';
import type { Call } from '../client.js';
import { FrameReader } from '../event-frames.js';
import { DeployFailedError, UnreachableError, UsageError } from '../failures.js';
import { plain } from '../figures.js';
import { inSession, type Session, type Surroundings } from '../session.js';
import { table } from '../table.js';
import { examples } from './pool.js';

interface DeployOptions {
  readonly image?: string;
  readonly pull?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly unset?: readonly string[];
  readonly port?: number;
  readonly healthPath?: string;
  readonly maxSurge?: number;
  readonly minReady?: number;
  readonly dryRun?: boolean;
  readonly detach?: boolean;
}

const RETRY_MS = 1000;
const GOOD = new Set(['rolled-out', 'unchanged', 'planned']);

export function addDeployCommands(program: Command, surroundings: Surroundings): void {
  const deploy = program
    .command('deploy')
    .summary('replace what the replicas run')
    .description(
      'Replaces one replica after the other and follows that to its end; what fails is taken back. Without options the image ' +
        'is resolved anew. Ctrl-C stops the following, not the deploy. Words after -- are the command to run.',
    )
    .argument('[command...]', 'after --: what each replica runs')
    .option('--image <reference>', 'another image')
    .option('--pull <when>', 'whether the image is pulled: always, missing or never')
    .option('--env <name=value>', 'sets a variable, several times', pairs)
    .option('--unset <name>', 'takes a variable away, several times', collected)
    .option('--port <port>', 'where the replicas listen', wholeNumber)
    .option('--health-path <path>', 'where they are probed')
    .option('--max-surge <n>', 'replicas replaced at a time', wholeNumber)
    .option('--min-ready <seconds>', 'how long a successor has to serve before the next turn', decimal)
    .option('--dry-run', 'only tell what would change')
    .option('--detach', 'do not wait for the end')
    .addHelpText(
      'after',
      `${examples('deploy --image shop/web:5', 'deploy --env LOG=debug --unset OLD_FLAG', 'deploy -- node server.js', 'deploy status')}\n\n` +
        'Ends with 0 only when all replicas are replaced; a deploy that was taken back ends with 1.',
    )
    .action(inSession(surroundings, begin));
  deploy
    .command('status')
    .summary('the deploy under way, or the last one')
    .description('The deploy under way, or the last one.')
    .addHelpText('after', examples('deploy status', 'deploy status --json'))
    .action(inSession(surroundings, async (session) => show(session, await session.client.json('/api/deploy'))));
  deploy
    .command('cancel')
    .summary('take the deploy under way back')
    .description('What is replaced already is put back, one after the other.')
    .addHelpText('after', examples('deploy cancel'))
    .action(
      inSession(surroundings, async (session) =>
        show(session, await session.client.json('/api/deploy', { method: 'DELETE', patient: true })),
      ),
    );
  deploy
    .command('rollback')
    .summary('back to what ran before')
    .description('Cancels the deploy under way; after one that has succeeded, deploys what ran before it.')
    .option('--detach', 'do not wait for the end')
    .addHelpText('after', examples('deploy rollback'))
    .action(inSession(surroundings, takeBack));
}

async function begin(session: Session, words: readonly string[], options: DeployOptions): Promise<void> {
  const { env, unset = [], minReady, detach, pull, ...same } = options;
  const both = unset.find((name) => env !== undefined && name in env);
  if (both !== undefined) throw new UsageError(`${both} cannot be both set and unset`);
  const variables = { ...env, ...Object.fromEntries(unset.map((name) => [name, null])) };
  const { image, port, healthPath, maxSurge, dryRun } = same;
  const body = {
    ...{ image, pull, port, healthPath, maxSurge, dryRun },
    ...(words.length > 0 && { command: words }),
    ...(Object.keys(variables).length > 0 && { env: variables }),
    ...(minReady !== undefined && { minReadyMs: Math.round(minReady * 1000) }),
  };
  await roll(session, '/api/deploy', { method: 'POST', body, patient: true }, detach === true);
}

async function takeBack(session: Session, { detach }: { detach?: boolean }): Promise<void> {
  await roll(session, '/api/deploy/rollback', { method: 'POST', patient: true }, detach === true);
}

/** The answer to the call says whether it is begun; then its course is followed apart, which may be lost and found again. */
async function roll(session: Session, path: string, call: Call, detached: boolean): Promise<void> {
  const begun = await session.client.json<Deploy>(path, call);
  if (detached || begun.startedAt === null) return show(session, begun);
  const last = await course(session);
  if (!last) {
    session.remark(
      'hashflow: the deploy goes on; hashflow deploy status shows it, hashflow deploy cancel takes it back',
    );
    return;
  }
  if (!GOOD.has(last.status))
    throw new DeployFailedError(`the deploy was not done, it is ${last.status}: ${last.reason ?? ''}`);
}

/** Tells each change. @returns the last view; undefined when Ctrl-C came first */
async function course(session: Session): Promise<Deploy | undefined> {
  const told = new Set<string>();
  let lost = false;
  while (!session.signal.aborted) {
    try {
      const reader = new FrameReader();
      for await (const piece of session.client.text('/api/deploy/events', {
        headers: { accept: 'text/event-stream' },
      })) {
        for (const { data } of reader.push(piece)) {
          const view = JSON.parse(data) as Deploy;
          lost = false;
          tell(session, view, told);
          if (view.endedAt !== null) return view;
        }
      }
    } catch (error) {
      if (!(error instanceof UnreachableError) || session.signal.aborted) throw error;
      if (!lost) session.remark(`hashflow: ${error.message}; trying again`);
      lost = true;
    }
    await pause(RETRY_MS, undefined, { signal: session.signal }).catch(() => {});
  }
  return undefined;
}

/** What has not been told yet; with --json the whole view. */
function tell(session: Session, view: Deploy, told: Set<string>): void {
  if (session.json) return session.write(`${JSON.stringify(view)}\n`);
  const { status, replicas, reason } = view;
  const steps = replicas.filter(({ step }) => step !== 'waiting').map(({ name, step }) => `${plain(name)}: ${step}`);
  for (const line of [...steps, reason === null ? status : `${status}: ${plain(reason)}`]) {
    if (told.has(line)) continue;
    told.add(line);
    session.print(line);
  }
}

function show(session: Session, deploy: Deploy): void {
  session.tell(deploy, ({ status, revision, changes, replicas, reason, startedAt }) => [
    `${status}${revision === null ? '' : `, revision ${revision}`}${startedAt === null ? '' : `, since ${startedAt}`}`,
    `changes: ${changes.length === 0 ? 'none' : changes.map(plain).join(', ')}`,
    ...(reason === null ? [] : [`reason: ${plain(reason)}`]),
    ...(replicas.length === 0
      ? []
      : [
          '',
          ...table(
            ['NAME', 'STEP', 'REASON'],
            replicas.map((one) => [one.name, one.step, one.reason ?? '']),
          ),
        ]),
  ]);
}
