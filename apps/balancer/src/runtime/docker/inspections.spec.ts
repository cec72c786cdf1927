// Which answers about single containers hold until the next list.
import { describe, expect, it } from '@jest/globals';
import type { ContainerInfo, ContainerInspectInfo } from 'dockerode';
import { Inspections } from './inspections.js';

/** The part of a list's entry that is read. */
function listed(Id: string, { State = 'running', name = '/p.S1.1', IPAddress = '10.0.0.1' } = {}): ContainerInfo {
  const NetworkSettings = { Networks: { p: { IPAddress } } };
  return { Id, State, Names: [name], NetworkSettings, Ports: [], Status: 'Up 3 seconds' } as unknown as ContainerInfo;
}

describe('what the engine said of a container', () => {
  function engine() {
    const clock = { now: 0 };
    const inspections = new Inspections(() => clock.now);
    let asked = 0;
    const inspect = async () => ({ Id: String(++asked) }) as ContainerInspectInfo;
    const ask = async (info = listed('a'), during: () => void = () => {}) =>
      Number(
        (
          await inspections.of(info, () => {
            during();
            return inspect();
          })
        ).Id,
      );
    return { clock, inspections, ask };
  }

  it('holds while nothing happens to it, for less than a resync', async () => {
    const { clock, ask } = engine();
    expect([await ask(), await ask()]).toEqual([1, 1]);
    clock.now = 4999;
    expect(await ask()).toBe(1);
    clock.now = 5000;
    expect(await ask()).toBe(2);
  });

  it.each([
    ['state', { State: 'exited' }],
    ['name', { name: '/p.S2.1' }],
    ['address', { IPAddress: '' }],
  ])('does not hold once the list shows another %s', async (_, change) => {
    const { ask } = engine();
    await ask();
    expect(await ask(listed('a', change))).toBe(2);
  });

  it('does not hold after an event of it, and holds after one of another', async () => {
    const { inspections, ask } = engine();
    await ask();
    inspections.touch('b');
    expect(await ask()).toBe(1);
    inspections.touch('a');
    expect(await ask()).toBe(2);
  });

  it('does not hold when something happened while it was asked (TRAPS 11)', async () => {
    const { inspections, ask } = engine();
    expect(await ask(undefined, () => inspections.touch('a'))).toBe(1);
    expect(await ask(undefined, () => inspections.clear())).toBe(2);
    expect([await ask(), await ask()]).toEqual([3, 3]);
  });

  it('does not hold when events were interrupted, nor when it was away from the list', async () => {
    const { inspections, ask } = engine();
    await ask();
    inspections.clear();
    expect(await ask()).toBe(2);
    inspections.keep([]);
    expect(await ask()).toBe(3);
  });
});
