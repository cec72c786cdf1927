// Replicas with limits, on the wire: what they carry at most, who waits, and what those read who may not.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import type { DataSettings } from '../../routing/link/messages.js';
import { eventually } from '../../runtime/testing/eventually.js';
import type { AccessBatch } from '../access-log/access-lines.js';
import { type InlinePlane, startInlinePlane } from '../testing/inline-plane.js';
import { LANES } from '../testing/lanes.js';
import { rawClient } from '../testing/raw-client.js';
import { refusedPort, startRawHttp, type Upstream } from '../testing/upstream.js';

let plane: InlinePlane;
let express: boolean;
const open: Replica[] = [];
afterEach(async () => {
  await plane.close();
  for (const { upstream } of open.splice(0)) await upstream.close();
});

/** A replica that answers when it is told to. */
interface Replica {
  readonly upstream: Upstream;
  readonly paths: string[];
  /** Not answered yet. */
  readonly held: ServerResponse[];
  most: number;
  answerOne(): void;
}

async function startReplica(): Promise<Replica> {
  const replica: Replica = {
    paths: [],
    held: [],
    most: 0,
    answerOne: () => void replica.held.shift()?.end('fine'),
    upstream: await startRawHttp((request, response) => {
      replica.paths.push(request.url ?? '');
      replica.held.push(response);
      replica.most = Math.max(replica.most, replica.held.length);
      response.once('close', () => {
        const index = replica.held.indexOf(response);
        if (index >= 0) replica.held.splice(index, 1);
      });
    }),
  };
  open.push(replica);
  return replica;
}

async function serve(
  count: number,
  settings: Partial<DataSettings>,
  options: Parameters<typeof startInlinePlane>[1] = {},
): Promise<Replica[]> {
  const replicas = [];
  for (let index = 0; index < count; index++) replicas.push(await startReplica());
  plane = await startInlinePlane({ express, ...settings }, options);
  await plane.route(replicas.map(({ upstream: { port } }, index) => ({ replica: `R${index}`, port })));
  return replicas;
}

const ask = async (path = '/', init: RequestInit = {}) => {
  const response = await fetch(plane.url + path, { ...init, headers: { 'x-hash-key': 'one key' } });
  await response.text();
  return response;
};
const metrics = async () => (await plane.link.metrics(1000))?.workers[0];
const queued = (length: number) => eventually(async () => expect((await metrics())?.queued).toBe(length));
const reached = (replica: Replica, count: number) => eventually(() => expect(replica.paths).toHaveLength(count));

describe.each(LANES)('in the %s lane', (lane) => {
  beforeEach(() => void (express = lane === 'express'));

  describe('REPLICA_MAX_INFLIGHT', () => {
    it('sends a key to its next candidate while its first is at the limit, and back after it', async () => {
      const replicas = await serve(2, { replicaMaxInflight: 1 });
      const first = ask('/1');
      const owner = await eventually(() => {
        const one = replicas.find(({ held }) => held.length > 0);
        if (!one) throw new Error('not there yet');
        return one;
      });
      const other = replicas[1 - replicas.indexOf(owner)];
      const second = ask('/2');
      await reached(other, 1);
      owner.answerOne();
      expect((await first).status).toBe(200);
      const third = ask('/3');
      await reached(owner, 2);
      owner.answerOne();
      other.answerOne();
      expect([(await second).status, (await third).status]).toEqual([200, 200]);
      expect([owner.most, other.most]).toEqual([1, 1]);
    });

    it('without a queue refuses what is beyond with 503 overload and Retry-After, and no replica sees it', async () => {
      const [replica] = await serve(1, { replicaMaxInflight: 1 });
      const first = ask('/1');
      await reached(replica, 1);
      const refused = await ask('/2');
      expect([refused.status, refused.headers.get('x-hashflow-cause'), refused.headers.get('retry-after')]).toEqual([
        503,
        'overload',
        '1',
      ]);
      replica.answerOne();
      expect((await first).status).toBe(200);
      expect(replica.paths).toEqual(['/1']);
    });
  });

  describe('the queue', () => {
    it('holds requests with their bodies, in order, until there is room', async () => {
      const lines: string[] = [];
      const writeAccess = (batch: AccessBatch, done: () => void) => {
        lines.push(...Buffer.from(batch.bytes).toString().trim().split('\n'));
        done();
      };
      const accessLog = { part: 1, format: 'json', file: null, mask: [] } as const;
      const [replica] = await serve(1, { replicaMaxInflight: 1, queue: 10, accessLog }, { writeAccess });
      const answers = [ask('/0')];
      await reached(replica, 1);
      for (let index = 1; index <= 4; index++) {
        answers.push(ask(`/${index}`, index % 2 === 0 ? { method: 'POST', body: 'x'.repeat(1000) } : {}));
        await queued(index);
      }
      for (let index = 1; index <= 4; index++) {
        replica.answerOne();
        await reached(replica, index + 1);
      }
      replica.answerOne();
      expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
      expect([replica.paths, replica.most]).toEqual([['/0', '/1', '/2', '/3', '/4'], 1]);
      await queued(0);
      const { queue } = (await metrics()) ?? {};
      expect(queue?.buckets.reduce((sum, count) => sum + count)).toBe(4);
      const phases = await eventually(() => {
        const entries = lines.map((line) => JSON.parse(line) as { phases: { queue?: number; wait: number } });
        expect(entries).toHaveLength(5);
        return entries.map((entry) => entry.phases);
      });
      expect(phases.map(({ queue: time }) => time !== undefined && time > 0)).toEqual([false, true, true, true, true]);
      // What the body took is told apart from it.
      for (const { wait } of phases) expect(wait).toBeGreaterThanOrEqual(0);
    });

    it('answers 503 overload after QUEUE_TIMEOUT, and at once where it is full', async () => {
      const [replica] = await serve(1, { replicaMaxInflight: 1, queue: 1, queueTimeout: 400 });
      const first = ask('/first');
      await reached(replica, 1);
      const waits = ask('/waits');
      await queued(1);
      const beyond = await ask('/beyond');
      const late = await waits;
      for (const { status, headers } of [beyond, late])
        expect([status, headers.get('x-hashflow-cause')]).toEqual([503, 'overload']);
      replica.answerOne();
      expect((await first).status).toBe(200);
      expect(replica.paths).toEqual(['/first']);
      const counts = (await plane.link.metrics(1000))?.requests.filter(({ cause }) => cause === 'overload');
      expect(counts?.reduce((sum, { count }) => sum + count, 0)).toBe(2);
    });

    it('forgets who leaves it', async () => {
      const [replica] = await serve(1, { replicaMaxInflight: 1, queue: 10 });
      const first = ask('/first');
      await reached(replica, 1);
      const leaver = await rawClient(plane.port, 'GET /leaves HTTP/1.1\r\nHost: a\r\n\r\n');
      await queued(1);
      const stays = ask('/stays');
      await queued(2);
      leaver.socket.destroy();
      await queued(1);
      replica.answerOne();
      await reached(replica, 2);
      replica.answerOne();
      expect([(await first).status, (await stays).status, replica.paths]).toEqual([200, 200, ['/first', '/stays']]);
    });

    it('moves on when a table brings another replica', async () => {
      const [replica] = await serve(1, { replicaMaxInflight: 1, queue: 10 });
      const first = ask('/first');
      await reached(replica, 1);
      const waits = ask('/waits');
      await queued(1);
      const other = await startReplica();
      await plane.route([
        { replica: 'R0', port: replica.upstream.port },
        { replica: 'R1', port: other.upstream.port },
      ]);
      await reached(other, 1);
      other.answerOne();
      replica.answerOne();
      expect([(await first).status, (await waits).status]).toEqual([200, 200]);
    });

    it('is where a request goes whose first replica refused it while the others are at their limits', async () => {
      const [replica] = await serve(1, { replicaMaxInflight: 1, queue: 10, noReplicaWait: 0 });
      const first = ask('/first');
      await reached(replica, 1);
      const dead = await refusedPort();
      await plane.route([
        { replica: 'R0', port: replica.upstream.port },
        { replica: 'dead', port: dead },
      ]);
      const waits = ask('/waits');
      await queued(1);
      replica.answerOne();
      await reached(replica, 2);
      replica.answerOne();
      expect([(await first).status, (await waits).status]).toEqual([200, 200]);
    });
  });

  describe('REPLICA_MAX_CONNECTIONS', () => {
    it('counts idle connections: one is closed where a request must have a new one', async () => {
      const [replica] = await serve(1, { replicaMaxConnections: 1, queue: 10 });
      const { connections } = replica.upstream;
      const alive = () => connections.filter((socket) => !socket.destroyed && socket.readyState === 'open').length;
      const first = ask('/1');
      await reached(replica, 1);
      replica.answerOne();
      await first;
      // Old enough for what may not be sent twice.
      await new Promise((resolve) => setTimeout(resolve, 1050));
      const second = ask('/2', { method: 'POST', body: 'once' });
      await reached(replica, 2);
      await eventually(() => expect([connections.length, alive()]).toEqual([2, 1]));
      const third = ask('/3');
      await queued(1);
      replica.answerOne();
      await reached(replica, 3);
      replica.answerOne();
      expect([(await second).status, (await third).status, connections.length]).toEqual([200, 200, 2]);
    });

    it('closes idle connections for one that a WebSocket needs, whichever lane they are of', async () => {
      const [replica] = await serve(1, { replicaMaxConnections: 2, queue: 10 });
      const { connections, server } = replica.upstream;
      server.on('upgrade', (_request, socket) => {
        socket.on('error', () => {}).resume();
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      });
      const answers = [ask('/1'), ask('/2')];
      await reached(replica, 2);
      replica.answerOne();
      replica.answerOne();
      await Promise.all(answers);
      const handshake = 'GET /tunnel HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
      const tunnel = await rawClient(plane.port, handshake);
      await tunnel.until(/101/);
      const open = () => connections.filter(({ readyState }) => readyState === 'open').length;
      await eventually(() => expect([connections.length, open()]).toEqual([3, 2]));
      tunnel.socket.destroy();
    });

    it('is not exceeded under load, tunnels and aborted requests among it', async () => {
      const [replica] = await serve(1, { replicaMaxConnections: 3, queue: 1000, queueTimeout: 30_000 });
      let most = 0;
      let now = 0;
      replica.upstream.server.on('connection', (socket) => {
        most = Math.max(most, ++now);
        socket.once('close', () => now--);
      });
      replica.upstream.server.on('upgrade', (_request, socket) => {
        socket.on('error', () => {});
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
        socket.on('end', () => socket.end());
        socket.resume();
      });
      const tunnel = await rawClient(
        plane.port,
        'GET /tunnel HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      );
      await tunnel.until(/101/);
      const aborts: AbortController[] = [];
      const answers = Array.from({ length: 60 }, (_, index) => {
        const abort = new AbortController();
        if (index % 5 === 0) aborts.push(abort);
        const method = index % 3 === 0 ? 'POST' : 'GET';
        return ask(`/${index}`, { method, signal: abort.signal }).then(
          ({ status }) => status,
          () => 'aborted',
        );
      });
      const timer = setInterval(() => {
        replica.answerOne();
        if (Math.random() < 0.3) aborts.pop()?.abort();
      }, 2);
      const statuses = new Set(await Promise.all(answers));
      clearInterval(timer);
      statuses.delete('aborted');
      expect([...statuses]).toEqual([200]);
      // What the replica sees of a close comes some time after it.
      expect(replica.most).toBeLessThanOrEqual(2);
      expect(most).toBeLessThanOrEqual(4);
      tunnel.socket.destroy();
    });
  });
});
