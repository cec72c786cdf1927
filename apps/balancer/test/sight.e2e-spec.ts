// What a real balancer tells of its traffic beyond the access log: hot keys over several workers, and what a bad setting says.
import { startBalancer, startFailing } from './harness.js';
import { call } from './http-client.js';

const PROCESS = { RUNTIME: 'process', N: '2' };

interface HotKeys {
  readonly perSecond: number;
  readonly keys: readonly { readonly key: string | null; readonly share: number; readonly replica: string }[];
}

describe('GET /api/keys/hot', () => {
  it('has the key that most requests come for, over all workers, and the replica that they go to', async () => {
    const balancer = await startBalancer({
      env: { ...PROCESS, WORKERS: '2', SHOW_KEYS: 'true', EXPOSE_REPLICA: 'true' },
    });
    const { dataUrl, adminUrl } = balancer;
    let replica: unknown;
    // A connection of its own for each: they are spread over the workers.
    for (let request = 0; request < 60; request++) {
      const key = request % 3 === 0 ? `other-${request}` : 'ann';
      const { headers } = await call(`${dataUrl}/home`, { headers: { 'x-hash-key': key } });
      if (key === 'ann') replica = headers['x-hashflow-replica'];
    }
    const { keys, perSecond } = (await call(`${adminUrl}/api/keys/hot`)).json as HotKeys;
    expect(keys).toEqual([expect.objectContaining({ key: 'ann', replica })]);
    expect(keys[0].share).toBeCloseTo(2 / 3, 2);
    expect(perSecond).toBeGreaterThan(0);
    await balancer.stop();
  }, 120_000);

  it('has no text of a key unless SHOW_KEYS is on', async () => {
    const balancer = await startBalancer({ env: PROCESS });
    for (let request = 0; request < 5; request++)
      await call(`${balancer.dataUrl}/home`, { headers: { 'x-hash-key': 'ann-who-is-nobodys-business' } });
    const { text, json } = await call(`${balancer.adminUrl}/api/keys/hot`);
    expect((json as HotKeys).keys).toMatchObject([{ key: null, share: 1 }]);
    expect(text).not.toContain('ann');
    await balancer.stop();
  }, 120_000);
});

describe('settings of sight', () => {
  it.each([
    ['TRACE', 'yes', 'true or false'],
    ['SHOW_KEYS', '1', 'true or false'],
  ])(
    '%s=%s ends the start with what is allowed',
    async (name, value, allowed) => {
      const { code, output } = await startFailing({ env: { ...PROCESS, [name]: value } });
      expect(code).not.toBe(0);
      expect(output).toContain(`${name}="${value}" must be ${allowed}`);
    },
    120_000,
  );
});
