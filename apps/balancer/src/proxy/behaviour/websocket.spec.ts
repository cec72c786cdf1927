import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { WebSocket, WebSocketServer } from 'ws';
import type { DataSettings } from '../../routing/link/messages.js';
import { type InlinePlane, startInlinePlane } from '../testing/inline-plane.js';
import { LANES } from '../testing/lanes.js';
import { rawClient } from '../testing/raw-client.js';
import { refusedPort, startHostile, startRawHttp } from '../testing/upstream.js';

describe.each(LANES)('WebSocket, in the %s lane', (lane) => {
  let plane: InlinePlane;
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const each of open.splice(0)) await each.close();
    await plane.close();
  });

  async function echoServer(name: string): Promise<{ port: number; server: WebSocketServer; headers: unknown[] }> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    const headers: unknown[] = [];
    server.on('connection', (socket, request) => {
      headers.push(request.headers);
      socket.send(`hello from ${name}`);
      socket.on('message', (data, binary) => socket.send(data, { binary }));
    });
    open.push({
      close: async () => {
        for (const client of server.clients) client.terminate();
        await new Promise((resolve) => server.close(resolve));
      },
    });
    return { port: (server.address() as AddressInfo).port, server, headers };
  }
  async function serve(ports: readonly number[], settings: Partial<DataSettings> = {}): Promise<void> {
    plane = await startInlinePlane({ express: lane === 'express', ...settings });
    await plane.route(ports.map((port, index) => ({ replica: `R${index}`, port })));
  }
  async function client(
    headers: Record<string, string> = {},
  ): Promise<{ socket: WebSocket; messages: string[]; next: () => Promise<string> }> {
    const socket = new WebSocket(`ws://127.0.0.1:${plane.port}/chat?room=1`, { headers });
    const messages: string[] = [];
    let wake = () => {};
    socket.on('message', (data) => {
      messages.push((data as Buffer).toString());
      wake();
    });
    await once(socket, 'open');
    return {
      socket,
      messages,
      async next() {
        while (messages.length === 0) await new Promise<void>((resolve) => (wake = resolve));
        return messages.shift() ?? '';
      },
    };
  }
  const counters = async () => {
    const [first] = (await plane.link.counters(1000)).values();
    return [first.inFlight, first.tunnels, first.requests];
  };
  const until = async (holds: () => Promise<boolean>) => {
    while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const HANDSHAKE =
    'GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

  describe('a WebSocket', () => {
    it('reaches its replica, both ways, text and binary', async () => {
      const server = await echoServer('A');
      await serve([server.port]);
      const { socket, next } = await client();
      expect(await next()).toBe('hello from A');
      for (const message of ['one', 'x'.repeat(100_000), 'three']) {
        socket.send(message);
        expect(await next()).toBe(message);
      }
      expect(server.headers[0]).toMatchObject({
        'x-forwarded-for': '127.0.0.1',
        'x-hashflow-replica': 'R0',
        via: '1.1 hashflow-0123abcd',
      });
      socket.close();
    });

    it('is placed by its key like any request', async () => {
      const [a, b, c] = [await echoServer('A'), await echoServer('B'), await echoServer('C')];
      await serve([a.port, b.port, c.port]);
      const nameOf = async (key: string) => {
        const { socket, next } = await client({ 'x-hash-key': key });
        const name = await next();
        socket.close();
        return name;
      };
      const keys = Array.from({ length: 12 }, (_, index) => `key ${index}`);
      const first = await Promise.all(keys.map(nameOf));
      expect(await Promise.all(keys.map(nameOf))).toEqual(first);
      expect(new Set(first).size).toBe(3);
    });

    it('counts as a tunnel and not as a request in flight, until it closes (TRAPS 30)', async () => {
      await serve([(await echoServer('A')).port]);
      const { socket, next } = await client();
      await next();
      expect(await counters()).toEqual([0, 1, 1]);
      socket.close();
      await until(async () => (await counters())[1] === 0);
      expect(await counters()).toEqual([0, 0, 1]);
    });

    it.each([1000, 4321])('tells each side why the other closed: %i', async (code) => {
      const server = await echoServer('A');
      await serve([server.port]);
      const fromReplica = await client();
      await fromReplica.next();
      const [atReplica] = server.server.clients;
      const closed = once(fromReplica.socket, 'close');
      atReplica.close(code, 'bye');
      expect((await closed).map(String)).toEqual([String(code), 'bye']);

      const fromClient = await client();
      await fromClient.next();
      const [peer] = [...server.server.clients].filter((each) => each.readyState === WebSocket.OPEN);
      const told = once(peer, 'close');
      fromClient.socket.close(code, 'ciao');
      expect((await told).map(String)).toEqual([String(code), 'ciao']);
    });

    it('ends at the replica when its client vanishes, and the other way round', async () => {
      const server = await echoServer('A');
      await serve([server.port]);
      const { socket, next } = await client();
      await next();
      const [peer] = server.server.clients;
      const gone = once(peer, 'close');
      socket.terminate();
      await gone;

      const other = await client();
      await other.next();
      const closed = once(other.socket, 'close');
      for (const each of server.server.clients) each.terminate();
      await closed;
      await until(async () => (await counters())[1] === 0);
    });

    it('idle for TUNNEL_TIMEOUT is closed', async () => {
      await serve([(await echoServer('A')).port], { tunnelTimeout: 60 });
      const { socket } = await client();
      await once(socket, 'close');
    });

    it('does not keep a draining replica from becoming quiet (TRAPS 30)', async () => {
      const { port } = await echoServer('A');
      await serve([port]);
      const { socket, next } = await client();
      await next();
      const quiet = new Promise<string>((resolve) => plane.link.onQuiet(resolve));
      await plane.route([{ replica: 'R0', port, state: 'draining' }]);
      expect(await quiet).toBe('R0');
      socket.send('still here');
      expect(await next()).toBe('still here');
      socket.terminate();
    });

    it('goes to the next candidate when the first refuses the connection', async () => {
      const { port } = await echoServer('A');
      await serve([await refusedPort(), port, await refusedPort()]);
      for (let time = 0; time < 6; time++) {
        const { socket, next } = await client({ 'x-hash-key': `${time}` });
        expect(await next()).toBe('hello from A');
        socket.terminate();
      }
    });
  });

  describe('a handshake', () => {
    it('that nobody can take is answered with 503', async () => {
      await serve([]);
      const raw = await rawClient(plane.port, `${HANDSHAKE}\r\n`);
      expect((await raw.closed()).text).toMatch(/^HTTP\/1.1 503 [^]*X-HashFlow-Cause: no_replica/);
    });

    it('that all refuse is answered with 502', async () => {
      await serve([await refusedPort()]);
      const raw = await rawClient(plane.port, `${HANDSHAKE}\r\n`);
      expect((await raw.closed()).text).toMatch(/^HTTP\/1.1 502 [^]*X-HashFlow-Cause: connect_failed/);
      expect(await counters()).toEqual([0, 0, 1]);
    });

    it('that the replica refuses passes on its answer', async () => {
      const upstream = await startRawHttp((_request, response) => {
        response.writeHead(403, { 'x-why': 'no', 'x-hashflow-cause': 'fake' }).end('forbidden');
      });
      open.push(upstream);
      await serve([upstream.port]);
      const raw = await rawClient(plane.port, `${HANDSHAKE}\r\n`);
      const { text } = await raw.closed();
      expect(text).toMatch(/^HTTP\/1.1 403 [^]*x-why: no[^]*forbidden/);
      expect(text).not.toMatch(/x-hashflow-cause/i);
      expect(await counters()).toEqual([0, 0, 1]);
    });

    it.each([
      ['closes', 502, 'upstream_closed', ''],
      ['talks nonsense', 502, 'upstream_protocol', 'nonsense\r\n\r\n'],
    ])('whose replica %s is answered with %i', async (_what, status, cause, bytes) => {
      const upstream = await startHostile((socket) => socket.once('data', () => socket.end(bytes)));
      open.push(upstream);
      await serve([upstream.port]);
      const raw = await rawClient(plane.port, `${HANDSHAKE}\r\n`);
      const { text } = await raw.closed();
      expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} [^]*X-HashFlow-Cause: ${cause}`));
      expect(await counters()).toEqual([0, 0, 1]);
    });

    const ACCEPTED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n';
    /** A replica that answers a handshake with these bytes, and each byte after it with an `!`. */
    async function answering(...writes: string[]): Promise<void> {
      const upstream = await startHostile((socket) => {
        socket.once('data', () => {
          socket.on('data', () => socket.write('!'));
          for (const bytes of writes) socket.write(bytes, 'latin1');
        });
      });
      open.push(upstream);
      await serve([upstream.port]);
    }

    it.each([
      ['accepted', `${ACCEPTED}\r\n`, /^HTTP\/1\.1 101 /],
      ['refused', 'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno', /^HTTP\/1\.1 403 [^]*\r\n\r\nno$/],
    ])('that is %s has the informational answers passed on before', async (_what, last, expected) => {
      const hints = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nX-A: \xfc\r\n\r\n';
      await answering(
        'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\nX-HashFlow-Cause: x\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\r\n',
        `${hints}${last}`,
      );
      const raw = await rawClient(plane.port, `${HANDSHAKE}\r\n`);
      const text = await raw.until(/\r\n\r\nno$|101 [^]*\r\n\r\n$/);
      const before = `HTTP/1.1 102 Processing\r\n\r\n${hints}`;
      expect(text.slice(0, before.length)).toBe(before);
      expect(text.slice(before.length)).toMatch(expected);
      raw.socket.destroy();
    });

    it.each([
      ['informational answers without an end', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(40)],
      ['a 101 that changes nothing', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
      ['a coding that would have to be undone', 'HTTP/1.1 403 No\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
    ])('that is answered with %s is answered with 502', async (_what, bytes) => {
      await answering(bytes);
      const raw = await rawClient(plane.port, `${HANDSHAKE}\r\n`);
      const [last] = (await raw.closed()).text.split(/(?:HTTP\/1.1 103 Early Hints\r\n\r\n)+/).slice(-1);
      expect(last).toMatch(/^HTTP\/1.1 502 [^]*X-HashFlow-Cause: upstream_protocol/);
      expect(await counters()).toEqual([0, 0, 1]);
    });

    it('that is accepted has what is for one connection taken away, and the rest as it was sent', async () => {
      await answering(
        `${ACCEPTED}Connection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-A: \xfc\r\n\r\n`,
      );
      const raw = await rawClient(plane.port, `${HANDSHAKE}\r\n`);
      const text = await raw.until(/\r\n\r\n/);
      expect(text).toMatch(/^connection: upgrade\r\nupgrade: websocket\r\n/im);
      expect(text).toMatch(/^set-cookie: a=1\r\nset-cookie: b=2\r\nx-a: \xfc\r\n/im);
      expect(text).not.toMatch(/x-hop|keep-alive/i);
      raw.write('?');
      await raw.until(/!$/);
      raw.socket.destroy();
    });

    it('that the replica never answers is answered with 504', async () => {
      const upstream = await startHostile(() => {});
      open.push(upstream);
      await serve([upstream.port], { responseTimeout: 60 });
      const raw = await rawClient(plane.port, `${HANDSHAKE}\r\n`);
      expect((await raw.closed()).text).toMatch(/^HTTP\/1.1 504 [^]*X-HashFlow-Cause: response_timeout/);
      expect(await counters()).toEqual([0, 0, 1]);
    });

    it.each([
      ['two Hosts', `${HANDSHAKE}Host: b\r\n\r\n`],
      ['a body', `${HANDSHAKE}Content-Length: 3\r\n\r\nabc`],
    ])('with %s is refused', async (_what, bytes) => {
      await serve([(await echoServer('A')).port]);
      const raw = await rawClient(plane.port, bytes);
      expect((await raw.closed()).text).toMatch(/^HTTP\/1.1 400 /);
    });

    it('whose client is gone before it is answered leaves nothing behind', async () => {
      const upstream = await startHostile((socket) => socket.resume());
      open.push(upstream);
      await serve([upstream.port]);
      const raw = await rawClient(plane.port, `${HANDSHAKE}\r\n`);
      await until(async () => (await counters())[0] === 1);
      raw.socket.resetAndDestroy();
      await until(async () => (await counters())[0] === 0);
      await until(async () => upstream.connections.every(({ destroyed }) => destroyed));
    });

    it('whose client is gone while an ordinary answer is passed on leaves nothing behind', async () => {
      const upstream = await startHostile((socket) =>
        socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfor the first')),
      );
      open.push(upstream);
      await serve([upstream.port]);
      const raw = await rawClient(plane.port, `${HANDSHAKE}\r\n`);
      await raw.until(/for the first$/);
      expect((await counters())[0]).toBe(1);
      raw.socket.destroy();
      await until(async () => (await counters())[0] === 0);
      await until(async () => upstream.connections.every(({ destroyed }) => destroyed));
    });

    it('with the first frame in the same packet loses none of it', async () => {
      const server = await echoServer('A');
      await serve([server.port]);
      const received = new Promise<string>((resolve) =>
        server.server.once('connection', (socket) =>
          socket.once('message', (data) => resolve((data as Buffer).toString())),
        ),
      );
      // A masked text frame "hi" with a mask of zeroes.
      const raw = await rawClient(plane.port, `${HANDSHAKE}\r\n\x81\x82\x00\x00\x00\x00hi`);
      expect(await received).toBe('hi');
      raw.socket.destroy();
    });
  });
});
