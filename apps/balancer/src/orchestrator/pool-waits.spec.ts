// What waits for a state of the pool is woken by everything that the state depends on, also where no view shows it.
import { afterEach, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { FakeClock } from './testing/fake-clock.js';
import { PoolRig } from './testing/pool-rig.js';

let rig: PoolRig;
let diskMs = 0;
afterEach(async () => {
  diskMs = 0;
  await rig.dispose();
});

it('a wait for gone ends when an instance that was about to be made is not made after all', async () => {
  const clock = new FakeClock();
  const writeFile = async (path: string, text: string) => {
    if (diskMs > 0) await new Promise<void>((resolve) => clock.after(diskMs, resolve));
    writeFileSync(path, text);
  };
  rig = await PoolRig.up({ clock, options: { writeFile } });
  diskMs = 100; // a generation is stored before its instance is made: here the removal overtakes it

  const hostnames = ['a', 'b', 'c', 'd'];
  const added = rig.manager.add({ n: 4, hostnames });
  await rig.pass(101);
  await added;
  let gone = false;
  const wait = rig.manager
    .remove({ n: 4, hostnames })
    .then(({ affected }) => rig.manager.whenGone(affected, { timeoutMs: 60_000 }))
    .then(() => (gone = true));
  await rig.pass(5000);
  expect(gone).toBe(true);
  await wait;
});
