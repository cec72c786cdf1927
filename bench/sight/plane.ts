// Owns one data plane under measurement: a process of its own with one lane, as it is built, routing to one replica. Its parent
// tells it what to leave out and asks what it has spent. What is compared with what is measure.ts's.
import type { AccessLogFile } from '../../apps/balancer/src/proxy/access-log/access-log-file.ts';
import type { DataPlane } from '../../apps/balancer/src/proxy/data-plane.ts';
import type { inlineLanes } from '../../apps/balancer/src/proxy/inline-lane.ts';
import type { LaneMeter } from '../../apps/balancer/src/proxy/traffic/lane-meter.ts';
import type { LanePulse } from '../../apps/balancer/src/proxy/traffic/lane-pulse.ts';
import type { TrafficCells } from '../../apps/balancer/src/proxy/traffic/traffic-cells.ts';
import type { ClaimTable } from '../../apps/balancer/src/routing/claims.ts';
import type { HotKeys } from '../../apps/balancer/src/routing/hot-keys.ts';
import type { KeyCounts } from '../../apps/balancer/src/routing/key-counts.ts';
import type { memoryChannel } from '../../apps/balancer/src/routing/link/memory-channel.ts';
import type { ControlMessage, DataMessage, DataSettings } from '../../apps/balancer/src/routing/link/messages.ts';
import { testSnapshot } from '../../apps/balancer/src/routing/testing/snapshots.ts';

const BUILT = new URL('../../dist/apps/balancer/src/', import.meta.url).href;
const built = async <Module>(path: string) => (await import(BUILT + path)) as Module;

/** First message of the parent. */
export interface PlaneOrder {
  /** What is left out, as if it had never been written. */
  readonly without: readonly ('metrics' | 'hot keys')[];
  readonly settings: DataSettings;
  readonly replicaPort: number;
}

/** CPU seconds since the process began, and how many requests it has counted. */
export interface Spent {
  readonly cpu: number;
  readonly counted: number;
}

process.once('message', (order: PlaneOrder) => void serve(order));
process.once('disconnect', () => process.exit(0));

async function serve({ without, settings, replicaPort }: PlaneOrder): Promise<void> {
  const { LaneMeter: Meter } = await built<{ LaneMeter: typeof LaneMeter }>('proxy/traffic/lane-meter.js');
  const { LanePulse: Pulse } = await built<{ LanePulse: typeof LanePulse }>('proxy/traffic/lane-pulse.js');
  if (without.includes('metrics')) {
    silence(Meter.prototype, [
      'connected',
      'disconnected',
      'follow',
      'request',
      'ended',
      'moved',
      'upstream',
      'retry',
      'upstreamOpened',
      'upstreamReused',
    ]);
    silence(Pulse.prototype, ['look']);
  }
  const { HotKeys: Hot } = await built<{ HotKeys: typeof HotKeys }>('routing/hot-keys.js');
  if (without.includes('hot keys')) silence(Hot.prototype, ['count', 'fade']);
  const { DataPlane: Plane } = await built<{ DataPlane: typeof DataPlane }>('proxy/data-plane.js');
  const { inlineLanes: lanes } = await built<{ inlineLanes: typeof inlineLanes }>('proxy/inline-lane.js');
  const { TrafficCells: Cells } = await built<{ TrafficCells: typeof TrafficCells }>('proxy/traffic/traffic-cells.js');
  const { ClaimTable: Claims } = await built<{ ClaimTable: typeof ClaimTable }>('routing/claims.js');
  const { KeyCounts: Keys } = await built<{ KeyCounts: typeof KeyCounts }>('routing/key-counts.js');
  const { memoryChannel: channels } = await built<{ memoryChannel: typeof memoryChannel }>(
    'routing/link/memory-channel.js',
  );

  const { AccessLogFile: File } = await built<{ AccessLogFile: typeof AccessLogFile }>(
    'proxy/access-log/access-log-file.js',
  );
  const accessLog = settings.accessLog.part > 0 ? File.open(settings.accessLog.file, console.error) : undefined;

  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const claims = Claims.create(1);
  const keys = Keys.create(1);
  const traffic = Cells.create(1, claims.rows);
  const plane = new Plane({
    settings,
    port: 0,
    claims,
    keys,
    traffic,
    log,
    writeAccess: accessLog && ((batch, done) => accessLog.write(batch, done)),
    startLane: lanes(settings, claims, keys, traffic, log),
    onBroken: (reason) => {
      throw new Error(reason);
    },
  });
  const { port } = await plane.start();
  const [control, data] = channels<ControlMessage, DataMessage>();
  control.onMessage((message) => {
    if (message.type === 'ack') process.send?.({ port });
    if (message.type !== 'metrics') return;
    const { user, system } = process.cpuUsage();
    const counted = message.metrics.requests.reduce((sum, { count }) => sum + count, 0);
    process.send?.({ cpu: (user + system) / 1e6, counted } satisfies Spent);
  });
  plane.accept(data);
  control.send({
    type: 'snapshot',
    snapshot: testSnapshot([{ replica: 'one', port: replicaPort }]),
  });
  // Asked as Prometheus would have it asked: a scrape is part of what metrics cost.
  process.on('message', () => control.send({ type: 'metrics', id: 1 }));
}

/** Empties these methods; the calls of them stay, which are less than a thousandth of a request. */
function silence<Counter extends object>(prototype: Counter, methods: readonly (keyof Counter)[]): void {
  for (const name of methods) Object.defineProperty(prototype, name, { value: () => {} });
}
