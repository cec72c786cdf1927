// Owns the lane in a worker thread: what the thread is given at birth. Threads share the process's credentials, the
// claim table and the counts, nothing else.
import { setFlagsFromString } from 'node:v8';
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

/**
 * So many bytes of code, as V8 counts them, its compiler puts into one function in place of calls. The path of a request is many short
 * functions of one another, and is twice as long as V8's own 920 allows: with these a request costs 1 % less, see docs/data-plane.md.
 * A V8 that does not know the flag says so on stderr and goes on; on node's command line it would end the start.
 */
const INLINED = 2400;

/** @param entry the built data.worker.js */
export function threadLanes(
  entry: URL,
  settings: DataSettings,
  claims: ClaimTable,
  keys: KeyCounts,
  traffic: TrafficCells,
  logLevel: string,
): (worker: number) => LaneChannel {
  // For all threads of the process, so before the first of them.
  setFlagsFromString(`--max-inlined-bytecode-size-cumulative=${INLINED}`);
  return (worker) => {
    const buffers = { claims: claims.buffer, keys: keys.buffer, traffic: traffic.buffer };
    const workerData: LaneBirth = { worker, settings, ...buffers, logLevel };
    return portChannel(new Worker(entry, { workerData, env: {}, name: `lane-${worker}` }));
  };
}
