// Owns the lane in a worker thread: what the thread is given at birth. Threads share the process's credentials, the
// claim table and the counts, nothing else.
import { Worker } from 'node:worker_threads';
import type { ClaimTable } from '../../routing/claims.js';
import type { KeyCounts } from '../../routing/key-counts.js';
import { portChannel } from '../../routing/link/port-channel.js';
import type { DataSettings } from '../../routing/link/messages.js';
import type { LaneChannel } from './data-plane.js';
import type { TrafficCells } from '../traffic/traffic-cells.js';

export interface LaneBirth {
  readonly worker: number;
  readonly settings: DataSettings;
  readonly claims: SharedArrayBuffer;
  readonly keys: SharedArrayBuffer;
  readonly traffic: SharedArrayBuffer;
  readonly logLevel: string;
}

/** @param entry the built data.worker.js */
export function threadLanes(
  entry: URL,
  settings: DataSettings,
  claims: ClaimTable,
  keys: KeyCounts,
  traffic: TrafficCells,
  logLevel: string,
): (worker: number) => LaneChannel {
  return (worker) => {
    const buffers = { claims: claims.buffer, keys: keys.buffer, traffic: traffic.buffer };
    const workerData: LaneBirth = { worker, settings, ...buffers, logLevel };
    return portChannel(new Worker(entry, { workerData, env: {}, name: `lane-${worker}` }));
  };
}
