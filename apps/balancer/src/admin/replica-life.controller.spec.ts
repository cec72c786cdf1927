// The routes of one replica over HTTP, on a real manager with scripted replicas: what they do, what they answer, what they refuse.
import request from 'supertest';
import type { DeathView, ReplicaView } from '../orchestrator/views/replica-view.js';
import { adminRig, type AdminRig } from './testing/admin-rig.js';

let rig: AdminRig;
const start = async (env: Record<string, string> = {}) => (rig = await adminRig(env));
afterEach(() => rig.close());

const failed = (message: unknown) => ({ message, status: 'failure' });
const ONE = '/api/replicas/Server%201';
const post = (path: string, body?: object) => request(rig.url).post(path).send(body);
const view = async (name = 'Server 1') =>
  (
    await request(rig.url)
      .get(`/api/replicas/${encodeURIComponent(name)}`)
      .expect(200)
  ).body as ReplicaView;

describe('POST /api/replicas/NAME/drain and /undrain', () => {
  it('take the replica out of service and back, and answer with it as it is', async () => {
    await start();
    const drained = await post(`${ONE}/drain`).expect(200).expect('cache-control', 'no-store');
    expect(drained.body).toMatchObject({ name: 'Server 1', state: 'draining', wanted: 'drained' });
    expect(rig.pool.link.ready()).toEqual(['Server 2', 'Server 3']);
    await rig.pool.pass(3000);
    expect(await view()).toMatchObject({ state: 'drained' });
    const undrained = await post(`${ONE}/undrain`, {}).expect(200);
    expect(undrained.body).toMatchObject({ wanted: 'serving' });
    await rig.pool.pass(1000);
    expect(await view()).toMatchObject({ state: 'ready' });
  });

  it('leave the last that serves unless forced', async () => {
    await start({ N: '1' });
    const refused = await post(`${ONE}/drain`, {}).expect(409);
    expect(refused.body).toEqual(failed(expect.stringContaining('send {"force": true} to drain it all the same')));
    expect(await view()).toMatchObject({ state: 'ready' });
    await post(`${ONE}/drain`, { force: true }).expect(200);
    await request(rig.url).get('/readyz').expect(503);
  });
});

describe('POST /api/replicas/NAME/restart', () => {
  it('answers when the wish is stored, and the successor takes over afterwards', async () => {
    await start();
    const before = await view();
    expect((await post(`${ONE}/restart`).expect(200)).body).toMatchObject({
      state: 'ready',
      instance: before.instance,
    });
    await rig.pool.pass(3000);
    const after = await view();
    expect(after).toMatchObject({ state: 'ready', restarts: 1 });
    expect(after.instance?.id).not.toBe(before.instance?.id);
  });

  it('with wait=ready answers when the successor serves', async () => {
    await start();
    const before = await view();
    const answer = post(`${ONE}/restart?wait=ready`)
      .expect(200)
      .then(({ body }) => body as ReplicaView);
    let answered = false;
    void answer.then(() => (answered = true));
    for (let k = 0; k < 200 && !answered; k++) await rig.pool.pass(20);
    expect((await answer).instance?.id).not.toBe(before.instance?.id);
  });

  it('with wait=ready refuses a drained replica, which is not going to be ready, and leaves it alone', async () => {
    await start();
    await post(`${ONE}/drain`).expect(200);
    await post(`${ONE}/restart?wait=ready`).expect(409, failed('Server 1 is drained: it is ready after an undrain'));
    await rig.pool.pass(5000);
    expect(await view()).toMatchObject({ state: 'drained', restarts: 0 });
  });
});

describe('POST /api/replicas/NAME/weight', () => {
  it('changes the ring, tells what moved and remembers it', async () => {
    await start();
    const { body } = await post(`${ONE}/weight`, { weight: 2 }).expect(200);
    const sixth = expect.closeTo(1 / 6);
    expect(body).toEqual({
      name: 'Server 1',
      weight: 2,
      moved: sixth,
      minimum: sixth,
      collateral: expect.closeTo(0),
      flows: [
        { from: 'Server 2', to: 'Server 1', share: expect.closeTo(1 / 12) },
        { from: 'Server 3', to: 'Server 1', share: expect.closeTo(1 / 12) },
      ],
    });
    expect(await view()).toMatchObject({ weight: 2, share: expect.closeTo(1 / 2) });
    const history = await request(rig.url).get('/api/ring/history').expect(200);
    expect((history.body as { changes: object[] }).changes[0]).toMatchObject({
      cause: 'weight',
      count: 1,
      replicas: ['Server 1'],
      members: 3,
      moved: sixth,
    });
  });

  it('is refused with the reason by an algorithm that knows none', async () => {
    await start({ HASH_ALGORITHM: 'classic' });
    const { body } = await post(`${ONE}/weight`, { weight: 2 }).expect(400);
    expect(body).toEqual(failed(expect.stringContaining("classic knows no weights: 'Server 1' has 2")));
    expect(await view()).toMatchObject({ weight: 1 });
  });
});

describe('GET /api/replicas/NAME/deaths', () => {
  it('is empty at first, and then tells of each death, newest first', async () => {
    await start();
    const deaths = async () =>
      ((await request(rig.url).get(`${ONE}/deaths`).expect(200)).body as { deaths: DeathView[] }).deaths;
    expect(await deaths()).toEqual([]);
    const { id } = rig.pool.runtime.one('Server 1');
    rig.pool.link.inFlight.set(id, 2);
    rig.pool.runtime.die(id, { code: null, signal: 'SIGKILL', oom: false, at: rig.pool.clock.wall() });
    await rig.pool.pass(1000);
    expect(await deaths()).toEqual([
      {
        at: expect.stringMatching(/^\d{4}-.*Z$/),
        reason: 'it was ended by SIGKILL',
        code: null,
        signal: 'SIGKILL',
        oom: false,
        uptimeMs: expect.any(Number),
        inFlight: 2,
        instance: id,
        generation: 1,
        lastLines: [`last words of ${id}`],
      },
    ]);
  });
});

describe('what these routes refuse', () => {
  const forceMessage = (value: string) => `force must be true or false, not ${value}`;
  const weightMessage = (value: string) => `weight must be a number above 0 and at most 1000, ${value}`;
  const unknown = (name: string, value: string, read: string) =>
    `unknown property "${name}" with the value ${value}; ${read}`;

  it.each<[string, string, unknown, number, string]>([
    ['a name that is no replica', 'drain', {}, 404, 'replica "Server 9" does not exist'],
    ['a name that is no replica', 'undrain', {}, 404, 'replica "Server 9" does not exist'],
    ['a name that is no replica', 'restart', {}, 404, 'replica "Server 9" does not exist'],
    ['a name that is no replica', 'weight', { weight: 2 }, 404, 'replica "Server 9" does not exist'],
    ['a force that is no boolean', 'drain', { force: 'yes' }, 400, forceMessage('"yes"')],
    ['a force that is null', 'drain', { force: null }, 400, forceMessage('null')],
    ['an unknown property', 'drain', { now: 1 }, 400, unknown('now', '1', 'only force is read')],
    ['any property', 'undrain', { force: true }, 400, unknown('force', 'true', 'none is read')],
    ['any property', 'restart', { force: true }, 400, unknown('force', 'true', 'none is read')],
    ['no weight', 'weight', {}, 400, weightMessage('but is missing')],
    ['a weight of 0', 'weight', { weight: 0 }, 400, weightMessage('not 0')],
    ['a weight below 0', 'weight', { weight: -1 }, 400, weightMessage('not -1')],
    ['a weight above 1000', 'weight', { weight: 1000.5 }, 400, weightMessage('not 1000.5')],
    ['a weight that is text', 'weight', { weight: '2' }, 400, weightMessage('not "2"')],
    ['a weight that is null', 'weight', { weight: null }, 400, weightMessage('not null')],
    ['a weight that is a list', 'weight', { weight: [2] }, 400, weightMessage('not [2]')],
    ['an unknown property', 'weight', { weight: 2, n: 1 }, 400, unknown('n', '1', 'only weight is read')],
    ['an unknown query', 'drain?now=1', {}, 400, 'unknown query parameter "now"'],
    ['a wait for something else', 'restart?wait=gone', {}, 400, 'the query parameter wait must be "ready", not "gone"'],
  ])('%s (%s)', async (_, call, body, status, message) => {
    await start();
    const name = status === 404 ? 'Server%209' : 'Server%201';
    await post(`/api/replicas/${name}/${call}`, body as object).expect(status, failed(message));
    expect(await view()).toMatchObject({ state: 'ready', wanted: 'serving', weight: 1, restarts: 0 });
  });

  it('deaths of nobody, another method, broken JSON and another content type', async () => {
    await start();
    await request(rig.url)
      .get('/api/replicas/Server%209/deaths')
      .expect(404, failed('replica "Server 9" does not exist'));
    await request(rig.url).get(`${ONE}/drain`).expect(405).expect('allow', 'POST, OPTIONS');
    await request(rig.url).post(`${ONE}/weight`).type('json').send('{"weight":').expect(400);
    await request(rig.url).post(`${ONE}/restart`).type('text').send('now').expect(415);
  });

  it('whoever comes without the token', async () => {
    await start({ ADMIN_TOKEN: 'sixteen-characters-and-more' });
    for (const call of ['drain', 'undrain', 'restart', 'weight']) await post(`${ONE}/${call}`, {}).expect(401);
    await request(rig.url).get(`${ONE}/deaths`).expect(401);
    expect(rig.pool.view('Server 1')).toMatchObject({ state: 'ready', wanted: 'serving' });
  });
});
