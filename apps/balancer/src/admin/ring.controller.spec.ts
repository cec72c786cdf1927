// The ring's routes over HTTP, on a real manager with scripted replicas: what they say, what they refuse, what they leave alone.
import request from 'supertest';
import type { PreviewView, RingView, RouteView } from '../orchestrator/ring/ring-views.js';
import { adminRig, type AdminRig } from './testing/admin-rig.js';

let rig: AdminRig;
beforeEach(async () => {
  rig = await adminRig({ HASH_SEED: '0123456789abcdef' });
});
afterEach(() => rig.close());

const failed = (message: unknown) => ({ message, status: 'failure' });
const get = async <T>(path: string) => (await request(rig.url).get(path).expect(200)).body as T;
const preview = async (body: object) =>
  (await request(rig.url).post('/api/preview').send(body).expect(200)).body as PreviewView;

describe('GET /api/ring', () => {
  it('tells who owns which part, in the order of /rep, and where keys come from', async () => {
    rig.pool.link.keyCounts = [41, 1, 0];
    expect(await get('/api/ring')).toEqual({
      algorithm: 'hrw',
      slots: null,
      epoch: rig.pool.link.epoch,
      digest: rig.pool.manager.summary().digest,
      keys: [
        { link: 'header:x-hash-key', requests: 41 },
        { link: 'random', requests: 1 },
      ],
      members: ['Server 1', 'Server 2', 'Server 3'].map((name) => ({
        name,
        weight: 1,
        share: expect.closeTo(1 / 3),
        fair: expect.closeTo(1 / 3),
      })),
    });
  });
});

describe('GET /api/ring/history', () => {
  it('begins with the start and puts each change before it', async () => {
    await request(rig.url)
      .post('/add')
      .send({ n: 1, hostnames: ['S4'] })
      .expect(200);
    await request(rig.url)
      .delete('/rm')
      .send({ n: 2, hostnames: ['S4', 'Server 1'] })
      .expect(200);
    const { changes } = await get<{ changes: object[] }>('/api/ring/history');
    const half = expect.closeTo(1 / 2);
    expect(changes).toEqual([
      expect.objectContaining({
        cause: 'remove',
        count: 2,
        replicas: ['S4', 'Server 1'],
        members: 2,
        moved: half,
        minimum: half,
        excess: 0,
      }),
      expect.objectContaining({
        cause: 'add',
        count: 1,
        replicas: ['S4'],
        members: 4,
        moved: 0.25,
        minimum: 0.25,
        excess: 0,
      }),
      expect.objectContaining({ cause: 'start', count: 3, members: 3, moved: 1, minimum: 1, excess: 0 }),
    ]);
    expect((await get<RingView>('/api/ring')).digest).toBe((changes[0] as { digest: string }).digest);
  });
});

describe('GET /api/route', () => {
  it('ranks every replica for a key, and says why each is eligible or not', async () => {
    const before = await get<RouteView>('/api/route?key=user-42');
    expect(before).toMatchObject({ link: null, key: 'user-42', slot: null });
    expect(before.hash).toBeGreaterThanOrEqual(0);
    expect(before.candidates.map(({ reason }) => reason)).toEqual(['ready', 'ready', 'ready']);
    const owner = before.candidates[0].name;
    rig.pool.link.inFlight.set(rig.pool.view(owner).instance!.id, 9);
    expect((await get<RouteView>('/api/route?key=user-42')).candidates).toEqual([
      { name: owner, eligible: false, reason: 'over its bound: 9 requests in flight, and the bound is 8' },
      ...before.candidates.slice(1),
    ]);
  });

  it('names the link that supplied the key, and shows a sample where the key is random', async () => {
    const given = await get<RouteView>('/api/route?header.X-Hash-Key=user-42');
    expect(given).toEqual({ ...(await get<RouteView>('/api/route?key=user-42')), link: 'header:x-hash-key' });
    const sample = await get<RouteView>('/api/route?path=/home');
    expect(sample).toMatchObject({ link: 'random', key: expect.stringMatching(/^\d{6}$/) });
  });

  it('keeps the place of a replica that does not serve, and says what it is doing instead', async () => {
    rig.pool.runtime.behaviour = 'sick';
    await request(rig.url)
      .post('/add')
      .send({ n: 1, hostnames: ['S4'] })
      .expect(200);
    await rig.pool.pass(100);
    const { candidates } = await get<RouteView>('/api/route?key=user-42');
    expect(candidates).toHaveLength(4);
    expect(candidates.find(({ name }) => name === 'S4')).toMatchObject({
      eligible: false,
      reason: expect.stringMatching(/^starting: /),
    });
  });

  it.each([
    ['?key=a&ip=::1', 'ip goes with a request; key stands alone'],
    ['?ip=nowhere', 'ip must be an IPv4 or IPv6 address, not "nowhere"'],
    [
      '?user=1',
      'unknown query parameter "user"; known are key, or path, host, ip, header.NAME, cookie.NAME and query.NAME',
    ],
  ])('%s is refused: %s', async (search, message) => {
    await request(rig.url).get(`/api/route${search}`).expect(400, failed(message));
  });
});

describe('POST /api/preview', () => {
  it('tells what joining, leaving and another weight would move, and from whom to whom', async () => {
    const { flows, ...joining } = await preview({ add: [{ name: 'S4' }] });
    expect(joining).toEqual({ moved: 0.25, minimum: 0.25, collateral: 0 });
    expect(flows).toEqual(
      ['Server 1', 'Server 2', 'Server 3'].map((from) => ({ from, to: 'S4', share: expect.closeTo(1 / 12) })),
    );
    const leaving = await preview({ remove: ['Server 2'] });
    expect(leaving.moved).toBeCloseTo(1 / 3);
    expect(new Set(leaving.flows.map(({ from }) => from))).toEqual(new Set(['Server 2']));
    const heavier = await preview({ weights: { 'Server 3': 2 } });
    expect(heavier.moved).toBeCloseTo(1 / 2 - 1 / 3);
    expect(new Set(heavier.flows.map(({ to }) => to))).toEqual(new Set(['Server 3']));
  });

  it('says nobody where nobody is left', async () => {
    const { moved, flows } = await preview({ remove: ['Server 1', 'Server 2', 'Server 3'] });
    expect(moved).toBeCloseTo(1);
    expect(flows.map(({ to }) => to)).toEqual([null, null, null]);
  });

  it('of nothing moves nothing', async () => {
    expect(await preview({})).toEqual({ moved: 0, minimum: 0, collateral: 0, flows: [] });
    await request(rig.url).post('/api/preview').expect(200, { moved: 0, minimum: 0, collateral: 0, flows: [] });
  });

  it('of a name that leaves and joins again moves nothing', async () => {
    expect(await preview({ add: [{ name: 'Server 1' }], remove: ['Server 1'] })).toMatchObject({ moved: 0 });
  });

  it('takes a replica that is called constructor like any other', async () => {
    await request(rig.url)
      .post('/add')
      .send({ n: 1, hostnames: ['constructor'] })
      .expect(200);
    expect((await preview({ weights: { constructor: 2 } })).moved).toBeGreaterThan(0.1);
  });

  it.each<[string, unknown, string]>([
    ['add that is no list', { add: 'S4' }, 'add must be an array of objects with name and weight, not "S4"'],
    ['add with a bare name', { add: ['S4'] }, 'add[0] must be an object with name and weight, not "S4"'],
    ['add with null', { add: [{ name: 'S4' }, null] }, 'add[1] must be an object with name and weight, not null'],
    ['add without a name', { add: [{ weight: 1 }] }, 'add[0].name must be a name, but is missing'],
    ['a name that is a number', { add: [{ name: 4 }] }, 'add[0].name must be a name, not 4'],
    [
      'a weight in quotes',
      { add: [{ name: 'S4', weight: '2' }] },
      'add[0].weight must be a number above 0 and at most 1000, not "2"',
    ],
    [
      'an unknown property further in',
      { add: [{ name: 'S4', size: 2 }] },
      'unknown property "add[0].size" with the value 2; only add, remove and weights are read',
    ],
    [
      'one that every object has',
      { add: [{ name: 'S4', toString: 2 }] },
      'unknown property "add[0].toString" with the value 2; only add, remove and weights are read',
    ],
    [
      'an unknown property',
      { rm: ['Server 1'] },
      'unknown property "rm" with the value ["Server 1"]; only add, remove and weights are read',
    ],
    ['remove that is a name', { remove: 'Server 1' }, 'remove must be an array of names, not "Server 1"'],
    ['remove with a number', { remove: [1] }, 'remove must be an array of names, not [1]'],
    [
      'an object that poses as a class',
      { remove: [{ constructor: 1 }] },
      'the body has an object where none is expected, with a property called constructor',
    ],
    ['weights that are a list', { weights: [2] }, 'weights must be an object of numbers by name, not [2]'],
    ['weights that are null', { weights: null }, 'weights must be an object of numbers by name, not null'],
    [
      'a weight that is no number',
      { weights: { 'Server 1': '2' } },
      'weights has "Server 1": it must be a number above 0 and at most 1000, not "2"',
    ],
    ['an unknown name to remove', { remove: ['S9'] }, 'remove has "S9", which is no replica'],
    ['a name to remove twice', { remove: ['Server 1', 'Server 1'] }, 'remove has "Server 1", twice'],
    ['an unknown name to weigh', { weights: { S9: 1 } }, 'weights has "S9", which is no replica'],
    [
      'a weight for one that leaves',
      { remove: ['Server 1'], weights: { 'Server 1': 1 } },
      'weights has "Server 1", which remove has too',
    ],
    ['a name that is taken', { add: [{ name: 'Server 1' }] }, 'add has "Server 1", which is a replica already'],
    ['a name to add twice', { add: [{ name: 'S4' }, { name: 'S4' }] }, 'add has "S4", twice'],
    [
      'no name',
      { add: [{ name: ' ' }] },
      'add has " ", which is no name: 1 to 63 letters, digits, spaces, dots, dashes and underscores, with a letter or digit first and no space last',
    ],
    [
      'a weight of nothing',
      { add: [{ name: 'S4', weight: 0 }] },
      'the weight of "S4" in add must be above 0 and at most 1000, not 0',
    ],
    [
      'a weight too large',
      { weights: { 'Server 1': 1001 } },
      'the weight of "Server 1" in weights must be above 0 and at most 1000, not 1001',
    ],
    [
      'a weight that no ring resolves',
      { weights: { 'Server 1': 1e-9 } },
      "The ring cannot take these replicas: weight 1e-9 of 'Server 1': it must be from 0.000001 to 1000",
    ],
    [
      'more than MAX_REPLICAS',
      { add: Array.from({ length: 62 }, (_, k) => ({ name: `r${k}` })) },
      'add is too long: 65 replicas would be above MAX_REPLICAS (64)',
    ],
  ])('%s is refused, and nothing changes', async (_what, body, message) => {
    const before = [rig.pool.link.tables.length, rig.pool.manager.names(), rig.pool.manager.rings.history()];
    const answer = await request(rig.url)
      .post('/api/preview')
      .send(body as object)
      .expect(400);
    expect(answer.body).toEqual(failed(message));
    expect([rig.pool.link.tables.length, rig.pool.manager.names(), rig.pool.manager.rings.history()]).toEqual(before);
  });

  it('refuses a body that is no JSON, of another type, or too large', async () => {
    await request(rig.url).post('/api/preview').type('json').send('{"add":').expect(400);
    await request(rig.url)
      .post('/api/preview')
      .type('json')
      .send('{"weights":{"Server 1":1,"Server 1":2}}')
      .expect(400);
    await request(rig.url).post('/api/preview').type('json').send('{"weights":{"Server 1":1e999}}').expect(400);
    await request(rig.url).post('/api/preview').type('text').send('{}').expect(415);
    await request(rig.url)
      .post('/api/preview')
      .type('json')
      .send(`{"remove":["${'x'.repeat(70_000)}"]}`)
      .expect(413);
  });

  it('changes nothing: neither members nor ring, table or history', async () => {
    const before = [
      rig.pool.link.tables.length,
      rig.pool.manager.names(),
      rig.pool.manager.rings.history(),
      await get('/api/ring'),
    ];
    await preview({ add: [{ name: 'S4' }], remove: ['Server 1'], weights: { 'Server 2': 3 } });
    await rig.pool.pass(1000);
    expect([
      rig.pool.link.tables.length,
      rig.pool.manager.names(),
      rig.pool.manager.rings.history(),
      await get('/api/ring'),
    ]).toEqual(before);
  });
});
