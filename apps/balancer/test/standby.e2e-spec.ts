// STANDBY over the built program: an added and a crashed replica are filled by a standby, answer in their own name, and no
// request fails meanwhile.
import type { PoolSummary } from '../src/orchestrator/views/replica-view.js';
import { killContainer } from './docker-api.js';
import { type Balancer, eventually, startBalancer, startFailing } from './harness.js';
import { call, postJson, replicasOf, steadyLoad } from './http-client.js';
import { expectAllEnded, pidsOf } from './leftovers.js';
import { describeRuntimes } from './runtimes.js';

describeRuntimes('a standby', (runtime) => {
  let balancer: Balancer;
  beforeAll(async () => {
    balancer = await startBalancer({ env: { RUNTIME: runtime, N: '2', STANDBY: '1', EXPOSE_REPLICA: 'true' } });
  }, 150_000);
  afterAll(async () => {
    const pids = await pidsOf(balancer);
    await balancer.stop('SIGINT');
    await expectAllEnded(pids);
  }, 60_000);

  const status = async () => (await call(`${balancer.adminUrl}/api/status`)).json as PoolSummary;
  const standbyReady = () =>
    eventually('the standby is ready', async () => {
      const { standby, desired, ready } = await status();
      return standby.ready === 1 && ready === desired ? standby : undefined;
    });
  const rep = async () => ((await call(`${balancer.adminUrl}/rep`)).json as { message: { N: number } }).message;
  const instanceOf = async (name: string) =>
    (await replicasOf(balancer.adminUrl)).find((replica) => replica.name === name)?.instance ?? undefined;

  it('is in the status and in no list of replicas', async () => {
    expect(await standbyReady()).toEqual({ wanted: 1, ready: 1, reason: null });
    expect(await rep()).toEqual({ N: 2, replicas: ['Server 1', 'Server 2'] });
    expect(await replicasOf(balancer.adminUrl)).toHaveLength(2);
  });

  it('serves as the replica that was added, under its name, as soon as /add?wait=ready answers', async () => {
    await standbyReady();
    const began = Date.now();
    const answer = await postJson(`${balancer.adminUrl}/add?wait=ready`, { n: 1, hostnames: ['S5'] });
    expect(answer.status).toBe(200);
    const { startedAt } = (await instanceOf('S5'))!;
    expect(Date.parse(startedAt!)).toBeLessThan(began);
    const named = await eventually('S5 answers', async () => {
      const { headers, json } = await call(`${balancer.dataUrl}/home`);
      return headers['x-hashflow-replica'] === 'S5' ? json : undefined;
    });
    expect(named).toEqual({ message: 'Hello from Server: S5', status: 'successful' });
    expect(await standbyReady()).toEqual({ wanted: 1, ready: 1, reason: null });
  }, 60_000);

  it('takes the slot of a replica that is killed, and no request fails', async () => {
    await standbyReady();
    const before = (await instanceOf('Server 1'))!;
    const load = steadyLoad(`${balancer.dataUrl}/home`);
    const killed = Date.now();
    if (runtime === 'docker') await killContainer(before.id);
    else process.kill(before.pid!, 'SIGKILL');
    const after = await eventually('another instance serves', async () => {
      const instance = await instanceOf('Server 1');
      return instance && instance.id !== before.id ? instance : undefined;
    });
    expect(Date.parse(after.startedAt!)).toBeLessThan(killed);
    await standbyReady();
    expect((await load.stop()).failures).toEqual([]);
  }, 60_000);
});

describe('STANDBY', () => {
  it('is refused with the static runtime: the start ends and says what to do', async () => {
    const env = { RUNTIME: 'static', REPLICAS: 'a=http://127.0.0.1:1', STANDBY: '2' };
    const { code, output } = await startFailing({ env });
    expect(code).not.toBe(0);
    expect(output).toContain('STANDBY="2" must be 0 with RUNTIME=static');
  });
});
