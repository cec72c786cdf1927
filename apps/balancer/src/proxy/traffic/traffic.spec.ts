import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { WebSocket, WebSocketServer } from 'ws';
import type { DataMetrics, RequestCount } from '../../routing/link/data-metrics.js';
import { LaneRig } from '../testing/lane-rig.js';
import { LANES } from '../testing/lanes.js';
import { rawClient, rawExchange } from '../testing/raw-client.js';
import { settled } from '../testing/settled.js';
import { refusedPort, startHostile, startRawHttp, startUpstream } from '../testing/upstream.js';

describe.each(LANES)('traffic, in the %s lane', (lane) => {
  const rig = new LaneRig(lane);
  afterEach(() => rig.close());

  async function counted(): Promise<DataMetrics> {
    // A request is counted when its last byte is out, which may be a moment after its client has it.
    await settled();
    const metrics = await rig.plane.link.metrics(1000);
    if (!metrics) throw new Error('no answer');
    return metrics;
  }
  const happened = (requests: readonly RequestCount[]) =>
    requests
      .filter(({ count }) => count > 0)
      .map(({ method, status, cause, count }) => `${count} ${method} ${status} ${cause || 'answered'}`);
  const replica = ({ replicas }: DataMetrics, name: string) => {
    const one = replicas.find((each) => each.replica === name);
    if (!one) throw new Error(`no replica ${name}`);
    return one;
  };
  const total = ({ buckets }: { buckets: readonly number[] }) => buckets.reduce((sum, count) => sum + count, 0);

  describe('a request is counted once, when it is over', () => {
    it.each([
      ['GET', 200, 'safe 2xx'],
      ['HEAD', 304, 'safe 3xx'],
      ['PUT', 404, 'idempotent 4xx'],
      ['POST', 500, 'other 5xx'],
    ])('by method and status: %s answered with %d', async (method, status, expected) => {
      const upstream = rig.track(await startUpstream('A', (_request, response) => response.writeHead(status).end()));
      await rig.serve([{ replica: 'A', port: upstream.port }]);
      await (await fetch(rig.plane.url, { method })).text();
      const metrics = await counted();
      expect(happened(metrics.requests)).toEqual([`1 ${expected} answered`]);
      expect(happened(replica(metrics, 'A').requests)).toEqual([`1 ${expected} answered`]);
      expect(total(replica(metrics, 'A').upstream)).toBe(1);
      expect(metrics.durations.filter((one) => total(one) > 0).map((one) => one.status)).toEqual([expected.slice(-3)]);
    });

    it('by the cause for which the balancer answered itself, at the replica that it was tried on last', async () => {
      await rig.serve([{ replica: 'A', port: await refusedPort() }]);
      await (await fetch(rig.plane.url)).text();
      const metrics = await counted();
      expect(happened(metrics.requests)).toEqual(['1 safe 5xx connect_failed']);
      expect(happened(replica(metrics, 'A').requests)).toEqual(['1 safe 5xx connect_failed']);
      expect(total(replica(metrics, 'A').upstream)).toBe(0);
    });

    it('for nobody when there is no replica', async () => {
      await rig.serve([{ replica: 'A', state: 'unready' }]);
      await (await fetch(rig.plane.url)).text();
      const metrics = await counted();
      expect(happened(metrics.requests)).toEqual(['1 safe 5xx no_replica']);
      expect(replica(metrics, 'A').requests).toEqual([]);
    });

    it.each([
      ['two Hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 'safe 4xx bad_request'],
      ['garbage', 'no HTTP\r\n\r\n', 'other 4xx bad_request'],
      ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', 'other 5xx not_implemented'],
      [
        'an expectation',
        'PUT / HTTP/1.1\r\nHost: a\r\nExpect: x\r\nContent-Length: 0\r\n\r\n',
        'idempotent 4xx expectation_failed',
      ],
    ])('also when it is refused at its head: %s', async (_what, bytes, expected) => {
      await rig.serve([]);
      await rawExchange(rig.plane.port, bytes);
      const metrics = await counted();
      expect(happened(metrics.requests)).toEqual([`1 ${expected}`]);
      // It took no time, which would make all others look faster.
      expect(metrics.durations.map(total)).toEqual([0, 0, 0, 0, 0]);
    });

    it('when its client goes away', async () => {
      const silent = rig.track(await startHostile(() => {}));
      await rig.serve([{ replica: 'A', port: silent.port }]);
      const client = await rawClient(rig.plane.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      while (silent.connections.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      client.socket.destroy();
      expect(happened((await counted()).requests)).toEqual(['1 safe 4xx client_gone']);
    });

    it('when its answer breaks off', async () => {
      const cut = rig.track(
        await startHostile((socket) =>
          socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf')),
        ),
      );
      await rig.serve([{ replica: 'A', port: cut.port }]);
      await rawExchange(rig.plane.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      expect(happened((await counted()).requests)).toEqual(['1 safe 5xx mid_stream']);
    });

    it('as a tunnel at its handshake, and without a duration', async () => {
      const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
      await once(server, 'listening');
      await rig.serve([{ replica: 'A', port: (server.address() as AddressInfo).port }]);
      const socket = new WebSocket(rig.plane.url.replace('http', 'ws'));
      await once(socket, 'open');
      const metrics = await counted();
      expect(happened(metrics.requests)).toEqual(['1 safe 1xx answered']);
      expect(metrics.durations.map(total)).toEqual([0, 0, 0, 0, 0]);
      expect(replica(metrics, 'A')).toMatchObject({ tunnels: 1, inFlight: 0 });
      socket.terminate();
      for (const client of server.clients) client.terminate();
      await new Promise((resolve) => server.close(resolve));
      expect(happened((await counted()).requests)).toEqual(['1 safe 1xx answered']);
    });

    it('as refused or answered when its handshake comes to nothing', async () => {
      const plain = rig.track(await startRawHttp((_request, response) => response.writeHead(404).end()));
      plain.server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n'));
      await rig.serve([{ replica: 'A', port: plain.port }]);
      const handshake =
        'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: eA==\r\nSec-WebSocket-Version: 13\r\n';
      const first = await rawClient(rig.plane.port, `GET / HTTP/1.1\r\nHost: a\r\n${handshake}\r\n`);
      await first.until(/404/);
      first.socket.destroy();
      expect(happened((await counted()).requests)).toEqual(['1 safe 4xx answered']);
    });
  });

  describe('what is counted beside', () => {
    it('is how long a try took: the wait at the replica, not the client’s own', async () => {
      const slow = rig.track(
        await startUpstream('A', (_request, response) => setTimeout(() => response.end('x'), 120)),
      );
      await rig.serve([{ replica: 'A', port: slow.port }]);
      await (await fetch(rig.plane.url)).text();
      const { upstream } = replica(await counted(), 'A');
      expect(upstream.sum).toBeGreaterThan(0.1);
      expect(upstream.buckets.slice(0, 7)).toEqual([0, 0, 0, 0, 0, 0, 0]);
    });

    it('are bytes, of the process and of the replica that answered', async () => {
      const upstream = rig.track(await startUpstream('A', (_request, response) => response.end('y'.repeat(50_000))));
      await rig.serve([{ replica: 'A', port: upstream.port }]);
      await (await fetch(rig.plane.url, { method: 'POST', body: 'x'.repeat(20_000) })).text();
      const metrics = await counted();
      const { received, sent } = replica(metrics, 'A');
      expect(received).toBeGreaterThan(20_000);
      expect(received).toBeLessThan(21_000);
      expect(sent).toBeGreaterThan(50_000);
      expect(sent).toBeLessThan(51_000);
      expect(metrics.workers[0]).toMatchObject({ received, sent });
    });

    it('are connections: of clients, and made and reused to replicas', async () => {
      const upstream = rig.track(await startUpstream('A'));
      await rig.serve([{ replica: 'A', port: upstream.port }]);
      const client = await rawClient(rig.plane.port);
      for (let time = 1; time <= 3; time++) {
        client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
        await client.until(new RegExp(`(HTTP/1.1 200[^]*){${time}}`));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect((await counted()).workers[0]).toMatchObject({
        connections: 1,
        accepted: 1,
        upstreamOpened: 1,
        upstreamReused: 2,
        upstreamOpen: 1,
        upstreamIdle: 1,
      });
      client.socket.destroy();
      expect((await counted()).workers[0]).toMatchObject({ connections: 0, accepted: 1 });
    });

    it('are retries by their reason, and those that the budget refused', async () => {
      const busy = rig.track(await startUpstream('A', (_request, response) => response.writeHead(503).end()));
      const refused = await refusedPort();
      await rig.serve([
        { replica: 'A', port: refused },
        { replica: 'B', port: busy.port },
        { replica: 'C', port: busy.port },
      ]);
      await Promise.all(
        Array.from({ length: 30 }, async (_, key) =>
          (await fetch(rig.plane.url, { headers: { 'x-hash-key': `${key}` } })).text(),
        ),
      );
      await new Promise((resolve) => setTimeout(resolve, 100));
      const { retries, workers } = await counted();
      const of = (reason: string) => retries.find((one) => one.reason === reason)?.count ?? 0;
      expect(of('connect_failed')).toBeGreaterThan(0);
      expect(of('unavailable')).toBeGreaterThan(0);
      expect(workers[0].budgetRefused).toBeGreaterThan(0);
      expect(workers[0].budgetHeld).toBe(0);
    });

    it('is the work of each lane and how late it was', async () => {
      await rig.serve([], { workers: 2 });
      const blocked = performance.now();
      while (performance.now() - blocked < 300);
      await new Promise((resolve) => setTimeout(resolve, 120));
      const { workers } = await counted();
      expect(workers).toHaveLength(2);
      for (const { lag, busy } of workers) {
        expect(lag.sum).toBeGreaterThan(0.2);
        expect(total(lag)).toBeGreaterThan(0);
        expect(busy).toBeGreaterThan(0);
      }
    });
  });

  describe('the counts of a replica', () => {
    const ask = async (count: number) => {
      for (let time = 0; time < count; time++) await (await fetch(rig.plane.url)).text();
    };
    const answered = (metrics: DataMetrics, name: string) => happened(replica(metrics, name).requests);

    it('go on through its instances', async () => {
      const upstream = rig.track(await startUpstream('A'));
      await rig.serve([{ replica: 'A', id: 'first', port: upstream.port }]);
      await ask(2);
      await counted();
      await rig.plane.route([{ replica: 'A', id: 'second', port: upstream.port }], { epoch: 2 });
      await ask(3);
      const metrics = await counted();
      expect(answered(metrics, 'A')).toEqual(['5 safe 2xx answered']);
      expect(total(replica(metrics, 'A').upstream)).toBe(5);
    });

    it('vanish with it, and leave those of the process as they were', async () => {
      const upstream = rig.track(await startUpstream('A'));
      await rig.serve([{ replica: 'A', port: upstream.port }]);
      await ask(2);
      await counted();
      await rig.plane.route([{ replica: 'B', port: upstream.port }], { epoch: 2 });
      await ask(1);
      const metrics = await counted();
      expect(metrics.replicas.map((one) => one.replica)).toEqual(['B']);
      expect(answered(metrics, 'B')).toEqual(['1 safe 2xx answered']);
      expect(happened(metrics.requests)).toEqual(['3 safe 2xx answered']);
    });

    it('are none of whoever had its row before', async () => {
      const upstream = rig.track(await startUpstream('A'));
      await rig.serve([{ replica: 'A', port: upstream.port }]);
      await ask(4);
      await rig.plane.route([]);
      await counted();
      await rig.plane.route([{ replica: 'A', id: 'again', port: upstream.port }]);
      await ask(1);
      expect(answered(await counted(), 'A')).toEqual(['1 safe 2xx answered']);
    });
  });
});
