// The audit log over HTTP: who asked for what, on which port, and what came of it, refused or not, without secrets.
import { connect } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import request from 'supertest';
import type { ClassicRequest } from '../routing/link/messages.js';
import { auditEntry, isChange } from './audit-entry.js';
import { REFUSALS_PER_MINUTE } from './refusal-quota.js';
import { adminRig, type AdminRig } from './testing/admin-rig.js';

let rig: AdminRig;
let close = async () => {};
afterEach(() => close());

const TOKEN = 'a-token-of-sixteen-or-more';
const up = async (env?: Record<string, string>) => {
  rig = await adminRig(env);
  close = () => rig.close();
};
const entries = async (query = '') => {
  const { body } = await request(rig.url).get(`/api/audit${query}`).set('authorization', `Bearer ${TOKEN}`).expect(200);
  return body.entries as ReturnType<typeof auditEntry>[];
};

describe('GET /api/audit', () => {
  it('tells who changed what, when, and that it was done', async () => {
    await up();
    await request(rig.url)
      .post('/add')
      .send({ n: 1, hostnames: ['blue'] })
      .expect(200);
    await request(rig.url).post('/api/replicas/Server%201/weight').send({ weight: 2 }).expect(200);
    await request(rig.url).delete('/rm?wait=gone&wait=x').send({ n: 1 }).expect(400);
    expect(await entries()).toEqual([
      {
        id: expect.stringMatching(/./),
        at: expect.stringMatching(/^\d{4}-.*Z$/),
        peer: '127.0.0.1',
        by: 'address',
        port: 'admin',
        method: 'DELETE',
        path: '/rm?wait=gone&wait=x',
        body: { n: 1 },
        status: 400,
        result: 'refused',
        reason: expect.stringMatching(/./),
      },
      expect.objectContaining({ path: '/api/replicas/Server%201/weight', body: { weight: 2 }, status: 200 }),
      expect.objectContaining({ path: '/add', body: { n: 1, hostnames: ['blue'] }, result: 'done', reason: null }),
    ]);
    expect(rig.log).toContainEqual({
      level: 'info',
      message: 'admin change',
      fields: expect.objectContaining({ method: 'POST', path: '/add', peer: '127.0.0.1', status: 200 }),
    });
  });

  it('has calls that were refused before anybody looked at them', async () => {
    await up({ ADMIN_TOKEN: TOKEN });
    const post = (path: string, fields: Record<string, string>, body = '{"n":1}') =>
      request(rig.url)
        .post(path)
        .set({ 'content-type': 'application/json', ...fields })
        .send(body);
    await post('/add', {}).expect(401);
    await post('/add', { authorization: `Bearer ${TOKEN}`, host: 'evil.example' }).expect(403);
    await post('/nowhere', { authorization: `Bearer ${TOKEN}` }).expect(404);
    await post('/add', { authorization: `Bearer ${TOKEN}` }, '{"n":').expect(400);
    await post('/add', { authorization: `Bearer ${TOKEN}`, 'content-type': 'text/plain' }).expect(415);
    const found = (await entries()).reverse();
    expect(found.map(({ status, by, result }) => ({ status, by, result }))).toEqual([
      { status: 401, by: 'address', result: 'refused' },
      { status: 403, by: 'token', result: 'refused' },
      { status: 404, by: 'token', result: 'refused' },
      { status: 400, by: 'token', result: 'refused' },
      { status: 415, by: 'token', result: 'refused' },
    ]);
    expect(found[0]).toMatchObject({ body: null, reason: 'the token is missing: send `Authorization: Bearer TOKEN`' });
    expect(found[3]).toMatchObject({ body: '{"n":', reason: 'the body is not valid JSON: "{\\"n\\":"' });
  });

  it('keeps what operators did, however often a stranger is refused', async () => {
    await up({ ADMIN_TOKEN: TOKEN });
    await request(rig.url).post('/add').set('authorization', `Bearer ${TOKEN}`).send({ n: 1 }).expect(200);
    for (let times = 0; times < 5; times++) {
      await request(rig.url).post('/add').send({ n: 1 }).expect(401);
      await request(rig.url).post('/api/session').send({ token: 'x' }).expect(401);
      await request(rig.url).post('/api/session').send([]).expect(400);
      await request(rig.url).delete('/api/session').expect(200);
    }
    await request(rig.url).post('/api/session').send({ token: TOKEN }).expect(200);
    const found = await entries('?limit=1000');
    expect(found).toHaveLength(1 + REFUSALS_PER_MINUTE + 1);
    expect(found[0]).toMatchObject({ path: '/api/session', result: 'done' });
    expect(found.at(-1)).toMatchObject({ path: '/add', result: 'done' });
    // The process's own log has them all.
    expect(rig.log.filter(({ message }) => message === 'admin change')).toHaveLength(22);
  });

  it.each([
    ['/add', '{"n":1,"password":"hunter2"}'],
    ['/add', '{"n":1,"password":"hunter2"'],
    ['/add', '{"n":1,"key":77012345}'],
    ['/api/deploy', '{"env":{"DB_PASSWORD":77012345}}'],
    ['/api/deploy', '{"env":{"DB_PASSWORD":{"is":"hunter2"}}}'],
    ['/api/deploy', '{"command":"serve --token hunter2"}'],
    ['/api/session', '{"token":["hunter2"]}'],
  ])('has no secret in the reason of a refusal either: %s %s', async (path, body) => {
    await up();
    await request(rig.url).post(path).set('content-type', 'application/json').send(body).expect(400);
    expect(await entries()).toMatchObject([{ path, result: 'refused', reason: expect.stringMatching(/./) }]);
    expect(JSON.stringify([await entries(), rig.log])).not.toMatch(/hunter2|77012345/);
  });

  it('whoever follows the events is told of each entry and of its result, and not from where it came', async () => {
    await up();
    await request(rig.url).post('/add?wait=10.0.0.9').send({ n: 1 }).expect(400);
    await request(rig.url).post('/api/preview').send({}).expect(200);
    await request(rig.url)
      .post('/add')
      .send({ n: 1, hostnames: ['blue'] })
      .expect(200);
    const [done, refused] = await entries();
    const { body } = await request(rig.url).get('/api/events?format=json&types=audit').expect(200);
    const told = { type: 'audit', id: expect.any(String), at: expect.any(String), method: 'POST', by: 'address' };
    expect(body.events).toEqual([
      { ...told, call: refused?.id, path: '/add?wait=(address)', result: 'under-way' },
      { ...told, call: refused?.id, path: '/add?wait=(address)', result: 'refused' },
      { ...told, call: done?.id, path: '/add', result: 'under-way' },
      { ...told, call: done?.id, path: '/add', result: 'done' },
    ]);
  });

  it('leaves questions out', async () => {
    await up();
    await request(rig.url)
      .post('/api/preview')
      .send({ remove: ['Server 1'] })
      .expect(200);
    await request(rig.url).get('/rep').expect(200);
    await request(rig.url).options('/add').expect(204);
    expect(await entries()).toEqual([]);
  });

  it('has the classic routes of the data port, by the peer that the data process saw', async () => {
    await up();
    const ask = (given: Partial<ClassicRequest>): ClassicRequest => ({
      method: 'POST',
      path: '/add',
      search: '',
      peer: '127.0.0.9',
      headers: { host: 'localhost', contentType: 'application/json', forwarded: false },
      body: '{"n":1}',
      ...given,
    });
    await rig.classic.answerFromDataPort(ask({}));
    await rig.classic.answerFromDataPort(ask({ method: 'GET', path: '/rep', body: '' }));
    await rig.classic.answerFromDataPort(ask({ peer: '192.0.2.7', search: '?wait=ready' }));
    expect(await entries()).toMatchObject([
      {
        port: 'data',
        peer: '192.0.2.7',
        path: '/add?wait=ready',
        status: 403,
        reason: '192.0.2.7 is not in ADMIN_ALLOW',
      },
      { port: 'data', peer: '127.0.0.9', path: '/add', status: 200, result: 'done', body: { n: 1 } },
    ]);
  });

  it('has a call while it is under way, on either port, before anything of it is done', async () => {
    await up();
    rig.pool.runtime.behaviour = 'sick';
    const before: unknown[] = [];
    const add = jest.spyOn(rig.pool.manager, 'add').mockImplementation((change) => {
      before.push(...rig.pool.manager.audit.latest(10));
      add.mockRestore();
      return rig.pool.manager.add(change);
    });
    const answer = request(rig.url)
      .post('/add?wait=ready')
      .send({ n: 1 })
      .then(({ status }) => status);
    while (rig.pool.manager.names().length < 4) await new Promise((resolve) => setTimeout(resolve, 5));
    const underWay = { path: '/add?wait=ready', body: { n: 1 }, port: 'admin', result: 'under-way', status: null };
    expect(before).toEqual([expect.objectContaining(underWay)]);
    expect(await entries()).toEqual(before);
    expect(readFileSync(join(rig.pool.stateDir, 'audit.jsonl'), 'utf8')).toContain('"result":"under-way"');

    const headers = { host: 'localhost', contentType: 'application/json', forwarded: false };
    const removed = rig.classic.answerFromDataPort({
      method: 'DELETE',
      path: '/rm',
      search: '',
      peer: '127.0.0.9',
      headers,
      body: '{"n":1}',
    });
    expect(rig.pool.manager.audit.latest(1)).toMatchObject([{ path: '/rm', port: 'data', result: 'under-way' }]);
    await removed;
    expect(await answer).toBe(409); // what was waited for has been removed
    const ended = (await entries()).map(({ path, result }) => [path, result]);
    expect(ended.sort()).toEqual([
      ['/add?wait=ready', 'refused'],
      ['/rm', 'done'],
    ]);
  });

  it('is on the disk before the client has its answer', async () => {
    await up();
    await request(rig.url).post('/add').send({ n: 1 }).expect(200);
    expect(readFileSync(join(rig.pool.stateDir, 'audit.jsonl'), 'utf8')).toContain('"path":"/add"');
  });

  it('has a call whose client left before the answer', async () => {
    await up();
    rig.pool.runtime.behaviour = 'sick';
    const { port, hostname } = new URL(rig.url);
    const socket = connect(Number(port), hostname);
    const body = '{"n":1}';
    socket.write(
      `POST /add?wait=ready HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    while (rig.pool.manager.names().length < 4) await new Promise((resolve) => setTimeout(resolve, 5));
    socket.destroy();
    let found = await entries();
    while (found[0]?.result !== 'abandoned') found = await entries();
    expect(found).toMatchObject([{ path: '/add?wait=ready', status: null, result: 'abandoned', body: { n: 1 } }]);
  });

  it.each([
    ['?limit=0', 'limit must be a whole number from 1 to 1000, not "0"'],
    ['?limit=x', 'limit must be a whole number from 1 to 1000, not "x"'],
    ['?limit=1&limit=2', 'the query parameter "limit" stands more than once'],
    ['?x=1', 'unknown query parameter "x"; known is limit'],
  ])('refuses %s', async (query, message) => {
    await up();
    const { body } = await request(rig.url).get(`/api/audit${query}`).expect(400);
    expect(body).toEqual({ message, status: 'failure' });
  });

  it('gives as many as asked for', async () => {
    await up();
    for (const weight of [1, 2, 3]) await request(rig.url).post('/api/replicas/Server%201/weight').send({ weight });
    expect((await entries('?limit=2')).map(({ body }) => body)).toEqual([{ weight: 3 }, { weight: 2 }]);
  });
});

describe('an audit entry', () => {
  beforeEach(() => void (close = async () => {}));
  const entry = (body: string, target = '/x') =>
    auditEntry({ peer: 'p', by: 'address', port: 'admin', method: 'POST', target, body, answer: undefined }, 'id', 0);

  it('holds no secret, however the body brings it', () => {
    const env = { DB_PASSWORD: 'hunter2', URL: 'postgres://u:hunter2@db/x', LOG: 'info' };
    const { body, path } = entry(
      JSON.stringify({ image: 'web:2', env, command: ['serve', '--token', 'hunter2'], list: [{ secret: 'hunter2' }] }),
      '/x?token=hunter2',
    );
    expect(body).toEqual({
      image: 'web:2',
      env: { DB_PASSWORD: '***', URL: 'postgres://***@db/x', LOG: 'info' },
      command: ['serve', '--token', '***'],
      list: [{ secret: '***' }],
    });
    expect(path).toBe('/x?token=***');
    expect(entry('password=hunter2').body).toBe('password=***');
  });

  it('is bounded, whatever was sent', () => {
    expect(JSON.stringify(entry(JSON.stringify({ a: 'x'.repeat(60_000) }))).length).toBeLessThan(3000);
    expect(JSON.stringify(entry('x'.repeat(60_000), `/${'y'.repeat(9000)}`)).length).toBeLessThan(3000);
    expect(JSON.stringify(entry(`${'['.repeat(20_000)}${']'.repeat(20_000)}`)).length).toBeLessThan(3000);
  });

  it('is made for what may change something, known or not', () => {
    expect(isChange('POST', '/api/preview?x')).toBe(false);
    expect(isChange('GET', '/add')).toBe(false);
    expect(isChange('PUT', '/api/preview/x')).toBe(true);
    expect(isChange('DELETE', '/rm')).toBe(true);
  });
});
