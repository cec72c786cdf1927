// A balancer that is killed in the middle of making its replicas, and started again with other settings.
import { newHome, startBalancer, eventually, startKilled } from './harness.js';
import { call, replicasOf } from './http-client.js';
import { containersOf } from './docker-api.js';
import { expectAllEnded, expectNoContainers, pidsOf } from './leftovers.js';
import { describeRuntimes } from './runtimes.js';

const other = { N: '2', HASH_KEY: 'path', HASH_ALGORITHM: 'ketama', REPLICA_ENV: 'COLOUR=blue', MAX_REPLICAS: '2' };

describeRuntimes('killed while it made its replicas, then started with other settings (TRAPS 14)', (runtime) => {
  it('finishes what was begun, each replica once, by what the pool was made with; the difference is told', async () => {
    const home = newHome();
    const env = { RUNTIME: runtime, N: '3' };
    // Made and not started, started and not ready, one ready and the next in the making.
    for (const line of ['"instance created"', '"instance started"', '"state":"ready"'])
      await startKilled({ env: { ...env, LOG_LEVEL: 'debug' }, home }, line);

    const balancer = await startBalancer({ env: { ...env, ...other }, home });
    const views = await eventually('three ready replicas', async () => {
      const all = await replicasOf(balancer.adminUrl);
      return all.every(({ state }) => state === 'ready') ? all : undefined;
    });
    expect(views.map(({ name }) => name)).toEqual(['Server 1', 'Server 2', 'Server 3']);
    if (runtime === 'docker') {
      const ids = views.map(({ instance }) => instance!.id).sort();
      await eventually('one container each', async () =>
        JSON.stringify((await containersOf(home.pool)).sort()) === JSON.stringify(ids) ? true : undefined,
      );
    }
    const { drift, algorithm } = (await call(`${balancer.adminUrl}/api/status`)).json as {
      drift: string[];
      algorithm: string;
    };
    expect(algorithm).toBe('hrw');
    for (const name of Object.keys(other)) expect(drift.join('\n')).toContain(name);
    const { running } = (await call(`${balancer.adminUrl}/api/spec`)).json as { running: { matches: boolean }[] };
    expect(running.map(({ matches }) => matches)).toEqual([true, true, true]);

    const pids = await pidsOf(balancer);
    expect(await balancer.stop('SIGINT')).toEqual({ code: 0, signal: null });
    await expectAllEnded(pids);
    if (runtime === 'docker') await expectNoContainers(home.pool);
  }, 240_000);
});
