// The data process as it is built and run: its birth, its rights, its take-over, its death. Control's side of it is the
// real supervisor and link in this process.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { identify, isAlive } from '../src/platform/process-identity.js';
import { freePort } from '../src/proxy/testing/free-port.js';
import { startRawHttp, startUpstream, type Upstream } from '../src/proxy/testing/upstream.js';
import { rawClient } from '../src/proxy/testing/raw-client.js';
import { ControlLink } from '../src/routing/link/control-link.js';
import { DataProcess } from '../src/routing/link/data-process.js';
import type { DataSettings } from '../src/routing/link/messages.js';
import { testDataSettings } from '../src/routing/testing/data-settings.js';
import { testSnapshot } from '../src/routing/testing/snapshots.js';
import { type Logger, silentLogger } from '../src/telemetry/logger.js';

const ENTRY = join(import.meta.dirname, '../../../dist/apps/balancer/src/data.main.js');
const LINK = join(import.meta.dirname, '../../../dist/apps/balancer/src/routing/link');
const ROOT_USER = process.getuid?.() === 0;

const folders: string[] = [];
const links: { link: ControlLink; process: DataProcess }[] = [];
const upstreams: Upstream[] = [];

interface Opened {
  readonly link: ControlLink;
  readonly logged: string[];
  readonly url: () => string;
  readonly pid: () => number;
}

function control(stateDir: string, changes: Partial<DataSettings> = {}): Opened {
  const settings = testDataSettings(changes);
  const logged: string[] = [];
  const note = (_fields: object, message: string) => void logged.push(message);
  const log: Logger = { debug: note, info: note, warn: note, error: note };
  const supervisor = new DataProcess({ stateDir, settings, logLevel: 'warn', entry: ENTRY }, log);
  const link = new ControlLink(supervisor, silentLogger, settings.seedRoutes);
  links.push({ link, process: supervisor });
  return {
    link,
    logged,
    url: () => `http://127.0.0.1:${link.address?.port ?? 0}`,
    pid: () => link.pid ?? 0,
  };
}
function stateDir(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hashflow-data-'));
  folders.push(folder);
  return folder;
}
async function upstream(...args: Parameters<typeof startUpstream>): Promise<Upstream> {
  const started = await startUpstream(...args);
  upstreams.push(started);
  return started;
}
async function route({ link }: Opened, ...list: { replica: string; port: number }[]): Promise<void> {
  const { epoch: _, ...snapshot } = testSnapshot(list);
  expect(await link.acknowledged(link.publish(snapshot), 20_000)).toBe(true);
}
async function until(holds: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('it did not come true in time');
    await delay(20);
  }
}
interface Load {
  /** Who answers the next so many that are sent from now on. */
  next(count: number): Promise<Set<string>>;
  stop(): Promise<{ failures: string[] }>;
}

/** Steady requests until stopped; each on a connection of its own, so that none hides behind another. */
function load(url: string): Load {
  let running = true;
  let sent = 0;
  const answered: { sent: number; by: string }[] = [];
  const failures: string[] = [];
  const clients = Array.from({ length: 4 }, async () => {
    while (running) {
      const mine = ++sent;
      await fetch(url, { headers: { connection: 'close' } }).then(
        async (response) => {
          const { name } = (await response.json()) as { name: string };
          if (response.status === 200) answered.push({ sent: mine, by: name });
          else failures.push(String(response.status));
        },
        (error: Error) => failures.push(String(error.cause)),
      );
    }
  });
  return {
    async next(count) {
      const mark = sent;
      const later = () => answered.filter((one) => one.sent > mark);
      await until(() => later().length >= count);
      return new Set(later().map(({ by }) => by));
    },
    async stop() {
      running = false;
      await Promise.all(clients);
      return { failures };
    },
  };
}

afterEach(async () => {
  for (const { link } of links.splice(0).reverse()) await link.shutdown(500);
  for (const each of upstreams.splice(0)) await each.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describe('a data process', () => {
  it('serves, in a session of its own, with a bare environment and a socket that is its owner’s alone', async () => {
    const folder = stateDir();
    process.env.ADMIN_TOKEN_CANARY = 'must-not-leak';
    const one = control(folder);
    await one.link.open();
    delete process.env.ADMIN_TOKEN_CANARY;
    await route(one, { replica: 'A', port: (await upstream('A')).port });
    expect((await fetch(one.url())).status).toBe(200);
    expect(statSync(join(folder, 'data.sock')).mode & 0o777).toBe(0o600);
    if (process.platform !== 'linux') return;
    const environment = readFileSync(`/proc/${one.pid()}/environ`, 'utf8').split('\0').filter(Boolean);
    expect(environment.map((line) => line.split('=')[0])).toEqual(['HASHFLOW_DATA']);
    const [, , , session] = readFileSync(`/proc/${one.pid()}/stat`, 'utf8').split(') ')[1].split(' ');
    expect(Number(session)).toBe(one.pid());
  });

  (ROOT_USER ? it : it.skip)('started as root gives it up in every thread, and serves on', async () => {
    const one = control(stateDir(), { workers: 2 });
    await one.link.open();
    await route(one, { replica: 'A', port: (await upstream('A')).port });
    expect((await fetch(one.url())).status).toBe(200);
    for (const task of readdirSync(`/proc/${one.pid()}/task`)) {
      const status = readFileSync(`/proc/${one.pid()}/task/${task}/status`, 'utf8');
      expect(status).toMatch(/^Uid:\t65534\t65534\t65534\t65534$/m);
      expect(status).toMatch(/^Gid:\t65534\t65534\t65534\t65534$/m);
      expect(status).toMatch(/^CapEff:\t0+$/m);
      expect(status).toMatch(/^Groups:\s*$/m);
    }
  });

  it.each([
    ['DATA_USER does not exist', { user: 'no-such-user-here' }, /DATA_USER="no-such-user-here"/],
    ['DATA_USER is root', { user: 'root' }, /DATA_USER="root"/],
  ])('is refused, in words, when %s', async (_what, changes, words) => {
    if (!ROOT_USER) return;
    await expect(control(stateDir(), changes).link.open()).rejects.toThrow(words);
  });

  it.each([1, 2])('says which port is taken, also where %i workers would share it (TRAPS 5)', async (workers) => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    await expect(control(stateDir(), { port, workers }).link.open()).rejects.toThrow(
      `the data port 127.0.0.1:${port} is taken by another program`,
    );
    await new Promise((resolve) => other.close(resolve));
  });

  it('of another pool that shares its port among workers keeps it to itself (TRAPS 5)', async () => {
    const first = control(stateDir(), { workers: 2 });
    await first.link.open();
    const port = first.link.address?.port ?? 0;
    await expect(control(stateDir(), { port, workers: 2 }).link.open()).rejects.toThrow('is taken');
  });

  it('says that HOST is no address of this machine', async () => {
    await expect(control(stateDir(), { host: '192.0.2.1' }).link.open()).rejects.toThrow('HOST="192.0.2.1"');
  });

  it('ends with the shutdown after its last request, and leaves only its log', async () => {
    const folder = stateDir();
    const one = control(folder);
    await one.link.open();
    let finish = () => {};
    const slow = await startRawHttp((_request, response) => (finish = () => response.end('done')));
    upstreams.push(slow);
    await route(one, { replica: 'A', port: slow.port });
    const busy = await rawClient(one.link.address?.port ?? 0, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await until(async () => ((await one.link.counters(500)).get('A')?.inFlight ?? 0) === 1);
    const identity = await identify(one.pid());
    const ended = one.link.shutdown(10_000);
    await delay(100);
    finish();
    expect((await busy.closed()).text).toMatch(/done$/);
    await ended;
    expect(identity && (await isAlive(identity))).toBe(false);
    expect(readdirSync(folder)).toEqual(['data.log']);
  });

  it('ends by itself once its STATE_DIR is gone and no control can ever come', async () => {
    const folder = stateDir();
    const { pid, kill } = await controlChild(folder, []);
    const identity = await identify(pid);
    await kill();
    rmSync(folder, { recursive: true });
    await until(async () => !(identity && (await isAlive(identity))), 20_000);
  }, 40_000);
});

describe('the death of control', () => {
  it('by SIGKILL under load costs no request, nor does the next one that takes over (TRAPS 4)', async () => {
    const folder = stateDir();
    const [a, b] = [await upstream('A'), await upstream('B')];
    const first = await controlChild(folder, [
      { replica: 'A', port: a.port },
      { replica: 'B', port: b.port },
    ]);
    const running = load(`http://127.0.0.1:${first.port}`);
    await running.next(20);
    await first.kill();
    await running.next(20);
    const second = control(folder);
    await second.link.open();
    expect([second.pid(), second.link.address?.port]).toEqual([first.pid, first.port]);
    expect(second.link.epoch).toBe(first.epoch);
    // What the first control published is in force until the second says otherwise.
    expect(await running.next(50)).toEqual(new Set(['A', 'B']));
    await route(second, { replica: 'A', port: a.port });
    expect(second.link.epoch).toBe(first.epoch + 1);
    expect(await running.next(50)).toEqual(new Set(['A']));
    expect((await running.stop()).failures).toEqual([]);
  }, 30_000);

  it('leaves admin requests on the data port without an answer of control’s, and says so', async () => {
    const folder = stateDir();
    const { port, kill } = await controlChild(folder, []);
    await kill();
    const response = await fetch(`http://127.0.0.1:${port}/rep`);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await response.json()).toEqual({ message: expect.stringContaining('control'), status: 'failure' });
    await control(folder).link.open();
  });
});

describe('the death of the data process', () => {
  it('is repaired on the same port, with the same table, and moves no key', async () => {
    const one = control(stateDir());
    await one.link.open();
    const list = [await upstream('A'), await upstream('B'), await upstream('C')];
    await route(one, ...list.map(({ port }, index) => ({ replica: 'ABC'[index], port })));
    const owners = async () =>
      Promise.all(
        Array.from({ length: 20 }, async (_, index) => {
          const response = await fetch(one.url(), { headers: { 'x-hash-key': `key ${index}`, connection: 'close' } });
          return ((await response.json()) as { name: string }).name;
        }),
      );
    const before = await owners();
    const [dead, port] = [one.pid(), one.link.address?.port];
    process.kill(dead, 'SIGKILL');
    await until(() => one.link.connected && one.pid() !== dead);
    expect(one.link.address?.port).toBe(port);
    await until(async () => (await fetch(one.url()).catch(() => undefined))?.status === 200);
    expect(await owners()).toEqual(before);
  }, 30_000);

  it('that comes again and again is repaired each time', async () => {
    const one = control(stateDir());
    await one.link.open();
    for (let death = 0; death < 4; death++) {
      const dead = one.pid();
      process.kill(dead, 'SIGKILL');
      await until(() => one.link.connected && one.pid() !== dead);
    }
    expect((await fetch(one.url())).status).toBe(503); // it serves; nobody has published a replica
  }, 60_000);
});

describe('a data process that runs already', () => {
  it('with other settings is replaced, on its port, and finishes its requests beside the new one', async () => {
    const folder = stateDir();
    let finish = () => {};
    const slow = await startRawHttp(({ url }, response) => {
      if (url === '/slow') finish = () => response.end('slow');
      else response.end('quick');
    });
    upstreams.push(slow);
    const first = await controlChild(folder, [{ replica: 'A', port: slow.port }]);
    const busy = await rawClient(first.port, 'GET /slow HTTP/1.1\r\nHost: a\r\n\r\n');
    await until(() => slow.connections.length === 1);
    await first.kill();
    const second = control(folder, { exposeReplica: false });
    await second.link.open();
    expect(second.logged).toContain('the running data process has other settings and is replaced');
    expect(second.pid()).not.toBe(first.pid);
    expect(second.link.address?.port).toBe(first.port);
    await route(second, { replica: 'A', port: slow.port });
    const response = await fetch(second.url());
    expect([await response.text(), response.headers.get('x-hashflow-replica')]).toEqual(['quick', null]);
    finish();
    expect((await busy.closed()).text).toMatch(/slow$/);
  }, 30_000);

  it('that answers nobody is killed and replaced', async () => {
    const folder = stateDir();
    const first = await controlChild(folder, []);
    await first.kill();
    process.kill(first.pid, 'SIGSTOP');
    const second = control(folder);
    await second.link.open();
    expect(second.pid()).not.toBe(first.pid);
    await until(async () => (await identify(first.pid)) === undefined);
  }, 30_000);

  it('whose socket was removed gives its port to the new one', async () => {
    const folder = stateDir();
    const port = await freePort();
    const first = await controlChild(folder, [], { port });
    await first.kill();
    rmSync(join(folder, 'data.sock'));
    const second = control(folder, { port });
    await second.link.open();
    expect(second.pid()).not.toBe(first.pid);
    expect(second.link.address?.port).toBe(port);
  }, 30_000);

  it('is never looked for by its pid alone: a stranger with that pid is left alone', async () => {
    const folder = stateDir();
    const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    const died = new Promise((resolve) => stranger.once('exit', resolve));
    writeFileSync(join(folder, 'data.pid'), JSON.stringify({ pid: stranger.pid, startTime: 'of another process' }));
    const one = control(folder);
    await one.link.open();
    await one.link.shutdown(500);
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
    stranger.kill('SIGKILL');
    await died;
  });
});

interface ControlChild {
  readonly pid: number;
  readonly port: number;
  readonly epoch: number;
  /** SIGKILL, and its end awaited. */
  kill: () => Promise<void>;
}

/** A control process of its own, to be killed: it starts the data process, publishes these replicas and waits. */
async function controlChild(
  folder: string,
  list: { replica: string; port: number }[],
  changes: Partial<DataSettings> = {},
): Promise<ControlChild> {
  const { epoch: _, ...snapshot } = testSnapshot(list);
  const input = { stateDir: folder, settings: testDataSettings(changes), snapshot, entry: ENTRY };
  const program = `
    import { ControlLink } from '${LINK}/control-link.js';
    import { DataProcess } from '${LINK}/data-process.js';
    const { snapshot, ...options } = JSON.parse(process.argv[1]);
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const link = new ControlLink(new DataProcess({ ...options, logLevel: 'warn' }, log), log, true);
    await link.open();
    await link.acknowledged(link.publish(snapshot), 5000);
    console.log(JSON.stringify({ pid: link.pid, port: link.address.port, epoch: link.epoch }));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, JSON.stringify(input)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()));
    void exited.then(() => reject(new Error('the control process ended before it was ready')));
  });
  const started = JSON.parse(line) as Omit<ControlChild, 'kill'>;
  return {
    ...started,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
