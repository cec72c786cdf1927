// The contract over a real Docker engine, and what only containers do.
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { RuntimeHint } from '../replica-runtime.js';
import { describeWithEngine, engineAnswers } from '../testing/engine.js';
import { eventually } from '../testing/eventually.js';
import { describeReplicaRuntime } from '../testing/replica-runtime.contract.js';
import { EngineClient } from './engine-client.js';
import { disposePools, docker, holdBase, newRuntime, openPool, releaseBase } from './testing/docker-bench.js';

jest.setTimeout(120_000);

if (engineAnswers()) {
  beforeAll(holdBase);
  afterEach(disposePools);
  afterAll(releaseBase);
}

describeReplicaRuntime('the Docker runtime', {
  ownsLife: true,
  suite: describeWithEngine as typeof describe,
  makeBench: async () => ({ runtime: newRuntime(), dispose: disposePools }),
});

describeWithEngine('a replica container', () => {
  it('is dialled at its own address, and publishes no port (TRAPS 9)', async () => {
    if (process.platform !== 'linux') return;
    const { start, look, container } = await openPool();
    const id = await start('Server 1');
    const { address } = (await look(id))!;
    expect(address!.host).not.toBe('127.0.0.1');
    const inspected = await container(id).inspect();
    expect(Object.values(inspected.NetworkSettings.Ports ?? {}).filter(Boolean)).toEqual([]);
    const answer = await eventually(() => fetch(`http://${address!.host}:${address!.port}/home`));
    expect(await answer.json()).toEqual({ message: 'Hello from Server: Server 1', status: 'successful' });
  });

  it('is dialled at an ephemeral loopback port where addresses do not route, asked anew after each start (TRAPS 9)', async () => {
    class DesktopEngine extends EngineClient {
      override info = async () => ({ ...(await super.info()), reach: 'published' as const });
    }
    const { start, look, container } = await openPool({}, new DesktopEngine(docker));
    const id = await start('S1');
    const first = (await look(id))!.address!;
    expect(first.host).toBe('127.0.0.1');
    await eventually(() => fetch(`http://127.0.0.1:${first.port}/heartbeat`));
    await container(id).restart({ t: 5 });
    const second = (await look(id))!.address!;
    await eventually(() => fetch(`http://127.0.0.1:${second.port}/heartbeat`));
  });

  it('may get the address of a dead one, but never its id (TRAPS 3)', async () => {
    const { runtime, start, look } = await openPool();
    const [a, b] = [await start('A'), await start('B')];
    await runtime.remove(a);
    await runtime.remove(b);
    // In reverse order: this engine gives B the address that A had. One that does not is no worse.
    const [b2, a2] = [await start('B', 2), await start('A', 2)];
    expect(new Set([a, b, a2, b2]).size).toBe(4);
    expect((await look(a2))!.address).not.toEqual((await look(b2))!.address);
  });

  it('carries in labels only what never changes, and its slot in its name (TRAPS 7)', async () => {
    const { pool, start, container } = await openPool({ env: ['GREETING=hi there'] });
    const inspected = await container(await start('Server 4', 2)).inspect();
    expect(inspected.Name).toBe(`/${pool}.Server_4.2`);
    expect(inspected.Config.Labels).toMatchObject({
      'io.hashflow.pool': pool,
      'io.hashflow.spec': 'h',
      'io.hashflow.port': '5000',
    });
    expect(JSON.stringify(inspected.Config.Labels)).not.toContain('Server 4');
    expect(inspected.Config.Env).toEqual(
      expect.arrayContaining(['GREETING=hi there', 'SERVER_ID=Server 4', 'PORT=5000']),
    );
  });

  it('of our own image has no rights, no writable disk, and limits', async () => {
    const { start, container } = await openPool();
    const { HostConfig, Config } = await container(await start('S1')).inspect();
    expect(Config.User).toBe('1000:1000');
    expect(HostConfig).toMatchObject({
      Init: true,
      CapDrop: ['ALL'],
      ReadonlyRootfs: true,
      PidsLimit: 256,
      Memory: 256 * 1024 ** 2,
      NanoCpus: 1e9,
      SecurityOpt: ['no-new-privileges'],
      RestartPolicy: { Name: 'no' },
      LogConfig: { Type: 'json-file', Config: { 'max-size': '1m', 'max-file': '2' } },
    });
  });

  it('that ignores SIGTERM is killed after the grace', async () => {
    const script = `process.on('SIGTERM', () => console.log('no')); console.log('up'); setInterval(() => {}, 1e6)`;
    const { runtime, start, look } = await openPool({ command: ['node', '-e', script] });
    const id = await start('S1');
    await eventually(async () => expect(await runtime.logs(id, 9)).toEqual(['up']));
    await runtime.stop(id, 1_000);
    expect(await look(id)).toMatchObject({ state: 'exited', exit: { code: 137, signal: 'SIGKILL', oom: false } });
    expect(await runtime.logs(id, 9)).toEqual(['up', 'no']);
  });

  it('that exits by itself is seen with its exit code', async () => {
    const { start, look } = await openPool({ command: ['node', '-e', 'process.exit(7)'] });
    const id = await start('S1');
    await eventually(async () =>
      expect(await look(id)).toMatchObject({ state: 'exited', exit: { code: 7, signal: null, oom: false } }),
    );
  });

  it('that runs out of memory is seen as such', async () => {
    const script = 'const all = []; for (;;) all.push(Buffer.alloc(1 << 24, 1))';
    const { start, look } = await openPool({ command: ['node', '-e', script] });
    // The engine learns of the kernel's kill from a control group that ends with the container: on a busy machine it now and
    // then comes too late.
    for (const slot of ['S1', 'S2', 'S3']) {
      const id = await start(slot);
      await eventually(
        async () => expect(await look(id)).toMatchObject({ state: 'exited', exit: { code: 137 } }),
        30_000,
      );
      if ((await look(id))?.exit?.oom) return;
    }
    throw new Error('the engine told of none of three');
  });

  it('whose command does not exist is a bad specification', async () => {
    const { runtime, spec } = await openPool({ command: ['/nonexistent'] });
    // With an init inside, the engine itself starts that, and the missing command shows as an exit.
    const id = await runtime.create(spec('S1'));
    const failure = await runtime.start(id).then(
      () => 'started',
      (error: { code: string }) => error.code,
    );
    if (failure === 'started') {
      await eventually(async () =>
        expect((await runtime.list())[0]).toMatchObject({ state: 'exited', exit: { code: 127 } }),
      );
    } else expect(failure).toBe('bad_spec');
  });

  it('is started although somebody removed the network that it was created for', async () => {
    const { pool, runtime, spec, look } = await openPool();
    const id = await runtime.create(spec('S1'));
    await docker.getNetwork(pool).remove();
    await runtime.start(id);
    expect((await look(id))!.address).toBeDefined();
  });
});

describeWithEngine('hints', () => {
  async function watchPool() {
    const pool = await openPool();
    const hints: RuntimeHint[] = [];
    pool.runtime.watch((hint) => hints.push(hint));
    await eventually(() => expect(hints).toContainEqual({ kind: 'resync' }));
    const id = await pool.start('S1');
    const { host, port } = (await pool.look(id))!.address!;
    await eventually(() => fetch(`http://${host}:${port}/heartbeat`, { headers: { connection: 'close' } }));
    const changed = { kind: 'changed', instanceId: id } as const;
    // It was created, and it was started: both have to be told before what comes next.
    await eventually(() => expect(hints.filter(({ kind }) => kind === 'changed')).toEqual([changed, changed]));
    hints.length = 0;
    return { ...pool, hints, id, changed };
  }

  it('a stop is announced before the death (TRAPS 8)', async () => {
    const { runtime, hints, id } = await watchPool();
    await runtime.stop(id, 10_000);
    await eventually(() => expect(hints).toContainEqual({ kind: 'died', instanceId: id }));
    expect(hints.slice(0, 2)).toEqual([
      { kind: 'stopping', instanceId: id },
      { kind: 'died', instanceId: id },
    ]);
  });

  it('a signal that stops nothing is only a change (TRAPS 8)', async () => {
    const { hints, id, changed, look, container } = await watchPool();
    await container(id).kill({ signal: 'SIGWINCH' });
    await eventually(() => expect(hints).toEqual([changed]));
    expect((await look(id))!.state).toBe('running');
  });

  it('tell nothing of another pool (TRAPS 5)', async () => {
    const { hints, id, changed, container } = await watchPool();
    const other = await openPool();
    await other.runtime.remove(await other.start('S1'));
    // The engine tells everything in order: what is told of this comes behind what would have been told of those.
    await container(id).kill({ signal: 'SIGWINCH' });
    await eventually(() => expect(hints).toContainEqual(changed));
    expect(hints).toEqual([changed]);
  });

  it('a container removed by force is a death (TRAPS 12)', async () => {
    const { hints, id, look, container } = await watchPool();
    await container(id).remove({ force: true });
    await eventually(() => expect(hints).toContainEqual({ kind: 'died', instanceId: id }));
    expect(await look(id)).toBeUndefined();
  });
});

describeWithEngine('by hand', () => {
  it('a paused container is seen as paused, and can be stopped (TRAPS 12)', async () => {
    const { runtime, start, look, container } = await openPool();
    const id = await start('S1');
    await container(id).pause();
    expect(await look(id)).toMatchObject({ state: 'paused' });
    await expect(runtime.start(id)).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringContaining('paused by hand'),
    });
    await runtime.stop(id, 1_000);
    expect(await look(id)).toMatchObject({ state: 'exited' });
  });

  it('a renamed container fills no slot, and its name is free for the same instance (TRAPS 12)', async () => {
    const { pool, runtime, spec, start, look, container } = await openPool();
    const id = await start('S1');
    await container(id).rename({ name: `${pool}-mine` });
    expect(await look(id)).toMatchObject({ slot: '', generation: 0, state: 'running' });
    expect(await runtime.create(spec('S1'))).not.toBe(id);
    await runtime.remove(id);
    expect(await runtime.list()).toHaveLength(1);
  });

  it('a container renamed to another slot fills that one (TRAPS 12)', async () => {
    const { pool, start, look, container } = await openPool();
    const id = await start('S1');
    await container(id).rename({ name: `${pool}.Server_9.4` });
    expect(await look(id)).toMatchObject({ slot: 'Server 9', generation: 4 });
  });

  it('a container off the network runs without an address (TRAPS 12)', async () => {
    const { pool, start, look, container } = await openPool();
    const id = await start('S1');
    await docker.getNetwork(pool).disconnect({ Container: container(id).id });
    const seen = await look(id);
    expect(seen).toMatchObject({ state: 'running' });
    expect(seen).not.toHaveProperty('address');
  });

  it('a restarted container is the same instance, started later (TRAPS 12)', async () => {
    const { start, look, container } = await openPool();
    const id = await start('S1');
    const before = (await look(id))!.startedAt!;
    await container(id).restart({ t: 0 });
    expect(await look(id)).toMatchObject({ id, slot: 'S1', state: 'running' });
    expect((await look(id))!.startedAt).toBeGreaterThan(before);
  });

  it('an updated container stays what it was (TRAPS 12)', async () => {
    const { start, look, container } = await openPool();
    const id = await start('S1');
    const before = await look(id);
    await container(id).update({ Memory: 64 * 1024 ** 2, MemorySwap: 64 * 1024 ** 2 });
    expect(await look(id)).toEqual(before);
  });

  it('a foreign container that holds the name is a conflict, and is not touched (TRAPS 6)', async () => {
    const { pool, runtime, workload, spec } = await openPool();
    const foreign = await docker.createContainer({ name: `${pool}.S1.1`, Image: workload.image! });
    try {
      await expect(runtime.create(spec('S1'))).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringContaining('not ours'),
      });
      expect(await runtime.list()).toEqual([]);
      for (const touch of [
        runtime.start(foreign.id),
        runtime.stop(foreign.id, 0),
        runtime.remove(foreign.id),
        runtime.logs(foreign.id, 1),
      ]) {
        await expect(touch).rejects.toMatchObject({
          code: 'conflict',
          message: expect.stringContaining('does not belong'),
        });
      }
      expect((await foreign.inspect()).State.Status).toBe('created');
    } finally {
      await foreign.remove({ force: true });
    }
  });
});

describeWithEngine('a restarted balancer', () => {
  it('finds the containers of its pool as they were left, and creates none of them again', async () => {
    const first = await openPool();
    const id = await first.start('Server 1', 5);
    const before = await first.look(id);
    await first.runtime.close();
    const second = await openPool({ pool: first.pool });
    expect(second.runtime.adopts).toBe(true);
    expect(await second.runtime.list()).toEqual([before]);
    expect(await second.runtime.create(second.spec('Server 1', 5))).toBe(id);
  });
});
