import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type AdminRig, adminRig } from './testing/admin-rig.js';

let rig: AdminRig;
beforeEach(async () => void (rig = await adminRig()));
afterEach(() => rig.close());

const ask = async (search = '') => {
  const response = await fetch(`${rig.url}/api/keys/hot${search}`);
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
};
const hashOf = (key: string) => rig.pool.manager.rings.route({ key }).hash;

describe('GET /api/keys/hot', () => {
  it('has each key with its share, its rate and its owner on the ring', async () => {
    const [ann, bob] = [hashOf('ann'), hashOf('bob')];
    rig.pool.link.hotKeyList = {
      total: 1000,
      spanMs: 20_000,
      keys: [
        { hash: ann, count: 500, error: 1, key: 'ann' },
        { hash: bob, count: 100, error: 0 },
      ],
    };
    const { status, json } = await ask();
    const owner = (key: string) => rig.pool.manager.rings.route({ key }).candidates[0].name;
    expect(status).toBe(200);
    expect(json).toEqual({
      halfLifeMs: 60_000,
      precision: 1 / 512,
      perSecond: 50,
      keys: [
        {
          hash: ann,
          key: 'ann',
          share: 0.5,
          error: 0.001,
          perSecond: 25,
          replica: owner('ann'),
        },
        {
          hash: bob,
          key: null,
          share: 0.1,
          error: 0,
          perSecond: 5,
          replica: owner('bob'),
        },
      ],
    });
    expect((await ask('?limit=1')).json.keys).toHaveLength(1);
  });

  it('has none where there was no traffic', async () => {
    rig.pool.link.hotKeyList = { total: 0, spanMs: 0, keys: [] };
    expect((await ask()).json).toMatchObject({ perSecond: 0, keys: [] });
  });

  it('says 503 while the data process does not tell', async () => {
    expect(await ask()).toMatchObject({
      status: 503,
      json: { message: expect.stringContaining('does not tell its keys') },
    });
  });

  it.each([
    ['?limit=0', 'limit must be a whole number from 1 to 100, not "0"'],
    ['?limit=101', 'from 1 to 100'],
    ['?limit=x', 'not "x"'],
    ['?limit=1&limit=2', 'more than once'],
    ['?top=5', 'unknown query parameter "top"; known is limit'],
  ])('refuses %s and says why', async (search, reason) => {
    const { status, json } = await ask(search);
    expect(status).toBe(400);
    expect(json.message).toContain(reason);
  });
});
