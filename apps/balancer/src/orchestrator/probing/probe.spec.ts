import { afterEach, describe, expect, it } from '@jest/globals';
import { Agent, createServer, get, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import type { ProbeDemand } from './probe.js';
import { probeInstance } from './probe-instance.js';

const HTTP: ProbeDemand = { protocol: 'http', status: [{ from: 200, to: 399 }], body: undefined };

describe('a probe', () => {
  const servers: Server[] = [];
  const sockets = new Set<Socket>();

  async function listen(server: Server): Promise<number> {
    servers.push(server);
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }
  const serve = (listener: RequestListener) => listen(createServer(listener));
  const raw = (answer: string) => listen(createTcpServer((socket) => socket.on('data', () => socket.end(answer))));
  const ask = (port: number, demand: ProbeDemand, timeout = 1000, signal = new AbortController().signal) =>
    probeInstance({ address: { host: '127.0.0.1', port }, path: '/heartbeat', demand }, timeout, signal);
  const probe = (port: number, timeout?: number, signal?: AbortSignal) => ask(port, HTTP, timeout, signal);

  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    for (const server of servers.splice(0)) server.close();
    sockets.clear();
  });

  it.each([200, 204, 301, 302, 304, 399])('passes on %i', async (status) => {
    expect(await probe(await serve((_, res) => res.writeHead(status, { location: '/elsewhere' }).end()))).toEqual({
      kind: 'passed',
    });
  });

  it.each([400, 404, 500, 503])('fails on %i and says so', async (status) => {
    expect(await probe(await serve((_, res) => res.writeHead(status).end()))).toEqual({
      kind: 'failed',
      reason: `it answered ${status}`,
    });
  });

  it.each([
    [200, true],
    [204, false],
    [401, true],
    [302, false],
  ])('passes only on a status that HEALTH_STATUS names: %i', async (status, passes) => {
    const only = [
      { from: 200, to: 201 },
      { from: 401, to: 401 },
    ];
    const result = await ask(await serve((_, res) => res.writeHead(status).end()), { ...HTTP, status: only });
    expect(result).toEqual(passes ? { kind: 'passed' } : { kind: 'failed', reason: `it answered ${status}` });
  });

  describe('for a text in the answer', () => {
    const wants: ProbeDemand = { ...HTTP, body: 'größe: ok' };
    const missing = { kind: 'failed', reason: 'it answered 200 without the text of HEALTH_BODY' };

    it('passes when it is there, also cut into pieces', async () => {
      const bytes = Buffer.from('<p>größe: ok</p>');
      const port = await serve((_, res) => {
        res.write(bytes.subarray(0, 6));
        setImmediate(() => res.end(bytes.subarray(6)));
      });
      expect(await ask(port, wants)).toEqual({ kind: 'passed' });
    });

    it('fails when it is not, and does not repeat what was answered', async () => {
      expect(await ask(await serve((_, res) => res.end('größe: secret')), wants)).toEqual(missing);
    });

    it('looks no further than 64 KiB', async () => {
      const late = `${'x'.repeat(64 * 1024)}größe: ok`;
      expect(await ask(await serve((_, res) => res.end(late)), wants)).toEqual(missing);
    });
  });

  describe('over TCP', () => {
    const TCP: ProbeDemand = { protocol: 'tcp' };

    it('passes on a connection, sends nothing and closes it', async () => {
      let received = '';
      const closed = new Promise<void>((resolve) => {
        void listen(
          createTcpServer((socket) => socket.on('data', (data) => (received += String(data))).on('close', resolve)),
        )
          .then((port) => ask(port, TCP))
          .then((result) => expect(result).toEqual({ kind: 'passed' }));
      });
      await closed;
      expect(received).toBe('');
    });

    it('fails when nobody listens', async () => {
      const port = await serve((_, res) => res.end());
      await new Promise((resolve) => servers.splice(0)[0]?.close(resolve));
      expect(await ask(port, TCP)).toEqual({ kind: 'failed', reason: 'the connection was refused' });
    });
  });

  it('waits behind no request: with the only worker connection busy it is answered on its own', async () => {
    let held: (() => void) | undefined;
    const port = await serve((req, res) => {
      if (req.url === '/slow') held = () => res.end();
      else res.end();
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const slow = new Promise<void>((resolve) =>
      get({ port, path: '/slow', agent }, (res) => res.resume().on('end', resolve)),
    );
    while (!held) await new Promise(setImmediate);
    expect(await probe(port)).toEqual({ kind: 'passed' });
    held();
    await slow;
    agent.destroy();
  });

  it('asks once for the path, on a connection of its own, and follows no redirect', async () => {
    const seen: (string | undefined)[] = [];
    const port = await serve((req, res) => {
      seen.push(`${req.method} ${req.url} ${req.headers.connection} ${req.headers.host}`);
      res.writeHead(302, { location: '/heartbeat' }).end();
    });
    await probe(port);
    expect(seen).toEqual([`GET /heartbeat close 127.0.0.1:${port}`]);
  });

  it('names the host of a replica that was given by URL', async () => {
    let host: string | undefined;
    const port = await serve((req, res) => {
      host = req.headers.host;
      res.end();
    });
    await probeInstance(
      { address: { host: '127.0.0.1', port }, path: '/', authority: 'app.internal:80', demand: HTTP },
      1000,
      new AbortController().signal,
    );
    expect(host).toBe('app.internal:80');
  });

  it('fails when nobody listens', async () => {
    const port = await serve((_, res) => res.end());
    await new Promise((resolve) => servers.splice(0)[0]?.close(resolve));
    expect(await probe(port)).toEqual({ kind: 'failed', reason: 'the connection was refused' });
  });

  it.each([
    ['is silent', () => {}],
    ['sends a head and no end', (socket: Socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab')],
    ['drips', (socket: Socket) => socket.write('HTTP/1.1 200 OK\r\n')],
  ])('fails within its time when the replica %s', async (_, behave) => {
    const port = await listen(createTcpServer((socket) => socket.on('data', () => behave(socket))));
    expect(await probe(port, 50)).toEqual({ kind: 'failed', reason: 'no complete answer within 50 ms' });
  });

  it('fails when the answer is cut off', async () => {
    expect(await probe(await raw('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab'))).toMatchObject({ kind: 'failed' });
  });

  it('fails when the answer is no HTTP', async () => {
    expect(await probe(await raw('SSH-2.0-OpenSSH_9.2\r\n'))).toEqual({
      kind: 'failed',
      reason: 'the answer is no HTTP',
    });
  });

  it('passes a replica whose page has no end, and reads no more than it must', async () => {
    const port = await serve((_, res) => {
      const more = () => {
        while (res.write('x'.repeat(16_384)));
        res.once('drain', more);
      };
      more();
    });
    expect(await probe(port)).toEqual({ kind: 'passed' });
  });

  it('says nothing when it is abandoned', async () => {
    const port = await listen(createTcpServer(() => {}));
    const controller = new AbortController();
    const result = probe(port, 10_000, controller.signal);
    controller.abort();
    expect(await result).toEqual({ kind: 'inconclusive' });
    expect(await probe(port, 10_000, controller.signal)).toEqual({ kind: 'inconclusive' });
  });

  it('says nothing when the balancer itself could not run in time (TRAPS 16)', async () => {
    const port = await listen(createTcpServer(() => {}));
    const result = probe(port, 30);
    const until = performance.now() + 600;
    while (performance.now() < until); // Nobody can run: what a suspended or starved process is like.
    expect(await result).toEqual({ kind: 'inconclusive' });
  });

  it('shows no address in its reasons', async () => {
    const result = await probeInstance(
      { address: { host: 'no-such-host.invalid', port: 1 }, path: '/', demand: HTTP },
      5000,
      new AbortController().signal,
    );
    expect(JSON.stringify(result)).not.toContain('invalid');
  });
});
