// /rep, /add and /rm against a real ReplicaManager: right answers, every wrong question, and that a wrong question changes
// nothing, neither in memory nor on the disk.
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClassicAnswer, ClassicRequest } from '../routing/link/messages.js';
import type { AdmittedRequest } from './classic.service.js';
import { adminRig, type AdminRig } from './testing/admin-rig.js';
import { badChanges } from './testing/bad-changes.js';

const THREE = ['Server 1', 'Server 2', 'Server 3'];
const JSON_TYPE = 'application/json';

let rig: AdminRig;
beforeEach(async () => {
  rig = await adminRig();
});
afterEach(() => rig.close());

const request = (
  path: AdmittedRequest['path'],
  body = '',
  search = '',
  contentType: string | undefined = JSON_TYPE,
) => ({
  path,
  body,
  search,
  contentType,
  peer: '127.0.0.1',
});
const read = ({ status, body }: ClassicAnswer) => ({ status, body: JSON.parse(body) });
const listing = (...replicas: string[]) => ({ message: { N: replicas.length, replicas }, status: 'successful' });
const stored = () => readFileSync(join(rig.pool.stateDir, 'state.json'), 'utf8');

describe('right questions', () => {
  it('/rep tells N and the names', async () => {
    expect(read(await rig.classic.answer(request('/rep')))).toEqual({ status: 200, body: listing(...THREE) });
  });

  it('/add takes a content type with its parameters, in any case', async () => {
    const answer = await rig.classic.answer(request('/add', '{"n":1}', '', 'Application/JSON; charset=UTF-8'));
    expect(read(answer)).toEqual({ status: 200, body: listing(...THREE, 'Server 4') });
  });

  it('/add takes 2.0 for 2: in JSON they are the same number', async () => {
    const answer = await rig.classic.answer(request('/add', '{"n":2.0,"hostnames":["S5"]}'));
    expect(read(answer).body).toEqual(listing(...THREE, 'S5', 'Server 4'));
  });

  it('/rm lists the names that stay', async () => {
    const answer = await rig.classic.answer(request('/rm', '{"n":2,"hostnames":["Server 1"]}'));
    expect(read(answer)).toEqual({ status: 200, body: listing('Server 2') });
  });

  it('an answer is never kept by a cache, nor embedded by a foreign page', async () => {
    expect((await rig.classic.answer(request('/rep'))).headers).toMatchObject({
      'cache-control': 'no-store',
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    });
  });

  it('?wait=ready answers no sooner than the new replicas serve', async () => {
    rig.pool.runtime.behaviour = 'sick';
    let answered = false;
    const answer = rig.classic.answer(request('/add', '{"n":1}', '?wait=ready')).finally(() => (answered = true));
    await rig.pool.pass(1000);
    expect(answered).toBe(false);
    for (const id of rig.pool.runtime.world.keys()) rig.pool.runtime.behaviours.set(id, 'healthy');
    await rig.pool.pass(3000);
    expect(read(await answer)).toEqual({ status: 200, body: listing(...THREE, 'Server 4') });
  });

  it('?wait=ready ends with WAIT_TIMEOUT, names the replica, and the wish stays', async () => {
    rig.pool.runtime.behaviour = 'mute';
    const answer = rig.classic.answer(request('/add', '{"n":1}', '?wait=ready'));
    await rig.pool.pass(60_000);
    const { status, body } = read(await answer);
    expect({ status, body }).toEqual({
      status: 503,
      body: { message: expect.stringContaining('Server 4'), status: 'failure' },
    });
    expect(rig.pool.manager.names()).toEqual([...THREE, 'Server 4']);
  });

  it('a wait ends when its client goes, and the wish stays', async () => {
    rig.pool.runtime.behaviour = 'sick';
    const gone = new AbortController();
    const answer = rig.classic.answer(request('/add', '{"n":1}', '?wait=ready'), gone.signal);
    await rig.pool.pass(100);
    gone.abort();
    expect((await answer).status).toBe(503);
    expect(rig.pool.manager.names()).toEqual([...THREE, 'Server 4']);
  });
});

describe('wrong questions', () => {
  // Bodies that are too large never come so far: see request-body.spec.ts and admin-app.spec.ts.
  const bad = badChanges.filter(({ status }) => status !== 413);

  it('are of more than forty kinds', () => expect(new Set(bad.map(({ what }) => what)).size).toBeGreaterThan(40));

  it.each(bad)(
    '$route with $what: $status, and nothing changes',
    async ({ route, body, search, contentType, status, says }) => {
      const before = stored();
      const type = contentType === null ? undefined : (contentType ?? JSON_TYPE);
      const answer = read(await rig.classic.answer({ ...request(route, body, search), contentType: type }));
      expect(answer).toEqual({ status, body: { message: expect.any(String), status: 'failure' } });
      for (const part of says) expect(answer.body.message).toContain(part);
      expect(answer.body.message.length).toBeLessThan(400);
      expect(rig.pool.manager.names()).toEqual(THREE);
      expect(stored()).toBe(before);
    },
  );

  it('whatever the JSON: 200 or 400, and 400 changes nothing', async () => {
    const route = fc.constantFrom('/add' as const, '/rm' as const);
    const anything = fc.oneof(
      fc.jsonValue(),
      fc.record({ n: fc.oneof(fc.integer({ min: -2, max: 80 }), fc.jsonValue()), hostnames: fc.jsonValue() }),
      fc.record({ n: fc.constant(1), hostnames: fc.array(fc.string(), { maxLength: 2 }) }),
    );
    await fc.assert(
      fc.asyncProperty(route, anything, async (path, value) => {
        const before = rig.pool.manager.names();
        const { status } = await rig.classic.answer(request(path, JSON.stringify(value)));
        expect([200, 400]).toContain(status);
        if (status === 400) expect(rig.pool.manager.names()).toEqual(before);
      }),
      { numRuns: 200 },
    );
  });

  it('whatever the bytes: 400, and nothing changes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), async (body, search) => {
        const { status } = await rig.classic.answer(request('/add', body, `?${search}`));
        expect(status).toBe(400);
      }),
      { numRuns: 300 },
    );
    expect(rig.pool.manager.names()).toEqual(THREE);
  });
});

describe('from the data port', () => {
  const fromData = (
    headers: Partial<ClassicRequest['headers']>,
    more: Partial<ClassicRequest> = {},
  ): ClassicRequest => ({
    method: 'POST',
    path: '/add',
    search: '',
    peer: '127.0.0.1',
    body: '{"n":1}',
    ...more,
    headers: { host: 'localhost:5000', contentType: JSON_TYPE, forwarded: false, ...headers },
  });

  it('an allowed request is answered as on the admin port', async () => {
    expect(read(await rig.classic.answerFromDataPort(fromData({})))).toEqual({
      status: 200,
      body: listing(...THREE, 'Server 4'),
    });
  });

  it.each([
    ['from another peer', fromData({}, { peer: '192.0.2.7' })],
    ['under a rebound name', fromData({ host: 'evil.example' })],
    ['of a foreign page', fromData({ origin: 'http://evil.example' })],
    ['through a proxy', fromData({ forwarded: true })],
  ])('a request %s is refused before its body is looked at, and logged', async (_how, asked) => {
    const answer = await rig.classic.answerFromDataPort({ ...asked, body: 'no JSON' });
    expect(read(answer)).toEqual({ status: 403, body: { message: expect.any(String), status: 'failure' } });
    expect(rig.pool.manager.names()).toEqual(THREE);
    expect(rig.log).toContainEqual(
      expect.objectContaining({ level: 'warn', message: expect.stringContaining('refused') }),
    );
  });
});
