// Logging in and out over HTTP: a browser shows the token once, and from then on its cookie lets it in.
import request from 'supertest';
import { adminRig, type AdminRig } from './testing/admin-rig.js';

const TOKEN = 'a-token-of-sixteen-or-more';
let rig: AdminRig;
afterEach(() => rig.close());

const own = () => rig.url.replace('[::1]', '127.0.0.1');
const login = (token: unknown = TOKEN) => request(rig.url).post('/api/session').set('Origin', own()).send({ token });
const cookieOf = (answer: request.Response) =>
  (answer.headers['set-cookie'] as unknown as string[])[0]?.split(';')[0] ?? '';

describe('with a token set', () => {
  beforeEach(async () => {
    rig = await adminRig({ ADMIN_TOKEN: TOKEN });
  });

  it('the token is shown once; from then on the cookie is enough, for changes too', async () => {
    await request(rig.url).get('/api/status').expect(401);
    const cookie = cookieOf(await login().expect(200, { tokenRequired: true, remainingMs: 43_200_000 }));
    await request(rig.url).get('/api/status').set('Cookie', cookie).expect(200);
    await request(rig.url).post('/add').set('Cookie', cookie).set('Origin', own()).send({ n: 1 }).expect(200);
    expect(rig.pool.manager.names()).toHaveLength(4);
    const { body } = await request(rig.url).get('/api/session').set('Cookie', cookie).expect(200);
    expect(body.remainingMs).toBeGreaterThan(43_000_000);
  });

  it('a change that does not say that our own page makes it is refused, whatever cookie it brings', async () => {
    const cookie = cookieOf(await login());
    await request(rig.url).post('/add').set('Cookie', cookie).send({ n: 1 }).expect(401);
    await request(rig.url)
      .post('/add')
      .set('Cookie', cookie)
      .set('Origin', 'http://localhost:3000')
      .send({ n: 1 })
      .expect(403);
    expect(rig.pool.manager.names()).toHaveLength(3);
  });

  it('logged out, the cookie is worth nothing; logging out twice is no failure', async () => {
    const cookie = cookieOf(await login());
    const out = () => request(rig.url).delete('/api/session').set('Cookie', cookie).set('Origin', own());
    const { headers } = await out().expect(200, { tokenRequired: true, remainingMs: 0 });
    expect(String(headers['set-cookie'])).toContain('Max-Age=0');
    await request(rig.url).get('/api/status').set('Cookie', cookie).expect(401);
    await out().expect(200);
  });

  it.each([
    ['a wrong token', { token: 'wrong-token-wrong-token' }, 401, 'the token is wrong'],
    ['no token', {}, 400, 'token must be a text, but is missing'],
    ['a token that is no text', { token: [TOKEN] }, 400, 'token must be a text'],
    [
      'something else beside it',
      { token: TOKEN, x: 1 },
      400,
      'unknown property "x" with the value 1; only token is read',
    ],
  ])('%s begins no session', async (_what, body, status, message) => {
    const answer = await request(rig.url)
      .post('/api/session')
      .send(body)
      .expect(status, { message, status: 'failure' });
    expect(answer.headers).not.toHaveProperty('set-cookie');
  });

  it('the audit log names the session, and never has the token', async () => {
    const cookie = cookieOf(await login());
    await login('wrong-token-wrong-token').expect(401);
    await request(rig.url).post('/add').set('Cookie', cookie).set('Origin', own()).send({ n: 1 }).expect(200);
    const { body, text } = await request(rig.url).get('/api/audit').set('Cookie', cookie).expect(200);
    expect(body.entries).toMatchObject([
      { path: '/add', by: 'session', result: 'done' },
      { path: '/api/session', by: 'address', result: 'refused', body: { token: '***' } },
      { path: '/api/session', by: 'address', result: 'done', body: { token: '***' } },
    ]);
    expect(text).not.toMatch(/sixteen|wrong-token/);
  });
});

it('without a token there is nothing to log in to, and nothing is asked for', async () => {
  rig = await adminRig();
  await request(rig.url).get('/api/session').expect(200, { tokenRequired: false, remainingMs: 0 });
  const { body } = await login().expect(409);
  expect(body.message).toBe('no session is needed: ADMIN_TOKEN is not set');
});
