import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { silentLogger } from '../../telemetry/logger.js';
import { testDataSettings } from '../testing/data-settings.js';
import { testSnapshot } from '../testing/snapshots.js';
import type { Channel } from './channel.js';
import { ControlLink, type DataSupervisor, type Hello } from './control-link.js';
import { memoryChannel } from './memory-channel.js';
import {
  type ClassicRequest,
  type ControlMessage,
  type DataMessage,
  NO_OUTCOMES as outcomes,
  type Snapshot,
} from './messages.js';
import { parseDataMessage } from './data-messages.js';
import { socketChannel } from './socket-channel.js';
import { testDataMetrics } from '../testing/data-metrics.js';

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
const { epoch: _epoch, ...snapshot } = testSnapshot([{ replica: 'A' }]);
const REP: ClassicRequest = {
  method: 'GET',
  path: '/rep',
  search: '',
  peer: '127.0.0.1',
  headers: { forwarded: false },
  body: '',
};

const HELLO: Hello = {
  type: 'hello',
  protocol: 1,
  pid: 1,
  epoch: 0,
  settings: testDataSettings(),
  address: { host: '127.0.0.1', port: 5000 },
  user: 'nobody',
};

/** Data processes as a test scripts them: one after the other, each with the epoch that it has in force. */
class ScriptedData implements DataSupervisor {
  readonly received: ControlMessage[] = [];
  readonly ends: { withinMs: number; asked: boolean }[] = [];
  epochs: number[] = [0];
  fail: Error[] = [];
  channel: Channel<DataMessage, ControlMessage>;

  async connect() {
    const failure = this.fail.shift();
    if (failure) throw failure;
    const [control, data] = memoryChannel<ControlMessage, DataMessage>();
    this.channel = data;
    data.onMessage((message) => this.received.push(message));
    return { channel: control, hello: { ...HELLO, epoch: this.epochs.shift() ?? 0 } };
  }
  async ended(withinMs: number, asked: boolean) {
    this.ends.push({ withinMs, asked });
  }
  get snapshots(): Snapshot[] {
    return this.received.flatMap((message) => (message.type === 'snapshot' ? [message.snapshot] : []));
  }
}

async function socketPair(): Promise<[Socket, Socket]> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [accepted] = (await once(server, 'connection')) as [Socket];
  server.close();
  return [accepted, client];
}

/** As a machine does that has other work: nothing of this process runs for so many milliseconds. */
function holdUp(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

async function opened(epochs: number[] = [0], seedRoutes = true) {
  const data = new ScriptedData();
  data.epochs = epochs;
  const link = new ControlLink(data, silentLogger, seedRoutes);
  await link.open();
  return { data, link };
}

describe('a published snapshot', () => {
  it('gets the next epoch, is sent, and is acknowledged when every worker routes by it', async () => {
    const { data, link } = await opened();
    expect(link.publish(snapshot)).toBe(1);
    const acknowledged = link.acknowledged(1, 1000);
    await settled();
    expect(data.snapshots).toEqual([{ ...snapshot, epoch: 1 }]);
    data.channel.send({ type: 'ack', epoch: 1, digest: '' });
    expect(await acknowledged).toBe(true);
  });

  it('is not acknowledged by an earlier one, nor by one that was never given out', async () => {
    const { data, link } = await opened();
    link.publish(snapshot);
    link.publish(snapshot);
    data.channel.send({ type: 'ack', epoch: 1, digest: '' });
    data.channel.send({ type: 'ack', epoch: 99, digest: '' });
    expect(await link.acknowledged(2, 20)).toBe(false);
    expect(await link.acknowledged(1, 0)).toBe(true);
  });

  it('is sent to a data process that connects only later', async () => {
    const data = new ScriptedData();
    const link = new ControlLink(data, silentLogger, true);
    link.publish(snapshot);
    await link.open();
    await settled();
    expect(data.snapshots).toHaveLength(1);
  });

  it('is sent again, as a newer one, to every data process that connects later', async () => {
    const { data, link } = await opened([0, 0]);
    link.publish(snapshot);
    await settled();
    data.channel.close();
    await settled();
    expect(data.snapshots.map(({ epoch }) => epoch)).toEqual([1, 2]);
    expect(link.connected).toBe(true);
  });

  it('goes on above the epoch of a data process that was taken over, and is not acknowledged by its old one (TRAPS 4)', async () => {
    const { data, link } = await opened([41]);
    expect(link.epoch).toBe(41);
    const epoch = link.publish(snapshot);
    expect(epoch).toBe(42);
    data.channel.send({ type: 'ack', epoch: 41, digest: '' });
    expect(await link.acknowledged(epoch, 20)).toBe(false);
    data.channel.send({ type: 'ack', epoch: 42, digest: '' });
    expect(await link.acknowledged(epoch, 1000)).toBe(true);
  });

  it('from before the takeover counts as acknowledged with what was sent after it', async () => {
    const data = new ScriptedData();
    data.epochs = [41];
    const link = new ControlLink(data, silentLogger, true);
    const early = link.publish(snapshot);
    await link.open();
    data.channel.send({ type: 'ack', epoch: 42, digest: '' });
    expect(await link.acknowledged(early, 1000)).toBe(true);
  });
});

describe('a lost connection', () => {
  it('is told, and made again as often as it takes', async () => {
    const { data, link } = await opened([0, 0]);
    const told: boolean[] = [];
    link.onConnection((connected) => told.push(connected));
    data.fail = [new Error('not yet'), new Error('not yet')];
    data.channel.close();
    await settled();
    await settled();
    expect(told).toEqual([false, true]);
  });

  it('ends no wait for an acknowledgement: the next connection may bring it', async () => {
    const { data, link } = await opened([0, 0]);
    const acknowledged = link.acknowledged(link.publish(snapshot), 1000);
    data.channel.close();
    await settled();
    data.channel.send({ type: 'ack', epoch: 2, digest: '' });
    expect(await acknowledged).toBe(true);
  });

  it('ends a query with the counters known last', async () => {
    const { data, link } = await opened([0, 0]);
    const counters = { id: 'A', inFlight: 1, tunnels: 0, requests: 5, outcomes };
    data.channel.send({ type: 'counters', id: 0, instances: [counters], keys: [3, 0] });
    await settled();
    const query = link.counters(60_000);
    data.channel.close();
    expect([...(await query).values()]).toEqual([counters]);
  });

  it('is not made again while the link shuts down', async () => {
    const { data, link } = await opened([0, 0]);
    await link.shutdown(500);
    data.channel.close();
    await settled();
    expect(link.connected).toBe(false);
    expect(data.received).toEqual([{ type: 'shutdown', deadlineMs: 500 }]);
    expect(data.ends).toEqual([{ withinMs: 2500, asked: true }]);
  });
});

describe('what the data process reports', () => {
  it('reaches those who subscribed, until they end it', async () => {
    const { data, link } = await opened();
    const seen: string[] = [];
    const ends = [link.onQuiet((id) => seen.push(id)), link.onOutcome((id, outcome) => seen.push(id, outcome))];
    data.channel.send({ type: 'quiet', instanceId: 'A' });
    data.channel.send({ type: 'outcome', instanceId: 'B', outcome: 'connect_failed' });
    await settled();
    for (const end of ends) end();
    data.channel.send({ type: 'quiet', instanceId: 'C' });
    await settled();
    expect(seen).toEqual(['A', 'B', 'connect_failed']);
  });

  it('answers a query with fresh counters, and with the last ones when none come in time', async () => {
    const { data, link } = await opened();
    const query = link.counters(1000);
    await settled();
    expect(data.received).toEqual([{ type: 'query', id: 1 }]);
    const counters = { id: 'A', inFlight: 2, tunnels: 0, requests: 9, outcomes };
    data.channel.send({ type: 'counters', id: 1, instances: [counters], keys: [7, 2, 0] });
    expect((await query).get('A')?.inFlight).toBe(2);
    expect((await link.counters(10)).get('A')?.requests).toBe(9);
    expect(link.lastCounters().get('A')?.requests).toBe(9);
    expect(link.lastKeyCounts()).toEqual([7, 2, 0]);
  });

  it('answers for metrics only with what the data process says now', async () => {
    const { data, link } = await opened();
    const query = link.metrics(1000);
    await settled();
    expect(data.received).toEqual([{ type: 'metrics', id: 1 }]);
    data.channel.send({ type: 'metrics', id: 1, metrics: testDataMetrics() });
    expect(await query).toEqual(testDataMetrics());
    expect(await link.metrics(10)).toBeUndefined();
  });

  it('takes an answer as in time that came while this process itself was held up', async () => {
    const [control, data] = await socketPair();
    const channel = socketChannel<ControlMessage, DataMessage>(control, { parse: parseDataMessage });
    const link = new ControlLink(
      { connect: async () => ({ channel, hello: HELLO }), ended: async () => {} },
      silentLogger,
      true,
    );
    await link.open();
    const query = link.metrics(10);
    data.write(`${JSON.stringify({ type: 'metrics', id: 1, metrics: testDataMetrics() })}\n`);
    holdUp(50);
    expect(await query).toEqual(testDataMetrics());
    const acknowledged = link.acknowledged(link.publish(snapshot), 10);
    data.write(`${JSON.stringify({ type: 'ack', epoch: 1, digest: '' })}\n`);
    holdUp(50);
    expect(await acknowledged).toBe(true);
    await link.shutdown(0);
    data.destroy();
  });
});

describe('a classic request', () => {
  const ask = async (data: ScriptedData, id = 7) => {
    data.channel.send({ type: 'classic', id, request: REP });
    await settled();
    await settled();
    const answer = data.received.find((message) => message.type === 'answer');
    return answer?.type === 'answer' ? answer : undefined;
  };

  it('is answered by its handler, under its own id', async () => {
    const { data, link } = await opened();
    link.handleClassic(async ({ path }) => ({ status: 200, headers: {}, body: path }));
    expect(await ask(data)).toEqual({ type: 'answer', id: 7, answer: { status: 200, headers: {}, body: '/rep' } });
  });

  it('is answered with 500 and no trace when its handler throws', async () => {
    const { data, link } = await opened();
    link.handleClassic(async () => Promise.reject(new Error('secret path /etc')));
    const answer = (await ask(data))?.answer;
    expect(answer?.status).toBe(500);
    expect(answer?.body).not.toContain('secret');
  });

  it('is answered with 503 before there is a handler', async () => {
    const { data } = await opened();
    expect((await ask(data))?.answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
  });

  it('is refused when the data port was never told to take it, whatever the data process says', async () => {
    const { data, link } = await opened([0], false);
    let called = false;
    link.handleClassic(async () => {
      called = true;
      return { status: 200, headers: {}, body: '' };
    });
    expect((await ask(data))?.answer.status).toBe(404);
    expect(called).toBe(false);
  });
});
