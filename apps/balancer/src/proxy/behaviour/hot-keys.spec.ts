import { afterEach, describe, expect, it } from '@jest/globals';
import type { DataSettings, Snapshot } from '../../routing/link/messages.js';
import { startInlinePlane } from '../testing/inline-plane.js';
import { LANES } from '../testing/lanes.js';
import { startUpstream } from '../testing/upstream.js';

describe.each(LANES)('the hot keys of the data plane, in the %s lane', (lane) => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function planeWith(settings: Partial<DataSettings> = {}, changes: Partial<Snapshot> = {}) {
    const plane = await startInlinePlane({ express: lane === 'express', ...settings });
    ends.push(() => plane.close());
    const upstream = await startUpstream('one');
    ends.push(() => upstream.close());
    const route = (more: Partial<Snapshot>) =>
      plane.route([{ id: 'i1', replica: 'Server 1', port: upstream.port }], more);
    await route({ hashKey: 'header:x-hash-key,random', ...changes });
    const send = async (key: string | undefined, times: number) => {
      for (let request = 0; request < times; request++)
        await (await fetch(plane.url, { headers: key === undefined ? {} : { 'x-hash-key': key } })).text();
    };
    const hot = async (limit = 10) => {
      const list = await plane.link.hotKeys(limit, 5000);
      if (!list) throw new Error('no answer');
      return list;
    };
    return { plane, route, send, hot };
  }

  it('are told by hash and with their counts, random keys in the total only', async () => {
    const { send, hot } = await planeWith();
    await send('a', 6);
    await send('b', 3);
    await send(undefined, 5);
    const { total, keys } = await hot();
    expect(total).toBeGreaterThan(13.5);
    expect(total).toBeLessThanOrEqual(14);
    expect(keys.map(({ count }) => Math.round(count))).toEqual([6, 3]);
    expect(keys.every((key) => !('key' in key))).toBe(true);
    expect(JSON.stringify(keys)).not.toContain('"a"');
    expect((await hot(1)).keys).toHaveLength(1);
  });

  it('have their texts with SHOW_KEYS', async () => {
    const { send, hot } = await planeWith({ showKeys: true });
    await send('ann', 4);
    expect((await hot()).keys.map(({ key }) => key)).toEqual(['ann']);
  });

  it('are forgotten once keys are taken from elsewhere, and not before', async () => {
    const { route, send, hot } = await planeWith({ showKeys: true });
    await send('ann', 4);
    await route({ hashKey: 'header:x-hash-key,random', loadFactor: 2 });
    expect((await hot()).keys).toHaveLength(1);
    await route({ hashKey: 'path' });
    expect((await hot()).keys).toEqual([]);
    await send('ann', 3);
    expect((await hot()).keys.map(({ key }) => key)).toEqual(['/']);
  });

  it('are none where the chain ends without a link: those keys are drawn, too', async () => {
    const { send, hot } = await planeWith({}, { hashKey: 'header:x-hash-key' });
    await send(undefined, 4);
    const { total, keys } = await hot();
    expect([Math.round(total), keys]).toEqual([4, []]);
  });
});
