import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { DataSettings } from '../../routing/link/messages.js';
import { type InlinePlane, startInlinePlane } from '../testing/inline-plane.js';
import { LANES } from '../testing/lanes.js';
import { rawClient, rawExchange } from '../testing/raw-client.js';
import { settled } from '../testing/settled.js';
import { startRawHttp, startUpstream, type Upstream } from '../testing/upstream.js';

describe.each(LANES)('forwarding, in the %s lane', (lane) => {
  let plane: InlinePlane;
  const upstreams: Upstream[] = [];

  async function serve(settings: Partial<DataSettings>, ...list: Upstream[]): Promise<void> {
    upstreams.push(...list);
    plane = await startInlinePlane({ express: lane === 'express', ...settings });
    await plane.route(list.map(({ port }, index) => ({ replica: `Server ${index + 1}`, port })));
  }
  afterEach(async () => {
    await plane.close();
    for (const upstream of upstreams.splice(0)) await upstream.close();
  });

  const HEAD = 'Host: a.example\r\n';

  describe('a request', () => {
    let upstream: Upstream;
    beforeEach(async () => {
      upstream = await startUpstream('A');
      await serve({}, upstream);
    });

    it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'])(
      'reaches the replica with method %s',
      async (method) => {
        const response = await fetch(`${plane.url}/some/path?q=1`, { method });
        await response.arrayBuffer();
        expect(response.status).toBe(200);
        expect(upstream.seen).toMatchObject([{ method, url: '/some/path?q=1' }]);
      },
    );

    it.each([
      ['POST', 'a body'],
      ['DELETE', 'a body'],
      ['PUT', 'x'.repeat(300_000)],
      ['POST', ''],
    ])('carries a body of announced length: %s', async (method, body) => {
      const response = await fetch(plane.url, { method, body });
      expect(((await response.json()) as { body: string }).body).toBe(body);
    });

    it.each(['POST', 'GET', 'DELETE', 'OPTIONS'])('carries a chunked body with %s, framed as one', async (method) => {
      const text = await rawExchange(
        plane.port,
        `${method} /x HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n`,
      );
      expect(text).toMatch(/^HTTP\/1.1 200 /);
      expect(upstream.seen[0]).toMatchObject({ method, body: 'abcdefg', headers: { 'transfer-encoding': 'chunked' } });
      expect(upstream.seen[0].headers).not.toHaveProperty('content-length');
    });

    it('says who the client is, how it came, and to which replica', async () => {
      await rawExchange(plane.port, `GET / HTTP/1.1\r\n${HEAD}Connection: close\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n`);
      expect(upstream.seen[0].headers).toMatchObject({
        host: 'a.example',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-proto': 'http',
        'x-forwarded-host': 'a.example',
        via: '1.1 hashflow-0123abcd',
        'x-hashflow-replica': 'Server 1',
      });
    });

    it('loses what Connection names on its way', async () => {
      await rawExchange(
        plane.port,
        `GET / HTTP/1.1\r\n${HEAD}X-Secret: 1\r\nKeep-Alive: 1\r\nConnection: close, X-Secret\r\n\r\n`,
      );
      expect(upstream.seen[0].headers).not.toHaveProperty('x-secret');
      expect(upstream.seen[0].headers).not.toHaveProperty('keep-alive');
    });

    it('in absolute form is rewritten, its authority is the Host', async () => {
      await rawExchange(plane.port, `GET http://b.example/x?y HTTP/1.1\r\n${HEAD}Connection: close\r\n\r\n`);
      expect(upstream.seen[0]).toMatchObject({ url: '/x?y', headers: { host: 'b.example' } });
    });

    it('OPTIONS * stays one', async () => {
      await rawExchange(plane.port, `OPTIONS * HTTP/1.1\r\n${HEAD}Connection: close\r\n\r\n`);
      expect(upstream.seen[0]).toMatchObject({ method: 'OPTIONS', url: '*' });
    });

    it.each(['//add', '/%61dd', '/a//b/../c', '/x?', '/x??y', '/?http://z', '/ü'.replace('ü', '%C3%BC')])(
      'keeps its target byte by byte: %s',
      async (target) => {
        await rawExchange(plane.port, `GET ${target} HTTP/1.1\r\n${HEAD}Connection: close\r\n\r\n`);
        expect(upstream.seen[0].url).toBe(target);
      },
    );

    it('in HTTP/1.0 is served, and the connection closed', async () => {
      const text = await rawExchange(plane.port, 'GET /old HTTP/1.0\r\n\r\n');
      expect(text).toMatch(/^HTTP\/1.1 200 /);
      expect(upstream.seen[0].headers.via).toBe('1.0 hashflow-0123abcd');
    });

    it('reuses the connection to the replica, but never across instances', async () => {
      for (let time = 0; time < 5; time++) await (await fetch(plane.url)).text();
      expect(upstream.connections).toHaveLength(1);
      await plane.route([{ replica: 'Server 1', id: 'its successor', port: upstream.port }]);
      await (await fetch(plane.url)).text();
      expect(upstream.connections).toHaveLength(2);
    });

    it('gets its answers in order when several are sent at once', async () => {
      const client = await rawClient(
        plane.port,
        ['/1', '/2', '/3'].map((path) => `GET ${path} HTTP/1.1\r\n${HEAD}\r\n`).join(''),
      );
      const text = await client.until(/"\/3"/);
      expect([...text.matchAll(/"url":"(\/\d)"/g)].map(([, url]) => url)).toEqual(['/1', '/2', '/3']);
      client.socket.destroy();
    });

    it('that asks for 100 Continue gets it once a replica is there, and its body through', async () => {
      const client = await rawClient(
        plane.port,
        `POST /x HTTP/1.1\r\n${HEAD}Expect: 100-continue\r\nContent-Length: 4\r\n\r\n`,
      );
      await client.until(/^HTTP\/1.1 100 Continue\r\n\r\n$/);
      client.write('body');
      await client.until(/HTTP\/1.1 200 /);
      expect(upstream.seen[0].body).toBe('body');
      expect(upstream.seen[0].headers).not.toHaveProperty('expect');
      client.socket.destroy();
    });

    it('with an Upgrade that is no WebSocket is served as if it had none', async () => {
      const text = await rawExchange(
        plane.port,
        `GET /x HTTP/1.1\r\n${HEAD}Connection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n`,
      );
      expect(text).toMatch(/^HTTP\/1.1 200 /);
      expect(upstream.seen[0].headers).not.toHaveProperty('upgrade');
    });
  });

  describe('who is behind a trusted proxy', () => {
    it('is told to the replica, and is the client of the hash key', async () => {
      const [a, b] = [await startUpstream('A'), await startUpstream('B')];
      await serve({ trustedProxies: ['127.0.0.1'] }, a, b);
      await plane.route(
        [
          { replica: 'A', port: a.port },
          { replica: 'B', port: b.port },
        ],
        { hashKey: 'ip' },
      );
      const names = new Set<string>();
      for (let host = 1; host <= 40; host++) {
        const response = await fetch(plane.url, { headers: { 'x-forwarded-for': `192.0.2.${host}` } });
        names.add(((await response.json()) as { name: string }).name);
      }
      expect(names.size).toBe(2);
      expect(a.seen[0].headers['x-forwarded-for']).toMatch(/^192\.0\.2\.\d+, 127\.0\.0\.1$/);
    });
  });

  describe('the same key', () => {
    it('goes to the same replica, different keys to all of them', async () => {
      const list = [await startUpstream('A'), await startUpstream('B'), await startUpstream('C')];
      await serve({}, ...list);
      const nameOf = async (key: string) => {
        const response = await fetch(plane.url, { headers: { 'x-hash-key': key } });
        await response.arrayBuffer();
        return response.headers.get('x-hashflow-replica');
      };
      const first = await Promise.all(Array.from({ length: 30 }, (_, index) => nameOf(`key ${index}`)));
      const second = await Promise.all(Array.from({ length: 30 }, (_, index) => nameOf(`key ${index}`)));
      expect(second).toEqual(first);
      expect(new Set(first).size).toBe(3);
    });
  });

  describe('PRESERVE_HOST=false', () => {
    it('gives the replica its own Host, and the client’s beside it', async () => {
      const upstream = await startUpstream('A');
      await serve({ preserveHost: false }, upstream);
      await rawExchange(plane.port, `GET / HTTP/1.1\r\n${HEAD}Connection: close\r\n\r\n`);
      expect(upstream.seen[0].headers).toMatchObject({
        host: `127.0.0.1:${upstream.port}`,
        'x-forwarded-host': 'a.example',
      });
    });
  });

  describe('a client that goes away', () => {
    it('ends its request at the replica too, and no claim is left', async () => {
      let gone: Promise<unknown> | undefined;
      let arrived = () => {};
      const arrival = new Promise<void>((resolve) => (arrived = resolve));
      await serve(
        {},
        await startRawHttp((request) => {
          gone = new Promise((resolve) => request.once('close', resolve).on('error', () => {}));
          arrived();
        }),
      );
      const client = await rawClient(plane.port, `GET / HTTP/1.1\r\n${HEAD}\r\n`);
      await arrival;
      expect((await plane.link.counters(1000)).get('Server 1')?.inFlight).toBe(1);
      client.socket.destroy();
      await gone;
      await settled();
      expect((await plane.link.counters(1000)).get('Server 1')?.inFlight).toBe(0);
    });

    it('is never held against the replica (TRAPS 19)', async () => {
      await serve({}, await startRawHttp(() => {}));
      const outcomes: string[] = [];
      plane.link.onOutcome((_id, outcome) => outcomes.push(outcome));
      const client = await rawClient(plane.port, `GET / HTTP/1.1\r\n${HEAD}\r\n`);
      await settled();
      client.socket.resetAndDestroy();
      await settled();
      expect(outcomes).toEqual([]);
    });
  });

  describe('many requests', () => {
    it('leave no claim behind, and count each of theirs', async () => {
      const list = [await startUpstream('A'), await startUpstream('B')];
      await serve({}, ...list);
      const one = async (index: number) => {
        const response = await fetch(plane.url, {
          method: 'POST',
          body: `${index}`,
          headers: { 'x-hash-key': `${index}` },
        });
        return ((await response.json()) as { body: string }).body;
      };
      for (let round = 0; round < 10; round++) {
        const bodies = await Promise.all(Array.from({ length: 30 }, (_, index) => one(index)));
        expect(bodies).toEqual(bodies.map((_, index) => `${index}`));
      }
      const counters = [...(await plane.link.counters(1000)).values()];
      expect(counters.map(({ inFlight, tunnels }) => [inFlight, tunnels])).toEqual([
        [0, 0],
        [0, 0],
      ]);
      expect(counters.reduce((sum, { requests }) => sum + requests, 0)).toBe(300);
      expect(list.map(({ seen }) => seen.length)).toEqual(counters.map(({ requests }) => requests));
    });
  });
});
