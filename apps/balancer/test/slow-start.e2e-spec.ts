// Slow start as clients and operators see it: a newcomer's keys come to it one by one, each goes where /api/route says, and none is lost.
import type { RouteView } from '../src/orchestrator/ring/ring-views.js';
import { eventually, startBalancer, startFailing } from './harness.js';
import { call, postJson, replicasOf, steadyLoad } from './http-client.js';
import { describeRuntimes } from './runtimes.js';

const KEYS = Array.from({ length: 60 }, (_, i) => `user-${i}`);
const NEWCOMER = 'N';

describeRuntimes('SLOW_START (TRAPS 24)', (runtime) => {
  it('brings a newcomer its keys step by step: no key comes back, and no request fails', async () => {
    const balancer = await startBalancer({ env: { RUNTIME: runtime, N: '3', SLOW_START: '8s' } });
    const ramp = async () => (await replicasOf(balancer.adminUrl)).find(({ name }) => name === NEWCOMER)?.ramp ?? null;
    const answers = async (key: string) => {
      const { json } = await call(`${balancer.dataUrl}/home`, { headers: { 'x-hash-key': key } });
      return (json as { message: string }).message.replace('Hello from Server: ', '');
    };
    const route = async (key: string) =>
      ((await call(`${balancer.adminUrl}/api/route?key=${key}`)).json as RouteView).candidates;
    const before = new Map<string, string>();
    for (const key of KEYS) before.set(key, await answers(key));
    const { digest } = (await call(`${balancer.adminUrl}/api/ring`)).json as { digest: string };
    expect((await replicasOf(balancer.adminUrl)).map((replica) => replica.ramp)).toEqual([null, null, null]);

    const load = steadyLoad(`${balancer.dataUrl}/home`);
    await postJson(`${balancer.adminUrl}/add?wait=ready`, { n: 1, hostnames: [NEWCOMER] });
    const during = (await call(`${balancer.adminUrl}/api/ring`)).json as { digest: string };
    expect(during.digest).not.toBe(digest);

    const moved = new Set<string>();
    let stoodBack = 0;
    for (;;) {
      const now = await ramp();
      for (const key of KEYS) {
        let told = await route(key);
        let name = await answers(key);
        // The question is answered by control, the request by the data process, which may be a table behind for a moment.
        for (let attempt = 0; attempt < 10 && name !== told.find(({ eligible }) => eligible)?.name; attempt++) {
          told = await route(key);
          name = await answers(key);
        }
        expect(name).toBe(told.find(({ eligible }) => eligible)?.name);
        if (told.some((candidate) => candidate.name === NEWCOMER && candidate.reason.startsWith('in its slow start')))
          stoodBack++;
        if (moved.has(key)) expect(name).toBe(NEWCOMER);
        else expect([NEWCOMER, before.get(key)]).toContain(name);
        if (name === NEWCOMER) moved.add(key);
      }
      if (now === null) break;
    }
    expect(stoodBack).toBeGreaterThan(0);
    for (const key of KEYS) expect((await route(key)).every(({ eligible }) => eligible)).toBe(true);
    expect((await call(`${balancer.adminUrl}/api/ring`)).json).toMatchObject({ digest: during.digest });
    const { failures } = await load.stop();
    expect(failures).toEqual([]);
    await balancer.stop('SIGINT');
  }, 180_000);
});

describe('SLOW_START', () => {
  it.each(['soon', '-1s', '5'])(
    'of %s ends the start, by name',
    async (value) => {
      const { code, output } = await startFailing({ env: { RUNTIME: 'process', SLOW_START: value } });
      expect(code).toBe(2);
      expect(output).toMatch(/SLOW_START/);
    },
    60_000,
  );

  it('asked for at a second start is for those who join then, not for those who are there', async () => {
    const first = await startBalancer({ env: { RUNTIME: 'process', N: '2' } });
    await first.stop('SIGTERM');
    const balancer = await startBalancer({ env: { RUNTIME: 'process', N: '2', SLOW_START: '1h' }, home: first.home });
    await eventually('both ready', async () =>
      (await replicasOf(balancer.adminUrl)).every(({ state }) => state === 'ready') ? true : undefined,
    );
    expect((await replicasOf(balancer.adminUrl)).map(({ ramp }) => ramp)).toEqual([null, null]);
    await postJson(`${balancer.adminUrl}/add?wait=ready`, { n: 1, hostnames: [NEWCOMER] });
    expect((await replicasOf(balancer.adminUrl)).map(({ ramp }) => ramp)).toEqual([null, null, 0.05]);
    await balancer.stop('SIGINT');
  }, 120_000);
});
