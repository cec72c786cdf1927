// The contract, row by row, over real HTTP on both ports of a real balancer and for both runtimes that make replicas.
import request from 'supertest';
import { badChanges } from '../src/admin/testing/bad-changes.js';
import { type Balancer, eventually, startBalancer } from './harness.js';
import { call, postJson, replicasOf } from './http-client.js';
import { describeRuntimes } from './runtimes.js';

const THREE = ['Server 1', 'Server 2', 'Server 3'];
const listing = (replicas: string[]) => ({ message: { N: replicas.length, replicas }, status: 'successful' });
const failed = (message: unknown) => ({ message, status: 'failure' });
const TEXT = expect.any(String);
const isFailure = ({ body }: request.Response) => expect(body).toEqual(failed(TEXT));

describeRuntimes('the contract', (runtime) => {
  let balancer: Balancer;
  beforeAll(async () => {
    balancer = await startBalancer({ env: { RUNTIME: runtime, N: '3' } });
  }, 150_000);
  afterAll(async () => {
    expect(await balancer.stop('SIGINT')).toEqual({ code: 0, signal: null });
  }, 60_000);

  const ports = { 'data port': () => balancer.dataUrl, 'admin port': () => balancer.adminUrl };
  const add = (url: string, body: object, search = '') => request(url).post(`/add${search}`).send(body);
  const rm = (url: string, body: object, search = '') => request(url).delete(`/rm${search}`).send(body);

  describe.each(Object.entries(ports))('on the %s', (_port, url) => {
    afterEach(async () => {
      // Each row finds the pool as the first one did.
      const { replicas } = (await request(balancer.adminUrl).get('/rep')).body.message as { replicas: string[] };
      const surplus = replicas.filter((name) => !THREE.includes(name));
      if (surplus.length > 0)
        await rm(balancer.adminUrl, { n: surplus.length, hostnames: surplus }, '?wait=gone').expect(200);
    });

    it('GET /rep tells N and the names', async () => {
      const answer = await request(url())
        .get('/rep')
        .expect(200)
        .expect('content-type', /^application\/json/);
      expect(answer.text).toBe(
        '{"message":{"N":3,"replicas":["Server 1","Server 2","Server 3"]},"status":"successful"}',
      );
    });

    it('POST /add lists the existing names, then the given ones in order, then generated ones', async () => {
      const answer = await add(url(), { n: 4, hostnames: ['S5', 'S4'] }).expect(200);
      expect(answer.body).toEqual(listing([...THREE, 'S5', 'S4', 'Server 4', 'Server 5']));
      expect((await request(url()).get('/rep')).body).toEqual(answer.body);
    });

    it('POST /add takes hostnames as optional and gives the lowest free numbers', async () => {
      await add(url(), { n: 1, hostnames: ['Server 5'] }).expect(200);
      const answer = await add(url(), { n: 2 }).expect(200);
      expect(answer.body).toEqual(listing([...THREE, 'Server 5', 'Server 4', 'Server 6']));
    });

    it('POST /add?wait=ready answers when the new replica serves', async () => {
      await add(url(), { n: 1, hostnames: ['S4'] }, '?wait=ready').expect(200, listing([...THREE, 'S4']));
      const views = await replicasOf(balancer.adminUrl);
      expect(views.find(({ name }) => name === 'S4')).toMatchObject({ state: 'ready', reason: null });
    });

    it('DELETE /rm removes the named ones and chooses the newest of the rest', async () => {
      await add(url(), { n: 3, hostnames: ['S5', 'S4', 'S6'] }, '?wait=ready').expect(200);
      const answer = await rm(url(), { n: 2, hostnames: ['S5'] }).expect(200);
      expect(answer.body).toEqual(listing([...THREE, 'S4']));
    });

    it('DELETE /rm?wait=gone answers when the replica is gone', async () => {
      await add(url(), { n: 1, hostnames: ['S4'] }, '?wait=ready').expect(200);
      const pid = (await replicasOf(balancer.adminUrl)).find(({ name }) => name === 'S4')?.instance?.pid;
      await rm(url(), { n: 1, hostnames: ['S4'] }, '?wait=gone').expect(200, listing(THREE));
      if (typeof pid === 'number') expect(() => process.kill(pid, 0)).toThrow('ESRCH');
      expect((await request(balancer.adminUrl).get('/api/status')).body).toMatchObject({ desired: 3, draining: 0 });
    });

    it('an /add with one bad name among good ones adds none', async () => {
      await add(url(), { n: 3, hostnames: ['good', 'Server 2'] })
        .expect(400)
        .expect(isFailure);
      await request(url()).get('/rep').expect(200, listing(THREE));
    });

    it('concurrent calls are served one after the other: none is lost, none doubled', async () => {
      const answers = await Promise.all(Array.from({ length: 4 }, () => add(url(), { n: 1 }).expect(200)));
      expect(answers.map(({ body }) => body.message.N as number).sort()).toEqual([4, 5, 6, 7]);
      await request(url())
        .get('/rep')
        .expect(200, listing([...THREE, 'Server 4', 'Server 5', 'Server 6', 'Server 7']));
    });

    it.each(badChanges)('$route with $what is refused with $status and changes nothing', async (bad) => {
      const headers = bad.contentType === null ? {} : { 'content-type': bad.contentType ?? 'application/json' };
      const method = bad.route === '/add' ? 'POST' : 'DELETE';
      const length = { 'content-length': Buffer.byteLength(bad.body) };
      const answer = await call(`${url()}${bad.route}${bad.search ?? ''}`, {
        method,
        headers: { ...headers, ...length },
        body: bad.body,
      });
      expect(answer.json).toEqual(failed(TEXT));
      expect(answer.status).toBe(bad.status);
      for (const part of bad.says) expect((answer.json as { message: string }).message).toContain(part);
      await request(url()).get('/rep').expect(200, listing(THREE));
    });

    it('GET /rep refuses a query parameter that it does not know', async () => {
      const answer = await request(url()).get('/rep?verbose=1').expect(400);
      expect(answer.body).toEqual(failed('unknown query parameter "verbose"'));
    });
  });

  it('GET /home is answered by a replica through the balancer', async () => {
    const answer = await request(balancer.dataUrl).get('/home').expect(200);
    expect(answer.body).toEqual({
      message: expect.stringMatching(/^Hello from Server: Server [123]$/),
      status: 'successful',
    });
  });

  it('requests without a key reach every replica', async () => {
    const seen = new Set<string>();
    await eventually('an answer of each replica', async () => {
      seen.add((await request(balancer.dataUrl).get('/home')).body.message as string);
      return seen.size === 3 ? true : undefined;
    });
    expect([...seen].sort()).toEqual(THREE.map((name) => `Hello from Server: ${name}`));
  });

  it('requests with the same key reach the same replica', async () => {
    const seen = new Set<string>();
    // One after the other: the bound on load may move a key while many ask at once.
    for (let asked = 0; asked < 12; asked++) {
      const { body } = await request(balancer.dataUrl).get('/home').set('x-hash-key', 'customer-7');
      seen.add(body.message as string);
    }
    expect(seen.size).toBe(1);
  });

  it('GET /heartbeat comes through with an empty body', async () => {
    const answer = await call(`${balancer.dataUrl}/heartbeat`);
    expect(answer).toMatchObject({ status: 200, text: '' });
  });

  it('an unknown path gets what the replica says', async () => {
    const answer = await request(balancer.dataUrl).get('/other').expect(400);
    expect(answer.body).toEqual(failed("<Error> '/other' endpoint does not exist in server replicas"));
  });

  it('GET /api/replicas shows each replica in the order of /rep', async () => {
    const { body } = await request(balancer.adminUrl).get('/api/replicas').expect(200);
    expect(body.replicas.map(({ name }: { name: string }) => name)).toEqual(THREE);
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    for (const replica of body.replicas) {
      expect(replica).toMatchObject({
        state: 'ready',
        since: time,
        instance: { id: TEXT, address: expect.stringMatching(/:\d+$/), startedAt: time },
        restarts: 0,
        lastExit: null,
        inFlight: expect.any(Number),
        share: expect.any(Number),
      });
    }
    expect(body.replicas.reduce((sum: number, { share }: { share: number }) => sum + share, 0)).toBeCloseTo(1, 2);
  });

  it('GET /api/replicas/NAME shows one, or says that there is none', async () => {
    expect((await request(balancer.adminUrl).get('/api/replicas/Server%202').expect(200)).body).toMatchObject({
      name: 'Server 2',
    });
    await request(balancer.adminUrl)
      .get('/api/replicas/Server%209')
      .expect(404, failed('replica "Server 9" does not exist'));
  });

  it('GET /api/status shows the pool in one look', async () => {
    const { body } = await request(balancer.adminUrl).get('/api/status').expect(200);
    expect(body).toMatchObject({
      pool: balancer.pool,
      runtime,
      desired: 3,
      ready: 3,
      engine: { status: 'ok' },
      drift: [],
    });
  });

  it('GET /healthz and /readyz answer for whoever runs the balancer', async () => {
    await request(balancer.adminUrl).get('/healthz').expect(200, { status: 'ok' });
    await request(balancer.adminUrl).get('/readyz').expect(200, { status: 'ok' });
  });

  it('the admin port serves nothing else, and says so in the same form', async () => {
    await request(balancer.adminUrl).get('/home').expect(404).expect(isFailure);
    const wrong = await request(balancer.adminUrl).get('/add').expect(405);
    expect(wrong.headers.allow).toBe('POST, OPTIONS');
    expect(wrong.body).toEqual(failed(TEXT));
  });

  it('Swagger UI and its document are served from here, every route with each of its answers', async () => {
    await request(balancer.adminUrl).get('/docs').expect(200).expect('content-type', /html/);
    await request(balancer.adminUrl).get('/docs/swagger-ui-bundle.js').expect(200);
    const { body } = await request(balancer.adminUrl).get('/docs/json').expect(200);
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining(['/add', '/api/replicas', '/api/ring', '/healthz', '/readyz', '/rep', '/rm']),
    );
    type Operations = Record<string, { responses: Record<string, unknown> }>;
    for (const [path, operations] of Object.entries<Operations>(body.paths)) {
      for (const { responses } of Object.values(operations)) {
        const statuses = Object.keys(responses);
        expect(statuses.some((status) => status.startsWith('2'))).toBe(true);
        // Each can fail but the one that only says that the process is alive.
        expect(statuses.some((status) => /^[45]/.test(status))).toBe(path !== '/healthz');
      }
    }
  });

  it('an empty pool answers 503 with a cause until someone joins', async () => {
    await rm(balancer.adminUrl, { n: 3 }, '?wait=gone').expect(200, listing([]));
    const answer = await request(balancer.dataUrl).get('/home').expect(503);
    expect(answer.headers).toMatchObject({ 'x-hashflow-cause': 'no_replica', 'retry-after': TEXT });
    expect(answer.body).toEqual(failed(TEXT));
    const unready = await request(balancer.adminUrl).get('/readyz').expect(503, failed('no replica is ready'));
    expect(unready.headers['retry-after']).toBe('1');

    await add(balancer.adminUrl, { n: 3 }, '?wait=ready').expect(200, listing(THREE));
    await request(balancer.dataUrl).get('/home').expect(200);
  });
});

describe('waiting', () => {
  const start = (command: string) =>
    startBalancer({ env: { RUNTIME: 'process', N: '0', REPLICA_COMMAND: command, WAIT_TIMEOUT: '600ms' } });

  it.each([
    ['that never answers its probe ends with WAIT_TIMEOUT', 'sleep 300'],
    ['whose command does not exist ends with its quarantine', '/no/such/command'],
  ])(
    'for a replica %s: 503 that names it, and the wish stays',
    async (_what, command) => {
      const balancer = await start(command);
      try {
        const answer = await postJson(`${balancer.adminUrl}/add?wait=ready`, { n: 1 });
        expect(answer.status).toBe(503);
        expect(answer.json).toEqual(failed(expect.stringContaining('Server 1')));
        expect((await call(`${balancer.adminUrl}/rep`)).json).toEqual(listing(['Server 1']));
      } finally {
        await balancer.stop('SIGINT');
      }
    },
    90_000,
  );
});

describe('with SEED_ROUTES=false', () => {
  it('the data port keeps /rep, /add and /rm for the replicas', async () => {
    const balancer = await startBalancer({ env: { RUNTIME: 'process', N: '1', SEED_ROUTES: 'false' } });
    try {
      const answer = await request(balancer.dataUrl).get('/rep').expect(400);
      expect(answer.body).toEqual(failed("<Error> '/rep' endpoint does not exist in server replicas"));
      await request(balancer.dataUrl).post('/add').send({ n: 1 }).expect(400);
      await request(balancer.adminUrl)
        .get('/rep')
        .expect(200, listing(['Server 1']));
    } finally {
      await balancer.stop('SIGINT');
    }
  }, 90_000);
});

describe('with ADMIN_TOKEN', () => {
  it('both ports want the token for operators’ routes, and only for those', async () => {
    const token = 'correct-horse-battery-staple';
    const balancer = await startBalancer({ env: { RUNTIME: 'process', N: '1', ADMIN_TOKEN: token } });
    try {
      for (const url of [balancer.dataUrl, balancer.adminUrl]) {
        const refused = await request(url).get('/rep').expect(401).expect(isFailure);
        expect(refused.headers['www-authenticate']).toMatch(/^Bearer/);
        await request(url)
          .post('/add')
          .set('authorization', 'Bearer wrong-wrong-wrong-wrong')
          .send({ n: 1 })
          .expect(401);
        await request(url)
          .get('/rep')
          .set('authorization', `Bearer ${token}`)
          .expect(200, listing(['Server 1']));
      }
      await request(balancer.adminUrl).get('/api/status').expect(401);
      await request(balancer.adminUrl).get('/docs/json').expect(401);
      await request(balancer.adminUrl).get('/docs/json').set('authorization', `Bearer ${token}`).expect(200);
      await request(balancer.adminUrl).get('/docs').auth('anyone', token).expect(200);
      await request(balancer.adminUrl).get('/healthz').expect(200);
      await request(balancer.adminUrl).get('/readyz').expect(200);
      await request(balancer.dataUrl).get('/home').expect(200);
      expect(balancer.logs()).not.toContain(token);
    } finally {
      await balancer.stop('SIGINT');
    }
  }, 90_000);
});
