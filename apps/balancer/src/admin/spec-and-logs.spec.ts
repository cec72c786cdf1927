// GET /api/spec and GET /api/replicas/NAME/logs over HTTP: what they show, what they hide, what they refuse.
import request from 'supertest';
import { RuntimeError } from '../runtime/runtime-error.js';
import { adminRig, type AdminRig } from './testing/admin-rig.js';

let rig: AdminRig;
afterEach(() => rig.close());

const TEXT = expect.any(String);

describe('GET /api/spec', () => {
  it('shows what is wanted, who runs it, and what differs from the settings', async () => {
    rig = await adminRig();
    const { body } = await request(rig.url).get('/api/spec').expect(200);
    const { specHash } = body.desired;
    expect(body).toEqual({
      desired: {
        specHash: expect.stringMatching(/^[0-9a-f]{16}$/),
        image: 'sha256:aa',
        imageRef: 'app:1',
        port: 5000,
        env: {},
        healthPath: '/heartbeat',
      },
      running: ['Server 1', 'Server 2', 'Server 3'].map((name) => ({ name, specHash, matches: true })),
      drift: [],
    });
  });

  it('tells a replica that runs something else, and one that runs nothing', async () => {
    rig = await adminRig();
    rig.pool.runtime.one('Server 2').specHash = 'other';
    rig.pool.runtime.die(rig.pool.runtime.one('Server 3').id);
    rig.pool.runtime.disturb = (call) => (call === 'create' ? 'hang' : undefined);
    await rig.pool.pass(20_000);
    const { body } = await request(rig.url).get('/api/spec').expect(200);
    expect(body.running.map(({ matches }: { matches: boolean }) => matches)).toEqual([true, false, false]);
    expect(body.running[2].specHash).toBeNull();
  });
});

describe('GET /api/replicas/NAME/logs', () => {
  const logs = (query = '', name = 'Server%201') => request(rig.url).get(`/api/replicas/${name}/logs${query}`);

  it('gives the last lines as plain text', async () => {
    rig = await adminRig();
    const { text, headers } = await logs('?tail=5').expect(200);
    expect(text).toBe(`last words of ${rig.pool.runtime.one('Server 1').id}\n`);
    expect(headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    await request(rig.url).head('/api/replicas/Server%201/logs?follow=true').expect(200);
  });

  it('follows until the instance ends', async () => {
    rig = await adminRig();
    const { id } = rig.pool.runtime.one('Server 1');
    const { runtime } = rig.pool;
    const following = logs('?follow=true')
      .expect(200)
      .then(({ text }) => text);
    while (!runtime.calls.some(({ call }) => call === 'logs')) await new Promise((resolve) => setTimeout(resolve, 5));
    runtime.die(id);
    expect(await following).toBe(`last words of ${id}\n`);
  });

  it.each([
    ['?tail=1001', 400],
    ['?tail=x', 400],
    ['?follow=yes', 400],
    ['?x=1', 400],
  ])('refuses %s', async (query, status) => {
    rig = await adminRig();
    const { body } = await logs(query).expect(status);
    expect(body).toEqual({ message: TEXT, status: 'failure' });
  });

  it.each(['', '?follow=true'])('knows only replicas that there are (%j)', async (query) => {
    rig = await adminRig();
    const { body } = await logs(query, 'Server%209').expect(404);
    expect(body).toEqual({ message: 'replica "Server 9" does not exist', status: 'failure' });
  });

  it('says so when the replica has no instance, or the engine does not answer', async () => {
    rig = await adminRig();
    const { runtime } = rig.pool;
    runtime.disturb = (call) =>
      call === 'logs' ? { error: new RuntimeError('unreachable', 'no answer from the Docker engine') } : undefined;
    await logs().expect(503);
    await logs('?follow=true').expect(503);
    runtime.disturb = (call) => (call === 'create' ? 'hang' : undefined);
    runtime.die(runtime.one('Server 1').id);
    await rig.pool.pass(20_000);
    const { body } = await logs().expect(409);
    expect(body.message).toContain('it has no instance now');
  });

  it('is behind the gate like every other route', async () => {
    rig = await adminRig({ ADMIN_TOKEN: 'a-token-of-sixteen-or-more' });
    await logs().expect(401);
    await request(rig.url).get('/api/spec').expect(401);
  });
});
