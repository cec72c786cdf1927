// A replica dies. The pool still wants the same names, and the dead one is back by itself, under its own name.
import { killContainer } from './docker-api.js';
import { type Balancer, eventually, startBalancer } from './harness.js';
import { call, replicasOf, steadyLoad } from './http-client.js';
import { expectAllEnded, pidsOf } from './leftovers.js';
import { describeRuntimes } from './runtimes.js';

const VICTIM = 'Server 2';
const HELLO = `Hello from Server: ${VICTIM}`;

describeRuntimes('a killed replica', (runtime) => {
  let balancer: Balancer;
  beforeAll(async () => {
    balancer = await startBalancer({ env: { RUNTIME: runtime, N: '3' } });
  }, 150_000);
  afterAll(async () => {
    const pids = await pidsOf(balancer);
    await balancer.stop('SIGINT');
    await expectAllEnded(pids);
  }, 60_000);

  const victim = async () => (await replicasOf(balancer.adminUrl)).find(({ name }) => name === VICTIM);
  const greeting = async (key: string) => {
    const { json } = await call(`${balancer.dataUrl}/home`, { headers: { 'x-hash-key': key } });
    return (json as { message: string }).message;
  };
  const keyOf = async () => {
    for (let k = 0; ; k++) if ((await greeting(`key-${k}`)) === HELLO) return `key-${k}`;
  };

  it('comes back under its own name and with its own keys, while N stays 3 and the others answer', async () => {
    const key = await keyOf();
    const before = await victim();
    if (!before?.instance) throw new Error(`${VICTIM} has no instance`);
    const load = steadyLoad(`${balancer.dataUrl}/home`);

    const killedAt = performance.now();
    if (runtime === 'docker') await killContainer(before.instance.id);
    else process.kill(before.instance.pid ?? fail(), 'SIGKILL');

    await eventually('the death in /api/replicas', async () => {
      const now = await victim();
      return now?.state !== 'ready' || now.instance?.id !== before.instance?.id ? true : undefined;
    });
    expect((await call(`${balancer.adminUrl}/rep`)).json).toEqual({
      message: { N: 3, replicas: ['Server 1', VICTIM, 'Server 3'] },
      status: 'successful',
    });
    await eventually(`${VICTIM} serves its key again`, async () =>
      (await greeting(key)) === HELLO ? true : undefined,
    );
    const ms = Math.round(performance.now() - killedAt);
    const { answered, failures } = await load.stop();
    console.info(
      `${runtime}: from death to serving ${ms} ms; ${answered} requests meanwhile, ${failures.length} failed`,
    );

    const after = await eventually('the new instance in view', async () => {
      const now = await victim();
      return now?.state === 'ready' ? now : undefined;
    });
    expect(after.instance?.id).not.toBe(before.instance.id);
    expect(after).toMatchObject({ restarts: 1, lastExit: { at: expect.any(String) } });
    // Only what the victim was just working on can be lost.
    expect(failures.length).toBeLessThanOrEqual(4);
  }, 60_000);
});

function fail(): never {
  throw new Error('a process replica has no pid');
}
