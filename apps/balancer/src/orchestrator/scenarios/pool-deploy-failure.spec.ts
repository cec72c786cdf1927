// Deploys that fail, are cancelled, or lose their balancer: what was replaced is put back, and whatever was begun is ended.
import { afterEach, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RuntimeError } from '../../runtime/runtime-error.js';
import { ALL, DeployRig, NEW } from '../testing/deploy-rig.js';
import { FakeClock } from '../testing/fake-clock.js';
import type { PoolRig, RigOptions } from '../testing/pool-rig.js';
import { ScriptedRuntime } from '../testing/scripted-runtime.js';

let rig: PoolRig;
let deploy: DeployRig;
const up = async (options?: RigOptions) => {
  deploy = await DeployRig.up(options);
  rig = deploy.pool;
};
afterEach(() => rig.dispose());

describe('a deploy that fails', () => {
  it.each(ALL)(
    'because the successor of %s crashes is taken back everywhere, and nobody was ever missing',
    async (name) => {
      await up();
      const before = deploy.hashes();
      let least = 3;
      rig.manager.onChange(() => (least = Math.min(least, rig.link.ready().length)));
      deploy.crash(name);
      await deploy.begin();
      await rig.pass(30_000);
      expect(deploy.view()).toMatchObject({ status: 'rolled-back', reason: `${name}: it exited with code 1` });
      expect(deploy.hashes()).toEqual(before);
      expect(least).toBe(3);
      expect((await deploy.stored()).workload.env).toEqual({});
      expect(rig.manager.life.deaths(name)).toHaveLength(1);
    },
  );

  it('because a successor is never ready is taken back after RESTART_UNHEALTHY_AFTER', async () => {
    await up();
    deploy.sicken('Server 2');
    await deploy.begin();
    await rig.pass(25_000);
    expect(deploy.steps()).toEqual({ 'Server 1': 'replaced', 'Server 2': 'replacing', 'Server 3': 'waiting' });
    await rig.pass(20_000);
    expect(deploy.view()).toMatchObject({
      status: 'rolled-back',
      reason: expect.stringContaining('Server 2: it was not ready for 30 s'),
    });
    expect(new Set(Object.values(deploy.hashes())).size).toBe(1);
  });

  it('because the successor of a drained replica is never ready is taken back too', async () => {
    await up();
    await rig.manager.life.drain('Server 1');
    deploy.sicken('Server 1');
    await deploy.begin();
    await rig.pass(50_000);
    expect(deploy.view()).toMatchObject({
      status: 'rolled-back',
      reason: expect.stringContaining('Server 1: it is not ready after 30 s'),
    });
    expect(rig.states()['Server 1']).toBe('drained');
    expect(rig.runtime.running()).toHaveLength(3);
  });

  it('because a successor cannot be made names the engine’s reason', async () => {
    await up();
    rig.runtime.disturb = (call, slot) =>
      call === 'create' && slot === 'Server 2' ? { error: new RuntimeError('bad_spec', 'no such program') } : undefined;
    await deploy.begin();
    await rig.pass(10_000);
    expect(deploy.view()).toMatchObject({ status: 'rolled-back', reason: 'Server 2: no such program' });
    expect(Object.values(rig.states())).toEqual(['ready', 'ready', 'ready']);
    expect(rig.view('Server 2').reason).toBeNull();
  });

  it('and whose predecessor does not come up any more says who is stranded, and keeps serving by what there is', async () => {
    await up();
    deploy.onStart((made) => made.slot === (made.specHash === deploy.old ? 'Server 1' : 'Server 2'), 'dead');
    await deploy.begin();
    await rig.pass(30_000);
    expect(deploy.view()).toMatchObject({
      status: 'failed',
      reason: expect.stringMatching(/what ran before does not come up in Server 1$/),
    });
    expect(rig.link.ready().sort()).toEqual(ALL);
  });

  it('does not begin at all when the image cannot be had', async () => {
    await up();
    await expect(deploy.begin({ image: 'gone:1' })).rejects.toMatchObject({
      code: 'bad_deploy',
      status: 400,
      field: 'image',
      value: 'gone:1',
    });
    rig.runtime.disturb = (call) =>
      call === 'pinImage' ? { error: new RuntimeError('unreachable', 'no engine') } : undefined;
    await expect(deploy.begin({ image: 'app:2' })).rejects.toMatchObject({
      code: 'engine',
      status: 503,
      retryable: true,
    });
    expect(rig.runtime.count('create')).toBe(3);
    expect(await deploy.stored()).not.toHaveProperty('rollout');
  });

  it('does not begin when it cannot be stored (TRAPS 17)', async () => {
    let full = false;
    await up({
      options: {
        writeFile: async (path, text) => {
          if (full) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
          writeFileSync(path, text);
        },
      },
    });
    full = true;
    await expect(deploy.begin()).rejects.toMatchObject({ code: 'storage', status: 503 });
    await rig.pass(5000);
    expect(rig.runtime.count('create')).toBe(3);
    full = false;
    await deploy.begin();
    full = true;
    await rig.pass(5000);
    expect(deploy.view().status).toBe('rolling');
    full = false;
    await rig.pass(15_000);
    expect(deploy.view().status).toBe('rolled-out');
  });
});

describe('after a deploy', () => {
  it('its predecessor can be deployed again, and is recognised as what it was', async () => {
    await up();
    await deploy.begin({ ...NEW, image: 'app:2' });
    await rig.pass(10_000);
    expect(await rig.manager.deploys.takeBack()).toMatchObject({
      status: 'rolling',
      to: { image: 'sha256:aa', env: {} },
    });
    await rig.pass(10_000);
    expect(deploy.view().status).toBe('rolled-out');
    expect((await deploy.stored()).workload).toMatchObject({ image: 'sha256:aa', env: {} });
  });

  it('that was rolled back there is nothing to take back, and the wait for it fails with the reason', async () => {
    await up();
    deploy.crash('Server 1');
    await deploy.begin();
    const waiting = rig.manager.deploys.done().catch((error: unknown) => error);
    await rig.pass(10_000);
    expect(await waiting).toMatchObject({
      code: 'deploy_failed',
      status: 409,
      message: 'The deploy was rolled back: Server 1: it exited with code 1',
    });
    await expect(rig.manager.deploys.takeBack()).rejects.toMatchObject({ code: 'no_deploy' });
  });
});

describe('a balancer killed in the middle of a deploy (TRAPS 14)', () => {
  it.each([
    ['docker', true],
    ['docker', false],
    ['process', true],
    ['process', false],
  ] as const)(
    'goes on with it, at whatever moment (%s, it succeeds: %s)',
    async (kind, succeeds) => {
      // Every 40 ms of the first second, then more coarsely: through all steps of all three.
      const moments = [...Array.from({ length: 25 }, (_, index) => index * 40), 1500, 2500, 4000];
      for (const moment of moments) {
        const clock = new FakeClock();
        await up({ clock, runtime: new ScriptedRuntime(clock, kind) });
        const doom = () => (succeeds ? undefined : deploy.crash('Server 3'));
        doom();
        await deploy.begin();
        await rig.pass(moment);
        rig = deploy.pool = await rig.kill9();
        doom();
        await rig.manager.start();
        await rig.pass(40_000);
        expect({ moment, status: deploy.view().status }).toEqual({
          moment,
          status: succeeds ? 'rolled-out' : 'rolled-back',
        });
        expect(rig.runtime.running()).toHaveLength(3);
        expect(new Set(Object.values(deploy.hashes())).size).toBe(1);
        expect(deploy.hashes()['Server 1'] === deploy.old).toBe(!succeeds);
        await rig.dispose();
      }
    },
    120_000,
  );

  it('keeps what has proven itself when the record of the deploy cannot be read', async () => {
    await up();
    await deploy.begin();
    await rig.pass(50);
    const path = join(rig.stateDir, 'state.json');
    await writeFile(path, JSON.stringify({ ...(await deploy.stored()), rollout: { status: 'half' } }));
    rig = deploy.pool = await rig.kill9();
    await rig.manager.start();
    await rig.pass(20_000);
    expect(() => deploy.view()).toThrow('Nothing was deployed');
    expect(rig.manager.spec().desired.env).toEqual({});
    expect(rig.manager.spec().running.every(({ matches }) => matches)).toBe(true);
  });
});
