// The Docker runtime over an engine that hangs, is another one, or goes away. The real engine has its own suite.
import { afterEach, describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { silentLogger } from '../../telemetry/logger.js';
import { eventually } from '../testing/eventually.js';
import { DockerRuntime } from './docker.runtime.js';
import type { EngineClient } from './engine-client.js';
import { type Script, type ScriptedEngine, startScriptedEngine } from './testing/scripted-engine.js';

const engines: ScriptedEngine[] = [];
const runtimes: DockerRuntime[] = [];

afterEach(async () => {
  for (const runtime of runtimes.splice(0)) await runtime.close();
  for (const engine of engines.splice(0)) await engine.close();
});

const INFO = {
  ID: 'engine-1',
  ServerVersion: '1',
  Architecture: 'x86_64',
  OperatingSystem: 'Debian',
  SecurityOptions: [],
};
const spec = {
  slot: 'S1',
  generation: 1,
  specHash: 'h',
  workload: { image: 'sha256:1', port: 80, env: {}, healthPath: '/' },
};

function container(id: string, state = 'running') {
  const labels = { 'io.hashflow.pool': 'p', 'io.hashflow.spec': 'h', 'io.hashflow.port': '80' };
  const networks = { p: { IPAddress: `10.0.0.${id}` } };
  return {
    summary: {
      Id: id,
      Names: [`/p.S${id}.1`],
      Labels: labels,
      State: state,
      Ports: [],
      NetworkSettings: { Networks: networks },
    },
    inspected: {
      Id: id,
      Name: `/p.S${id}.1`,
      Config: { Labels: labels },
      State: {
        Status: state,
        Pid: 7,
        ExitCode: 0,
        OOMKilled: false,
        StartedAt: '2026-01-02T03:04:05.6Z',
        FinishedAt: '0001-01-01T00:00:00Z',
      },
      NetworkSettings: { Ports: {}, Networks: networks },
    },
  };
}

async function over(script: Script) {
  const engine = await startScriptedEngine(script);
  engines.push(engine);
  return { engine, runtime: runtimeOf(engine.client()) };
}

function runtimeOf(client: EngineClient): DockerRuntime {
  const options = {
    pool: 'p',
    image: 'x',
    command: undefined,
    port: 80,
    env: [],
    healthPath: '/',
    baseImage: undefined,
  };
  const timing = { minBackoffMs: 5, maxBackoffMs: 20, silenceMs: 10_000 };
  const runtime = new DockerRuntime(options, silentLogger, client, timing);
  runtimes.push(runtime);
  return runtime;
}

describe('a container that the engine does not start', () => {
  it.each([
    // Seen when an engine ends while it starts one: the next engine starts it.
    [500, 'failed to update store for object type *libnetwork.endpoint: open : no such file or directory', true],
    [500, 'error creating overlay mount: permission denied', true],
    [400, 'OCI runtime create failed: exec: "/app": stat /app: no such file or directory: unknown', false],
    [500, 'starting container process caused: exec /app: exec format error', false],
    [400, 'executable file not found in $PATH', false],
  ])('by a %i and "%s" is tried again: %s', async (status, message, retryable) => {
    const { inspected } = container('1', 'created');
    const { runtime } = await over(({ path, json }) => {
      if (path === '/info') json(200, INFO);
      if (path === '/containers/1/json') json(200, inspected);
      if (path === '/containers/1/start') json(status, { message });
    });
    await expect(runtime.start('1')).rejects.toMatchObject({ retryable, message: expect.stringContaining(message) });
  });
});

describe('an engine that hangs', () => {
  it.each(['/info', '/containers/json'])('on %s is unreachable, within the deadline (TRAPS 10)', async (hung) => {
    const { runtime } = await over(({ path, json }) => path !== hung && json(200, path === '/info' ? INFO : []));
    await expect(runtime.list()).rejects.toMatchObject({ code: 'unreachable', retryable: true });
  });

  it('on one container hides none of the others, and shows that one as its list tells it (TRAPS 10)', async () => {
    const [one, two] = [container('1'), container('2')];
    const { runtime } = await over(({ path, json }) => {
      if (path === '/info') json(200, INFO);
      if (path === '/containers/json') json(200, [one.summary, two.summary]);
      if (path === '/containers/2/json') json(200, two.inspected);
    });
    expect(await runtime.list()).toMatchObject([
      { id: '1', slot: 'S1', state: 'running', address: { host: '10.0.0.1', port: 80 } },
      { id: '2', slot: 'S2', state: 'running', address: { host: '10.0.0.2', port: 80 }, pid: 7 },
    ]);
  });

  it('on one change fails that one as retryable, and lets others pass in the meantime (TRAPS 10)', async () => {
    const { runtime } = await over(({ path, method, json }) => {
      if (path === '/info') json(200, INFO);
      if (path.startsWith('/images/')) json(200, { Id: 'sha256:1', Config: {} });
      if (path === '/containers/json') json(200, []);
      if (method === 'POST' && path === '/containers/create') return;
    });
    const creating = runtime.create(spec).catch((error: unknown) => error);
    expect(await runtime.list()).toEqual([]);
    expect(await creating).toMatchObject({ code: 'timeout', retryable: true });
  });
});

describe('an engine that is gone', () => {
  it('is unreachable, in words', async () => {
    const { engine, runtime } = await over(({ json }) => json(200, INFO));
    await engine.close();
    engines.length = 0;
    await expect(runtime.list()).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('is Docker installed'),
    });
    await expect(runtime.start('x')).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('that fails inside is no empty engine', async () => {
    const { runtime } = await over(({ path, json }) =>
      path === '/info' ? json(200, INFO) : json(500, { message: 'broken inside' }),
    );
    await expect(runtime.list()).rejects.toMatchObject({ code: 'failed', message: 'broken inside' });
  });
});

describe('another engine behind the same address', () => {
  it('is unreachable, not empty, until the first one is back (TRAPS 10)', async () => {
    let id = 'engine-1';
    const { runtime } = await over(({ path, json }) => json(200, path === '/info' ? { ...INFO, ID: id } : []));
    expect(await runtime.list()).toEqual([]);
    id = 'engine-2';
    await expect(runtime.list()).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('another Docker engine'),
    });
    id = 'engine-1';
    expect(await runtime.list()).toEqual([]);
  });

  it('is noticed as soon as the event stream breaks (TRAPS 10)', async () => {
    let id = 'engine-1';
    let asked = 0;
    const { engine, runtime } = await over(({ path, json, response }) => {
      if (path === '/events') response.writeHead(200).flushHeaders();
      else if (path === '/info') json(200, { ...INFO, ID: id, asked: ++asked });
      else json(200, []);
    });
    const hints: string[] = [];
    runtime.watch(({ kind }) => hints.push(kind));
    await eventually(() => expect(hints).toEqual(['resync']));
    await runtime.list();
    const before = asked;
    await runtime.list();
    expect(asked).toBe(before);

    id = 'engine-2';
    engine.cut();
    await eventually(() => expect(hints).toEqual(['resync', 'changed', 'resync']));
    await expect(runtime.list()).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('cannot be told where the engine makes up an id for each answer', async () => {
    let made = 0;
    const { runtime } = await over(({ path, json }) =>
      json(200, path === '/info' ? { ...INFO, ID: `made-up-${made++}` } : []),
    );
    expect(await runtime.list()).toEqual([]);
    expect(await runtime.list()).toEqual([]);
  });
});

describe('a list, while the event stream is open', () => {
  it('asks only about containers that something has happened to, and about all once the stream has broken', async () => {
    const all = [container('1'), container('2')];
    const asked: string[] = [];
    let events: ServerResponse | undefined;
    const { engine, runtime } = await over(({ path, json, response }) => {
      if (path === '/events') (events = response).writeHead(200).flushHeaders();
      else if (path === '/info') json(200, INFO);
      else if (path === '/containers/json')
        json(
          200,
          all.map(({ summary }) => summary),
        );
      else {
        const one = all.find(({ summary }) => path === `/containers/${summary.Id}/json`);
        asked.push(one?.summary.Id ?? path);
        json(200, one?.inspected);
      }
    });
    const hints: string[] = [];
    const askedFor = async () => {
      asked.length = 0;
      expect(await runtime.list()).toMatchObject([
        { id: '1', pid: 7 },
        { id: '2', pid: 7 },
      ]);
      return [...asked].sort();
    };
    expect([await askedFor(), await askedFor()]).toEqual([
      ['1', '2'],
      ['1', '2'],
    ]);
    runtime.watch(({ kind }) => hints.push(kind));
    await eventually(() => expect(hints).toEqual(['resync']));
    expect([await askedFor(), await askedFor()]).toEqual([['1', '2'], []]);
    events?.write(`${JSON.stringify({ Action: 'update', Actor: { ID: '2', Attributes: {} } })}\n`);
    await eventually(() => expect(hints).toEqual(['resync', 'changed']));
    expect([await askedFor(), await askedFor()]).toEqual([['2'], []]);
    engine.cut();
    await eventually(() => expect(hints).toEqual(['resync', 'changed', 'changed', 'resync']));
    expect([await askedFor(), await askedFor()]).toEqual([['1', '2'], []]);
  });
});

describe('a container that goes while it is looked at', () => {
  it('is not listed', async () => {
    const { runtime } = await over(({ path, json }) => {
      if (path === '/info') json(200, INFO);
      else if (path === '/containers/json') json(200, [container('1').summary]);
      else json(404, { message: 'No such container' });
    });
    expect(await runtime.list()).toEqual([]);
  });
});
