// Lanes in real worker threads, as they are built: what a blocked, a slow and a dead worker do to a drain and to requests.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { setTimeout as delay } from 'node:timers/promises';
import { DataPlane, type LaneChannel } from '../src/proxy/plane/data-plane.js';
import { rawClient } from '../src/proxy/testing/raw-client.js';
import { startUpstream, type Upstream } from '../src/proxy/testing/upstream.js';
import { type LaneBirth, threadLanes } from '../src/proxy/plane/thread-lane.js';
import { TrafficCells } from '../src/proxy/traffic/traffic-cells.js';
import { ClaimTable } from '../src/routing/claims.js';
import { KeyCounts } from '../src/routing/key-counts.js';
import { ControlLink } from '../src/routing/link/control-link.js';
import { memoryChannel } from '../src/routing/link/memory-channel.js';
import type { ControlMessage, DataMessage } from '../src/routing/link/messages.js';
import { portChannel } from '../src/routing/link/port-channel.js';
import { testDataSettings } from '../src/routing/testing/data-settings.js';
import { type TestInstance, testSnapshot } from '../src/routing/testing/snapshots.js';
import { silentLogger } from '../src/telemetry/logger.js';

const BUILT = pathToFileURL(join(import.meta.dirname, '../../../dist/apps/balancer/src')).href;

interface Kit {
  readonly plane: DataPlane;
  readonly link: ControlLink;
  readonly claims: ClaimTable;
  readonly lanes: LaneChannel[];
  readonly port: number;
  publish(...list: TestInstance[]): number;
}

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function start(workers: number, startLane?: (birth: LaneBirth) => LaneChannel): Promise<Kit> {
  const settings = testDataSettings({ workers });
  const claims = ClaimTable.create(workers, 64);
  const keys = KeyCounts.create(workers);
  const traffic = TrafficCells.create(workers, claims.rows);
  const buffers = { claims: claims.buffer, keys: keys.buffer, traffic: traffic.buffer };
  const lanes: LaneChannel[] = [];
  const built = threadLanes(new URL(`${BUILT}/data.worker.js`), settings, claims, keys, traffic, 'silent');
  const plane = new DataPlane({
    settings,
    port: 0,
    claims,
    keys,
    traffic,
    log: silentLogger,
    startLane: (worker) =>
      (lanes[worker] = startLane ? startLane({ worker, settings, ...buffers, logLevel: 'silent' }) : built(worker)),
    onBroken: (reason) => {
      throw new Error(reason);
    },
  });
  const { port } = await plane.start();
  const [control, data] = memoryChannel<ControlMessage, DataMessage>();
  plane.accept(data);
  const hello = await new Promise<DataMessage>((resolve) => control.onMessage(resolve));
  if (hello.type !== 'hello') throw new Error('hello comes first');
  const link = new ControlLink(
    { connect: async () => ({ channel: control, hello }), ended: () => plane.stopped },
    silentLogger,
    true,
  );
  await link.open();
  open.push(async () => {
    await link.shutdown(500);
    for (const lane of lanes) lane.close();
  });
  return {
    plane,
    link,
    claims,
    lanes,
    port,
    publish: (...list) => {
      const { epoch: _, ...snapshot } = testSnapshot(list);
      return link.publish(snapshot);
    },
  };
}
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(10);
}
async function upstream(name: string): Promise<Upstream> {
  const started = await startUpstream(name);
  open.push(() => started.close());
  return started;
}

/** Where a worker stands still between choosing a replica and claiming it, until it is let on. */
class Gate {
  readonly words = new Int32Array(new SharedArrayBuffer(8));

  get reached(): boolean {
    return Atomics.load(this.words, 1) === 1;
  }

  open(): void {
    Atomics.store(this.words, 0, 1);
    Atomics.notify(this.words, 0);
  }
}

/** A lane whose worker blocks at the gate; `trusting`: without the second read. */
function blockingLane(gate: Gate, trusting: boolean): (birth: LaneBirth) => LaneChannel {
  const program = `
    import { parentPort, workerData } from 'node:worker_threads';
    import { Lane } from '${BUILT}/proxy/lane/lane.js';
    import { TrafficCells } from '${BUILT}/proxy/traffic/traffic-cells.js';
    import { ClaimTable } from '${BUILT}/routing/claims.js';
    import { KeyCounts } from '${BUILT}/routing/key-counts.js';
    import { portChannel } from '${BUILT}/routing/link/port-channel.js';
    class Blocking extends ClaimTable {
      claim(worker, ref) {
        Atomics.store(gate, 1, 1);
        Atomics.wait(gate, 0, 0);
        return super.claim(worker, ref);
      }
      confirm(ref) {
        return ${trusting} || super.confirm(ref);
      }
    }
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const { worker, settings, claims, keys, traffic, gate } = workerData;
    const shared = { claims: new Blocking(claims), keys: new KeyCounts(keys), traffic: new TrafficCells(traffic) };
    new Lane({ worker, settings, ...shared, channel: portChannel(parentPort), log });`;
  const url = new URL(`data:text/javascript,${encodeURIComponent(program)}`);
  return (birth) => portChannel(new Worker(url, { workerData: { ...birth, gate: gate.words } }));
}

describe('a worker that is blocked between choosing a replica and claiming it (TRAPS 1)', () => {
  /** Requests that the replica got after control had every reason to send it SIGTERM, while the worker was still blocked. */
  async function requestsAfterQuiet(trusting: boolean): Promise<{ after: number; status: string }> {
    const gate = new Gate();
    open.push(async () => gate.open());
    const kit = await start(1, blockingLane(gate, trusting));
    const replica = await upstream('A');
    const port = replica.port;
    expect(await kit.link.acknowledged(kit.publish({ replica: 'A', port }), 20_000)).toBe(true);
    const quiet = new Promise<void>((resolve) => kit.link.onQuiet(() => resolve()));
    const client = await rawClient(kit.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    await until(async () => gate.reached);
    kit.publish({ replica: 'A', port, state: 'draining' });
    await quiet;
    const before = replica.seen.length;
    gate.open();
    const { text } = await client.closed();
    return { after: replica.seen.length - before, status: text.slice(9, 12) };
  }

  it('sends the replica nothing after it was quiet, and the drain does not wait for the worker', async () => {
    expect(await requestsAfterQuiet(false)).toEqual({ after: 0, status: '503' });
  });

  it('would send it one without the second read of the state word', async () => {
    expect((await requestsAfterQuiet(true)).after).toBe(1);
  });
});

describe('a worker that dies', () => {
  it('is replaced on the same port; what it carried is counted no more, the others go on (TRAPS 2)', async () => {
    const kit = await start(2);
    const replica = await startUpstream('A', ({ url }, response) => {
      if (url !== '/never') response.end('ok');
    });
    open.push(() => replica.close());
    await kit.link.acknowledged(kit.publish({ replica: 'A', port: replica.port }), 20_000);
    // Enough connections that either worker has some.
    const waiting = await Promise.all(
      Array.from({ length: 20 }, () => rawClient(kit.port, 'GET /never HTTP/1.1\r\nHost: a\r\n\r\n')),
    );
    const inFlight = async () => (await kit.link.counters(1000)).get('A')?.inFlight ?? 0;
    await until(async () => (await inFlight()) === 20);

    let cut = 0;
    for (const client of waiting) void client.closed().then(() => cut++);
    kit.lanes[0].close();
    await until(async () => (await inFlight()) < 20);
    const carried = await inFlight();
    await until(async () => cut === 20 - carried);

    for (let time = 0; time < 20; time++) {
      const response = await fetch(`http://127.0.0.1:${kit.port}/`, { headers: { connection: 'close' } });
      expect([response.status, await response.text()]).toEqual([200, 'ok']);
    }
    // A client may have its answer before it is off the count.
    await until(async () => (await inFlight()) === carried);
    expect(cut).toBe(20 - carried);
    for (const client of waiting) client.socket.destroy();
    await until(async () => (await inFlight()) === 0);
    expect((await kit.link.metrics(20_000))?.workers.map(({ deaths }) => deaths)).toEqual([1, 0]);
    // The successor acknowledges like the others.
    expect(await kit.link.acknowledged(kit.publish({ replica: 'A', port: replica.port }), 20_000)).toBe(true);
  });
});

describe('two workers', () => {
  it('share the port and the counts', async () => {
    const kit = await start(2);
    const replica = await upstream('A');
    await kit.link.acknowledged(kit.publish({ replica: 'A', port: replica.port }), 20_000);
    for (let time = 0; time < 60; time++) {
      await (await fetch(`http://127.0.0.1:${kit.port}/`, { headers: { connection: 'close' } })).text();
    }
    const counters = async () => (await kit.link.counters(1000)).get('A');
    await until(async () => (await counters())?.inFlight === 0);
    expect((await counters())?.requests).toBe(60);
  });

  it('never let a request reach the wrong name, while addresses are given away in reverse order under load (TRAPS 3)', async () => {
    const kit = await start(2);
    // What was sent once a table was acknowledged goes by that one or by a later one, however late it arrives.
    let published = 0;
    let acknowledged = 0;
    let judged = 0;
    const wrong: string[] = [];
    const addressOf = (name: unknown, round: number) => (name === 'A' ? round : round + 1) % 2;
    const replicas = await Promise.all(
      [0, 1].map(async (address) => {
        const replica = await startUpstream(`${address}`, ({ headers }, response) => {
          const name = headers['x-hashflow-replica'];
          // Two tables in force between them would give either name either address.
          if (Number(headers['x-round']) === published) {
            judged++;
            if (addressOf(name, published) !== address)
              wrong.push(`${String(name)} at ${address} in round ${published}`);
          }
          response.end();
        });
        open.push(() => replica.close());
        return replica;
      }),
    );
    const publish = async (round: number) => {
      published = round;
      const port = (name: string) => replicas[addressOf(name, round)]?.port ?? 0;
      const instances = ['A', 'B'].map((name) => ({ replica: name, id: `${name}${round}`, port: port(name) }));
      expect(await kit.link.acknowledged(kit.publish(...instances), 20_000)).toBe(true);
      acknowledged = round;
    };
    await publish(1);
    let running = true;
    const failed: string[] = [];
    const load = Promise.all(
      Array.from({ length: 6 }, async () => {
        while (running) {
          const headers = { 'x-round': `${acknowledged}` };
          const response = await fetch(`http://127.0.0.1:${kit.port}/`, { headers });
          const text = await response.text();
          if (response.status !== 200) failed.push(`${response.status} ${text}`);
        }
      }),
    );
    for (let round = 2; round <= 16; round++) {
      const enough = judged + 30;
      await until(async () => judged >= enough);
      await publish(round);
    }
    running = false;
    await load;
    expect([wrong, failed]).toEqual([[], []]);
  });
});
