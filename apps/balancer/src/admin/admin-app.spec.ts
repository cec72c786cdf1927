// The admin port as a whole, over HTTP in this process: the gate in front, the routes, the docs, and what failures look like.
import type { OpenAPIObject } from '@nestjs/swagger';
import { connect } from 'node:net';
import request from 'supertest';
import { adminRig, type AdminRig } from './testing/admin-rig.js';

const TOKEN = 'a-token-of-sixteen-or-more';
const failed = (message: unknown) => ({ message, status: 'failure' });
const TEXT = expect.any(String);
const isFailure = ({ body }: request.Response) => expect(body).toEqual(failed(TEXT));

let rig: AdminRig;
afterEach(() => rig.close());

describe('routes', () => {
  beforeEach(async () => {
    rig = await adminRig();
  });

  it.each([
    ['GET', '/rep', 200],
    ['GET', '/rep?', 200],
    ['HEAD', '/rep', 200],
    ['GET', '/api/replicas', 200],
    ['GET', '/api/replicas/Server%203', 200],
    ['GET', '/api/status', 200],
    ['GET', '/api/spec', 200],
    ['GET', '/api/replicas/Server%203/logs', 200],
    ['GET', '/api/ring', 200],
    ['GET', '/api/ring/history', 200],
    ['GET', '/api/route', 200],
    ['POST', '/api/preview', 200],
    ['GET', '/healthz', 200],
    ['GET', '/readyz', 200],
    ['HEAD', '/healthz', 200],
    ['GET', '/docs', 200],
    ['GET', '/docs/json', 200],
    ['GET', '/docs/swagger-ui-bundle.js', 200],
    ['GET', '/rep/', 404],
    ['GET', '/REP', 404],
    ['GET', '/%72ep', 404],
    ['GET', '//rep', 404],
    ['GET', '/', 404],
    ['GET', '/api', 404],
    ['GET', '/api/replicas/', 404],
    ['GET', '/api/replicas/Server%203/more', 404],
    ['GET', '/api/replicas/nobody', 404],
    ['GET', '/api/replicas/__proto__', 404],
    ['GET', '/docs/nothing', 404],
    ['GET', '/docs/..%2f..%2fpackage.json', 404],
    ['POST', '/docs', 404],
    ['GET', '/api/replicas/%ff', 400],
    ['GET', '/api/ring/', 404],
    ['GET', '/api/preview', 405],
    ['POST', '/api/route', 405],
    ['GET', '/add', 405],
    ['PUT', '/add', 405],
    ['POST', '/rm', 405],
    ['DELETE', '/rep', 405],
    ['POST', '/healthz', 405],
  ])('%s %s: %i', async (method, path, status) => {
    const answer = await request(rig.url)[method.toLowerCase() as 'get'](path);
    expect(answer.status).toBe(status);
    if (status >= 400) expect(answer.body).toEqual(failed(TEXT));
  });

  it('a percent sign that encodes nothing is refused in our own words', async () => {
    const { body } = await request(rig.url).get('/api/replicas/%zz/logs').expect(400);
    expect(body).toEqual(failed('the path has a percent sign that encodes nothing: "/api/replicas/%zz/logs"'));
  });

  it('a wrong method is told the right ones', async () => {
    expect((await request(rig.url).get('/rm')).headers.allow).toBe('DELETE, OPTIONS');
    const options = await request(rig.url).options('/rep').expect(204);
    expect(options.headers.allow).toBe('GET, HEAD, OPTIONS');
  });

  it('absolute form is served when it names us', async () => {
    const { hostname, port } = new URL(rig.url);
    const { default: http } = await import('node:http');
    const status = await new Promise((resolve, reject) => {
      const get = (path: string) =>
        http.get({ hostname, port, path, headers: { host: 'ignored.example' } }, ({ statusCode }) =>
          resolve(statusCode),
        );
      get(`http://localhost:${port}/rep`).on('error', reject);
    });
    expect(status).toBe(200);
  });

  it('nothing is kept by a cache, nothing says what serves it', async () => {
    for (const path of ['/rep', '/api/replicas', '/api/status', '/api/ring', '/api/route', '/healthz', '/nothing']) {
      const { headers } = await request(rig.url).get(path);
      expect(headers['cache-control']).toBe('no-store');
      expect(headers).not.toHaveProperty('x-powered-by');
      expect(headers).not.toHaveProperty('etag');
    }
  });

  it('a body above 64 KiB is refused with 413 and changes nothing', async () => {
    await request(rig.url)
      .post('/add')
      .type('json')
      .send(`{"n":1,"hostnames":["${'x'.repeat(70_000)}"]}`)
      .expect(413)
      .expect(isFailure);
    expect(rig.pool.manager.names()).toHaveLength(3);
  });

  it.each([
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['a request without a Host', 'GET /healthz HTTP/1.1\r\n\r\n', 400],
    ['two lengths', 'POST /add HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}', 400],
    ['a head of 20 KiB', `GET /rep HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_480)}\r\n\r\n`, 431],
  ])('%s is refused, and the connection closed', async (_what, bytes, status) => {
    const { hostname, port } = new URL(rig.url);
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    await new Promise((resolve) => socket.once('close', resolve));
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  it('an unexpected error is a 500 with an id that the log has too, and nothing of the inside', async () => {
    rig.pool.manager.replicas = () => {
      throw new TypeError('secret inside');
    };
    const { text, body } = await request(rig.url).get('/api/replicas').expect(500);
    expect(text).not.toMatch(/secret|TypeError|\.ts/);
    const id = /error ([0-9a-f]{8});/.exec(body.message as string)?.[1];
    expect(rig.log).toContainEqual({ level: 'error', fields: expect.objectContaining({ id }), message: TEXT });
  });

  it('/readyz says 503 with Retry-After while no replica serves, and /healthz goes on', async () => {
    for (const id of rig.pool.runtime.world.keys()) rig.pool.runtime.behaviours.set(id, 'sick');
    await rig.pool.pass(10_000);
    const { headers } = await request(rig.url).get('/readyz').expect(503, failed('no replica is ready'));
    expect(headers['retry-after']).toBe('1');
    await request(rig.url).get('/healthz').expect(200);
  });

  it('/readyz says 503 from the moment that the balancer begins to end, though replicas still serve', async () => {
    // Requests are in flight, until somebody is in a hurry.
    rig.pool.link.shutdown = (deadlineMs) => (deadlineMs === 0 ? Promise.resolve() : new Promise(() => {}));
    void rig.pool.manager.shutdown('leave');
    const { headers } = await request(rig.url).get('/readyz').expect(503, failed('the balancer is shutting down'));
    expect(headers['retry-after']).toBe('1');
    await request(rig.url).get('/healthz').expect(200);
    await rig.pool.manager.shutdown('leave', { now: true });
  });
});

describe('the gate', () => {
  it('stands in front of every route and of the reading of bodies', async () => {
    rig = await adminRig({ ADMIN_TOKEN: TOKEN });
    for (const path of [
      '/rep',
      '/api/replicas',
      '/api/status',
      '/docs',
      '/docs/json',
      '/docs/swagger-ui-bundle.js',
      '/nothing',
    ]) {
      await request(rig.url).get(path).expect(401).expect(isFailure);
    }
    await request(rig.url).post('/add').type('text').send('x'.repeat(200_000)).expect(401);
  });

  it('lets probes pass, whatever they bring', async () => {
    rig = await adminRig({ ADMIN_TOKEN: TOKEN, ADMIN_ALLOW: '192.0.2.7' });
    for (const path of ['/healthz', '/readyz', '/readyz?verbose']) {
      await request(rig.url).get(path).set({ host: 'pod.example', 'x-forwarded-for': '192.0.2.9' }).expect(200);
    }
    await request(rig.url).get('/rep').expect(403);
  });

  it('asks API clients for Bearer, and browsers that open a page for the same token in their own way', async () => {
    rig = await adminRig({ ADMIN_TOKEN: TOKEN });
    expect((await request(rig.url).get('/rep').expect(401)).headers['www-authenticate']).toBe(
      'Bearer realm="hashflow"',
    );
    expect((await request(rig.url).get('/docs').expect(401)).headers['www-authenticate']).toContain('Basic');
    await request(rig.url).get('/docs').auth('anyone', TOKEN).expect(200);
    await request(rig.url).get('/rep').auth('anyone', TOKEN).expect(401);
  });

  it('writes each refusal to the log, and never the token', async () => {
    rig = await adminRig({ ADMIN_TOKEN: TOKEN });
    await request(rig.url).get('/rep').set('authorization', 'Bearer wrong-wrong-wrong').expect(401);
    expect(rig.log).toContainEqual(expect.objectContaining({ level: 'warn', message: 'refused: the token is wrong' }));
    expect(JSON.stringify(rig.log)).not.toMatch(/wrong-wrong|sixteen/);
  });
});

describe('the OpenAPI document', () => {
  const documentOf = async (env: Record<string, string> = {}) => {
    rig = await adminRig(env);
    const authorization = `Bearer ${env['ADMIN_TOKEN'] ?? ''}`;
    return (await request(rig.url).get('/docs/json').set({ authorization }).expect(200)).body as OpenAPIObject;
  };
  const operationsOf = ({ paths }: OpenAPIObject) =>
    Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
    );

  it('describes every route in words, its good answer by a schema, each failure by an example', async () => {
    const operations = operationsOf(await documentOf());
    expect(operations.map(({ path }) => path).sort()).toEqual(
      [
        '/add',
        '/api/audit',
        '/api/deploy',
        '/api/deploy',
        '/api/deploy',
        '/api/deploy/events',
        '/api/deploy/rollback',
        '/api/events',
        '/api/keys/hot',
        '/api/preview',
        '/api/replicas',
        '/api/replicas/{name}',
        '/api/replicas/{name}/deaths',
        '/api/replicas/{name}/drain',
        '/api/replicas/{name}/logs',
        '/api/replicas/{name}/restart',
        '/api/replicas/{name}/undrain',
        '/api/replicas/{name}/weight',
        '/api/ring',
        '/api/ring/history',
        '/api/route',
        '/api/session',
        '/api/session',
        '/api/session',
        '/api/spec',
        '/api/status',
        '/api/traffic',
        '/healthz',
        '/metrics',
        '/readyz',
        '/rep',
        '/rm',
      ].sort(),
    );
    for (const { path, operation } of operations) {
      expect({ path, summary: operation.summary }).toEqual({ path, summary: expect.stringMatching(/./) });
      for (const [status, response] of Object.entries(
        operation.responses as Record<string, { content?: Record<string, object> }>,
      )) {
        const { content: all = {} } = response;
        const content = (all['application/json'] ?? all['text/plain'] ?? all['text/event-stream']) as {
          schema?: object;
          example?: unknown;
          examples?: Record<string, { value: object }>;
        };
        expect({ path, status, schema: content.schema }).toEqual({ path, status, schema: expect.any(Object) });
        if (Number(status) < 400) continue;
        const examples = content.example
          ? [content.example]
          : Object.values(content.examples ?? {}).map(({ value }) => value);
        expect({ path, status, examples: examples.length > 0 }).toEqual({ path, status, examples: true });
        for (const example of examples) expect(example).toEqual(failed(TEXT));
      }
    }
  });

  it('has bodies with examples that the pool takes as they are', async () => {
    const document = await documentOf();
    const examples = (path: string, method: 'post' | 'delete') => {
      const body = document.paths[path]?.[method]?.requestBody as {
        content: Record<string, { examples: Record<string, { value: object }> }>;
      };
      return Object.values(body.content['application/json']?.examples ?? {}).map(({ value }) => value);
    };
    expect(examples('/api/preview', 'post').length).toBeGreaterThan(2);
    for (const example of examples('/api/preview', 'post'))
      await request(rig.url).post('/api/preview').send(example).expect(200);
    for (const example of examples('/add', 'post')) await request(rig.url).post('/add').send(example).expect(200);
    for (const example of examples('/rm', 'delete')) await request(rig.url).delete('/rm').send(example).expect(200);
  });

  it('declares Bearer where a token is set, and nowhere else', async () => {
    expect((await documentOf()).components?.securitySchemes).toBeUndefined();
    await rig.close();
    const document = await documentOf({ ADMIN_TOKEN: TOKEN });
    expect(document.components?.securitySchemes).toMatchObject({ bearer: { type: 'http', scheme: 'bearer' } });
    expect(document.security).toEqual([{ bearer: [] }]);
    expect(document.paths['/healthz']?.get?.security).toEqual([]);
  });

  it('the UI’s own calls pass, those of another page do not', async () => {
    rig = await adminRig();
    const call = (origin: string, site: string) =>
      request(rig.url).post('/add').set({ origin, 'sec-fetch-site': site }).send({ n: 1 });
    await call(rig.url, 'same-origin').expect(200);
    await call('http://localhost:3000', 'cross-site').expect(403).expect(isFailure);
    expect(rig.pool.manager.names()).toHaveLength(4);
  });

  it('the UI loads nothing from elsewhere', async () => {
    rig = await adminRig();
    const { text } = await request(rig.url).get('/docs').expect(200);
    const sources = [...text.matchAll(/(?:src|href)=["']([^"']+)["']/g)].map(([, source]) => source ?? '');
    expect(sources.length).toBeGreaterThan(3);
    for (const source of sources) {
      expect(source).toMatch(/^\.\/docs\//);
      await request(rig.url).get(source.slice(1)).expect(200);
    }
  });
});
