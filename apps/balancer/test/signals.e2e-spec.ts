// What ends a balancer, how, and what it leaves: signals, a real terminal's Ctrl-C, a second start.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { containersOf } from './docker-api.js';
import {
  type Balancer,
  environment,
  eventually,
  MAIN,
  newHome,
  pause,
  startBalancer,
  startFailing,
} from './harness.js';
import { HOLDING, holdersOf, LET_GO } from './held-requests.js';
import { call, postJson, replicasOf } from './http-client.js';
import { expectAllEnded, expectNoContainers, isAlive, pidsOf, zombiesBelow } from './leftovers.js';
import { describeWithEngine } from '../src/runtime/testing/engine.js';
import { describeRuntimes } from './runtimes.js';

const holding = { RUNTIME: 'process', N: '2', REPLICA_COMMAND: HOLDING };
const ENDED = { code: 0, signal: null };

const namesOf = async ({ adminUrl }: Balancer) => (await replicasOf(adminUrl)).map(({ name }) => name);

const heard = (balancer: Balancer) =>
  eventually('the signal is heard', () => (balancer.logs().includes('Draining') ? true : undefined));

describe('SIGINT', () => {
  it('lets requests in flight finish, refuses new ones, and ends everything that was started', async () => {
    const balancer = await startBalancer({ env: holding });
    const pids = await pidsOf(balancer);
    const { hold, letGo } = await holdersOf(balancer);
    const { answers } = await hold();
    const ended = balancer.stop('SIGINT');
    await eventually('new ones are refused', () =>
      call(balancer.dataUrl).then(
        () => undefined,
        () => true,
      ),
    );
    await letGo();
    expect(await ended).toEqual(ENDED);
    expect(await answers).toMatchObject([LET_GO]);
    await expect(call(balancer.dataUrl)).rejects.toThrow('ECONNREFUSED');
    await expectAllEnded(pids);
  }, 60_000);

  it('twice within a second counts as one: requests still finish', async () => {
    const balancer = await startBalancer({ env: holding });
    const { hold, letGo } = await holdersOf(balancer);
    const { answers } = await hold();
    balancer.signal('SIGINT');
    await pause(5);
    const ended = balancer.stop('SIGINT');
    await heard(balancer);
    await letGo();
    expect(await ended).toEqual(ENDED);
    expect(await answers).toMatchObject([LET_GO]);
  }, 60_000);

  it('again after more than a second stops at once, and still leaves nothing', async () => {
    const balancer = await startBalancer({ env: holding });
    const pids = await pidsOf(balancer);
    const { answers } = await (await holdersOf(balancer)).hold();
    balancer.signal('SIGINT');
    await heard(balancer);
    await pause(1200);
    expect(isAlive(balancer.pid)).toBe(true);
    const second = performance.now();
    await balancer.stop('SIGINT');
    expect(performance.now() - second).toBeLessThan(10_000); // DRAIN_TIMEOUT alone is 30 s
    await expect(answers).rejects.toThrow();
    await expectAllEnded(pids);
  }, 60_000);

  it('kills a replica that ignores SIGTERM once STOP_TIMEOUT has passed (TRAPS 15)', async () => {
    const balancer = await startBalancer({ env: { ...holding, REPLICA_ENV: 'STUBBORN=1', STOP_TIMEOUT: '500ms' } });
    const pids = await pidsOf(balancer);
    expect(await balancer.stop('SIGINT')).toEqual(ENDED);
    await expectAllEnded(pids);
  }, 60_000);
});

describeRuntimes('after SIGINT', (runtime) => {
  it('nothing is left, and the next start begins from the settings as the same pool', async () => {
    const env = { RUNTIME: runtime, N: '2' };
    const first = await startBalancer({ env });
    await postJson(`${first.adminUrl}/add?wait=ready`, { n: 1, hostnames: ['extra'] });
    const identity = readFileSync(join(first.home.stateDir, 'identity.json'), 'utf8');
    const pids = await pidsOf(first);
    expect(await first.stop('SIGINT')).toEqual(ENDED);
    await expectAllEnded(pids);
    if (runtime === 'docker') await expectNoContainers(first.pool);

    const second = await startBalancer({ env, home: first.home });
    expect(await namesOf(second)).toEqual(['Server 1', 'Server 2']);
    expect(readFileSync(join(first.home.stateDir, 'identity.json'), 'utf8')).toBe(identity);
    expect(await second.stop('SIGINT')).toEqual(ENDED);
  }, 150_000);
});

describe('a signal before the replicas are ready', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s ends the start in good order and leaves nothing',
    async (signal) => {
      const home = newHome();
      const balancer = spawn(process.execPath, [MAIN], {
        cwd: home.stateDir,
        // It is alive, and its probe never passes.
        env: environment(home, { ...holding, HEALTH_PATH: '/held' }),
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let log = '';
      balancer.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
      const ended = new Promise<object>((resolve) =>
        balancer.once('close', (code, by) => resolve({ code, signal: by })),
      );
      try {
        await eventually('two instances', () => (log.split('"instance started"').length > 2 ? true : undefined));
        const pids = [...readFileSync(join(home.stateDir, 'processes.json'), 'utf8').matchAll(/"pid": (\d+)/g)];
        expect(pids).toHaveLength(2);
        balancer.kill(signal);
        expect(await ended).toEqual(ENDED);
        expect(log).not.toContain('Error');
        await expectAllEnded(pids.map(([, pid]) => Number(pid)));
      } finally {
        balancer.kill('SIGKILL'); // no effect where all went well: it has ended
      }
    },
    60_000,
  );
});

describe('SIGTERM with local processes', () => {
  it('lets requests finish, ends the processes, and the next start has the same members', async () => {
    const balancer = await startBalancer({ env: holding });
    await postJson(`${balancer.adminUrl}/add?wait=ready`, { n: 1, hostnames: ['extra'] });
    const pids = await pidsOf(balancer);
    const { hold, letGo } = await holdersOf(balancer);
    const { answers } = await hold();
    const ended = balancer.stop('SIGTERM');
    await heard(balancer);
    await letGo();
    expect(await ended).toEqual(ENDED);
    expect(await answers).toMatchObject([LET_GO]);
    await expectAllEnded(pids);

    const second = await startBalancer({ env: holding, home: balancer.home });
    expect(await namesOf(second)).toEqual(['Server 1', 'Server 2', 'extra']);
    await second.stop('SIGINT');
  }, 90_000);
});

describe('SIGTERM with SHUTDOWN_DELAY', () => {
  it('takes readiness away at once, serves on until the delay is over, and finishes what is in flight then', async () => {
    const balancer = await startBalancer({ env: { ...holding, SHUTDOWN_DELAY: '5s' } });
    const { hold, letGo } = await holdersOf(balancer);
    balancer.signal('SIGTERM');
    const unready = await eventually('503 from /readyz', async () => {
      const answer = await call(`${balancer.adminUrl}/readyz`);
      return answer.status === 503 ? answer : undefined;
    });
    expect(unready.json).toEqual({ message: 'the balancer is shutting down', status: 'failure' });
    // Kept open beyond the delay, begun within it.
    const { answers } = await hold();
    expect((await call(balancer.dataUrl)).status).toBe(200);
    expect(await postJson(`${balancer.adminUrl}/add`, { n: 1 })).toMatchObject({ status: 503 });
    await eventually('the end of the data port', () =>
      call(balancer.dataUrl).then(
        () => undefined,
        () => true,
      ),
    );
    expect((await call(`${balancer.adminUrl}/readyz`)).status).toBe(503);
    await letGo();
    expect(await answers).toMatchObject([LET_GO]);
    expect(await balancer.exited).toEqual(ENDED);
  }, 60_000);
});

describeWithEngine('SIGTERM with containers', () => {
  it('leaves them running, and the next start takes them as they are', async () => {
    const env = { RUNTIME: 'docker', N: '2' };
    const first = await startBalancer({ env });
    const before = await containersOf(first.pool);
    expect(before).toHaveLength(2);
    expect(await first.stop('SIGTERM')).toEqual(ENDED);
    expect((await containersOf(first.pool)).sort()).toEqual(before.sort());
    await expectAllEnded([first.pid, first.dataPid]);

    const second = await startBalancer({ env, home: first.home });
    expect((await replicasOf(second.adminUrl)).map(({ instance }) => instance?.id).sort()).toEqual(before.sort());
    await second.stop('SIGINT');
    await expectNoContainers(first.pool);
  }, 150_000);

  it('stops them where STOP_REPLICAS is set', async () => {
    const balancer = await startBalancer({ env: { RUNTIME: 'docker', N: '1', STOP_REPLICAS: 'true' } });
    await balancer.stop('SIGTERM');
    expect(await containersOf(balancer.pool)).toEqual([]);
    const again = await startBalancer({ env: { RUNTIME: 'docker', N: '1' }, home: balancer.home });
    await again.stop('SIGINT');
    await expectNoContainers(balancer.pool);
  }, 150_000);
});

describe('a second start of the same pool (TRAPS 5)', () => {
  it('ends with one clear line and touches nothing', async () => {
    const balancer = await startBalancer({ env: holding });
    const before = await replicasOf(balancer.adminUrl);
    const second = await startFailing({ env: holding, home: balancer.home });
    expect(second.code).not.toBe(0);
    expect(second.output).toContain(balancer.pool);
    expect(second.output).toContain(String(balancer.pid));
    expect(second.output).not.toMatch(/^ {4}at /m);
    const ids = (views: typeof before) => views.map(({ instance }) => instance?.id);
    expect(ids(await replicasOf(balancer.adminUrl))).toEqual(ids(before));
    expect((await call(balancer.dataUrl)).status).toBe(200);
    await balancer.stop('SIGINT');
  }, 60_000);

  it('on the port of another pool ends with one clear line and touches nothing', async () => {
    const balancer = await startBalancer({ env: holding });
    const home = newHome();
    const second = await startFailing({ env: { ...holding, PORT: new URL(balancer.dataUrl).port }, home });
    expect(second.code).not.toBe(0);
    expect(second.output).toContain(new URL(balancer.dataUrl).host);
    expect(second.output).not.toMatch(/^ {4}at /m);
    expect((await call(balancer.dataUrl)).status).toBe(200);
    await balancer.stop('SIGINT');
  }, 60_000);
});

describe('a replica that dies again and again (TRAPS 15)', () => {
  it('leaves no zombie', async () => {
    const balancer = await startBalancer({ env: { ...holding, CRASH_LOOP_LIMIT: '1000' } });
    for (let death = 1; death <= 3; death++) {
      const [victim] = await replicasOf(balancer.adminUrl);
      if (victim?.instance?.pid) process.kill(victim.instance.pid, 'SIGKILL');
      await eventually(`respawn ${death}`, async () => {
        const [now] = await replicasOf(balancer.adminUrl);
        return now?.state === 'ready' && now.restarts === death ? true : undefined;
      });
    }
    expect(zombiesBelow(balancer.pid)).toEqual([]);
    await balancer.stop('SIGINT');
  }, 90_000);
});

describe('Ctrl-C in a real terminal (TRAPS 15)', () => {
  it('reaches control alone: a replica, which a SIGINT would kill, answers what it works on', async () => {
    const home = newHome();
    // script(1) gives the balancer a terminal of its own and passes on what is typed.
    const terminal = spawn('script', ['-qefc', `exec ${process.execPath} ${MAIN}`, '/dev/null'], {
      cwd: home.stateDir,
      env: environment(home, holding),
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let screen = '';
    terminal.stdout.on('data', (chunk: Buffer) => (screen += chunk.toString()));
    const ended = new Promise<number | null>((resolve) => terminal.once('close', resolve));
    try {
      const serving = await eventually('the serving line', () => /\{"event":"serving".*\}/.exec(screen)?.[0], 60_000);
      const balancer = { ...JSON.parse(serving), home } as Balancer;
      const pids = await pidsOf(balancer);

      const { hold, letGo } = await holdersOf(balancer);
      const { answers } = await hold();
      terminal.stdin.write('\x03');
      await eventually('the signal is heard', () => (screen.includes('Draining') ? true : undefined));
      await letGo();
      expect(await answers).toMatchObject([LET_GO]);
      expect(await ended).toBe(0);
      await expectAllEnded(pids);
    } finally {
      terminal.kill('SIGKILL'); // no effect where all went well: it has ended
    }
  }, 90_000);
});
