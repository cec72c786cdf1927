// Owns the lane on the calling thread: the same lane, the same messages, no worker. For tests.
import type { ClaimTable } from '../../routing/claims.js';
import type { KeyCounts } from '../../routing/key-counts.js';
import { memoryChannel } from '../../routing/link/memory-channel.js';
import type { DataSettings } from '../../routing/link/messages.js';
import type { Logger } from '../../telemetry/logger.js';
import type { LaneChannel } from './data-plane.js';
import { Lane } from '../lane/lane.js';
import type { LaneCommand, LaneReport } from '../lane/lane-messages.js';
import type { TrafficCells } from '../traffic/traffic-cells.js';

export function inlineLanes(
  settings: DataSettings,
  claims: ClaimTable,
  keys: KeyCounts,
  traffic: TrafficCells,
  log: Logger,
): (worker: number) => LaneChannel {
  return (worker) => {
    const [outer, inner] = memoryChannel<LaneCommand, LaneReport>();
    new Lane({ worker, settings, claims, keys, traffic, channel: inner, log, poisonsReads: true });
    return outer;
  };
}
