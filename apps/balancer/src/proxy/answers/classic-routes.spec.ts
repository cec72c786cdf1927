import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ClassicAnswer, ClassicRequest, DataSettings } from '../../routing/link/messages.js';
import { classicRoute } from './classic-routes.js';
import { type InlinePlane, startInlinePlane } from '../testing/inline-plane.js';
import { LANES } from '../testing/lanes.js';
import { rawClient, rawExchange } from '../testing/raw-client.js';
import { startUpstream, type Upstream } from '../testing/upstream.js';

describe.each(LANES)('the classic routes, in the %s lane', (lane) => {
  let plane: InlinePlane;
  let upstream: Upstream;
  let asked: ClassicRequest[];
  const ANSWER: ClassicAnswer = {
    status: 200,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: '{"message":{"N":0,"replicas":[]},"status":"successful"}',
  };

  const open: { close(): Promise<void> }[] = [];
  async function serve(settings: Partial<DataSettings> = {}): Promise<void> {
    upstream = await startUpstream('A');
    plane = await startInlinePlane({ express: lane === 'express', ...settings });
    open.push(plane, upstream);
    await plane.route([{ replica: 'A', port: upstream.port }]);
    asked = [];
    plane.link.handleClassic(async (request) => {
      asked.push(request);
      return ANSWER;
    });
  }
  afterEach(async () => {
    for (const each of open.splice(0)) await each.close();
  });
  const HEAD = 'Host: lb.example\r\nConnection: close\r\n';
  const post = (path: string, body: string, fields = '') =>
    `POST ${path} HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\n${fields}Content-Length: ${body.length}\r\n\r\n${body}`;

  describe('a classic route', () => {
    const head = (method: string, target: string) => classicRoute({ method, target });

    it.each([
      ['GET', '/rep', ''],
      ['GET', '/rep?', '?'],
      ['POST', '/add', ''],
      ['POST', '/add?wait=ready', '?wait=ready'],
      ['DELETE', '/rm', ''],
      ['DELETE', '/rm?a?b', '?a?b'],
    ])('is %s %s', (method, target, search) => {
      expect(head(method, target)).toEqual({ method, path: target.split('?')[0], search });
    });

    it.each([
      ['POST', '/rep'],
      ['HEAD', '/rep'],
      ['GET', '/add'],
      ['PUT', '/add'],
      ['POST', '/rm'],
      ['get', '/rep'],
      ['GET', '/rep/'],
      ['GET', '//rep'],
      ['GET', '/./rep'],
      ['GET', '/REP'],
      ['GET', '/rep;x'],
      ['GET', '/rep%3F'],
      ['POST', '/%61dd'],
      ['POST', '//add'],
      ['POST', '/x/../add'],
      ['POST', '/add/'],
      ['POST', '/api/add'],
    ])('is not %s %s', (method, target) => {
      expect(head(method, target)).toBeUndefined();
    });
  });

  describe('a classic request on the data port', () => {
    beforeEach(() => serve());

    it('is answered by control, which is told what came and from whom', async () => {
      const text = await rawExchange(
        plane.port,
        post(
          '/add?wait=ready',
          '{"n":1}',
          'Origin: http://evil\r\nSec-Fetch-Site: cross-site\r\nAuthorization: Bearer t\r\n',
        ),
      );
      expect(text).toMatch(
        /^HTTP\/1.1 200 OK\r\n[^]*content-type: application\/json; charset=utf-8[^]*"successful"\}$/,
      );
      expect(asked).toEqual([
        {
          method: 'POST',
          path: '/add',
          search: '?wait=ready',
          peer: '127.0.0.1',
          headers: {
            host: 'lb.example',
            origin: 'http://evil',
            fetchSite: 'cross-site',
            authorization: 'Bearer t',
            contentType: 'application/json',
            forwarded: false,
          },
          body: '{"n":1}',
        },
      ]);
      expect(upstream.seen).toEqual([]);
    });

    it.each(['X-Forwarded-For: 127.0.0.1', 'X-Forwarded-Whatever: 1', 'Forwarded: for=127.0.0.1', 'Via: 1.1 x'])(
      'comes with the peer of its socket whatever it says, and is marked as forwarded: %s (TRAPS 29)',
      async (field) => {
        await rawExchange(plane.port, post('/add', '{}', `${field}\r\n`));
        expect(asked[0]).toMatchObject({ peer: '127.0.0.1', headers: { forwarded: true } });
      },
    );

    it('in absolute form comes with that authority as its Host (TRAPS 29)', async () => {
      await rawExchange(plane.port, post('http://evil.example/add', '{"n":1}'));
      expect(asked[0]).toMatchObject({ path: '/add', headers: { host: 'evil.example' } });
    });

    it('behind a legal GET on the same connection is a classic request as well (TRAPS 29)', async () => {
      const text = await rawExchange(plane.port, `GET /home HTTP/1.1\r\nHost: a\r\n\r\n${post('/add', '{"n":1}')}`);
      expect(text.match(/HTTP\/1.1 200/g)).toHaveLength(2);
      expect([asked.length, upstream.seen.length]).toEqual([1, 1]);
    });

    it('hidden in the body of another request is not one (TRAPS 29)', async () => {
      const hidden = post('/add', '{"n":9}');
      await rawExchange(plane.port, `POST /x HTTP/1.1\r\n${HEAD}Content-Length: ${hidden.length}\r\n\r\n${hidden}`);
      expect(asked).toEqual([]);
      expect(upstream.seen[0].body).toBe(hidden);
    });

    it.each(['/%61dd', '//add', '/add/', '/./add', '/ADD'])('spelled %s goes to a replica (TRAPS 29)', async (path) => {
      await rawExchange(plane.port, post(path, '{"n":1}'));
      expect(asked).toEqual([]);
      expect(upstream.seen[0].url).toBe(path);
    });

    it('with its method in doubt is none: a method override changes nothing', async () => {
      await rawExchange(plane.port, `GET /add HTTP/1.1\r\n${HEAD}X-HTTP-Method-Override: POST\r\n\r\n`);
      expect([asked.length, upstream.seen.length]).toEqual([0, 1]);
    });

    it('may come in chunks, and may ask for 100 Continue', async () => {
      await rawExchange(
        plane.port,
        `POST /add HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\n{"n\r\n4\r\n":1}\r\n0\r\n\r\n`,
      );
      const client = await rawClient(
        plane.port,
        `POST /add HTTP/1.1\r\n${HEAD}Expect: 100-continue\r\nContent-Length: 7\r\n\r\n`,
      );
      await client.until(/100 Continue\r\n\r\n$/);
      client.write('{"n":2}');
      await client.closed();
      expect(asked.map(({ body }) => body)).toEqual(['{"n":1}', '{"n":2}']);
    });

    it.each([
      ['announced', (size: number) => `Content-Length: ${size}\r\n\r\n`, (text: string) => text],
      [
        'in chunks',
        () => 'Transfer-Encoding: chunked\r\n\r\n',
        (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`,
      ],
    ])(
      'with more than 64 KiB of body, %s, is answered with 413 that a client which goes on sending sees',
      async (_what, fields, frame) => {
        const size = 1024 ** 2;
        const client = await rawClient(plane.port, `POST /add HTTP/1.1\r\nHost: a\r\n${fields(size)}`);
        const piece = frame('x'.repeat(64 * 1024));
        for (let sent = 0; sent < size; sent += 64 * 1024) client.write(piece);
        if (frame('') !== '') client.write('0\r\n\r\n');
        const { text, reset } = await client.closed();
        expect(text).toMatch(/^HTTP\/1.1 413 [^]*X-HashFlow-Cause: body_too_large[^]*"failure"\}$/);
        expect(reset).toBe(false);
        expect(asked).toEqual([]);
      },
    );

    it('whose client goes away while control thinks leaves nothing behind', async () => {
      let arrived = () => {};
      const arrival = new Promise<void>((resolve) => (arrived = resolve));
      plane.link.handleClassic(() => {
        arrived();
        return new Promise<ClassicAnswer>((resolve) => setTimeout(() => resolve(ANSWER), 30));
      });
      const client = await rawClient(plane.port, `GET /rep HTTP/1.1\r\nHost: a\r\n\r\n`);
      await arrival;
      client.socket.resetAndDestroy();
      await new Promise((resolve) => setTimeout(resolve, 60));
      plane.link.handleClassic(async () => ANSWER);
      expect((await fetch(`${plane.url}/rep`)).status).toBe(200);
    });

    it('beyond 64 that wait is told to come back', async () => {
      let release = () => {};
      const released = new Promise<void>((resolve) => (release = resolve));
      plane.link.handleClassic(() => released.then(() => ANSWER));
      const refused: Response[] = [];
      const responses = await Promise.all(
        Array.from({ length: 70 }, async () => {
          const response = await fetch(`${plane.url}/rep`);
          if (response.status === 503 && refused.push(response) === 6) release();
          return response;
        }),
      );
      expect(refused).toHaveLength(6);
      expect(refused[0].headers.get('retry-after')).toBe('1');
      await Promise.all(responses.map((response) => response.text()));
    });
  });

  describe('a body that stops arriving', () => {
    it('ends a classic request with 408', async () => {
      await serve({ headTimeout: 150 });
      const client = await rawClient(plane.port, `POST /add HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{`);
      expect(await client.until(/\}$/)).toMatch(/^HTTP\/1.1 408 /);
      client.socket.destroy();
    });
  });

  describe('SEED_ROUTES=false', () => {
    it('makes the classic routes paths like any other', async () => {
      await serve({ seedRoutes: false });
      await rawExchange(plane.port, post('/add', '{"n":1}'));
      expect([asked.length, upstream.seen.length]).toEqual([0, 1]);
    });
  });
});
