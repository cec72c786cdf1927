// More connections of clients than there may be, and more work than a lane can do: refused early, and over when it is over.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { connect as openSocket, type Socket } from 'node:net';
import type { DataSettings } from '../../routing/link/messages.js';
import { eventually } from '../../runtime/testing/eventually.js';
import { type InlinePlane, startInlinePlane } from '../testing/inline-plane.js';
import { LANES } from '../testing/lanes.js';
import { type RawClient, rawClient } from '../testing/raw-client.js';
import { startUpstream, type Upstream } from '../testing/upstream.js';

let plane: InlinePlane;
let upstream: Upstream;
let express: boolean;
const clients: RawClient[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.destroy();
  for (const socket of sockets.splice(0)) socket.destroy();
  await plane.close();
  await upstream.close();
});

const begin = async (settings: Partial<DataSettings>) => {
  upstream = await startUpstream('A');
  plane = await startInlinePlane({ express, ...settings });
  await plane.route([{ replica: 'A', port: upstream.port }]);
};
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const connect = async (...writes: string[]) => {
  const client = await rawClient(plane.port, ...writes);
  clients.push(client);
  return client;
};
const worker = async () => (await plane.link.metrics(1000))?.workers[0];
const OVERLOAD =
  /^HTTP\/1\.1 503 [^]*X-HashFlow-Cause: overload\r\n[^]*Retry-After: 1\r\n[^]*Connection: close\r\n[^]*\}$/;

describe.each(LANES)('in the %s lane', (lane) => {
  beforeEach(() => void (express = lane === 'express'));

  describe('a connection above MAX_CONNECTIONS', () => {
    it('reads 503 overload before it asks, is closed, and costs the others nothing', async () => {
      await begin({ maxConnections: 2 });
      const [first, second] = [await connect(GET), await connect(GET)];
      for (const client of [first, second]) await client.until(/"name":"A"/);
      const third = await connect();
      await third.until(OVERLOAD);
      third.socket.end();
      await third.closed();
      first.write(GET);
      await first.until(/"name":"A"[^]*"name":"A"/);
      expect(upstream.seen).toHaveLength(3);
      expect(await worker()).toMatchObject({ refusedConnections: 1, accepted: 2 });
    });

    it('finds room once another is closed, whichever lane that was in', async () => {
      await begin({ maxConnections: 1 });
      // Not plain: it ends in the standard lane.
      const first = await connect('GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n');
      await first.until(/"name":"A"/);
      await (await connect()).until(OVERLOAD);
      first.socket.destroy();
      await eventually(async () => {
        const next = await connect(GET);
        await next.until(/"name":"A"/);
      });
    });

    it('is reset without an answer while many that were refused just now have not left yet', async () => {
      await begin({ maxConnections: 1 });
      await connect();
      const stubborn = Array.from({ length: 80 }, () => {
        const socket = openSocket({ port: plane.port, host: '127.0.0.1', allowHalfOpen: true });
        sockets.push(socket);
        return new Promise<boolean>((resolve) => {
          socket
            .on('data', () => resolve(true))
            .on('close', () => resolve(false))
            .on('error', () => {});
        });
      });
      expect((await Promise.all(stubborn)).filter(Boolean)).toHaveLength(64);
      expect((await worker())?.refusedConnections).toBe(80);
    });
  });

  describe('a connection above MAX_CONNECTIONS_PER_ADDRESS', () => {
    it('is refused, unless the peer speaks for others', async () => {
      await begin({ maxConnectionsPerAddress: 1 });
      await connect();
      await (await connect()).until(OVERLOAD);
      await plane.close();
      plane = await startInlinePlane({ express, maxConnectionsPerAddress: 1, trustedProxies: ['127.0.0.1'] });
      await plane.route([{ replica: 'A', port: upstream.port }]);
      await connect();
      await (await connect(GET)).until(/"name":"A"/);
    });
  });

  describe('a worker whose thread comes more than MAX_LAG late, again and again', () => {
    it('answers requests with 503 overload and touches no replica, until it keeps up again', async () => {
      await begin({ maxLag: 100 });
      // What a thread that has too much to do looks like: each turn of its loop takes longer than it may.
      const busy = setInterval(() => {
        const end = performance.now() + 200;
        while (performance.now() < end);
      }, 1);
      try {
        await eventually(async () => expect((await worker())?.shedding).toBe(1));
        const seen = upstream.seen.length;
        const refused = await fetch(plane.url);
        expect([refused.status, refused.headers.get('x-hashflow-cause')]).toEqual([503, 'overload']);
        expect(upstream.seen).toHaveLength(seen);
      } finally {
        clearInterval(busy);
      }
      await eventually(async () => expect((await worker())?.shedding).toBe(0));
      expect((await fetch(plane.url)).status).toBe(200);
    });
  });

  describe('a worker that uses more than MAX_MEMORY', () => {
    it('answers requests with 503 overload, touches no replica, and still obeys its operator', async () => {
      await begin({ maxMemory: 1 });
      await eventually(async () => expect((await worker())?.shedding).toBe(1));
      const seen = upstream.seen.length;
      const refused = await fetch(plane.url, { method: 'POST', body: 'x' });
      expect([refused.status, refused.headers.get('x-hashflow-cause'), refused.headers.get('retry-after')]).toEqual([
        503,
        'overload',
        '1',
      ]);
      expect(upstream.seen).toHaveLength(seen);
      const client = await connect(
        'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n',
      );
      await client.until(/503 [^]*overload/);
      expect((await fetch(`${plane.url}/rep`)).headers.get('x-hashflow-cause')).not.toBe('overload');
    });
  });
});
