// Owns what a benchmark needs of the build to run a data plane with one worker by itself: the plane, its shared memory, and the channel by
// which it is told where replicas are. Its settings, and what carries its lane, are the benchmark's.
import type { DataPlane } from '../apps/balancer/src/proxy/plane/data-plane.js';
import type { TrafficCells } from '../apps/balancer/src/proxy/traffic/traffic-cells.js';
import type { ClaimTable } from '../apps/balancer/src/routing/claims.js';
import type { KeyCounts } from '../apps/balancer/src/routing/key-counts.js';
import type { memoryChannel } from '../apps/balancer/src/routing/link/memory-channel.js';
import type { ControlMessage, DataMessage } from '../apps/balancer/src/routing/link/messages.js';
import { built } from './built.ts';

export async function planeParts() {
  const { DataPlane: Plane } = await built<{ DataPlane: typeof DataPlane }>('proxy/plane/data-plane.js');
  const { TrafficCells: Cells } = await built<{ TrafficCells: typeof TrafficCells }>('proxy/traffic/traffic-cells.js');
  const { ClaimTable: Claims } = await built<{ ClaimTable: typeof ClaimTable }>('routing/claims.js');
  const { KeyCounts: Keys } = await built<{ KeyCounts: typeof KeyCounts }>('routing/key-counts.js');
  const link = await built<{ memoryChannel: typeof memoryChannel }>('routing/link/memory-channel.js');
  const claims = Claims.create(1);
  const keys = Keys.create(1);
  const traffic = Cells.create(1, claims.rows);
  const [control, data] = link.memoryChannel<ControlMessage, DataMessage>();
  return { Plane, claims, keys, traffic, control, data };
}
