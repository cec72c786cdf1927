// Owns a data plane on the test's own thread, driven by a real control link over an in-memory channel. Everything but the
// process border and the threads is the real thing.
import { ClaimTable } from '../../routing/claims.js';
import { KeyCounts } from '../../routing/key-counts.js';
import { ControlLink } from '../../routing/link/control-link.js';
import { memoryChannel } from '../../routing/link/memory-channel.js';
import type { ControlMessage, DataMessage, DataSettings, Snapshot } from '../../routing/link/messages.js';
import { testDataSettings } from '../../routing/testing/data-settings.js';
import { type TestInstance, testSnapshot } from '../../routing/testing/snapshots.js';
import { type Logger, silentLogger } from '../../telemetry/logger.js';
import type { WriteAccess } from '../access-log/access-lines.js';
import { TrafficCells } from '../traffic/traffic-cells.js';
import { DataPlane } from '../plane/data-plane.js';
import { inlineLanes } from '../plane/inline-lane.js';

export interface InlinePlane {
  readonly port: number;
  readonly url: string;
  readonly link: ControlLink;
  readonly plane: DataPlane;
  readonly claims: ClaimTable;
  /** Puts these instances into force and waits until all requests are routed by them. */
  route(replicas: readonly TestInstance[], changes?: Partial<Snapshot>): Promise<void>;
  close(): Promise<void>;
}

export async function startInlinePlane(
  changes: Partial<DataSettings> = {},
  options: { log?: Logger; claims?: ClaimTable; writeAccess?: WriteAccess } = {},
): Promise<InlinePlane> {
  const settings = testDataSettings(changes);
  const log = options.log ?? silentLogger;
  const claims = options.claims ?? ClaimTable.create(settings.workers, 64);
  const keys = KeyCounts.create(settings.workers);
  const traffic = TrafficCells.create(settings.workers, claims.rows);
  const plane = new DataPlane({
    settings,
    port: settings.port,
    claims,
    keys,
    traffic,
    log,
    writeAccess: options.writeAccess,
    startLane: inlineLanes(settings, claims, keys, traffic, log),
    onBroken: (reason) => {
      throw new Error(reason);
    },
  });
  const { port } = await plane.start();
  const link = new ControlLink(
    {
      async connect() {
        const [control, data] = memoryChannel<ControlMessage, DataMessage>();
        plane.accept(data);
        const hello = await new Promise<DataMessage>((resolve) => control.onMessage(resolve));
        if (hello.type !== 'hello') throw new Error('the first message must be hello');
        return { channel: control, hello };
      },
      async ended() {
        await plane.stopped;
      },
    },
    log,
    settings.seedRoutes,
  );
  await link.open();
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    link,
    plane,
    claims,
    async route(replicas, snapshotChanges) {
      const epoch = link.publish(testSnapshot(replicas, snapshotChanges));
      if (!(await link.acknowledged(epoch, 5000))) throw new Error(`epoch ${epoch} was not acknowledged`);
    },
    close: () => link.shutdown(1000),
  };
}
