// Owns the process of one data plane under measurement, as it is built, with one lane in a thread. Its parent tells it what to leave out and
// where the replicas are, and asks what it has counted. What it costs is asked of the kernel, by plane.ts.
import type { AccessLogFile } from '../../apps/balancer/src/proxy/access-log/access-log-file.js';
import type { threadLanes } from '../../apps/balancer/src/proxy/plane/thread-lane.js';
import { testSnapshot } from '../../apps/balancer/src/routing/testing/snapshots.ts';
import { planeParts } from '../built-plane.ts';
import { BUILT, built } from '../built.ts';
import type { PlaneOrder, PlaneReport } from './plane.ts';

process.once('message', (order: PlaneOrder) => void serve(order));
process.once('disconnect', () => process.exit(0));

async function serve({ bare, settings, replicas }: PlaneOrder): Promise<void> {
  const { threadLanes: lanes } = await built<{ threadLanes: typeof threadLanes }>('proxy/plane/thread-lane.js');
  const { AccessLogFile: File } = await built<{ AccessLogFile: typeof AccessLogFile }>(
    'proxy/access-log/access-log-file.js',
  );
  const accessLog = settings.accessLog.part > 0 ? File.open(settings.accessLog.file, console.error) : undefined;

  const lane = bare ? new URL('./bare-lane.ts', import.meta.url) : new URL('data.worker.js', BUILT);
  const { Plane, claims, keys, traffic, control, data } = await planeParts();
  const plane = new Plane({
    settings,
    port: 0,
    claims,
    keys,
    traffic,
    log: { debug() {}, info() {}, warn: console.error, error: console.error },
    writeAccess: accessLog && ((batch, done) => accessLog.write(batch, done)),
    startLane: lanes(lane, settings, claims, keys, traffic, 'error'),
    onBroken: (reason) => {
      throw new Error(reason);
    },
  });
  const { port } = await plane.start();
  control.onMessage((message) => {
    if (message.type === 'ack') report({ port });
    if (message.type !== 'metrics') return;
    report({ counted: message.metrics.requests.reduce((sum, { count }) => sum + count, 0) });
  });
  plane.accept(data);
  const instances = replicas.map((replica, k) => ({ replica: `server-${k + 1}`, ...replica }));
  control.send({ type: 'snapshot', snapshot: testSnapshot(instances) });
  // Asked as Prometheus would have it asked: a scrape is part of what metrics cost.
  process.on('message', () => control.send({ type: 'metrics', id: 1 }));
}

function report(message: PlaneReport): void {
  process.send?.(message);
}
