// A worker thread of the data process: wiring only. It runs one lane and ends with it.
import { parentPort, workerData } from 'node:worker_threads';
import { Lane } from './proxy/lane/lane.js';
import type { LaneCommand, LaneReport } from './proxy/lane/lane-messages.js';
import type { LaneBirth } from './proxy/plane/thread-lane.js';
import { ClaimTable } from './routing/claims.js';
import { KeyCounts } from './routing/key-counts.js';
import { portChannel } from './routing/link/port-channel.js';
import { TrafficCells } from './proxy/traffic/traffic-cells.js';
import { createLogger } from './telemetry/logger.js';

if (!parentPort) throw new Error('data.worker.js runs as a worker thread of the data process');
const { worker, settings, claims, keys, traffic, logLevel } = workerData as LaneBirth;

const lane = new Lane({
  worker,
  settings,
  claims: new ClaimTable(claims),
  keys: new KeyCounts(keys),
  traffic: new TrafficCells(traffic),
  channel: portChannel<LaneReport, LaneCommand>(parentPort),
  log: createLogger(logLevel, 'data'),
});

// Also where the thread ends by an error.
process.once('exit', () => lane.flushAccessLog());
