import { afterEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import type { DataSettings } from '../../routing/link/messages.js';
import { type InlinePlane, startInlinePlane } from '../testing/inline-plane.js';
import { LANES } from '../testing/lanes.js';
import { rawClient, rawExchange } from '../testing/raw-client.js';
import { refusedPort, startHostile, startUpstream, type Upstream } from '../testing/upstream.js';

describe.each(LANES)('the access log, in the %s lane', (lane) => {
  interface Line {
    readonly req: Readonly<Record<string, string | number | null>>;
    readonly res: { readonly statusCode: number; readonly bytes: number };
    readonly phases: Readonly<Record<string, number>>;
    readonly [field: string]: unknown;
  }

  const ALL = { part: 1, format: 'json', file: null, mask: ['token'] } as const;

  describe('the access log of the data plane', () => {
    const ends: (() => Promise<unknown> | void)[] = [];
    afterEach(async () => {
      for (const end of ends.splice(0).reverse()) await end();
    });

    async function planeWith(settings: Partial<DataSettings> = {}) {
      let text = '';
      const plane = await startInlinePlane(
        { express: lane === 'express', accessLog: ALL, ...settings },
        {
          writeAccess: (batch, done) => {
            text += Buffer.from(batch.bytes).toString();
            done();
          },
        },
      );
      ends.push(() => plane.close());
      const logged = async (count: number): Promise<Line[]> => {
        for (;;) {
          const lines = text.split('\n').slice(0, -1);
          if (lines.length >= count) return lines.map((line) => JSON.parse(line) as Line);
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      };
      return { plane, logged, text: () => text };
    }

    async function honest(plane: InlinePlane, listener?: Parameters<typeof startUpstream>[1]): Promise<Upstream> {
      const upstream = await startUpstream('one', listener);
      ends.push(() => upstream.close());
      await plane.route([{ id: 'i1', replica: 'Server 1', port: upstream.port }]);
      return upstream;
    }

    it('has one line per request, with its replica, key link, phases and bytes, and none of its secrets', async () => {
      const { plane, logged, text } = await planeWith();
      await honest(plane, (_request, response) => response.end('hello'));
      const answer = await fetch(`${plane.url}/a?token=HUSH&b=1`, {
        method: 'POST',
        body: '12345678',
        headers: { authorization: 'Bearer HUSH', cookie: 'sid=HUSH', 'x-request-id': 'r-7', 'user-agent': 'tester' },
      });
      await answer.text();
      const [line, ...others] = await logged(1);
      expect(others).toEqual([]);
      expect(line).toMatchObject({
        level: 30,
        msg: 'request completed',
        req: { method: 'POST', url: '/a?token=***&b=1', id: 'r-7', userAgent: 'tester', client: '127.0.0.1', bytes: 8 },
        res: { statusCode: 200, bytes: 5 },
        attempts: 1,
        replica: 'Server 1',
      });
      expect(line.cause).toBeUndefined();
      const { wait, connect, firstByte, total } = line.phases;
      expect(Math.min(wait, connect, firstByte)).toBeGreaterThanOrEqual(0);
      expect(wait + connect + firstByte).toBeLessThanOrEqual(total + 0.002);
      expect(text()).not.toContain('HUSH');
    });

    it('has the key link that the request went by', async () => {
      const { plane, logged } = await planeWith();
      const upstream = await startUpstream('one');
      ends.push(() => upstream.close());
      await plane.route([{ id: 'i1', replica: 'Server 1', port: upstream.port }], {
        hashKey: 'header:x-hash-key,path',
      });
      await fetch(`${plane.url}/a`, { headers: { 'x-hash-key': 'k' } });
      await fetch(`${plane.url}/b`);
      expect((await logged(2)).map(({ keyLink }) => keyLink)).toEqual(['header:x-hash-key', 'path']);
    });

    it('tells how many replicas were tried, and the phases of the last', async () => {
      const { plane, logged } = await planeWith();
      const upstream = await startUpstream('one');
      ends.push(() => upstream.close());
      const dead = await refusedPort();
      await plane.route([
        { id: 'i1', replica: 'Server 1', port: dead },
        { id: 'i2', replica: 'Server 2', port: upstream.port },
      ]);
      for (let request = 0; request < 40; request++)
        await fetch(`${plane.url}/`, { headers: { 'x-hash-key': `${request}` } });
      const lines = await logged(40);
      expect(new Set(lines.map(({ replica }) => replica))).toEqual(new Set(['Server 2']));
      expect(new Set(lines.map(({ attempts }) => attempts))).toEqual(new Set([1, 2]));
      for (const { phases, attempts } of lines) if (attempts === 2) expect(phases.wait).toBeGreaterThan(0);
    });

    it('has the cause of every answer that is ours, with and without a request that could be read', async () => {
      const { plane, logged } = await planeWith();
      await (await fetch(plane.url)).text();
      const body = (await logged(1))[0];
      expect(body).toMatchObject({
        res: { statusCode: 503 },
        cause: 'no_replica',
        attempts: 0,
        msg: 'request completed',
      });
      expect(body.res.bytes).toBeGreaterThan(20);
      await rawExchange(plane.port, 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n');
      expect((await logged(2))[1]).toMatchObject({
        req: { method: 'GET' },
        res: { statusCode: 400 },
        cause: 'bad_request',
      });
      await rawExchange(plane.port, '\x01\x02 garbage\r\n\r\n');
      expect((await logged(3))[2]).toMatchObject({
        req: { method: null, url: null, client: '127.0.0.1' },
        res: { statusCode: 400 },
        cause: 'bad_request',
      });
      await rawExchange(plane.port, 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n');
      expect((await logged(4))[3]).toMatchObject({ res: { statusCode: 501 }, cause: 'not_implemented' });
    });

    it('says 499 of a client that left before its answer, and aborted of an answer that broke off', async () => {
      const { plane, logged } = await planeWith();
      const hostile = await startHostile((socket) => {
        socket.once('data', (chunk) => {
          if (!chunk.includes('/cut')) return;
          socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
        });
      });
      ends.push(() => hostile.close());
      await plane.route([{ id: 'i1', replica: 'Server 1', port: hostile.port }]);
      const client = connect({ port: plane.port, host: '127.0.0.1' });
      client.write('GET /left HTTP/1.1\r\nHost: a\r\n\r\n');
      while (hostile.connections.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      client.destroy();
      expect((await logged(1))[0]).toMatchObject({
        msg: 'request aborted',
        res: { statusCode: 499, bytes: 0 },
        cause: 'client_gone',
        replica: 'Server 1',
      });
      const cut = await rawClient(plane.port, 'GET /cut HTTP/1.1\r\nHost: a\r\n\r\n');
      await cut.closed();
      expect((await logged(2))[1]).toMatchObject({
        msg: 'request aborted',
        res: { statusCode: 200, bytes: 4 },
        cause: 'mid_stream',
      });
    });

    it('has a tunnel when it ends, with what went through it', async () => {
      const { plane, logged } = await planeWith();
      const hostile = await startHostile((socket) => {
        socket.once('data', () => {
          socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
          socket.on('data', (chunk) => socket.write(chunk));
        });
      });
      ends.push(() => hostile.close());
      await plane.route([{ id: 'i1', replica: 'Server 1', port: hostile.port }]);
      const key = createHash('sha1').digest('base64');
      const client = await rawClient(
        plane.port,
        `GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
      );
      await client.until(/101 /);
      client.write('12345');
      await client.until(/12345/);
      client.socket.destroy();
      const [line] = await logged(1);
      expect(line).toMatchObject({ req: { url: '/ws', bytes: 5 }, res: { statusCode: 101 }, replica: 'Server 1' });
      expect(line.cause).toBeUndefined();
      expect(line.res.bytes).toBeGreaterThan(5);
    });

    it('has the classic routes, too', async () => {
      const { plane, logged } = await planeWith();
      await (await fetch(`${plane.url}/rep`)).text();
      const [line] = await logged(1);
      expect(line).toMatchObject({ req: { url: '/rep' }, attempts: 0 });
      expect(line.res.bytes).toBeGreaterThan(0);
    });

    it('has every request that was answered before the end', async () => {
      const { plane, text } = await planeWith();
      await honest(plane);
      for (let request = 0; request < 5; request++) await (await fetch(plane.url)).text();
      await plane.close();
      expect(text().split('\n')).toHaveLength(6);
    });
  });
});
