// Control dies without a word. The data process serves on; the next control takes it over, and with it the containers.
import { freePort } from '../src/proxy/testing/free-port.js';
import { type Balancer, eventually, newHome, pause, startBalancer } from './harness.js';
import { call, replicasOf, steadyLoad } from './http-client.js';
import { containersOf } from './docker-api.js';
import { expectAllEnded, expectNoContainers, isAlive, pidsOf } from './leftovers.js';
import { describeRuntimes } from './runtimes.js';

const KEYS = Array.from({ length: 24 }, (_, k) => `key-${k}`);

describeRuntimes('after SIGKILL of control (TRAPS 4)', (runtime) => {
  it('no request fails, and the next start takes everything over', async () => {
    const env = { RUNTIME: runtime, N: '3' };
    const first = await startBalancer({ env });
    const pids = await pidsOf(first);
    const instances = await instanceIds(first);
    const owners = await ownersOf(first.dataUrl);
    const digest = await digestOf(first);
    const load = steadyLoad(`${first.dataUrl}/home`);
    await pause(200);

    await first.kill9();
    await pause(1000);
    expect(isAlive(first.dataPid)).toBe(true);

    const second = await startBalancer({ env, home: first.home });
    expect(second.dataPid).toBe(first.dataPid);
    expect(second.dataUrl).toBe(first.dataUrl);
    expect(second.replicas).toEqual(first.replicas);
    expect(await digestOf(second)).toBe(digest);
    if (runtime === 'docker') {
      expect(await instanceIds(second)).toEqual(instances);
      expect((await containersOf(first.pool)).sort()).toEqual([...instances].sort());
    } else {
      // Local processes are not adopted: each leftover serves until its successor does.
      await expectAllEnded(pids.slice(2));
    }
    await eventually('three ready replicas', async () => {
      const views = await replicasOf(second.adminUrl);
      return views.length === 3 && views.every(({ state }) => state === 'ready') ? true : undefined;
    });
    expect(await ownersOf(second.dataUrl)).toEqual(owners);

    expect((await load.stop(100)).failures).toEqual([]);

    const all = [...pids, ...(await pidsOf(second))];
    expect(await second.stop('SIGINT')).toEqual({ code: 0, signal: null });
    await expectAllEnded(all);
    if (runtime === 'docker') await expectNoContainers(first.pool);
  }, 180_000);
});

describe('after SIGKILL of data (TRAPS 2)', () => {
  it('control starts another on the same port, and every key finds its replica again', async () => {
    const home = newHome();
    const balancer = await startBalancer({ env: { RUNTIME: 'process', N: '3', PORT: String(await freePort()) }, home });
    const owners = await ownersOf(balancer.dataUrl);
    const replicas = await replicasOf(balancer.adminUrl);

    process.kill(balancer.dataPid, 'SIGKILL');
    await eventually('answers on the data port', async () => {
      const answer = await call(`${balancer.dataUrl}/home`).catch(() => undefined);
      return answer?.status === 200 ? true : undefined;
    });
    expect(await ownersOf(balancer.dataUrl)).toEqual(owners);
    expect((await replicasOf(balancer.adminUrl)).map(({ instance }) => instance?.id)).toEqual(
      replicas.map(({ instance }) => instance?.id),
    );

    await balancer.stop('SIGINT');
    await expect(call(`${balancer.dataUrl}/home`)).rejects.toThrow('ECONNREFUSED');
  }, 90_000);
});

async function instanceIds(balancer: Balancer): Promise<string[]> {
  return (await replicasOf(balancer.adminUrl)).flatMap(({ instance }) => instance?.id ?? []);
}

async function digestOf({ adminUrl }: Balancer): Promise<string> {
  return ((await call(`${adminUrl}/api/ring`)).json as { digest: string }).digest;
}

/** Which replica answers each key; asked one after the other, so that no bound on load moves one. */
async function ownersOf(dataUrl: string): Promise<string[]> {
  const owners: string[] = [];
  for (const key of KEYS) {
    const { json } = await call(`${dataUrl}/home`, { headers: { 'x-hash-key': key } });
    owners.push((json as { message: string }).message);
  }
  return owners;
}
