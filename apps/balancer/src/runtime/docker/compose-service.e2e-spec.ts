// A service of a real compose file as replicas on a real Docker engine: storage, network, user, limits, signals.
import { afterAll, afterEach, beforeAll, expect, it, jest } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { loadSettings } from '../../config/load.js';
import { silentLogger } from '../../telemetry/logger.js';
import type { ReplicaRuntime, RuntimeHint, Workload } from '../replica-runtime.js';
import { createRuntime } from '../runtime.module.js';
import { projectOf } from '../spec/read-service.js';
import { describeWithEngine, engineAnswers } from '../testing/engine.js';
import { eventually } from '../testing/eventually.js';
import { cleanPool } from './clean-pool.js';
import { disposePools, docker, holdBase, newPool, openPool, releaseBase } from './testing/docker-bench.js';

jest.setTimeout(120_000);

/** Tells what it finds around itself, and ends on SIGUSR2 alone. */
const PROGRAM = `
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
appendFileSync('/data/lives', process.env.SERVER_ID + '\\n');
process.on('SIGTERM', () => console.log('SIGTERM is ignored'));
process.on('SIGUSR2', () => { console.log('SIGUSR2 ends it'); process.exit(0); });
createServer(async (request, response) => {
  const database = await fetch('http://database:5000/heartbeat').then(({ status }) => status, String);
  writeFileSync('/scratch/file', 'x');
  const { GREETING, FROM_FILE } = process.env;
  response.end(JSON.stringify({
    uid: process.getuid(), cwd: process.cwd(), lives: readFileSync('/data/lives', 'utf8'), database, GREETING, FROM_FILE,
  }));
}).listen(process.env.PORT);
console.log('up');
`;

const cleanups: (() => Promise<unknown> | void)[] = [];
if (engineAnswers()) {
  beforeAll(holdBase);
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
    await disposePools();
  });
  afterAll(releaseBase);
}

/** A folder as an application has it: compose file, env file, program; and the image that the file names. */
async function project(service: string, rest = '') {
  const { workload } = await openPool();
  const folder = mkdtempSync(join(tmpdir(), 'hashflow-shop-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'program.mjs'), PROGRAM);
  writeFileSync(join(folder, '.env'), 'WHO=world\n');
  writeFileSync(join(folder, 'app.env'), 'FROM_FILE="hello ${WHO}"\n');
  const text = `services:\n  web:\n    image: ${workload.imageRef}\n${service.replace(/^(?=.)/gm, '    ')}\n${rest}`;
  writeFileSync(join(folder, 'compose.yaml'), text);
  return { folder, name: projectOf(basename(folder)), image: workload.image! };
}

async function open(folder: string, env: Record<string, string> = {}) {
  const pool = newPool();
  const settings = loadSettings({
    RUNTIME: 'docker',
    POOL: pool,
    STATE_DIR: folder,
    REPLICA_SPEC: `${folder}/compose.yaml#web`,
    ...env,
  });
  const runtime = createRuntime({ kind: 'docker', reason: 'a test' }, settings, silentLogger);
  cleanups.push(
    () => cleanPool({ pool }),
    () => runtime.close(),
  );
  const said: string[] = [];
  const workload = await runtime.prepare((line) => said.push(line));
  return { pool, runtime, workload, said, born: spawner(runtime, workload) };
}

function spawner(runtime: ReplicaRuntime, workload: Workload) {
  return async (slot: string, generation = 1) => {
    const id = await runtime.create({ slot, generation, specHash: 'h', workload });
    await runtime.start(id);
    return id;
  };
}

async function facts(runtime: ReplicaRuntime, id: string): Promise<Record<string, unknown>> {
  return eventually(async () => {
    const { host, port } = (await runtime.list()).find((one) => one.id === id)!.address!;
    return (await (await fetch(`http://${host}:${port}/`)).json()) as Record<string, unknown>;
  });
}

async function network(name: string) {
  const made = await docker.createNetwork({ Name: name });
  cleanups.push(() => made.remove());
}

/** Another container of the project, which the replicas shall reach by its name. */
async function database(networkName: string, image: string) {
  const container = await docker.createContainer({
    Image: image,
    HostConfig: { NetworkMode: networkName },
    NetworkingConfig: { EndpointsConfig: { [networkName]: { Aliases: ['database'] } } },
  });
  cleanups.push(() => container.remove({ force: true }));
  await container.start();
}

const APPLICATION = `
command: [node, /program.mjs]
user: "0:0"
working_dir: /tmp
environment: {GREETING: "hi \${WHO:-nobody}"}
env_file: app.env
expose: [8080]
volumes:
  - data-{slot}:/data
  - ./program.mjs:/program.mjs:ro
tmpfs: /scratch:size=1m,mode=700
labels: {team: shop}
mem_limit: 96m
cpus: 0.5
pids_limit: 40
stop_signal: SIGUSR2
stop_grace_period: 20s
depends_on: [database]
`;

describeWithEngine('a compose service as replicas', () => {
  it('has its volume per replica, its database, user, environment and scratch space; a successor finds what was left', async () => {
    const { folder, name, image } = await project(`${APPLICATION}networks: [back]\n`, 'networks: {back: {}}\n');
    await network(`${name}_back`);
    await database(`${name}_back`, image);
    const { runtime, said, workload, born } = await open(folder);
    expect(said.join('\n')).toContain('depends_on is left out');
    expect(workload).toMatchObject({ image, port: 8080, stopGraceMs: 20_000 });
    for (const slot of ['Server_1', 'Server_2'])
      cleanups.unshift(async () => docker.getVolume(`${name}_data-${slot}`).remove());

    const [first, other] = [await born('Server 1'), await born('Server 2')];
    expect(await facts(runtime, first)).toEqual({
      uid: 0,
      cwd: '/tmp',
      lives: 'Server 1\n',
      database: 200,
      GREETING: 'hi world',
      FROM_FILE: 'hello world',
    });
    expect(await facts(runtime, other)).toMatchObject({ lives: 'Server 2\n' });
    await runtime.remove(first);
    expect(await facts(runtime, await born('Server 1', 2))).toMatchObject({
      lives: 'Server 1\nServer 1\n',
      database: 200,
    });
  });

  it('has the limits and labels of the file, under either hardening', async () => {
    const { folder, name } = await project(APPLICATION);
    await network(`${name}_default`);
    cleanups.unshift(async () => docker.getVolume(`${name}_data-S1`).remove());
    const limits = { Memory: 96 * 1024 ** 2, MemorySwap: 96 * 1024 ** 2, NanoCpus: 5e8, PidsLimit: 40 };
    const always = { SecurityOpt: ['no-new-privileges'], LogConfig: { Type: 'json-file' }, Init: true };
    for (const hardening of ['strict', 'default']) {
      const { runtime, born } = await open(folder, { HARDENING: hardening });
      const { HostConfig, Config, NetworkSettings } = await docker.getContainer(await born('S1')).inspect();
      expect(HostConfig).toMatchObject({ ...limits, ...always, ReadonlyRootfs: hardening === 'strict' });
      expect(HostConfig.CapDrop ?? []).toEqual(hardening === 'strict' ? ['ALL'] : []);
      expect(HostConfig.Tmpfs).toMatchObject({ '/scratch': 'size=1m,mode=700' });
      expect(Config).toMatchObject({ User: '0:0', StopSignal: 'SIGUSR2', Labels: { team: 'shop' } });
      // The project's default network, because the file names none and it exists.
      expect(Object.keys(NetworkSettings.Networks)).toContain(`${name}_default`);
      for (const { id } of await runtime.list()) await runtime.remove(id);
    }
  });

  it('is stopped by its own signal, which is announced before the death (TRAPS 8)', async () => {
    const { folder, name } = await project(APPLICATION);
    cleanups.unshift(async () => docker.getVolume(`${name}_data-S1`).remove());
    const { runtime, said, born } = await open(folder);
    expect(said.join('\n')).toContain(`no network "${name}_default"`);
    const hints: RuntimeHint[] = [];
    runtime.watch((hint) => hints.push(hint));
    await eventually(() => expect(hints).toContainEqual({ kind: 'resync' }));
    const id = await born('S1');
    await eventually(async () => expect(await runtime.logs(id, 9)).toEqual(['up']));
    hints.length = 0;
    await runtime.stop(id, 20_000);
    await eventually(() => expect(hints).toContainEqual({ kind: 'died', instanceId: id }));
    expect(hints.slice(0, 2)).toEqual([
      { kind: 'stopping', instanceId: id },
      { kind: 'died', instanceId: id },
    ]);
    expect(await runtime.logs(id, 9)).toEqual(['up', 'SIGUSR2 ends it']);
    expect((await runtime.list())[0]).toMatchObject({ state: 'exited', exit: { code: 0 } });
  });

  it('joins its networks at its start, and takes one that it is on already for success', async () => {
    const { folder, name } = await project(`${APPLICATION}networks: [back]\n`, 'networks: {back: {}}\n');
    await network(`${name}_back`);
    cleanups.unshift(async () => docker.getVolume(`${name}_data-S1`).remove());
    const { runtime, workload } = await open(folder);
    const id = await runtime.create({ slot: 'S1', generation: 1, specHash: 'h', workload });
    await docker.getNetwork(`${name}_back`).connect({ Container: id });
    await runtime.start(id);
    const { NetworkSettings } = await docker.getContainer(id).inspect();
    expect(Object.keys(NetworkSettings.Networks)).toHaveLength(2);
  });

  it('is refused before anything starts when a network or an image is missing', async () => {
    const { folder, name } = await project('networks: [back]\n', 'networks: {back: {}}\n');
    await expect(open(folder)).rejects.toMatchObject({
      code: 'bad_spec',
      message: expect.stringContaining(`the network "${name}_back" of REPLICA_SPEC does not exist`),
    });
    writeFileSync(
      join(folder, 'compose.yaml'),
      'services: {web: {image: "no/such:1", pull_policy: never, networks: []}}',
    );
    await expect(open(folder)).rejects.toMatchObject({
      code: 'image_missing',
      message: expect.stringContaining('pull_policy says never'),
    });
  });
});
