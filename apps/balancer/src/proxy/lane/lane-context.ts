// Owns what every request of a lane may use. Built once per lane; nothing in it belongs to one request.
import type { HotKeys } from '../../routing/hot-keys.js';
import type { KeyCounts } from '../../routing/key-counts.js';
import type { DataSettings } from '../../routing/link/messages.js';
import type { Logger } from '../../telemetry/logger.js';
import type { AccessLog } from '../access-log/access-log.js';
import type { AttemptScope } from '../attempts/attempt-scope.js';
import type { CandidateScope } from '../attempts/candidates.js';
import type { Trusts } from './client-address.js';
import type { ConnectionRooms } from '../limits/connection-rooms.js';
import type { Deadlines } from './deadlines.js';
import type { RequestQueue } from '../limits/request-queue.js';
import type { RequestIds } from '../message/request-id.js';
import type { FreshTraces } from '../message/fresh-traces.js';
import type { ReadBuffers } from '../express/read-buffers.js';
import type { Forwarding } from '../message/fields.js';
import type { LaneMeter } from '../traffic/lane-meter.js';
import type { Upstreams } from '../standard/upstreams.js';

export interface LaneContext extends AttemptScope, CandidateScope {
  readonly settings: DataSettings;
  readonly keys: KeyCounts;
  readonly meter: LaneMeter;
  readonly hotKeys: HotKeys;
  readonly upstreams: Upstreams;
  /** undefined: replicas may have any number of connections. */
  readonly rooms: ConnectionRooms | undefined;
  readonly deadlines: Deadlines;
  readonly queue: RequestQueue;
  readonly readBuffers: ReadBuffers;
  readonly trusts: Trusts;
  readonly forwarding: Forwarding;
  readonly log: Logger;
  /** undefined: there is none. */
  readonly accessLog: AccessLog | undefined;
  /** undefined: requests have none of ours. */
  readonly requestIds: RequestIds | undefined;
  /** undefined: traces are not ours to write. */
  readonly traces: FreshTraces | undefined;
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number;
}
