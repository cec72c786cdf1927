// What waits for a state of the pool is woken by everything that the state depends on, also where no view shows it.
import { afterEach, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { FakeClock } from '../testing/fake-clock.js';
import { PoolRig } from '../testing/pool-rig.js';

let rig: PoolRig;
let diskMs = 0;
afterEach(async () => {
  diskMs = 0;
  await rig.dispose();
});

it('a wait for gone ends when nothing but what was in the making has changed', async () => {
  const clock = new FakeClock();
  const writeFile = async (path: string, text: string) => {
    if (diskMs > 0) await new Promise<void>((resolve) => clock.after(diskMs, resolve));
    writeFileSync(path, text);
  };
  rig = await PoolRig.up({ clock, options: { writeFile } });
  rig.runtime.disturb = (call) => (call === 'create' ? { slow: 500 } : undefined);
  await rig.manager.add({ n: 3, hostnames: ['a', 'b', 'c'] });
  await rig.pass(400);
  // While the removal of c is being stored its turn comes; once it is stored, c is not made any more.
  diskMs = 600;
  rig.runtime.disturb = (call) => (call === 'list' ? { slow: 200 } : undefined);
  let gone = false;
  const wait = rig.manager
    .remove({ n: 1, hostnames: ['c'] })
    .then(({ affected }) => rig.manager.whenGone(affected, { timeoutMs: 60_000 }))
    .then(() => (gone = true));
  await rig.pass(3000);
  expect(gone).toBe(true);
  expect(rig.runtime.calls.filter(({ call, subject }) => call === 'create' && subject === 'c')).toEqual([]);
  await wait;
});
