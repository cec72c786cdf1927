// docker/compose.yaml as an operator uses it: up, the classic calls from the host, down, nothing left. Needs an engine and a
// compose (the plugin or docker-compose); installs neither.
import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../apps/balancer/src/proxy/testing/free-port.js';
import { cleanPool } from '../apps/balancer/src/runtime/docker/clean-pool.js';
import { engineAnswers } from '../apps/balancer/src/runtime/testing/engine.js';

const run = promisify(execFile);
const folder = import.meta.dirname;
const compose = composeCommand();
const suite = compose && engineAnswers() ? describe : describe.skip;

const pool = `compose-${process.pid}`;
const port = String(await freePort());
const adminPort = String(await freePort());
const dataUrl = `http://127.0.0.1:${port}`;
const adminUrl = `http://127.0.0.1:${adminPort}`;
const env = {
  ...process.env,
  POOL: pool,
  HASHFLOW_POOL: pool,
  HASHFLOW_IMAGE: `hashflow-balancer-test:${process.pid}`,
  HASHFLOW_SUBNET: '172.16.249',
  HASHFLOW_PORT: port,
  HASHFLOW_ADMIN_PORT: adminPort,
};

suite('docker compose', () => {
  beforeAll(async () => {
    await run(process.execPath, [join(folder, '../scripts/image.mjs'), '--tag', env.HASHFLOW_IMAGE], { env });
    await inCompose('up', '-d');
    await until(async () => (await fetch(`${adminUrl}/readyz`)).status === 200 && (await ready()) === 3);
  }, 240_000);

  afterAll(async () => {
    await inCompose('down').catch(() => {});
    await cleanPool({ pool });
  }, 90_000);

  it('answers the classic calls of this machine without a token', async () => {
    expect(await call('GET', '/rep')).toEqual({
      status: 200,
      body: { message: { N: 3, replicas: ['Server 1', 'Server 2', 'Server 3'] }, status: 'successful' },
    });
    expect((await call('POST', '/add?wait=ready', { n: 1, hostnames: ['S5'] })).body.message.replicas).toContain('S5');
    expect((await call('DELETE', '/rm?wait=gone', { n: 1, hostnames: ['S5'] })).body.message.N).toBe(3);
  });

  it('forwards to replicas on the pool’s own network', async () => {
    expect((await call<string>('GET', '/home')).body.message).toMatch(/^Hello from Server: Server [123]$/);
    const networks = await docker('ps', '--filter', `label=io.hashflow.pool=${pool}`, '--format', '{{.Networks}}');
    expect(networks).toEqual([pool, pool, pool]);
  });

  it('refuses a replica that calls the admin port', async () => {
    const [replica = ''] = await replicaContainers();
    const [balancer = ''] = await serviceContainer();
    const [address = ''] = await docker(
      'inspect',
      '-f',
      `{{(index .NetworkSettings.Networks "${pool}").IPAddress}}`,
      balancer,
    );
    const program = `fetch('http://${address}:5001/rep', { method: 'GET' }).then((r) => console.log(r.status))`;
    expect(await docker('exec', replica, 'node', '-e', program)).toEqual(['403']);
  });

  it('reads what clients send in a process without root', async () => {
    const [balancer = ''] = await serviceContainer();
    const program = `
      const { readdirSync, readFileSync } = require('node:fs');
      const read = (pid, file) => readFileSync('/proc/' + pid + '/' + file, 'utf8');
      for (const pid of readdirSync('/proc').filter((name) => /^\\d+$/.test(name)))
        try { if (read(pid, 'cmdline').startsWith('hashflow-data')) console.log(/^Uid:.*$/m.exec(read(pid, 'status'))[0]); } catch {}`;
    expect(await docker('exec', balancer, 'node', '-e', program)).toEqual([
      expect.stringMatching(/^Uid:(\s+[1-9]\d*){4}$/),
    ]);
  });

  it('brings a killed replica back under its name', async () => {
    const [victim = ''] = await replicaContainers();
    await docker('kill', victim);
    await until(async () => !(await replicaContainers()).includes(victim) && (await ready()) === 3);
    expect((await call('GET', '/rep')).body.message.replicas).toEqual(['Server 1', 'Server 2', 'Server 3']);
  });

  it('takes its replicas over after a crash of the balancer', async () => {
    const before = await replicaContainers();
    const [balancer = ''] = await serviceContainer();
    const program = `
      const { readdirSync, readFileSync } = require('node:fs');
      for (const pid of readdirSync('/proc').filter((name) => /^\\d+$/.test(name) && name !== '1'))
        if (/^node.dist.*main\\.js/.test(readFileSync('/proc/' + pid + '/cmdline', 'utf8'))) process.kill(Number(pid), 'SIGKILL');`;
    // The end of the container ends this call as well.
    await docker('exec', balancer, 'node', '-e', program).catch(() => {});
    await until(
      async () => (await docker('inspect', '-f', '{{.RestartCount}}', balancer))[0] === '1' && (await ready()) === 3,
    );
    expect(await replicaContainers()).toEqual(before);
  });

  it('leaves nothing behind after down', async () => {
    await inCompose('down');
    expect(await docker('ps', '-aq', '--filter', `label=io.hashflow.pool=${pool}`)).toEqual([]);
    expect(await serviceContainer()).toEqual([]);
    expect(await docker('network', 'ls', '-q', '--filter', `name=${pool}`)).toEqual([]);
    expect(await docker('volume', 'ls', '-q', '--filter', `name=${pool}`)).toEqual([]);
  }, 90_000);
});

function composeCommand(): readonly [string, ...string[]] | undefined {
  for (const candidate of [['docker', 'compose'], ['docker-compose']] as const) {
    try {
      execFileSync(candidate[0], [...candidate.slice(1), 'version'], { stdio: 'ignore' });
      return candidate;
    } catch {
      // The next one may be there.
    }
  }
  return undefined;
}

async function inCompose(...args: string[]): Promise<void> {
  const [command = '', ...first] = compose ?? [];
  await run(command, [...first, '-p', pool, '-f', join(folder, 'compose.yaml'), ...args], { env });
}

/** @returns the lines of the output */
async function docker(...args: string[]): Promise<string[]> {
  const { stdout } = await run('docker', args);
  return stdout.trim() === '' ? [] : stdout.trim().split('\n');
}

function replicaContainers(): Promise<string[]> {
  return docker('ps', '-q', '--filter', `label=io.hashflow.pool=${pool}`);
}

function serviceContainer(): Promise<string[]> {
  return docker('ps', '-aq', '--filter', `label=com.docker.compose.project=${pool}`);
}

interface Members {
  readonly N: number;
  readonly replicas: readonly string[];
}

/** `M` is the shape of the message. */
async function call<M = Members>(method: string, path: string, body?: object) {
  const response = await fetch(`${dataUrl}${path}`, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
  });
  return { status: response.status, body: (await response.json()) as { message: M; status: string } };
}

async function ready(): Promise<number> {
  const response = await fetch(`${adminUrl}/api/replicas`);
  const { replicas } = (await response.json()) as { replicas: { state: string }[] };
  return replicas.filter(({ state }) => state === 'ready').length;
}

/** Asks again until it holds. @throws Error when it did not within the limit */
async function until(holds: () => Promise<boolean>, limitMs = 50_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await holds().catch(() => false))) {
    if (performance.now() > deadline) throw new Error(`not so within ${limitMs} ms: ${holds.toString()}`);
    await sleep(100);
  }
}
