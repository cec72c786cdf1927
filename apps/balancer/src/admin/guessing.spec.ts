// Guessing the token over HTTP, at each door that takes one: after ten wrong ones no door looks at tokens from that address, right
// or wrong, for a while. Who is in stays in, and other addresses notice nothing. The count itself is guess-limit.spec.ts's.
import request from 'supertest';
import type { ClassicRequest } from '../routing/link/messages.js';
import { MOST_GUESSES } from './guess-limit.js';
import { adminRig, type AdminRig } from './testing/admin-rig.js';

const TOKEN = 'a-token-of-sixteen-or-more';
let rig: AdminRig;
beforeEach(async () => {
  rig = await adminRig({ ADMIN_TOKEN: TOKEN });
});
afterEach(() => rig.close());

const bearer = (token: string) => request(rig.url).get('/api/status').set('Authorization', `Bearer ${token}`);
const login = (token: string) => request(rig.url).post('/api/session').send({ token });
const docs = (token: string) =>
  request(rig.url)
    .get('/docs')
    .set('Authorization', `Basic ${Buffer.from(`x:${token}`).toString('base64')}`);
const proxied = (token: string) => bearer(token).set('Via', '1.1 proxy');
const dataPort = (token: string, peer = '127.0.0.1') =>
  rig.classic.answerFromDataPort({
    method: 'GET',
    path: '/rep',
    search: '',
    peer,
    headers: { host: 'localhost', forwarded: false, authorization: `Bearer ${token}` },
    body: '',
  } satisfies ClassicRequest);
const guess = async (door: (token: string) => PromiseLike<{ status: number }>, times = MOST_GUESSES) => {
  const statuses = new Set<number>();
  for (let i = 0; i < times; i++) statuses.add((await door(`wrong-token-number-${i}`)).status);
  return [...statuses];
};

it.each([
  ['as a bearer token', 401, bearer],
  ['in the dashboard', 401, login],
  ['as the password of /docs', 401, docs],
  ['through a proxy', 403, proxied],
  ['on the data port', 401, (token: string) => dataPort(token)],
])('guessed %s, it is looked at ten times, and then at no door', async (_where, status, door) => {
  expect(await guess(door)).toEqual([status]);
  for (const token of [TOKEN, 'wrong-token-number-0', 'one-more-wrong-token']) {
    const { headers, body } = await bearer(token).expect(429);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect(body.message).toBe(`too many wrong tokens came from this address; try again in ${headers['retry-after']} s`);
    for (const other of [login, docs, proxied]) {
      const answer = await other(token).expect(429);
      expect(answer.headers).toHaveProperty('retry-after');
      expect(answer.headers).not.toHaveProperty('set-cookie');
    }
    expect(await dataPort(token)).toMatchObject({
      status: 429,
      headers: { 'retry-after': expect.stringMatching(/^\d+$/) },
    });
  }
});

it('whoever has the token and comes from another address is let in meanwhile', async () => {
  await guess(bearer);
  expect((await dataPort(TOKEN, '127.0.0.1')).status).toBe(429);
  expect((await dataPort(TOKEN, '127.0.0.2')).status).toBe(200);
});

it('who is logged in stays so, and the page and the probes are there, whoever guesses at the same address', async () => {
  const { headers } = await login(TOKEN).expect(200);
  const cookie = String(headers['set-cookie']).split(';')[0] ?? '';
  await guess(login);
  await request(rig.url).get('/api/status').set('Cookie', cookie).expect(200);
  const change = () => request(rig.url).post('/add').set('Cookie', cookie).set('Origin', rig.url).send({ n: 1 });
  await change().expect(200);
  await change().set('Authorization', 'Bearer wrong-token-wrong-token').expect(200);
  await request(rig.url).get('/healthz').expect(200);
  await request(rig.url).get('/api/session').expect(200, { tokenRequired: true, remainingMs: 0 });
  await request(rig.url).get('/api/status').expect(401); // no token is no guess, and is told what is missing
});

it('the right token between wrong ones is let in as ever, and takes none of them back', async () => {
  await guess(bearer, MOST_GUESSES - 1);
  await bearer(TOKEN).expect(200);
  await bearer('the-tenth-wrong-token').expect(401);
  await bearer(TOKEN).expect(429);
});

it('a program that asks on and on with an old token shuts nobody out', async () => {
  for (let i = 0; i < 3 * MOST_GUESSES; i++) await bearer('the-token-of-last-year').expect(401);
  await bearer(TOKEN).expect(200);
});

it('guesses stand in the audit log as strangers’, a few a minute, and none of them is written down', async () => {
  await guess(login);
  await login(TOKEN).expect(429);
  const entries = rig.pool.manager.audit.latest(100);
  expect(entries).toHaveLength(MOST_GUESSES);
  expect(JSON.stringify([entries, rig.log])).not.toMatch(/wrong-token|sixteen/);
});

it('where no token is set there is nothing to guess', async () => {
  const open = await adminRig();
  try {
    for (let i = 0; i < 2 * MOST_GUESSES; i++)
      await request(open.url).get('/api/status').set('Authorization', `Bearer no-${i}`).expect(200);
  } finally {
    await open.close();
  }
});
