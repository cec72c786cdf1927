import { afterEach, describe, expect, it } from '@jest/globals';
import type { DataSettings } from '../../routing/link/messages.js';
import { startHangingPort } from '../testing/hanging-port.js';
import { type InlinePlane, startInlinePlane } from '../testing/inline-plane.js';
import { LANES } from '../testing/lanes.js';
import { rawClient, rawExchange } from '../testing/raw-client.js';
import { type HostileUpstream, refusedPort, startHostile, startRawHttp } from '../testing/upstream.js';

describe.each(LANES)('failures, in the %s lane', (lane) => {
  let plane: InlinePlane;
  const open: { close(): Promise<void> }[] = [];

  async function serve(port: number, settings: Partial<DataSettings> = {}): Promise<string[]> {
    plane = await startInlinePlane({ express: lane === 'express', retryAttempts: 1, ...settings });
    await plane.route([{ replica: 'A', port }]);
    const outcomes: string[] = [];
    plane.link.onOutcome((id, outcome) => outcomes.push(`${id} ${outcome}`));
    return outcomes;
  }
  async function hostile(onConnection: Parameters<typeof startHostile>[0]): Promise<HostileUpstream> {
    const upstream = await startHostile(onConnection);
    open.push(upstream);
    return upstream;
  }
  afterEach(async () => {
    await plane.close();
    for (const upstream of open.splice(0)) await upstream.close();
  });

  const inFlight = async () => (await plane.link.counters(1000)).get('A')?.inFlight;

  async function expectCause(status: number, cause: string, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(`${plane.url}/x`, init);
    expect([response.status, response.headers.get('x-hashflow-cause')]).toEqual([status, cause]);
    const text = await response.text();
    expect(JSON.parse(text)).toEqual({ message: expect.any(String), status: 'failure' });
    // What a client reads names no address, no port and no replica.
    expect(text).not.toMatch(/127\.0\.0\.1|localhost|\d{4,5}|ECONN|"A"/);
    expect(await inFlight()).toBe(0);
    return response;
  }

  describe('an answer of the balancer itself', () => {
    it('is 503 no_replica with Retry-After, before any table and while nobody is ready', async () => {
      plane = await startInlinePlane({ express: lane === 'express' });
      expect((await fetch(plane.url)).headers.get('retry-after')).toBe('1');
      await plane.route([{ replica: 'A', state: 'unready' }]);
      const response = await fetch(plane.url);
      expect([response.status, response.headers.get('x-hashflow-cause')]).toEqual([503, 'no_replica']);
    });

    it('is 502 connect_failed when the replica refuses the connection', async () => {
      const outcomes = await serve(await refusedPort());
      await expectCause(502, 'connect_failed');
      expect(outcomes).toEqual(['A connect_failed']);
    });

    it('is 504 connect_timeout when the connection is not made in time', async () => {
      const hanging = await startHangingPort();
      open.push(hanging);
      const outcomes = await serve(hanging.port, { connectTimeout: 60 });
      await expectCause(504, 'connect_timeout');
      expect(outcomes).toEqual(['A connect_timeout']);
    });

    it.each([
      ['says nothing', ''],
      ['stops in the status line', 'HTTP/1.1 20'],
      ['stops in the head', 'HTTP/1.1 200 OK\r\nX-A: 1\r\n'],
    ])('is 502 upstream_closed when the replica closes and %s', async (_what, bytes) => {
      const outcomes = await serve((await hostile((socket) => socket.once('data', () => socket.end(bytes)))).port);
      await expectCause(502, 'upstream_closed');
      expect(outcomes).toEqual(['A upstream_closed']);
    });

    it('is 502 upstream_closed when the replica resets the connection', async () => {
      await serve((await hostile((socket) => socket.once('data', () => socket.resetAndDestroy()))).port);
      await expectCause(502, 'upstream_closed');
    });

    it.each([
      ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
      ['two framings', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc'],
      ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd'],
      ['a bare carriage return', 'HTTP/1.1 200 OK\r\nX-A: 1\rX-B: 2\r\n\r\n'],
      ['an endless head', `HTTP/1.1 200 OK\r\nX-A: ${'x'.repeat(70_000)}\r\n\r\n`],
    ])('is 502 upstream_protocol when the replica answers with %s', async (_what, bytes) => {
      const outcomes = await serve((await hostile((socket) => socket.once('data', () => socket.write(bytes)))).port);
      await expectCause(502, 'upstream_protocol');
      expect(outcomes).toEqual(['A upstream_protocol']);
    });

    it('is 502 upstream_protocol when the replica switches protocols that nobody asked it to', async () => {
      await serve(
        (
          await hostile((socket) =>
            socket.once('data', () =>
              socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'),
            ),
          )
        ).port,
      );
      await expectCause(502, 'upstream_protocol');
    });

    it('is 504 response_timeout when the replica takes the request and says nothing', async () => {
      const outcomes = await serve((await hostile(() => {})).port, { responseTimeout: 60 });
      await expectCause(504, 'response_timeout');
      expect(outcomes).toEqual(['A response_timeout']);
    });

    it('is 504 response_timeout also for a body that the replica stopped reading', async () => {
      const upstream = await hostile((socket) => socket.pause());
      await serve(upstream.port, { idleTimeout: 150 });
      const client = await rawClient(plane.port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n');
      const chunk = 'x'.repeat(256 * 1024);
      const timer = setInterval(() => client.socket.writableNeedDrain || client.write(chunk), 1);
      expect(await client.until(/\r\n\r\n\{.*\}$/)).toMatch(/^HTTP\/1.1 504 [^]*X-HashFlow-Cause: response_timeout/);
      clearInterval(timer);
      client.socket.destroy();
    });

    it('is JSON on a connection that goes on, where the request was whole', async () => {
      await serve(await refusedPort());
      const client = await rawClient(plane.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      await client.until(/^HTTP\/1.1 502 [^]*\}$/);
      client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      const text = await client.until(/\}HTTP\/1.1 502 [^]*\}$/);
      expect(text).toMatch(/Content-Type: application\/json; charset=utf-8\r\n/);
      client.socket.destroy();
    });

    it('to HEAD has no body', async () => {
      await serve(await refusedPort());
      expect(await rawExchange(plane.port, 'HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).toMatch(
        /^HTTP\/1.1 502 [^]*\r\n\r\n$/,
      );
    });
  });

  describe('an answer that breaks off after its head', () => {
    it.each([
      ['of announced length', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'],
      ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
      ['in a broken chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n'],
    ])('%s resets the client’s connection and is no failure of the next one', async (_what, bytes) => {
      await serve((await hostile((socket) => socket.once('data', () => socket.end(bytes)))).port);
      const client = await rawClient(plane.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      const { text, reset } = await client.closed();
      expect(reset || !text.includes('\r\n0\r\n\r\n')).toBe(true);
      expect(text).not.toContain('X-HashFlow-Cause');
      expect(await inFlight()).toBe(0);
    });

    it('to a client of HTTP/1.0, which knows no other end than the close, is a reset', async () => {
      await serve(
        (
          await hostile((socket) =>
            socket.once('data', () => {
              socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n');
              setTimeout(() => socket.resetAndDestroy(), 30);
            }),
          )
        ).port,
      );
      const client = await rawClient(plane.port, 'GET / HTTP/1.0\r\n\r\n');
      expect((await client.closed()).reset).toBe(true);
    });

    it('without a framing of its own ends as the replica ended it', async () => {
      await serve(
        (await hostile((socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nall of it')))).port,
      );
      expect(await (await fetch(plane.url)).text()).toBe('all of it');
    });
  });

  describe('surplus bytes of a replica', () => {
    it('after a whole answer never reach the next request', async () => {
      let connections = 0;
      const upstream = await hostile((socket) => {
        connections++;
        socket.on('data', () =>
          socket.write(
            'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nrealHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfake',
          ),
        );
      });
      await serve(upstream.port);
      for (let time = 0; time < 3; time++) expect(await (await fetch(plane.url)).text()).toBe('real');
      expect(connections).toBe(3);
    });
  });

  describe('a keep-alive connection', () => {
    it('is closed once idle for UPSTREAM_KEEPALIVE', async () => {
      const upstream = await startRawHttp((_request, response) => response.end());
      open.push(upstream);
      await serve(upstream.port, { upstreamKeepalive: 50 });
      await (await fetch(plane.url)).text();
      const [socket] = upstream.connections;
      await new Promise((resolve) => socket.once('close', resolve));
    });

    it('that the replica closed in the meantime costs a GET nothing', async () => {
      const upstream = await startRawHttp((_request, response) => {
        response.shouldKeepAlive = true;
        response.end('ok');
      });
      open.push(upstream);
      await serve(upstream.port, { retryAttempts: 3 });
      for (let time = 0; time < 20; time++) {
        expect((await fetch(plane.url)).status).toBe(200);
        for (const socket of upstream.connections.splice(0)) socket.resetAndDestroy();
      }
    });
  });
});
