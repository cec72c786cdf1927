// The manager over real processes, real probes, real time: what the scripted suites promise holds outside of them too.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from '../../config/load.js';
import { ProcessRuntime } from '../../runtime/process/process.runtime.js';
import { silentLogger } from '../../telemetry/logger.js';
import { systemClock } from '../loop/clock.js';
import { PoolRing } from '../ring/pool-ring.js';
import { ReplicaManager } from '../replica-manager.service.js';
import { ScriptedLink } from '../testing/scripted-link.js';

describe('a pool of local processes', () => {
  let stateDir: string;
  let manager: ReplicaManager;
  let link: ScriptedLink;

  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'hashflow-processes-'));
    const settings = loadSettings({
      POOL: 'test',
      RUNTIME: 'process',
      STATE_DIR: stateDir,
      N: '2',
      HEALTH_INTERVAL: '200ms',
    });
    link = new ScriptedLink(systemClock);
    const runtime = new ProcessRuntime(
      { stateDir, command: undefined, env: [], healthPath: '/heartbeat' },
      silentLogger,
    );
    manager = new ReplicaManager(settings, runtime, link, silentLogger, new PoolRing());
    await manager.start();
  });
  afterEach(async () => {
    await manager.shutdown('end', { now: true });
    await rm(stateDir, { recursive: true, force: true });
  });

  const pids = () => manager.replicas().map(({ instance }) => instance?.pid ?? 0);
  const answer = async (name: string) => {
    const address = manager.replicas().find((replica) => replica.name === name)?.instance?.address;
    return await (await fetch(`http://${address}/home`)).json();
  };
  const lives = (pid: number) => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  };

  it('serves, replaces a killed one in its slot, grows, shrinks and leaves no process behind', async () => {
    await manager.whenReady(manager.names());
    expect(await answer('Server 2')).toEqual({ message: 'Hello from Server: Server 2', status: 'successful' });

    const [, killed = 0] = pids();
    process.kill(killed, 'SIGKILL');
    await new Promise<void>((resolve) => {
      const unsubscribe = manager.onChange(() => {
        if (manager.replicas()[1]?.state === 'ready') return;
        unsubscribe();
        resolve();
      });
    });
    await manager.whenReady(['Server 2']);
    expect(await answer('Server 2')).toEqual({ message: 'Hello from Server: Server 2', status: 'successful' });
    expect(manager.replicas()[1]).toMatchObject({ restarts: 1, lastExit: { signal: 'SIGKILL' } });
    expect(link.ready().sort()).toEqual(['Server 1', 'Server 2']);

    const { affected } = await manager.add({ n: 1, hostnames: ['S5'] });
    await manager.whenReady(affected);
    expect(await answer('S5')).toMatchObject({ message: 'Hello from Server: S5' });
    const all = pids();
    const { affected: gone } = await manager.remove({ n: 2, hostnames: ['Server 1'] });
    await manager.whenGone(gone);
    expect(all.filter(lives)).toHaveLength(1);

    await manager.shutdown('end');
    expect([...all, killed].filter(lives)).toEqual([]);
    expect(await readdir(stateDir)).not.toContain('lock');
  }, 30_000);
});
