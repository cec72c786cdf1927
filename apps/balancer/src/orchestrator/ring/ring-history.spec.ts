// The record of the ring's changes: what goes into it, what does not, and how it outlives the balancer.
import { afterEach, describe, expect, it } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FakeClock } from '../testing/fake-clock.js';
import { PoolRig, type RigOptions } from '../testing/pool-rig.js';
import { remembered, ringChange, type RingChange, type RingChangeFacts } from './ring-history.js';

const facts: RingChangeFacts = {
  wall: Date.UTC(2030, 0, 1),
  cause: 'add',
  affected: ['S4'],
  members: 4,
  diff: { moved: 0.3, minimum: 0.25 },
  digest: 'd',
};

describe('a change', () => {
  it('tells what was moved beyond the minimum', () => {
    expect(ringChange(facts)).toEqual({
      at: '2030-01-01T00:00:00.000Z',
      cause: 'add',
      count: 1,
      replicas: ['S4'],
      members: 4,
      moved: 0.3,
      minimum: 0.25,
      excess: expect.closeTo(0.05),
      digest: 'd',
    });
  });

  it('has no excess for what only the sums of fractions differ by', () => {
    const { excess } = ringChange({ ...facts, diff: { moved: 0.1 + 0.2, minimum: 0.3 } });
    expect(excess).toBe(0);
    expect(ringChange({ ...facts, diff: { moved: 0.3, minimum: 0.1 + 0.2 } }).excess).toBe(0);
  });

  it('counts all names and keeps the first sixteen', () => {
    const affected = Array.from({ length: 40 }, (_, k) => `S${k}`);
    expect(ringChange({ ...facts, affected })).toMatchObject({ count: 40, replicas: affected.slice(0, 16) });
  });
});

it('the history holds the newest 200 changes, the newest first', () => {
  let history: RingChange[] = [];
  for (let members = 0; members < 250; members++) history = remembered(history, ringChange({ ...facts, members }));
  expect(history).toHaveLength(200);
  expect([history[0]?.members, history[199]?.members]).toEqual([249, 50]);
});

describe('the history of a pool', () => {
  let rig: PoolRig;
  const up = async (options?: RigOptions) => (rig = await PoolRig.up(options));
  const causes = () => rig.manager.rings.history().map(({ cause, replicas }) => [cause, ...replicas]);
  afterEach(() => rig.dispose());

  it('begins with its start, and has every change of the members, whole', async () => {
    await up();
    await rig.manager.add({ n: 2, hostnames: ['a', 'b'] });
    await rig.manager.remove({ n: 1, hostnames: ['a'] });
    expect(causes()).toEqual([
      ['remove', 'a'],
      ['add', 'a', 'b'],
      ['start', 'Server 1', 'Server 2', 'Server 3'],
    ]);
  });

  it('has neither refused changes nor crashes and respawns', async () => {
    await up();
    await expect(rig.manager.add({ n: 1, hostnames: ['Server 1'] })).rejects.toMatchObject({ code: 'name_taken' });
    const [instance] = rig.link.table.instances;
    rig.runtime.die(instance.id);
    await rig.pass(10_000);
    expect(rig.view('Server 1')).toMatchObject({ state: 'ready', restarts: 1 });
    expect(causes()).toEqual([['start', 'Server 1', 'Server 2', 'Server 3']]);
  });

  it('is there again after a restart, to which nothing is added', async () => {
    await up();
    await rig.manager.add({ n: 1, hostnames: ['a'] });
    const before = rig.manager.rings.history();
    rig = await rig.kill9();
    await rig.manager.start();
    expect(rig.manager.rings.history()).toEqual(before);
  });

  it.each([
    ['none, in a state of an earlier version', undefined],
    ['one that cannot be read', [{ cause: 'meteorite' }]],
  ])('is empty where the state has %s, and the members are as they were', async (_what, ringHistory) => {
    await up();
    const next = await rig.kill9();
    const path = join(rig.stateDir, 'state.json');
    await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), ringHistory }));
    rig = next;
    await rig.manager.start();
    expect(rig.manager.rings.history()).toEqual([]);
    expect(rig.manager.names()).toEqual(['Server 1', 'Server 2', 'Server 3']);
    await rig.manager.add({ n: 1, hostnames: ['a'] });
    expect(causes()).toEqual([['add', 'a']]);
  });

  it('shows the excess of an algorithm that moves more than it must', async () => {
    await up({ env: { HASH_ALGORITHM: 'classic', HASH_SEED: '0123456789abcdef' } });
    await rig.manager.add({ n: 1, hostnames: ['Server 0'] });
    const [added] = rig.manager.rings.history();
    expect(added.excess).toBeGreaterThan(0.01);
    expect(added.excess).toBeCloseTo(added.moved - added.minimum);
  });
});

describe('members that the ring cannot take', () => {
  const env = { HASH_ALGORITHM: 'classic', M: '27', K: '9', N: '3' };

  it('are refused, and nothing changes', async () => {
    const rig = await PoolRig.up({ env });
    const before = [rig.manager.names(), rig.manager.summary(), rig.manager.rings.history()];
    await expect(rig.manager.add({ n: 1, hostnames: [] })).rejects.toMatchObject({
      code: 'unplaceable',
      message:
        'The ring cannot take these replicas: 4 members with 9 virtual nodes do not fit into 27 slots: at most 3',
    });
    await rig.pass(1000);
    expect([rig.manager.names(), rig.manager.summary(), rig.manager.rings.history()]).toEqual(before);
    await rig.dispose();
  });

  it('end a first start before anything is stored: the next one may ask for fewer', async () => {
    const rig = await PoolRig.make({ env: { ...env, N: '4' } });
    await expect(rig.manager.start()).rejects.toMatchObject({ code: 'ring' });
    const next = await PoolRig.make({ env, clock: new FakeClock(), stateDir: rig.stateDir });
    await next.manager.start();
    expect(next.manager.names()).toEqual(['Server 1', 'Server 2', 'Server 3']);
    await next.dispose();
  });
});
