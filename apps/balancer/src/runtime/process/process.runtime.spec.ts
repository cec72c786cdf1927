// The contract over real local processes, and what only processes do: leftovers, groups, ports, logs.
import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../telemetry/logger.js';
import { bundledServer } from '../bundled-server.js';
import { eventually } from '../testing/eventually.js';
import { describeReplicaRuntime } from '../testing/replica-runtime.contract.js';
import { MAX_LOG_BYTES } from './log-file.js';
import { endLeftovers } from './leftovers.js';
import { identify, isAlive } from '../../platform/process-identity.js';
import { ProcessRuntime, type ProcessRuntimeOptions } from './process.runtime.js';

const folders: string[] = [];
const runtimes: ProcessRuntime[] = [];

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hashflow-runtime-'));
  folders.push(folder);
  return folder;
}

function newRuntime(options: Partial<ProcessRuntimeOptions> = {}): ProcessRuntime {
  const runtime = new ProcessRuntime(
    { command: undefined, env: [], healthPath: '/heartbeat', ...options, stateDir: options.stateDir ?? newFolder() },
    silentLogger,
  );
  runtimes.push(runtime);
  return runtime;
}

/** A node program as REPLICA_COMMAND. */
function program(source: string): string {
  const file = join(newFolder(), 'program.mjs');
  writeFileSync(file, source);
  return `"${process.execPath}" "${file}"`;
}

async function startOne(runtime: ProcessRuntime, slot = 'S1', generation = 1) {
  const workload = await runtime.prepare(() => {});
  const id = await runtime.create({ slot, generation, specHash: 'h', workload });
  await runtime.start(id);
  const look = async () => (await runtime.list()).find((instance) => instance.id === id);
  return { ...(await look())!, workload, look };
}

async function disposeAll(): Promise<void> {
  for (const runtime of runtimes.splice(0)) {
    for (const { id } of await runtime.list()) await runtime.remove(id);
    await runtime.close();
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}
afterEach(disposeAll);

describeReplicaRuntime('the process runtime', {
  ownsLife: true,
  async makeBench() {
    return { runtime: newRuntime(), dispose: disposeAll };
  },
});

describe('a replica process', () => {
  it('is told its address, its name and REPLICA_ENV, and inherits no secret', async () => {
    process.env.ADMIN_TOKEN = 'a-token-that-is-secret';
    process.env.HASH_SEED = '0123456789abcdef';
    try {
      const runtime = newRuntime({
        command: program('console.log(JSON.stringify(process.env)); setInterval(() => {}, 1e6)'),
        env: ['A=1', 'B=x=y', 'PORT=1'],
      });
      const { id, address } = await startOne(runtime, 'Server 1');
      const env = JSON.parse(
        await eventually(async () => (await runtime.logs(id, 1))[0] ?? Promise.reject(new Error('silent'))),
      );
      expect(env).toMatchObject({
        HOST: '127.0.0.1',
        PORT: String(address!.port),
        SERVER_ID: 'Server 1',
        A: '1',
        B: 'x=y',
      });
      expect(env.PATH).toBe(process.env.PATH);
      expect(Object.keys(env)).not.toEqual(expect.arrayContaining(['ADMIN_TOKEN']));
      expect(Object.keys(env)).not.toEqual(expect.arrayContaining(['HASH_SEED']));
    } finally {
      delete process.env.ADMIN_TOKEN;
      delete process.env.HASH_SEED;
    }
  });

  it('leads a process group of its own (TRAPS 15)', async () => {
    const { pid } = await startOne(newRuntime());
    const group = (text: string) => text.slice(text.lastIndexOf(')') + 2).split(' ')[2];
    if (process.platform === 'linux') expect(group(readFileSync(`/proc/${pid}/stat`, 'utf8'))).toBe(String(pid));
    expect(() => process.kill(-pid!, 0)).not.toThrow();
  });

  it('leaves no zombie (TRAPS 15)', async () => {
    const runtime = newRuntime();
    const { id, pid } = await startOne(runtime);
    await runtime.stop(id, 5_000);
    await eventually(() => expect(() => process.kill(pid!, 0)).toThrow('ESRCH'));
  });

  it('is killed after the grace when it ignores SIGTERM (TRAPS 15)', async () => {
    const runtime = newRuntime({
      command: program(`process.on('SIGTERM', () => console.log('no')); console.log('up'); setInterval(() => {}, 1e6)`),
    });
    const { id, look } = await startOne(runtime);
    await eventually(async () => expect(await runtime.logs(id, 9)).toContain('up'));
    await runtime.stop(id, 300);
    expect(await look()).toMatchObject({ state: 'exited', exit: { code: null, signal: 'SIGKILL' } });
    expect(await runtime.logs(id, 9)).toEqual(['up', 'no']);
  });

  it('takes with it what it has forked', async () => {
    const runtime = newRuntime({
      command: program(`import { spawn } from 'node:child_process';
        const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)']);
        console.log(child.pid); setInterval(() => {}, 1e6)`),
    });
    const { id, pid } = await startOne(runtime);
    const forked = Number(
      await eventually(async () => (await runtime.logs(id, 1))[0] ?? Promise.reject(new Error('silent'))),
    );
    process.kill(pid!, 'SIGKILL');
    await eventually(async () => expect(await identify(forked)).toBeUndefined());
  });

  it.each([7, 137])('that exits by itself is seen with its exit code %i', async (code) => {
    const { look } = await startOne(newRuntime({ command: program(`process.exit(${code})`) }));
    await eventually(async () => expect(await look()).toMatchObject({ state: 'exited', exit: { code, signal: null } }));
  });

  it.each([
    ['/nonexistent/program', 'no such program'],
    [tmpdir(), 'may not be executed'],
  ])('that cannot be run (%s) is a bad specification, and leaves nothing behind', async (command, reason) => {
    const stateDir = newFolder();
    const runtime = newRuntime({ stateDir, command });
    const workload = await runtime.prepare(() => {});
    const id = await runtime.create({ slot: 'S1', generation: 1, specHash: 'h', workload });
    await expect(runtime.start(id)).rejects.toMatchObject({
      code: 'bad_spec',
      retryable: false,
      message: expect.stringContaining(reason),
    });
    expect(JSON.parse(readFileSync(join(stateDir, 'processes.json'), 'utf8')).processes).toEqual([]);
  });

  it('gets a port of its own, also when many start at once', async () => {
    const runtime = newRuntime();
    const all = await Promise.all(['S1', 'S2', 'S3', 'S4'].map((slot) => startOne(runtime, slot)));
    expect(new Set(all.map(({ address }) => address!.port)).size).toBe(4);
    for (const { address } of all) await eventually(() => fetch(`http://127.0.0.1:${address!.port}/heartbeat`));
  });

  it('whose port another program took exits, and its successor gets another port', async () => {
    const runtime = newRuntime();
    // Holds whatever port it is told, so that the real server finds it taken.
    const [node, server] = [process.execPath, bundledServer()];
    const racing = newRuntime({
      command: program(`import { createServer } from 'node:net';
        import { spawn } from 'node:child_process';
        createServer().listen(process.env.PORT, '127.0.0.1', () => {
          spawn('${node}', ['${server}'], { stdio: 'inherit' }).once('exit', (code) => process.exit(code));
        });`),
    });
    const lost = await startOne(racing);
    await eventually(async () => expect(await lost.look()).toMatchObject({ state: 'exited', exit: { code: 1 } }));
    expect((await racing.logs(lost.id, 1))[0]).toContain('EADDRINUSE');
    const successor = await startOne(runtime, 'S1', 2);
    await eventually(() => fetch(`http://127.0.0.1:${successor.address!.port}/heartbeat`));
  });

  it('writes into a bounded log', async () => {
    const stateDir = newFolder();
    const runtime = newRuntime({
      stateDir,
      command: program(`const line = 'x'.repeat(1023) + '\\n';
        for (let i = 0; i < 3000; i++) process.stdout.write(line);
        console.log('last line'); setInterval(() => {}, 1e6)`),
    });
    const { id } = await startOne(runtime);
    const folder = join(stateDir, 'logs');
    await eventually(async () => expect(await runtime.logs(id, 1)).toEqual(['last line']));
    await eventually(() => {
      const sizes = readdirSync(folder).map((file) => statSync(join(folder, file)).size);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(MAX_LOG_BYTES);
    });
    expect(await runtime.logs(id, 1)).toEqual(['last line']);
    expect((await runtime.logs(id, 50)).slice(0, 49).every((line) => line.length === 1023)).toBe(true);
  });
});

describe('a leftover of a killed balancer', () => {
  /** As if its balancer had been killed: nobody who knows it as a child is asked again. */
  async function leave(stateDir: string, options: Partial<ProcessRuntimeOptions> = {}) {
    const runtime = newRuntime({ stateDir, ...options });
    const started = await startOne(runtime);
    await runtime.close();
    runtimes.splice(runtimes.indexOf(runtime), 1);
    return { ...started, startTime: (await identify(started.pid!))!.startTime };
  }

  it('is listed as such by the next balancer, serves on, and is ended by SIGTERM', async () => {
    const stateDir = newFolder();
    const left = await leave(stateDir);
    const next = newRuntime({ stateDir });
    const lines: string[] = [];
    await next.prepare((line) => lines.push(line));
    expect(lines).toEqual(['1 replica process(es) of an earlier balancer still run']);
    expect(await next.list()).toMatchObject([
      { id: left.id, slot: 'S1', generation: 1, state: 'running', pid: left.pid, leftover: true },
    ]);
    const { port } = left.address!;
    await eventually(() => fetch(`http://127.0.0.1:${port}/heartbeat`, { headers: { connection: 'close' } }));
    await next.start(left.id);
    await next.stop(left.id, 5_000);
    expect(await isAlive({ pid: left.pid!, startTime: left.startTime })).toBe(false);
    await next.remove(left.id);
    expect(await next.list()).toEqual([]);
  });

  it('is killed after the grace when it ignores SIGTERM', async () => {
    const stateDir = newFolder();
    const left = await leave(stateDir, {
      command: program(`process.on('SIGTERM', () => {}); setInterval(() => {}, 1e6)`),
    });
    const next = newRuntime({ stateDir });
    await next.list();
    await next.stop(left.id, 200);
    expect(await isAlive({ pid: left.pid!, startTime: left.startTime })).toBe(false);
  });

  it('is never taken for an instance that is asked for', async () => {
    const stateDir = newFolder();
    const { workload } = await leave(stateDir);
    const next = newRuntime({ stateDir });
    await expect(next.create({ slot: 'S1', generation: 1, specHash: 'h', workload })).rejects.toMatchObject({
      code: 'conflict',
    });
    expect(await next.create({ slot: 'S1', generation: 2, specHash: 'h', workload })).toBeTruthy();
  });

  it('is not taken for another process that has got its pid', async () => {
    const stateDir = newFolder();
    const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { detached: true });
    const entry = {
      id: 'x',
      slot: 'S1',
      generation: 1,
      specHash: 'h',
      port: 1,
      pid: stranger.pid,
      startTime: 'boot:1',
      startedAt: 1,
    };
    writeFileSync(join(stateDir, 'processes.json'), JSON.stringify({ schema: 1, processes: [entry] }));
    const next = newRuntime({ stateDir });
    expect(await next.list()).toEqual([]);
    await next.remove('x');
    expect(await endLeftovers(stateDir, 0)).toEqual([]);
    expect(await identify(stranger.pid!)).toBeDefined();
    stranger.kill('SIGKILL');
  });

  it('is found although its balancer was killed between the start and the note of the pid', async () => {
    if (process.platform !== 'linux') return;
    const stateDir = newFolder();
    const left = await leave(stateDir);
    const file = join(stateDir, 'processes.json');
    const ledger = JSON.parse(readFileSync(file, 'utf8'));
    ledger.processes[0].pid = ledger.processes[0].startTime = null;
    writeFileSync(file, JSON.stringify(ledger));
    expect(await newRuntime({ stateDir }).list()).toMatchObject([{ id: left.id, pid: left.pid, leftover: true }]);
  });

  it('is ended by the clean-up of its STATE_DIR, which leaves no file', async () => {
    const stateDir = newFolder();
    const left = await leave(stateDir);
    expect(await endLeftovers(stateDir, 2_000)).toEqual([{ slot: 'S1', pid: left.pid }]);
    expect(await isAlive({ pid: left.pid!, startTime: left.startTime })).toBe(false);
    expect(readdirSync(stateDir)).toEqual([]);
    expect(await endLeftovers(stateDir, 0)).toEqual([]);
  });

  it('cannot be known from a broken list, which is set aside', async () => {
    const stateDir = newFolder();
    writeFileSync(join(stateDir, 'processes.json'), '{"schema":1,"proc');
    expect(await newRuntime({ stateDir }).list()).toEqual([]);
    expect(existsSync(join(stateDir, 'processes.json.broken'))).toBe(true);
  });
});

describe('the state folder', () => {
  it('keeps its list from other users', async () => {
    const stateDir = newFolder();
    chmodSync(stateDir, 0o755);
    await startOne(newRuntime({ stateDir }));
    expect(statSync(join(stateDir, 'processes.json')).mode & 0o777).toBe(0o600);
  });

  it('is left without lists and logs when the pool ends', async () => {
    const stateDir = newFolder();
    const runtime = newRuntime({ stateDir });
    const { id } = await startOne(runtime);
    await runtime.cleanup();
    expect(readdirSync(stateDir).sort()).toEqual(['logs', 'processes.json']);
    await runtime.remove(id);
    await runtime.cleanup();
    expect(readdirSync(stateDir)).toEqual([]);
  });
});
