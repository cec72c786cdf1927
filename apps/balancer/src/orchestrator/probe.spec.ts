import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { probeByHttp } from './probe.js';

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
  const probe = (port: number, timeout = 1000, signal = new AbortController().signal) =>
    probeByHttp({ address: { host: '127.0.0.1', port }, path: '/heartbeat' }, timeout, signal);

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
    await probeByHttp(
      { address: { host: '127.0.0.1', port }, path: '/', authority: 'app.internal:80' },
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
    const result = await probeByHttp(
      { address: { host: 'no-such-host.invalid', port: 1 }, path: '/' },
      5000,
      new AbortController().signal,
    );
    expect(JSON.stringify(result)).not.toContain('invalid');
  });
});
