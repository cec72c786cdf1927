// The built command line against a real balancer with real replicas: what an operator does and sees, pipes, exit codes, and a
// balancer that goes away and comes back.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { type Balancer, eventually, startBalancer } from '../../balancer/test/harness.js';

const MAIN = join(import.meta.dirname, '../../../dist/apps/cli/src/main.js');
const TOKEN = 'a-token-of-sixteen-or-more';
const running = new Set<ChildProcess>();

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** As from a shell, in a folder without a .env file. */
function start(words: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [MAIN, ...words], { cwd: '/', env, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  const seen = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (seen.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (seen.err += text));
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, ...seen })));
  return { child, seen, ended };
}

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});

describe('the command line', () => {
  let balancer: Balancer;
  const env = { RUNTIME: 'process', N: '2', ADMIN_TOKEN: TOKEN };
  const access = () => ({ ADMIN_PORT: new URL(balancer.adminUrl).port, ADMIN_TOKEN: TOKEN });
  const hashflow = (...words: string[]) => start(words, access()).ended;
  const json = async (...words: string[]) => {
    const { code, out, err } = await hashflow(...words, '--json');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    return JSON.parse(out);
  };

  beforeAll(async () => {
    balancer = await startBalancer({ env });
  }, 150_000);
  afterAll(() => balancer.stop('SIGINT'), 60_000);

  it('shows the pool, in words and as JSON', async () => {
    const { code, out } = await hashflow('status');
    expect(code).toBe(0);
    expect(out).toContain(`pool ${balancer.pool}: 2 of 2 ready`);
    expect(out).toMatch(/^Server 1 +ready/m);
    expect(await json('status')).toMatchObject({ status: { ready: 2 }, replicas: [{ name: 'Server 1' }, {}] });
  });

  it('adds, previews, weighs, drains, restarts and removes', async () => {
    expect(await json('preview', '--add', 'blue')).toMatchObject({ flows: [{ to: 'blue' }, { to: 'blue' }] });
    expect((await hashflow('add', '--name', 'blue', '--wait')).out).toBe('3 replicas: Server 1, Server 2, blue\n');
    expect((await hashflow('weight', 'blue', '2')).out).toContain('of the keys move');
    expect((await hashflow('drain', 'blue')).out).toMatch(/^blue is drain(ing|ed)/);
    expect((await hashflow('undrain', 'blue')).code).toBe(0);
    expect((await hashflow('restart', 'blue', '--wait')).out).toBe('blue is ready\n');
    expect(await json('deaths', 'blue')).toEqual({ deaths: [] });
    expect((await hashflow('route', 'alice')).out).toMatch(/^alice goes to /);
    expect((await hashflow('logs', 'Server 1')).out).toContain('listens on');
    expect(await json('rm', '--name', 'blue', '--wait')).toMatchObject({ message: { N: 2 } });
    const told = (await hashflow('events', '--limit', '100', '--json')).out.trim().split('\n');
    const types = told.map((line) => JSON.parse(line)).filter((event) => event.replica === 'blue');
    expect(types.map(({ type }) => type)).toEqual(expect.arrayContaining(['spawn', 'ready', 'restart', 'stopped']));
    expect((await json('audit', '--limit', '3')).entries).toMatchObject([
      { path: '/rm?wait=gone', by: 'token', result: 'done' },
      { path: '/api/replicas/blue/restart?wait=ready' },
      { path: '/api/replicas/blue/undrain' },
    ]);
  }, 120_000);

  it('deploys, follows that to its end, and says when it was taken back', async () => {
    expect((await hashflow('deploy', '--env', 'EDITION=2', '--dry-run')).out).toContain('changes: env.EDITION');
    const { code, out } = await hashflow('deploy', '--env', 'EDITION=2', '--min-ready', '0');
    expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/Server 1: replaced[^]*rolled-out\n$/) });
    const failed = await hashflow('deploy', '--min-ready', '0', '--', process.execPath, '-e', 'process.exit(7)');
    expect(failed).toMatchObject({ code: 1, err: expect.stringMatching(/rolled-back: Server 1: .*code 7/) });
    expect(await json('deploy', 'status')).toMatchObject({ status: 'rolled-back' });
    expect(await hashflow('deploy', '--image', 'web:2')).toMatchObject({ code: 1, out: '' });
    expect(await hashflow('deploy', 'cancel')).toMatchObject({ code: 1, err: expect.stringContaining('No deploy') });
  }, 120_000);

  it.each([
    [1, ['drain', 'nobody'], /replica "nobody" does not exist/],
    [1, ['rm', '9'], /n must not be above the number of replicas/],
    [1, ['add', '--name', '-bad'], /hostnames has "-bad"/],
    [1, ['events', '--types', 'birth'], /types has "birth"/],
    [2, ['weight', 'Server 1', 'x'], /It must be a number/],
  ])('ends with %i after %j', async (code, words, message) => {
    const ended = await hashflow(...words);
    expect(ended).toEqual({ code, out: '', err: expect.stringMatching(message) });
  });

  it('ends with 4 without the token, and shows it to nobody', async () => {
    const { ADMIN_PORT } = access();
    const { code, err } = await start(['status'], { ADMIN_PORT }).ended;
    expect({ code, err }).toEqual({ code: 4, err: expect.stringContaining('the token is missing') });
  });

  it('ends quietly when whoever reads its output has enough', async () => {
    const { child, ended } = start(['events', '-f', '--json'], access());
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.stdout.destroy();
    await hashflow('weight', 'Server 1', '2');
    await hashflow('weight', 'Server 1', '1');
    expect(await ended).toMatchObject({ code: 0, err: '' });
  });

  it('watches a death and the return, and ends with Ctrl-C', async () => {
    const watch = start(['watch', '--json'], access());
    await eventually('the first picture', () => (watch.seen.out.includes('\n') ? true : undefined));
    const [victim] = (await json('status')).replicas;
    process.kill(victim.instance.pid, 'SIGKILL');
    // Whole lines: the last one may still be on its way through the pipe.
    const newest = () => JSON.parse(watch.seen.out.split('\n').at(-2) ?? '');
    // Changes within a tenth of a second are drawn together, so a quick return may leave no picture without the replica.
    const back = await eventually('another instance serves', () => {
      const [now] = newest().replicas;
      return now.state === 'ready' && now.instance.id !== victim.instance.id ? now : undefined;
    });
    expect(back.restarts).toBe(victim.restarts + 1);
    watch.child.kill('SIGINT');
    expect(await watch.ended).toMatchObject({ code: 130, err: '' });
    expect((await hashflow('deaths', 'Server 1')).out).toContain('it was ended by SIGKILL');
  }, 60_000);

  it('follows events through a SIGKILL of the balancer, and says what it missed', async () => {
    const follow = start(['events', '-f', '--json', '--limit', '1'], access());
    await eventually('the last event', () => (follow.seen.out.includes('\n') ? true : undefined));
    await balancer.kill9();
    await eventually('the loss', () => (follow.seen.err.includes('connection lost') ? true : undefined));
    balancer = await startBalancer({ home: balancer.home, env: { ...env, ...access() } });
    await eventually('the gap', () => (follow.seen.err.includes('events are missing') ? true : undefined));
    await hashflow('weight', 'Server 1', '2');
    await eventually('the weight', () => (follow.seen.out.includes('"type":"weight"') ? true : undefined));
    follow.child.kill('SIGINT');
    expect((await follow.ended).code).toBe(130);
    expect((await json('audit')).entries.length).toBeGreaterThan(5);
  }, 120_000);
});

it('ends with 3 where nobody listens', async () => {
  expect(await start(['status'], { ADMIN_PORT: '9' }).ended).toMatchObject({ code: 3, out: '' });
});
