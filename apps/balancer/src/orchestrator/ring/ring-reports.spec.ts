// Where a request would go, told from what the data plane was told; and the ring, on every algorithm and runtime.
import { afterEach, describe, expect, it } from '@jest/globals';
import type { RouteQuestion } from './route-finder.js';
import { FakeClock } from '../testing/fake-clock.js';
import { PoolRig, type RigOptions } from '../testing/pool-rig.js';
import { ScriptedLink } from '../testing/scripted-link.js';
import { ScriptedRuntime } from '../testing/scripted-runtime.js';

let rig: PoolRig;
const up = async (options?: RigOptions) => (rig = await PoolRig.up(options));
const candidates = (key = 'k') => rig.manager.rings.route({ key }).candidates;
const reasonOf = (name: string) => candidates().find((candidate) => candidate.name === name)?.reason;
afterEach(() => rig.dispose());

const request = (headers: Record<string, string>) => ({
  request: { target: '/', host: 'a.example', ip: '10.0.0.1', field: (name: string) => headers[name] },
});

describe('the route of a request', () => {
  it('has the link that supplied the key; when none did the key is a random one', async () => {
    await up({ env: { HASH_KEY: 'header:x-user' } });
    const ask = (question: RouteQuestion) => rig.manager.rings.route(question);
    expect(ask(request({ 'x-user': 'ann' }))).toMatchObject({ link: 'header:x-user', key: 'ann' });
    expect(ask(request({}))).toMatchObject({ link: 'random', key: '550000' });
    expect(ask({ key: 'ann' })).toEqual({ ...ask(request({ 'x-user': 'ann' })), link: null });
  });

  it('keeps every replica in its place, and gives the reason of each that takes no requests', async () => {
    await up({ env: { CRASH_LOOP_LIMIT: '2' } });
    const order = candidates().map(({ name }) => name);
    const [first, second] = order as [string, string];
    rig.runtime.disturb = (call) => (call === 'create' ? { slow: 700 } : undefined);
    rig.runtime.die(rig.view(first).instance!.id);
    await rig.pass(0);
    expect(candidates().map(({ name }) => name)).toEqual(order);
    expect(candidates()[0]).toEqual({
      name: first,
      eligible: false,
      reason: expect.stringMatching(/^starting: /),
    });
    expect(candidates()[1]).toEqual({ name: second, eligible: true, reason: 'ready' });
    await rig.pass(10_000);
    expect(reasonOf(first)).toBe('ready');
  });

  it.each([
    ['REPLICA_MAX_INFLIGHT', 4, 0, 3],
    ['REPLICA_MAX_CONNECTIONS', 1, 3, 2],
  ])('passes over replicas at %s', async (setting, inFlight, tunnels, below) => {
    await up({ env: { [setting]: '4' } });
    const [first, second, third] = candidates();
    const load = (name: string, requests: number) => {
      const { id } = rig.view(name).instance!;
      rig.link.inFlight.set(id, requests);
      rig.link.tunnels.set(id, tunnels);
    };
    load(first.name, inFlight);
    load(second.name, Math.min(below, 4 - tunnels - 1));
    expect(candidates()).toEqual([
      {
        name: first.name,
        eligible: false,
        reason: `at its limit (REPLICA_MAX_INFLIGHT or REPLICA_MAX_CONNECTIONS), with ${inFlight} requests in flight`,
      },
      { name: second.name, eligible: true, reason: 'ready' },
      { name: third.name, eligible: true, reason: 'ready' },
    ]);
    for (const { name } of [second, third]) load(name, inFlight);
    expect(candidates().filter(({ eligible }) => eligible)).toEqual([]);
  });

  it('leaves out a replica that was removed, though it still drains', async () => {
    await up();
    rig.link.inFlight.set(rig.view('Server 2').instance!.id, 1);
    await rig.manager.remove({ n: 1, hostnames: ['Server 2'] });
    expect(rig.manager.summary().draining).toBe(1);
    expect(
      candidates()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['Server 1', 'Server 3']);
  });

  it('is not told while the table of an earlier balancer is in force', async () => {
    await up();
    rig = await rig.kill9({ link: new ScriptedLink(new FakeClock(), 7) });
    await rig.manager.start();
    expect(() => candidates()).toThrow(expect.objectContaining({ code: 'not_running', retryable: true }));
    await rig.pass(10_000);
    expect(candidates()).toHaveLength(3);
  });

  it('has no candidates in a pool of nobody', async () => {
    await up({ env: { N: '0' } });
    expect(candidates()).toEqual([]);
    expect(rig.manager.rings.ring()).toMatchObject({ members: [], slots: null });
  });
});

describe('the ring', () => {
  it.each([
    ['hrw', null],
    ['frt', 65_536],
    ['ketama', null],
    ['maglev', 65_537],
    ['classic', 512],
  ])('of %s has its slots, shares that add up to all, and the slot of a key', async (algorithm, slots) => {
    await up({ env: { HASH_ALGORITHM: algorithm } });
    const ring = rig.manager.rings.ring();
    expect(ring).toMatchObject({ algorithm, slots, digest: rig.manager.summary().digest });
    expect(ring.members.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
    for (const { fair } of ring.members) expect(fair).toBeCloseTo(1 / 3);
    const { slot } = rig.manager.rings.route({ key: 'k' });
    if (slots === null) expect(slot).toBeNull();
    else expect(slot).toBeLessThan(slots);
  });

  it('adds the random keys to a chain that does not end in them', async () => {
    await up({ env: { HASH_KEY: 'header:x-user,cookie:sid' } });
    rig.link.keyCounts = [5, 3, 2];
    expect(rig.manager.rings.ring().keys).toEqual([
      { link: 'header:x-user', requests: 5 },
      { link: 'cookie:sid', requests: 3 },
      { link: 'random', requests: 2 },
    ]);
  });
});

it('a preview needs names alone, also where replicas are made elsewhere', async () => {
  const clock = new FakeClock();
  const runtime = new ScriptedRuntime(clock, 'static');
  await up({ clock, runtime, env: { REPLICAS: 'a=http://127.0.0.1:7001,b=http://127.0.0.1:7002;3' } });
  const { moved, minimum } = rig.manager.rings.preview({ add: [{ name: 'c', weight: 4 }], remove: [], weights: {} });
  expect([moved, minimum]).toEqual([expect.closeTo(0.5), expect.closeTo(0.5)]);
});
