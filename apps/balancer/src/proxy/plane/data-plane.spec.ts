import { describe, expect, it } from '@jest/globals';
import { ClaimTable, type RowRef } from '../../routing/claims.js';
import type { Channel } from '../../routing/link/channel.js';
import { memoryChannel } from '../../routing/link/memory-channel.js';
import { type ControlMessage, type DataMessage, PROTOCOL } from '../../routing/link/messages.js';
import { testDataSettings } from '../../routing/testing/data-settings.js';
import { testSnapshot } from '../../routing/testing/snapshots.js';
import { silentLogger } from '../../telemetry/logger.js';
import { DataPlane, ListenError } from './data-plane.js';
import { KeyCounts } from '../../routing/key-counts.js';
import { inlineLanes } from './inline-lane.js';
import type { LaneCommand, LaneReport } from '../lane/lane-messages.js';
import { startInlinePlane } from '../testing/inline-plane.js';
import { rawClient } from '../testing/raw-client.js';
import { startUpstream } from '../testing/upstream.js';
import { settled } from '../testing/settled.js';
import { TrafficCells } from '../traffic/traffic-cells.js';

/** Lanes that do only what the test says. */
class ScriptedLanes {
  readonly lanes: { channel: Channel<LaneReport, LaneCommand>; commands: LaneCommand[] }[] = [];
  readonly claims: ClaimTable;
  readonly plane: DataPlane;
  readonly broken: string[] = [];

  constructor(workers: number) {
    const settings = testDataSettings({ workers });
    this.claims = ClaimTable.create(workers, 16);
    this.plane = new DataPlane({
      settings,
      port: 0,
      claims: this.claims,
      keys: KeyCounts.create(settings.workers),
      traffic: TrafficCells.create(settings.workers, this.claims.rows),
      log: silentLogger,
      startLane: (worker) => {
        const [outer, inner] = memoryChannel<LaneCommand, LaneReport>();
        const lane = { channel: inner, commands: [] as LaneCommand[] };
        this.lanes[worker] = lane;
        inner.onMessage((command) => {
          lane.commands.push(command);
          if (command.type === 'listen')
            inner.send({ type: 'listening', endpoint: { ...command.endpoint, port: 5000 } });
        });
        inner.send({ type: 'loaded' });
        return outer;
      },
      onBroken: (reason) => void this.broken.push(reason),
    });
  }

  connect(): {
    control: Channel<ControlMessage, DataMessage>;
    received: DataMessage[];
    of: <T extends DataMessage['type']>(type: T) => Extract<DataMessage, { type: T }>[];
  } {
    const [control, data] = memoryChannel<ControlMessage, DataMessage>();
    const received: DataMessage[] = [];
    control.onMessage((message) => received.push(message));
    this.plane.accept(data);
    return {
      control,
      received,
      of: <T extends DataMessage['type']>(type: T) =>
        received.filter((message): message is Extract<DataMessage, { type: T }> => message.type === type),
    };
  }

  rowIn(worker: number, id: string): RowRef {
    const table = this.lanes[worker].commands.findLast((command) => command.type === 'table');
    const ref = table?.type === 'table' ? table.rows.get(id) : undefined;
    if (!ref) throw new Error(`${id} has no row`);
    return ref;
  }
}

describe('a snapshot', () => {
  it('is in force for claims before any worker has heard of it (TRAPS 1)', async () => {
    const kit = await started(2);
    const { control } = kit.connect();
    control.send({ type: 'snapshot', snapshot: testSnapshot([{ replica: 'A' }], { epoch: 1 }) });
    await settled();
    const ref = kit.rowIn(0, 'A');
    expect(kit.claims.claim(0, ref)).toBe(true);
    control.send({ type: 'snapshot', snapshot: testSnapshot([{ replica: 'A', state: 'draining' }], { epoch: 2 }) });
    await settled();
    // The new table lies unread in a worker that is busy; its claim is refused all the same.
    expect(kit.claims.claim(0, ref)).toBe(false);
  });

  it('is acknowledged once every worker routes by it, not before', async () => {
    const kit = await started(2);
    const { control, of } = kit.connect();
    control.send({ type: 'snapshot', snapshot: testSnapshot([{ replica: 'A' }], { epoch: 5 }) });
    await settled();
    kit.lanes[0].channel.send({ type: 'routing', epoch: 5 });
    await settled();
    expect(of('ack')).toEqual([]);
    kit.lanes[1].channel.send({ type: 'routing', epoch: 5 });
    await settled();
    expect(of('ack')).toMatchObject([{ epoch: 5, digest: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
  });

  it('of an earlier epoch changes nothing, and the one in force is acknowledged again', async () => {
    const kit = await started(1);
    const { control, of } = kit.connect();
    control.send({ type: 'snapshot', snapshot: testSnapshot([{ replica: 'A' }], { epoch: 5 }) });
    await settled();
    kit.lanes[0].channel.send({ type: 'routing', epoch: 5 });
    await settled();
    control.send({ type: 'snapshot', snapshot: testSnapshot([{ replica: 'B' }], { epoch: 4 }) });
    await settled();
    expect(of('ack').map(({ epoch }) => epoch)).toEqual([5, 5]);
    expect(kit.lanes[0].commands.filter(({ type }) => type === 'table')).toHaveLength(1);
  });

  it('that makes no sense is left out and logged, and the one before stays', async () => {
    const kit = await started(1);
    const { control, of } = kit.connect();
    control.send({ type: 'snapshot', snapshot: testSnapshot([{ replica: 'A' }], { epoch: 1 }) });
    control.send({ type: 'snapshot', snapshot: testSnapshot([{ replica: 'A' }], { epoch: 2, hashKey: 'nonsense' }) });
    await settled();
    expect(kit.lanes[0].commands.filter(({ type }) => type === 'table')).toHaveLength(1);
    expect(of('log')).toMatchObject([{ level: 'error', message: expect.stringContaining('nonsense') }]);
  });
});

describe('a draining instance', () => {
  it('is quiet as soon as nothing is in flight, though no worker has read the table yet', async () => {
    const kit = await started(2);
    const { control, of } = kit.connect();
    control.send({ type: 'snapshot', snapshot: testSnapshot([{ replica: 'A' }], { epoch: 1 }) });
    await settled();
    const ref = kit.rowIn(1, 'A');
    kit.claims.claim(1, ref);
    control.send({ type: 'snapshot', snapshot: testSnapshot([{ replica: 'A', state: 'draining' }], { epoch: 2 }) });
    await settled();
    expect(of('quiet')).toEqual([]);
    kit.claims.release(1, ref);
    await settled();
    expect(of('quiet')).toEqual([{ type: 'quiet', instanceId: 'A' }]);
    expect(of('ack')).toEqual([]);
  });

  it('is told as quiet again after the acknowledgement, and to a control that connects later', async () => {
    const kit = await started(1);
    const first = kit.connect();
    first.control.send({
      type: 'snapshot',
      snapshot: testSnapshot([{ replica: 'A', state: 'draining' }], { epoch: 1 }),
    });
    await settled();
    kit.lanes[0].channel.send({ type: 'routing', epoch: 1 });
    await settled();
    expect(first.received.map(({ type }) => type).filter((type) => type !== 'counters')).toEqual([
      'hello',
      'quiet',
      'ack',
      'quiet',
    ]);
    const second = kit.connect();
    await settled();
    expect(second.of('quiet')).toHaveLength(1);
  });
});

describe('a worker that dies', () => {
  it('leaves nothing in flight, is replaced, and its successor gets the table before it listens (TRAPS 2)', async () => {
    const kit = await started(2);
    const { control, of } = kit.connect();
    control.send({ type: 'snapshot', snapshot: testSnapshot([{ replica: 'A' }], { epoch: 3 }) });
    await settled();
    kit.claims.claim(1, kit.rowIn(1, 'A'));
    const [dead] = kit.lanes.splice(1, 1);
    dead.channel.close();
    await settled();
    expect(kit.claims.inFlight(kit.rowIn(0, 'A').row)).toBe(0);
    expect(kit.lanes[1].commands.map(({ type }) => type)).toEqual(['table', 'listen']);
    expect(of('log')).toMatchObject([{ level: 'error' }]);
  });

  it('is counted; one that ends because all do is not', async () => {
    const kit = await started(2);
    const { control, of } = kit.connect();
    const deaths = async (id: number) => {
      control.send({ type: 'metrics', id });
      await settled();
      return of('metrics')
        .at(-1)
        ?.metrics.workers.map((worker) => worker.deaths);
    };
    for (let time = 0; time < 2; time++) {
      kit.lanes[1].channel.close();
      await settled();
    }
    expect(await deaths(1)).toEqual([0, 2]);
    void kit.plane.stop(1000);
    for (const { channel } of kit.lanes) channel.close();
    await settled();
    expect(await deaths(2)).toEqual([0, 2]);
  });

  it('does not acknowledge in its successor’s name', async () => {
    const kit = await started(1);
    const { control, of } = kit.connect();
    control.send({ type: 'snapshot', snapshot: testSnapshot([{ replica: 'A' }], { epoch: 1 }) });
    await settled();
    kit.lanes[0].channel.close();
    await settled();
    expect(of('ack')).toEqual([]);
    kit.lanes[0].channel.send({ type: 'routing', epoch: 1 });
    await settled();
    expect(of('ack')).toHaveLength(1);
  });
});

describe('a control process', () => {
  it('is greeted with what is in force, and takes the place of the one before', async () => {
    const kit = await started(1);
    const first = kit.connect();
    first.control.send({ type: 'snapshot', snapshot: testSnapshot([], { epoch: 9 }) });
    await settled();
    let closed = false;
    first.control.onClose(() => (closed = true));
    const second = kit.connect();
    await settled();
    expect(closed).toBe(true);
    expect(second.of('hello')).toMatchObject([
      { protocol: PROTOCOL, epoch: 9, pid: process.pid, address: { port: 5000 } },
    ]);
    expect(kit.plane.controlled).toBe(true);
    second.control.close();
    await settled();
    expect(kit.plane.controlled).toBe(false);
  });

  it('that goes away leaves classic requests without an answer, not waiting', async () => {
    const kit = await started(1);
    const ask = (id: number) =>
      kit.lanes[0].channel.send({
        type: 'classic',
        id,
        request: { method: 'GET', path: '/rep', search: '', peer: '::1', headers: { forwarded: false }, body: '' },
      });
    const { control, of } = kit.connect();
    ask(4);
    await settled();
    expect(of('classic')).toHaveLength(1);
    control.close();
    await settled();
    ask(5);
    await settled();
    const answers = kit.lanes[0].commands.filter(({ type }) => type === 'answer');
    expect(answers).toEqual([
      { type: 'answer', id: 4, answer: undefined },
      { type: 'answer', id: 5, answer: undefined },
    ]);
  });

  it('is sent counters when they change, and only then', async () => {
    const kit = await started(1);
    const { control, of } = kit.connect();
    control.send({ type: 'snapshot', snapshot: testSnapshot([{ replica: 'A' }], { epoch: 1 }) });
    await new Promise((resolve) => setTimeout(resolve, 350));
    const before = of('counters').length;
    kit.claims.claim(0, kit.rowIn(0, 'A'));
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(of('counters').length - before).toBe(1);
    expect(of('counters').at(-1)).toMatchObject({ id: 0, instances: [{ id: 'A', inFlight: 1, requests: 1 }] });
  });
});

async function started(workers: number): Promise<ScriptedLanes> {
  const kit = new ScriptedLanes(workers);
  await kit.plane.start();
  return kit;
}

describe('the data port', () => {
  it('is refused when something else listens there, also for workers that would share it (TRAPS 5)', async () => {
    const other = await startUpstream('other');
    for (const workers of [1, 2]) {
      const settings = testDataSettings({ workers, port: other.port });
      const claims = ClaimTable.create(workers, 4);
      const keys = KeyCounts.create(workers);
      const traffic = TrafficCells.create(workers, claims.rows);
      const plane = new DataPlane({
        settings,
        port: settings.port,
        claims,
        keys,
        traffic,
        log: silentLogger,
        startLane: inlineLanes(settings, claims, keys, traffic, silentLogger),
        onBroken: () => {},
      });
      await expect(plane.start()).rejects.toEqual(expect.objectContaining({ code: 'EADDRINUSE' }));
      await expect(plane.start()).rejects.toBeInstanceOf(ListenError);
    }
    await other.close();
  });

  it('is shared by two lanes, and both serve', async () => {
    const upstream = await startUpstream('A');
    const plane = await startInlinePlane({ workers: 2 });
    await plane.route([{ replica: 'A', port: upstream.port }]);
    for (let time = 0; time < 20; time++) {
      const client = await rawClient(plane.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
      expect((await client.closed()).text).toMatch(/^HTTP\/1.1 200 /);
    }
    expect((await plane.link.counters(1000)).get('A')?.requests).toBe(20);
    await plane.close();
    await upstream.close();
  });
});
