// The routes of deploys over HTTP, on a real manager with scripted replicas: what they do, what they answer, what they refuse.
import { once } from 'node:events';
import http from 'node:http';
import { connect } from 'node:net';
import request from 'supertest';
import type { DeployView } from '../orchestrator/deploy/deploy-view.js';
import { adminRig, type AdminRig } from './testing/admin-rig.js';
import { badDeploys } from './testing/bad-deploys.js';

let rig: AdminRig;
beforeEach(async () => {
  rig = await adminRig();
  rig.pool.runtime.images.set('app:2', 'sha256:bb');
});
afterEach(() => rig.close());

const failed = (message: unknown) => ({ message, status: 'failure' });
const NEW = { env: { COLOUR: 'green', TOKEN: 'geheim' } };
const deploy = (body?: object, search = '') => request(rig.url).post(`/api/deploy${search}`).send(body);
const shown = () => request(rig.url).get('/api/deploy');
const events = (method: 'GET' | 'POST', path: string, body = '') =>
  new Promise<{ type: string; text: string }>((resolve, reject) => {
    const headers = { accept: 'text/event-stream', ...(body && { 'content-type': 'application/json' }) };
    const call = http.request(`${rig.url}${path}`, { method, headers }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ type: response.headers['content-type'] ?? '', text }));
      response.on('error', reject);
    });
    call.on('error', reject);
    call.end(body);
  });
/** Time of the pool passes until the answer has come. */
async function answered<T>(answer: PromiseLike<T>): Promise<T> {
  const state = { over: false };
  const result = Promise.resolve(answer).finally(() => (state.over = true));
  while (!state.over) await rig.pool.pass(200);
  return result;
}
const viewsOf = (text: string) =>
  text
    .split('\n\n')
    .filter((event) => event.startsWith('event:'))
    .map((event) => {
      const [name, data] = event.split('\n');
      return {
        name: name?.slice('event: '.length),
        view: JSON.parse(data?.slice('data: '.length) ?? '') as DeployView,
      };
    });

describe('POST /api/deploy', () => {
  it('answers once the deploy is stored, and shows it without its secrets', async () => {
    const { body } = await deploy({ ...NEW, image: 'app:2' })
      .expect(200)
      .expect('cache-control', 'no-store');
    expect(body).toMatchObject({
      status: 'rolling',
      revision: 2,
      changes: ['image', 'env.COLOUR', 'env.TOKEN'],
      from: { image: 'sha256:aa', imageRef: 'app:1', env: {} },
      to: { image: 'sha256:bb', imageRef: 'app:2', env: { COLOUR: 'green', TOKEN: '***' } },
      endedAt: null,
    });
    await rig.pool.pass(15_000);
    expect((await shown().expect(200)).body).toMatchObject({
      status: 'rolled-out',
      endedAt: expect.stringContaining('T'),
    });
    expect((await request(rig.url).get('/api/spec')).body).toMatchObject({
      desired: { revision: 2, imageRef: 'app:2' },
    });
    expect((await request(rig.url).get('/api/audit')).text).not.toContain('geheim');
  });

  it('with wait=done answers when it has succeeded', async () => {
    const { status, body } = await answered(deploy(NEW, '?wait=done'));
    expect({ status, body: body as unknown }).toMatchObject({ status: 200, body: { status: 'rolled-out' } });
  });

  it('with wait=done answers 409 with the reason when it was rolled back', async () => {
    rig.pool.runtime.disturb = (call, slot) =>
      call === 'create' && slot === 'Server 2' ? { error: new Error('no space') } : undefined;
    const { status, body } = await answered(deploy(NEW, '?wait=done'));
    expect({ status, body: body as unknown }).toEqual({
      status: 409,
      body: failed('The deploy was rolled back: Server 2: no space'),
    });
  });

  it('with Accept: text/event-stream answers with its course to the end', async () => {
    const { type, text } = await answered(events('POST', '/api/deploy', JSON.stringify(NEW)));
    expect(type).toBe('text/event-stream; charset=utf-8');
    const views = viewsOf(text);
    expect(views.slice(0, -1).every(({ name, view }) => name === 'progress' && view.status === 'rolling')).toBe(true);
    expect(views.at(-1)).toMatchObject({ name: 'end', view: { status: 'rolled-out' } });
    expect(text).not.toContain('geheim');
  });

  it('goes on when the client that follows it leaves', async () => {
    const call = http.request(`${rig.url}/api/deploy`, {
      method: 'POST',
      headers: { accept: 'text/event-stream', 'content-type': 'application/json' },
    });
    call.on('error', () => {});
    await new Promise<void>((resolve) => {
      call.on('response', (response) => {
        response.on('error', () => {});
        response.once('data', () => resolve());
      });
      call.end(JSON.stringify(NEW));
    });
    call.destroy();
    await rig.pool.pass(15_000);
    expect((await shown()).body).toMatchObject({ status: 'rolled-out' });
  });

  it('of nothing resolves the image anew: nothing to do, or what the tag names now', async () => {
    expect((await deploy().expect(200)).body).toMatchObject({ status: 'unchanged', changes: [], startedAt: null });
    rig.pool.runtime.images.set('app:1', 'sha256:cc');
    expect((await deploy({ dryRun: true }).expect(200)).body).toMatchObject({ status: 'planned', changes: ['image'] });
    const { body } = await answered(deploy({}, '?wait=done'));
    expect(body).toMatchObject({ status: 'rolled-out', to: { image: 'sha256:cc', imageRef: 'app:1' } });
  });

  it('refuses a second one with 409', async () => {
    await deploy(NEW).expect(200);
    expect((await deploy({ env: { A: '1' } }).expect(409)).body).toEqual(
      failed('A deploy is under way, and there is one at a time; DELETE /api/deploy takes it back'),
    );
  });

  it.each(badDeploys)('with $what is refused with $status and changes nothing', async (bad) => {
    const answer = await request(rig.url)
      .post(`/api/deploy${bad.search ?? ''}`)
      .set('content-type', bad.contentType ?? 'application/json')
      .send(bad.body);
    expect(answer.body).toEqual(failed(expect.any(String)));
    expect(answer.status).toBe(bad.status);
    for (const part of bad.says) expect((answer.body as { message: string }).message).toContain(part);
    await shown().expect(404);
  });
});

describe('GET /api/deploy and /api/deploy/events', () => {
  it('are 404 before anything was deployed', async () => {
    expect((await shown().expect(404)).body).toEqual(failed('Nothing was deployed since the pool was made'));
    await request(rig.url).get('/api/deploy/events').expect(404);
  });

  it('answer HEAD at once while a deploy is under way, and keep nothing for it', async () => {
    await deploy(NEW).expect(200);
    const { host, port } = new URL(rig.url);
    const socket = connect(Number(port), '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.write(`HEAD /api/deploy/events HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    await once(socket, 'close');
    expect(text).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*content-type: text\/event-stream/i);
    expect((await shown()).body.status).toBe('rolling');
  });

  it('show the last one after it has ended', async () => {
    await deploy(NEW);
    await rig.pool.pass(15_000);
    const [only, ...others] = viewsOf((await events('GET', '/api/deploy/events')).text);
    expect(others).toEqual([]);
    expect(only).toMatchObject({ name: 'end', view: (await shown()).body as object });
  });
});

describe('DELETE /api/deploy and POST /api/deploy/rollback', () => {
  it('take back what is under way', async () => {
    await deploy(NEW).expect(200);
    expect((await request(rig.url).delete('/api/deploy').expect(200)).body).toMatchObject({
      status: expect.stringMatching(/roll(ing|ed)-back/),
      reason: 'it was cancelled',
    });
    await rig.pool.pass(10_000);
    expect((await shown()).body).toMatchObject({ status: 'rolled-back' });
    await request(rig.url).delete('/api/deploy').expect(404, failed('No deploy is under way'));
    await request(rig.url)
      .post('/api/deploy/rollback')
      .expect(404, failed('No deploy has succeeded that could be taken back'));
  });

  it('deploy what ran before the last one', async () => {
    await deploy({ image: 'app:2' });
    await rig.pool.pass(15_000);
    expect((await request(rig.url).post('/api/deploy/rollback').expect(200)).body).toMatchObject({
      status: 'rolling',
      revision: 3,
      to: { image: 'sha256:aa' },
    });
    await rig.pool.pass(15_000);
    expect((await shown()).body).toMatchObject({ status: 'rolled-out' });
  });

  it('read no body and no query', async () => {
    await request(rig.url).delete('/api/deploy').send({ x: 1 }).expect(400);
    await request(rig.url).delete('/api/deploy?x=1').expect(400);
    await request(rig.url).post('/api/deploy/rollback').send({ x: 1 }).expect(400);
  });
});
