// Who may not touch the pool cannot, whichever way the request is dressed up. Bytes go over bare sockets, so that
// no client library tidies them.
import { type Balancer, startBalancer } from './harness.js';
import { call, exchange, statuses } from './http-client.js';

const BODY = '{"n":1}';
const THREE = { message: { N: 3, replicas: ['Server 1', 'Server 2', 'Server 3'] }, status: 'successful' };

/** An /add that asks for the connection's end, so that all answers can be counted. */
function add(target: string, fields: readonly string[] = [], host = '127.0.0.1'): string {
  const head = [
    `POST ${target} HTTP/1.1`,
    `Host: ${host}`,
    'Content-Type: application/json',
    `Content-Length: ${BODY.length}`,
    'Connection: close',
  ];
  return `${[...head, ...fields].join('\r\n')}\r\n\r\n${BODY}`;
}

async function start(env: Record<string, string>): Promise<Balancer> {
  return startBalancer({ env: { RUNTIME: 'process', N: '3', ...env } });
}

describe.each(['data', 'admin'] as const)('on the %s port', (port) => {
  const urlOf = (balancer: Balancer) => (port === 'data' ? balancer.dataUrl : balancer.adminUrl);

  describe('a peer that ADMIN_ALLOW does not name', () => {
    let balancer: Balancer;
    beforeAll(async () => {
      balancer = await start({ ADMIN_ALLOW: '127.0.0.9' });
    }, 90_000);
    afterEach(async () => {
      const listed = await exchange(
        urlOf(balancer),
        'GET /rep HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
        '127.0.0.9',
      );
      expect(listed).toContain(JSON.stringify(THREE));
    });
    afterAll(async () => {
      await balancer.stop('SIGINT');
    });

    it.each([
      ['plainly', add('/add')],
      ['with an empty query', add('/add?')],
      ['with a query', add('/add?wait=ready')],
      ['in absolute form', add('http://127.0.0.1/add')],
      ['in absolute form with capitals', add('HTTP://LOCALHOST/add')],
      ['claiming to be forwarded from an allowed peer', add('/add', ['X-Forwarded-For: 127.0.0.9'])],
      ['claiming a real address', add('/add', ['X-Real-IP: 127.0.0.9', 'True-Client-IP: 127.0.0.9'])],
      ['with Forwarded', add('/add', ['Forwarded: for=127.0.0.9'])],
    ])('cannot add %s', async (_how, bytes) => expect(statuses(await exchange(urlOf(balancer), bytes))).toEqual([403]));

    it('cannot add behind a legal request on the same connection (TRAPS 29)', async () => {
      const legal = port === 'data' ? '/home' : '/healthz';
      const answer = await exchange(urlOf(balancer), `GET ${legal} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n${add('/add')}`);
      expect(statuses(answer)).toEqual([200, 403]);
    });

    it('cannot list or remove either', async () => {
      const list = 'GET /rep HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n';
      expect(statuses(await exchange(urlOf(balancer), list))).toEqual([403]);
      expect(statuses(await exchange(urlOf(balancer), add('/rm').replace('POST', 'DELETE')))).toEqual([403]);
    });
  });

  describe('an allowed peer', () => {
    let balancer: Balancer;
    beforeAll(async () => {
      balancer = await start({});
    }, 90_000);
    afterEach(async () => expect((await call(`${balancer.adminUrl}/rep`)).json).toEqual(THREE));
    afterAll(async () => {
      await balancer.stop('SIGINT');
    });

    // What is not exactly /add is another path: the replica's on the data port, nobody's on the admin port.
    it.each(['/%61dd', '//add', '/add/', '/ADD', '/./add', '/x/../add', '/add;x', '/add%20', '/add%3f', '/add%00'])(
      'is not understood to mean /add by %s',
      async (target) =>
        expect(statuses(await exchange(urlOf(balancer), add(target)))).toEqual([port === 'data' ? 400 : 404]),
    );

    it.each([
      ['under a rebound name', add('/add', [], 'evil.example')],
      ['under a rebound name that begins like loopback', add('/add', [], '127.0.0.1.evil.example')],
      ['under a rebound name in absolute form', add('http://evil.example/add')],
      ['from a page of another site', add('/add', ['Origin: http://evil.example'])],
      ['from a page of another program on this machine', add('/add', ['Origin: http://127.0.0.1:1'])],
      ['from a page without an origin', add('/add', ['Origin: null'])],
      ['that a browser calls cross-site', add('/add', ['Sec-Fetch-Site: cross-site'])],
      ['through a proxy that is not trusted', add('/add', ['X-Forwarded-For: 192.0.2.7'])],
      ['through a proxy that names itself', add('/add', ['Via: 1.1 proxy'])],
      ['through a proxy that uses Forwarded', add('/add', ['Forwarded: for=192.0.2.7'])],
      ['through a proxy that tells the host alone', add('/add', ['X-Forwarded-Host: localhost'])],
    ])('cannot add %s', async (_how, bytes) => {
      const answer = await exchange(urlOf(balancer), bytes);
      expect(statuses(answer)).toEqual([403]);
      expect(answer).toContain('"status":"failure"');
    });

    it('cannot smuggle an /add into the body of another request (TRAPS 29)', async () => {
      const inner = add('/add');
      const outer = `POST /rep-as-a-body HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${inner.length}\r\nConnection: close\r\n\r\n${inner}`;
      expect(statuses(await exchange(urlOf(balancer), outer))).toEqual([port === 'data' ? 400 : 404]);
    });

    it.each([
      ['two lengths', ['Content-Length: 0']],
      ['a length and chunks', ['Transfer-Encoding: chunked']],
      ['two hosts', ['Host: evil.example']],
      ['a folded field', ['X-Folded: a', ' b']],
    ])('cannot add with %s', async (_what, fields) => {
      const answered = statuses(await exchange(urlOf(balancer), add('/add', fields)));
      expect(answered).toHaveLength(1);
      expect([400, 403]).toContain(answered[0]);
    });

    it('sees the answer to a body that is too large, and no reset', async () => {
      const body = Buffer.alloc(1024 * 1024, 'x');
      const answer = await call(`${urlOf(balancer)}/add`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      expect(answer).toMatchObject({ status: 413, json: { status: 'failure' } });
    });
  });
});

describe('the admin port', () => {
  let balancer: Balancer;
  beforeAll(async () => {
    balancer = await start({});
  }, 90_000);
  afterAll(async () => {
    await balancer.stop('SIGINT');
  });

  it.each(['/rep', '/api/replicas', '/api/status', '/docs', '/docs/json', '/nothing'])(
    'refuses a cross-site read of %s',
    async (path) => {
      const answer = await call(`${balancer.adminUrl}${path}`, { headers: { 'sec-fetch-site': 'cross-site' } });
      expect(answer.status).toBe(403);
    },
  );

  it('answers probes of anybody under any name', async () => {
    for (const path of ['/healthz', '/readyz']) {
      const answer = await call(`${balancer.adminUrl}${path}`, {
        headers: { host: 'pod-7.cluster.example', 'x-forwarded-for': '192.0.2.7' },
      });
      expect(answer.status).toBe(200);
    }
  });

  it('gives no page of another origin permission, not even to ask', async () => {
    const answer = await call(`${balancer.adminUrl}/add`, {
      method: 'OPTIONS',
      headers: { origin: 'http://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(answer.status).toBe(403);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('tells browsers to guess nothing and to frame nothing', async () => {
    const { headers } = await call(`${balancer.adminUrl}/docs`);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
    });
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers).not.toHaveProperty('x-powered-by');
  });
});
