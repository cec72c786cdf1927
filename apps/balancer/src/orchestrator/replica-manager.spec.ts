import { afterEach, describe, expect, it } from '@jest/globals';
import { PoolRig, type RigOptions } from './testing/pool-rig.js';

describe('a pool', () => {
  let rig: PoolRig;
  const up = async (options?: RigOptions) => (rig = await PoolRig.up(options));
  afterEach(() => rig.dispose());

  it('comes up with N replicas that serve', async () => {
    await up();
    expect(rig.manager.names()).toEqual(['Server 1', 'Server 2', 'Server 3']);
    expect(rig.states()).toEqual({ 'Server 1': 'ready', 'Server 2': 'ready', 'Server 3': 'ready' });
    expect(rig.link.ready()).toEqual(['Server 1', 'Server 2', 'Server 3']);
  });

  it('replaces a dead replica in its own slot', async () => {
    await up();
    const dead = rig.runtime.one('Server 2');
    rig.runtime.die(dead.id);
    await rig.pass(1000);
    expect(rig.states()).toEqual({ 'Server 1': 'ready', 'Server 2': 'ready', 'Server 3': 'ready' });
    expect(rig.runtime.one('Server 2')).toMatchObject({ generation: 2 });
    expect(rig.view('Server 2')).toMatchObject({
      restarts: 1,
      lastExit: { code: 1, lastLines: [`last words of ${dead.id}`] },
    });
  });
});
