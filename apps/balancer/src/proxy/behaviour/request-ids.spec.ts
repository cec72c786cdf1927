import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { WebSocket, WebSocketServer } from 'ws';
import type { DataSettings } from '../../routing/link/messages.js';
import { type InlinePlane, startInlinePlane } from '../testing/inline-plane.js';
import { LANES } from '../testing/lanes.js';
import { rawExchange } from '../testing/raw-client.js';
import { refusedPort, startUpstream, type Upstream } from '../testing/upstream.js';

const MADE = /^[0-9a-f]{32}$/;
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

describe.each(LANES)('the id of a request, in the %s lane', (lane) => {
  let lines: { readonly req: { readonly id?: string } }[];
  async function serve(settings: Partial<DataSettings> = {}, port?: number): Promise<[InlinePlane, Upstream]> {
    lines = [];
    const upstream = await startUpstream('A', (_request, response) =>
      response.setHeader('X-Request-Id', 'of the replica').end('{}'),
    );
    const plane = await startInlinePlane(
      {
        express: lane === 'express',
        accessLog: { part: 1, format: 'json', file: null, mask: [] },
        ...settings,
      },
      {
        writeAccess: (batch, done) => {
          const texts = Buffer.from(batch.bytes).toString().trimEnd().split('\n');
          lines.push(...texts.map((text) => JSON.parse(text) as (typeof lines)[number]));
          done();
        },
      },
    );
    ends.push(() => upstream.close());
    ends.push(() => plane.close());
    await plane.route([{ replica: 'A', port: port ?? upstream.port }]);
    return [plane, upstream];
  }
  const logged = async () => {
    while (lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    return lines[0].req.id;
  };
  const answerTo = async (plane: InlinePlane, headers: Record<string, string> = {}, path = '/') => {
    const response = await fetch(`${plane.url}${path}`, { headers });
    await response.arrayBuffer();
    return response.headers.get('x-request-id');
  };

  it('is the client’s where it sent a legal one: the replica gets it, and the log', async () => {
    const [plane, upstream] = await serve();
    expect(await answerTo(plane, { 'x-request-id': 'r-7' })).toBe('of the replica');
    expect(upstream.seen[0].headers['x-request-id']).toBe('r-7');
    expect(await logged()).toBe('r-7');
  });

  it.each([{}, { 'x-request-id': 'a b' }, { 'x-request-id': 'x'.repeat(201) }] as Record<string, string>[])(
    'is a new one where the client sent %j: the same for the replica and the log',
    async (headers) => {
      const [plane, upstream] = await serve();
      await answerTo(plane, headers);
      expect(upstream.seen[0].headers['x-request-id']).toMatch(MADE);
      expect(await logged()).toBe(upstream.seen[0].headers['x-request-id']);
    },
  );

  it('is one, where the client sent two, or named it in Connection', async () => {
    const [plane, upstream] = await serve();
    const head = 'GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: r-7\r\n';
    await rawExchange(plane.port, `${head}X-Request-Id: r-8\r\nConnection: close\r\n\r\n`);
    await rawExchange(plane.port, `${head}Connection: close, X-Request-Id\r\n\r\n`);
    const ids = upstream.seen.map(({ rawHeaders }) =>
      rawHeaders.filter((_, index) => rawHeaders[index - 1]?.toLowerCase() === 'x-request-id'),
    );
    expect(ids).toEqual([[expect.stringMatching(MADE)], ['r-7']]);
  });

  it('is another for each request of a connection', async () => {
    const [plane, upstream] = await serve();
    for (let time = 0; time < 3; time++) await answerTo(plane);
    expect(new Set(upstream.seen.map(({ headers }) => headers['x-request-id'])).size).toBe(3);
  });

  it('is told to the client with REQUEST_ID=echo, instead of what the replica says', async () => {
    const [plane, upstream] = await serve({ requestId: 'echo' });
    expect(await answerTo(plane, { 'x-request-id': 'r-7' })).toBe('r-7');
    const made = await answerTo(plane);
    expect(made).toMatch(MADE);
    expect(upstream.seen[1].headers['x-request-id']).toBe(made);
  });

  it('is none of ours with REQUEST_ID=off: what the client wrote passes, and is logged', async () => {
    const [plane, upstream] = await serve({ requestId: 'off' });
    await answerTo(plane, { 'x-request-id': 'a b' });
    await answerTo(plane);
    expect(upstream.seen.map(({ headers }) => headers['x-request-id'])).toEqual(['a b', undefined]);
    expect(await logged()).toBe('a b');
  });

  describe('of a request that the balancer answers itself', () => {
    it('is in the answer, when no replica could', async () => {
      const [plane] = await serve({}, await refusedPort());
      expect(await answerTo(plane, { 'x-request-id': 'r-7' })).toBe('r-7');
      expect(await logged()).toBe('r-7');
    });

    it.each([
      ['a head that means two things', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
      ['an expectation that nobody meets', 'GET / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n'],
      ['no HTTP', 'hello\r\n\r\n'],
      ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n'],
    ])('is in the answer and in the log, when it was %s', async (_what, bytes) => {
      const [plane] = await serve();
      const id = /^X-Request-Id: (.*)\r$/im.exec(await rawExchange(plane.port, bytes))?.[1];
      expect(id).toMatch(MADE);
      expect(await logged()).toBe(id);
    });

    it('is in the answers of the classic routes', async () => {
      const [plane] = await serve();
      expect(await answerTo(plane, { 'x-request-id': 'r-7' }, '/rep')).toBe('r-7');
    });

    it('is in none of them with REQUEST_ID=off', async () => {
      const [plane] = await serve({ requestId: 'off' }, await refusedPort());
      expect(await answerTo(plane, { 'x-request-id': 'r-7' })).toBeNull();
      expect(await rawExchange(plane.port, 'hello\r\n\r\n')).not.toMatch(/x-request-id/i);
    });
  });

  it('of a WebSocket goes with its handshake, and with echo back', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    ends.push(async () => server.close());
    const [plane] = await serve({ requestId: 'echo' }, port);
    const handshake = once(server, 'connection') as Promise<[WebSocket, IncomingMessage]>;
    const socket = new WebSocket(`ws://127.0.0.1:${plane.port}/`);
    const [answer] = (await once(socket, 'upgrade')) as [IncomingMessage];
    const [, request] = await handshake;
    expect(answer.headers['x-request-id']).toMatch(MADE);
    expect(request.headers['x-request-id']).toBe(answer.headers['x-request-id']);
    socket.terminate();
  });
});
